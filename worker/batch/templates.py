"""Templates of endpoints: which definition is for which endpoint, in which customer's words, built from the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbook_templates.definition import Definition, DefinitionError, Fault
from workbook_templates.differences import Difference, read_differences
from workbook_templates.facts import Facts, Row
from workbook_templates.fit import faults
from workbook_templates.shelf import Shelf
from worker.endpoints import EndpointRow, Registry, VersionRow
from worker.endpoints.rules import DEFAULT, RuleError, Unknown


class NoTemplate(RuleError):
    """No definition is for an endpoint. `names` are those that there are."""

    def __init__(self, endpoint: str, names: Sequence[str]) -> None:
        super().__init__(f"no template is for {endpoint}; there are templates {', '.join(names) or '(none)'}")
        self.endpoint = endpoint
        self.names = tuple(names)


class SeveralTemplates(RuleError):
    """Several definitions are for an endpoint, and none was named."""

    def __init__(self, endpoint: str, names: Sequence[str]) -> None:
        super().__init__(f"several templates are for {endpoint}: {', '.join(names)}; say which")
        self.endpoint = endpoint
        self.names = tuple(names)


@dataclass(frozen=True, slots=True)
class Template:
    """A built template: its file's name and its bytes."""

    file_name: str
    data: bytes


class Templates:
    """The templates of one home, read once: make a new one to see files that changed since.

    `clock` is seconds since 1970.
    """

    def __init__(self, registry: Registry, home: Path, clock: Callable[[], float]) -> None:
        self.shelf = Shelf(home)
        self._registry = registry
        self._clock = clock
        self._definitions: dict[tuple[str, str | None], Definition | DefinitionError] = {}
        self._differences: dict[str, dict[str, Difference]] = {}
        self._versions: dict[str, dict[int, VersionRow]] = {}
        self._languages: dict[str, str | None] | None = None

    def differing(self, name: str, lines: Iterable[str]) -> None:
        """Take the differences of customers from these lines of CSV instead of the table in the home.

        Raises DefinitionError.
        """
        self._differences[name] = read_differences(lines, name)

    def names(self, endpoint: EndpointRow) -> list[str]:
        """Templates that are for an endpoint: first those for it alone, then those for its web service.

        Definitions that cannot be read are for none.
        """
        alone, all_ = [], []
        for name in self.shelf.names():
            try:
                definition = self._read(name, None)
            except DefinitionError:
                continue
            if definition.endpoint == f"{endpoint.service}/{endpoint.name}":
                alone.append(name)
            elif definition.service == endpoint.service:
                all_.append(name)
        return [*alone, *all_]

    def definition(self, endpoint: EndpointRow, name: str | None = None) -> Definition:
        """The definition for an endpoint in its customer's words and language; without a name the only one there is.

        Raises NoTemplate, SeveralTemplates, DefinitionError.
        """
        ref, there = f"{endpoint.service}/{endpoint.name}", self.names(endpoint)
        if name is None:
            alone = [one for one in there if self._read(one, None).endpoint]
            there = alone or there
            if len(there) > 1:
                raise SeveralTemplates(ref, there)
        elif name not in there:
            self._read(name, None)  # says what is wrong with it, if anything is
            there = []
        if not there:
            raise NoTemplate(ref, self.shelf.names())
        chosen = name or there[0]
        customer = endpoint.customer or ""
        differs = self._differing(chosen).get(customer, Difference(customer))
        return differs.applied(self._read(chosen, differs.language or self._language(customer)))

    def build(self, endpoint: EndpointRow, name: str | None = None, rows: Sequence[Row] | None = None) -> Template:
        """The workbook for an endpoint. `rows` are filled in instead of the sample rows, which are there only where the
        endpoint shows sample data.

        Raises NoTemplate, SeveralTemplates, DefinitionError.
        """
        from workbook_templates import bind, build  # noqa: PLC0415 - openpyxl is loaded only where something is built

        definition = self.definition(endpoint, name)
        if not endpoint.sample_data:
            definition = replace(definition, sample_rows=0)
        contract = self._version(endpoint.service, endpoint.contract_version).contract
        model = self._version(endpoint.service, endpoint.model_version)
        facts = Facts(str(model.number), _moment(model.created_at).date(), _moment(self._clock()))
        data = build(definition, contract, bind(definition, contract, endpoint.id), facts, rows)
        return Template(f"{definition.name}-{endpoint.name}.xlsx", data)

    def build_all(self, name: str) -> Iterator[tuple[EndpointRow, Template | DefinitionError]]:
        """A template for every customer's endpoint that the definition is for, one after the other.

        One that cannot be built (its endpoint has an older contract, say) comes with the reason. Raises DefinitionError
        when the definition cannot be read or the table names customers without such an endpoint, Unknown for its
        service or endpoint.
        """
        endpoints = self.endpoints(name)
        known = {endpoint.customer for endpoint in endpoints}
        if strangers := sorted(set(self._differing(name)) - known):
            what = f"no endpoint of this template belongs to {', '.join(strangers)}"
            raise DefinitionError(f"{name}.csv", (Fault(0, "customer", what),))
        for endpoint in endpoints:
            try:
                yield endpoint, self.build(endpoint, name)
            except DefinitionError as error:
                yield endpoint, error

    def endpoints(self, name: str) -> list[EndpointRow]:
        """The customers' endpoints that a definition is for. Raises DefinitionError, Unknown."""
        definition = self._read(name, None)
        if definition.endpoint:
            service, _, own = definition.endpoint.partition("/")
            rows = [row for row in self._registry.endpoints(service=service) if row.name == own]
            if not rows:
                raise Unknown("endpoint", definition.endpoint, [])
            return rows
        self._registry.service(definition.service)
        return [row for row in self._registry.endpoints(service=definition.service) if row.name != DEFAULT]

    def check(self, name: str) -> list[Fault]:
        """Everything that is wrong with a definition: in each language, for each contract that its endpoints have."""
        try:
            definition = self._read(name, None)
            readings = [self._read(name, language) for language in definition.languages]
            self._differing(name)
            rows = self.endpoints(name)
        except DefinitionError as error:
            return list(error.faults)
        except Unknown as error:
            return [Fault(0, "endpoint" if "/" in error.name else "service", str(error))]
        service = definition.service or definition.endpoint.partition("/")[0]
        pinned = {row.contract_version for row in rows} or {self._registry.service(service).newest}
        found: dict[Fault, list[int]] = {}
        for number in sorted(pinned):
            told = {f: None for reading in readings for f in faults(reading, self._version(service, number).contract)}
            for fault in told:
                found.setdefault(fault, []).append(number)
        return [_of(fault, numbers, len(pinned)) for fault, numbers in found.items()]

    def _read(self, name: str, language: str | None) -> Definition:
        key = name, language
        if key not in self._definitions:
            try:
                self._definitions[key] = self.shelf.read(name, language)
            except DefinitionError as error:
                self._definitions[key] = error
        found = self._definitions[key]
        if isinstance(found, DefinitionError):
            raise found
        return found

    def _differing(self, name: str) -> dict[str, Difference]:
        if name not in self._differences:
            self._differences[name] = self.shelf.differences(name)
        return self._differences[name]

    def _language(self, customer: str) -> str | None:
        if self._languages is None:
            self._languages = {row.name: row.language for row in self._registry.customers()}
        return self._languages.get(customer)

    def _version(self, service: str, number: int) -> VersionRow:
        if service not in self._versions:
            self._versions[service] = {row.number: row for row in self._registry.versions(service)}
        return self._versions[service][number]


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _of(fault: Fault, contracts: Sequence[int], every: int) -> Fault:
    """The fault with the contracts that it is about, unless these are all."""
    if len(contracts) == every:
        return fault
    told = f"contract {', '.join(map(str, contracts))}"
    return Fault(fault.line, f"{told}: {fault.place}", fault.what)
