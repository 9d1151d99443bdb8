"""Many customers at once, from a table: one line for each endpoint. All lines are checked before one is carried out.

Columns: `name` (the customer's) and `service` are needed; `endpoint` (the customer's name if blank), `version` (the
newest), `throttle` (calls at once), `expiry` (last day, YYYY-MM-DD), `description`, `language` (of the customer: de).
Running it twice changes nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from worker.endpoints import rules
from worker.endpoints.registry import Registry
from worker.endpoints.rows import EndpointRow, NewEndpoint
from worker.endpoints.rules import RuleError

NEEDED = ("name", "service")
COLUMNS = (*NEEDED, "endpoint", "version", "throttle", "expiry", "description", "language")


class ImportRefused(RuleError):
    """The table has faults; nothing was made. `faults` are (line in the file, what is wrong)."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {what}" for line, what in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that can be carried out. `standing` is the endpoint that is there already.

    `language` is None where the table does not say, `spoken` the one that the customer has.
    """

    number: int
    customer: str
    service: str
    endpoint: str
    version: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    standing: EndpointRow | None = None
    language: str | None = None
    spoken: str | None = None


def plan(registry: Registry, text: Iterable[str]) -> list[Line]:
    """Check a table as CSV. Raises ImportRefused with every fault."""
    reader = csv.DictReader(text, restkey="more", restval="", strict=True)
    try:
        return _planned(registry, reader)
    except csv.Error as error:
        raise ImportRefused([(reader.line_num + 1, f"not CSV: {error}")]) from None
    except UnicodeDecodeError:
        raise ImportRefused([(reader.line_num + 1, "not UTF-8; save it as CSV UTF-8")]) from None


def _planned(registry: Registry, reader: csv.DictReader[str]) -> list[Line]:
    """Raises ImportRefused with every fault, csv.Error, UnicodeDecodeError."""
    header = [str(name).strip().lower() for name in reader.fieldnames or []]
    faults = [(1, f"there is no column {name}") for name in NEEDED if name not in header]
    faults += [(1, f"unknown column {name!r}") for name in header if name not in COLUMNS]
    faults += [(1, f"the column {name} stands twice") for name in sorted(set(header)) if header.count(name) > 1]
    if faults:
        raise ImportRefused([*faults, (1, f"the columns are {', '.join(COLUMNS)}")])
    offered = registry.on_offer()
    standing = {(row.service, row.name): row for row in registry.endpoints()}
    spoken = {row.name: row.language for row in registry.customers()}
    languages: dict[str, str] = {}
    lines: list[Line] = []
    seen: dict[tuple[str, str], int] = {}
    for row in reader:
        cells = {str(name).strip().lower(): str(value or "").strip() for name, value in row.items() if name != "more"}
        found = ["there are more cells than columns"] if "more" in row else []
        line = _line(reader.line_num, cells, offered, standing, found)
        if line is not None:
            place = (line.service, line.endpoint)
            if place in seen:
                found.append(f"{line.service}/{line.endpoint} stands in line {seen[place]} already")
            seen.setdefault(place, line.number)
            if line.language and languages.setdefault(line.customer, line.language) != line.language:
                found.append(f"{line.customer} has the language {languages[line.customer]} in another line")
            lines.append(replace(line, spoken=spoken.get(line.customer)))
        faults += [(reader.line_num, fault) for fault in found]
    if faults:
        raise ImportRefused(faults)
    return lines


def carry_out(registry: Registry, lines: Sequence[Line]) -> list[tuple[Line, NewEndpoint | None]]:
    """Make customers and endpoints that are not there; settings of those that are there are brought in line.

    Returns each line with its new endpoint (whose keys are shown this once), or None.
    """
    customers = {row.name: row.language for row in registry.customers()}
    languages = {line.customer: line.language for line in lines if line.language}
    done: list[tuple[Line, NewEndpoint | None]] = []
    for line in lines:
        if line.customer not in customers:
            customers[line.customer] = registry.add_customer(line.customer, languages.get(line.customer)).language
        if line.language and customers[line.customer] != line.language:
            registry.set_language(line.customer, line.language)
            customers[line.customer] = line.language
        if line.standing is None:
            made = registry.add_endpoint(line.service, line.endpoint, line.customer, line.version, **line.settings)
            done.append((line, made))
        else:
            if set(differing(line)) - {"language"}:
                registry.change_endpoint(line.standing.id, **line.settings)
            done.append((line, None))
    return done


def differing(line: Line) -> list[str]:
    """Which settings of an endpoint that is there, or of its customer, are not as the line has them."""
    found = [name for name, value in line.settings.items() if getattr(line.standing, name) != value]
    return [*found, "language"] if line.language and line.language != line.spoken else found


def _line(
    number: int,
    cells: Mapping[str, str],
    offered: Mapping[str, Sequence[int]],
    standing: Mapping[tuple[str, str], EndpointRow],
    faults: list[str],
) -> Line | None:
    """A line, or None with what is wrong added to `faults`."""
    before = len(faults)
    customer, service = cells["name"], cells["service"]
    endpoint = cells.get("endpoint") or customer
    try:
        rules.check_name("customer", customer)
        rules.check_name("endpoint", endpoint)
        rules.check_language(cells.get("language") or None)
    except RuleError as error:
        faults.append(str(error))
    if service not in offered:
        faults.append(str(rules.Unknown("service", service, sorted(offered))))
    settings = _settings(cells, faults)
    there = standing.get((service, endpoint))
    if there is not None and there.customer != customer:
        faults.append(f"{service}/{endpoint} belongs to another customer, {there.customer or 'nobody'}")
    version = _version(cells.get("version", ""), offered.get(service, ()), there, faults)
    if len(faults) > before:
        return None
    return Line(number, customer, service, endpoint, version, settings, there, cells.get("language") or None)


def _version(cell: str, offered: Sequence[int], there: EndpointRow | None, faults: list[str]) -> int:
    if not cell:
        return there.model_version if there else max(offered, default=0)
    number = _whole(cell) or 0
    if there is not None and there.model_version == number:
        return number
    if number not in offered:
        faults.append(f"version {cell!r} is not one of those published: {', '.join(map(str, offered)) or 'none'}")
    elif there is not None:
        faults.append(
            f"{there.service}/{there.name} pins version {there.model_version}; "
            f"move it with endpoints refresh or rollback, not by import"
        )
    return number


def _settings(cells: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if throttle := cells.get("throttle"):
        number = _whole(throttle)
        settings["max_concurrent_calls"] = throttle if number is None else number
    if cells.get("description"):
        settings["description"] = cells["description"]
    if cells.get("expiry"):
        try:
            settings["expires_at"] = end_of(cells["expiry"])
        except ValueError:
            faults.append(f"expiry {cells['expiry']!r} is not a day such as 2027-03-31")
    try:
        rules.checked_settings(settings, "High", rules.CALLS_HIGH)
    except RuleError as error:
        faults.append(str(error))
    return settings


def _whole(cell: str) -> int | None:
    """A number of at most nine digits: every store takes it."""
    return int(cell) if cell.isdecimal() and len(cell) <= 9 else None


def end_of(day: str) -> float:
    """The end of a day in UTC, in seconds since 1970. Raises ValueError."""
    start = dt.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=dt.UTC)
    try:
        return (start + dt.timedelta(days=1)).timestamp()
    except OverflowError:
        raise ValueError(day) from None
