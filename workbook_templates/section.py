"""One table of a definition's file, read field by field; what is wrong is added to a list, with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from workbook_templates.definition import Fault
from workbook_templates.lines import Lines
from workbook_templates.phrases import is_fit
from worker.scoring.columns import is_format

_COLOR = re.compile(r"#?([0-9A-Fa-f]{6})")


class Notes:
    """What is wrong so far, and what is needed to read texts: the languages of the file and the one that is read."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.languages: tuple[str, ...] = ()
        self.language = ""
        self.faults: list[Fault] = []


class Section:
    """The table at `place` (`columns 3`): each field is asked for once, and `close` names those nobody asked for."""

    def __init__(
        self, values: Mapping[str, Any], notes: Notes, name: str = "", number: int = 1, place: str = ""
    ) -> None:
        self.values = values
        self.notes = notes
        self._name = name
        self._number = number
        self._place = place
        self._asked: set[str] = set()

    @property
    def line(self) -> int:
        """The line of the table's head."""
        return self.notes.lines.of(self._name, self._number)

    def fault(self, what: str, key: str = "") -> None:
        """Add a fault, of a field or of the whole table."""
        line = self.notes.lines.of(self._name, self._number, key)
        self.notes.faults.append(Fault(line, f"{self._place} {key}".strip(), what))

    def get(self, key: str, kind: type | tuple[type, ...], wanted: str, default: Any = None) -> Any:  # noqa: ANN401
        """A field of a type; `wanted` is the type in words. The default where it is missing or of another type."""
        self._asked.add(key)
        value = self.values.get(key, default)
        if key in self.values and (not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool)):
            self.fault(f"must be {wanted}, not {value!r}", key)
            return default
        return value

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        """A text, or one for each language of the file."""
        given = self.get(key, (str, dict), "a text, or one for each language ({en = ..., de = ...})", default)
        if needed and not self.values.get(key):
            self.fault("is missing", key)
        return self.translated(given, key)

    def translated(self, given: str | Mapping[str, Any], key: str) -> str:
        """The text in the language that is read."""
        if isinstance(given, str):
            return self._clean(given, key)
        notes = self.notes
        if missing := [language for language in notes.languages if language not in given]:
            self.fault(f"has no text for {', '.join(missing)}", key)
        if unknown := sorted(set(given) - set(notes.languages)):
            self.fault(f"{', '.join(unknown)}: not among the languages of this file", key)
        if any(not isinstance(text, str) for text in given.values()):
            self.fault("must be texts", key)
            return ""
        texts = {language: self._clean(text, key) for language, text in given.items()}
        return texts.get(notes.language, "")

    def _clean(self, text: str, key: str) -> str:
        if not is_fit(text):
            self.fault("has characters that a workbook cannot hold", key)
        return text

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number in a range."""
        value = cast("int", self.get(key, int, "a whole number", default))
        if not low <= value <= high:
            self.fault(f"must be between {low:,} and {high:,}, not {value:,}", key)
        return value

    def number(self, key: str) -> float | None:
        """A number, None where it is not there."""
        value = self.get(key, (int, float), "a number")
        return None if value is None else float(value)

    def color(self, key: str, default: str) -> str:
        """Six hex digits, with or without `#`."""
        text = cast("str", self.get(key, str, "a text", default))
        found = _COLOR.fullmatch(text)
        if not found:
            self.fault(f"{text!r} is not a colour such as 1F5F8B", key)
        return found[1].upper() if found else default

    def format(self, key: str) -> str:
        """An Excel number format, or one for each language."""
        code = self.text(key)
        if not is_format(code):
            self.fault(f"{code!r} is not a number format", key)
            return ""
        return code

    def words(self, key: str) -> dict[str, str]:
        """A table of texts."""
        given = self.get(key, dict, "a table of texts", {})
        if any(not isinstance(text, str | dict) for text in given.values()):
            self.fault("must be a table of texts", key)
            return {}
        return {name: self.translated(text, f"{key}.{name}") for name, text in given.items()}

    def tables(self, key: str, own: str = "") -> list[Section]:
        """The tables of a list, `[[columns]]`; `own` is the name of the field by which a person knows each."""
        given = self.get(key, list, "a list of tables", [])
        if any(not isinstance(item, dict) for item in given):
            self.fault("must be a list of tables", key)
            return []
        return [self._table(key, number, item, own) for number, item in enumerate(cast("Sequence[Any]", given), 1)]

    def _table(self, key: str, number: int, item: Mapping[str, Any], own: str) -> Section:
        known = f" ({item[own]!r})" if isinstance(item.get(own), str) else ""
        place = f"{self._place}, " if self._place else ""
        # a list within a table is best looked for where that table begins
        name, nth = (self._name, self._number) if self._name else (key, number)
        return Section(item, self.notes, name, nth, f"{place}{key} {number}{known}")

    def close(self) -> None:
        """Name the fields that nobody asked for."""
        for key in sorted(set(self.values) - self._asked):
            self.fault("is not a field that is known here", key)
