"""Which templates workbooks are made from: what they call their columns, and which definition one was."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

import structlog

from workbook_templates.definition import Definition, DefinitionError
from workbook_templates.differences import Difference
from workbook_templates.fit import faults
from workbook_templates.reader import read_definition
from workbook_templates.shelf import Shelf
from worker.batch.job import Job
from worker.scoring.schema import Schema, match_key
from worker.workbooks import Labels, Rows

MOST_KEPT = 1000
"""Definitions, each in one language, that are kept as they were read; a text that changed is another."""

log = structlog.get_logger("sheetscore.batch")


class Origins:
    """Definitions as they are on the shelf at the moment they are asked for. One that cannot be read is told in the
    log, and is as good as gone.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._read = lru_cache(maxsize=MOST_KEPT)(read_definition)

    def labels(self, service: str, endpoints: Collection[str]) -> Labels:
        """What templates for endpoints of a service call their columns, in any language; a label of two columns counts
        for neither.
        """
        meant: dict[str, tuple[str, str]] = {}
        twice: set[str] = set()
        own: set[str] = set()
        for definition in self._of(service, endpoints):
            own |= {column.name for column in definition.passing}
            for column in definition.columns:
                key = match_key(column.label)
                if key and not column.passes:
                    twice |= {key} if meant.setdefault(key, (column.label, column.name))[1] != column.name else set()
        inputs = {label: name for key, (label, name) in meant.items() if key not in twice}
        return Labels(inputs, tuple(sorted(own)))

    def definition(self, job: Job, rows: Rows, schema: Schema) -> Definition | None:
        """The definition that a job's workbook was made from, in its version and language; None when it is from none,
        when that is gone, is for another endpoint, or does not fit the outputs.

        A workbook does not say its language: it is the one whose words stand in it.
        """
        if rows.binding is None:
            return None
        version, there = rows.binding.version, set(map(match_key, rows.shown))
        found = [
            one
            for one in self._languages(rows.binding.template)
            if str(one.version) == version and _is_for(one, job.service or "", [job.endpoint or ""])
        ]

        def alike(definition: Definition) -> tuple[int, int]:
            own = sum(match_key(column.name) in there for column in definition.passing)
            return own, int(match_key(definition.words["input"]) == match_key(rows.sheet))

        best = max(found, key=alike, default=None)
        if best is None or any(fault.place.startswith(("outputs", "charts")) for fault in faults(best, schema)):
            return None
        return self._differing(best, job.customer or "")

    def _differing(self, definition: Definition, customer: str) -> Definition:
        """The definition as it is for a customer."""
        try:
            known = self._shelf.differences(definition.name)
        except (DefinitionError, OSError) as error:
            log.warning("a template's table of differences cannot be read", template=definition.name, error=str(error))
            return definition
        return known.get(customer, Difference(customer)).applied(definition)

    def _of(self, service: str, endpoints: Collection[str]) -> Iterator[Definition]:
        for name in self._shelf.names():
            found = self._languages(name)
            if found and _is_for(found[0], service, endpoints):
                yield from found

    def _languages(self, name: str) -> list[Definition]:
        """A definition in each of its languages."""
        if name not in self._shelf.names():
            return []
        try:
            text = self._shelf.text(name)
            return [self._read(text, name, language) for language in self._read(text, name).languages]
        except (DefinitionError, OSError) as error:
            log.warning("a template cannot be read", template=name, error=str(error))
            return []


def _is_for(definition: Definition, service: str, endpoints: Collection[str]) -> bool:
    return definition.service == service or definition.endpoint in {f"{service}/{name}" for name in endpoints}
