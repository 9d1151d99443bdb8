"""Which templates workbooks are made from: what they call their columns, and which definition one was."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import structlog

from workbook_templates.definition import Definition, DefinitionError
from workbook_templates.shelf import Shelf
from worker.scoring.binding import Binding
from worker.scoring.schema import match_key
from worker.workbooks import Labels, Rows

log = structlog.get_logger("sheetscore.batch")


class Origins:
    """Definitions as they are on the shelf at the moment they are asked for. One that cannot be read is told in the
    log, and is as good as gone.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

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

    def definition(
        self, binding: Binding, rows: Rows, service: str, endpoint: str, language: str | None = None
    ) -> Definition | None:
        """The definition that a workbook was made from, in its version and language; None when there is none any more,
        or when it is not for this endpoint.

        A workbook does not say its language: it is the one whose words stand in it, else the one that suits `language`.
        """
        found = [
            one
            for one in self._languages(binding.template, language)
            if str(one.version) == binding.version and _is_for(one, service, [endpoint])
        ]
        there = set(map(match_key, rows.shown))

        def alike(definition: Definition) -> tuple[int, int]:
            own = sum(match_key(column.name) in there for column in definition.passing)
            return own, int(match_key(definition.words["input"]) == match_key(rows.sheet))

        return max(found, key=alike, default=None)

    def _of(self, service: str, endpoints: Collection[str]) -> Iterator[Definition]:
        for name in self._shelf.names():
            found = self._languages(name)
            if found and _is_for(found[0], service, endpoints):
                yield from found

    def _languages(self, name: str, first: str | None = None) -> list[Definition]:
        """A definition in each of its languages, the one that suits `first` best before the others."""
        if name not in self._shelf.names():
            return []
        try:
            best = self._shelf.read(name, first)
            return [best, *(self._shelf.read(name, other) for other in best.languages if other != best.language)]
        except (DefinitionError, OSError) as error:
            log.warning("a template cannot be read", template=name, error=str(error))
            return []


def _is_for(definition: Definition, service: str, endpoints: Collection[str]) -> bool:
    return definition.service == service or definition.endpoint in {f"{service}/{name}" for name in endpoints}
