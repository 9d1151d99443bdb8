"""Defined names of a workbook in memory."""

# ruff: noqa: ANN401 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from addin.grid.area import Area
from addin.memory.addresses import absolute, parse
from addin.memory.errors import ComError

_CELLS = re.compile(r"=(?:'((?:[^']|'')+)'|([^'!]+))!(.+)")


class Name(base_classes.Name):
    """A name. It holds a formula, or cells (`target`), which follow inserted and deleted rows."""

    name = ""

    def __init__(self, book: Any, name: str, refers_to: str) -> None:
        self._book = book
        self.name = name
        self.Visible = True
        self.target: tuple[Any, Area] | None = None
        self._formula: str | None = None
        self.refers_to = refers_to

    @property
    def api(self) -> Name:
        """What Excel's Name object tells: Visible."""
        return self

    @property
    def refers_to(self) -> str:
        """The formula, "=Sheet1!$A$1" for cells, "=#REF!" when they are gone."""
        if self._formula is not None:
            return self._formula
        if self.target is None or self.target[0] not in self._book.all_sheets:
            return "=#REF!"
        sheet, area = self.target
        return "='{}'!{}".format(sheet.name.replace("'", "''"), absolute(area))

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        found = _CELLS.fullmatch(value)
        self._formula = None if found else value
        if found:
            sheet = self._book.sheets((found[1] or found[2]).replace("''", "'"))
            area = parse(sheet.name, found[3])
            self.target = None if area is None else (sheet, area)

    @property
    def refers_to_range(self) -> Any:
        """Its cells. Raises ComError when it has none."""
        if self.target is None:
            raise ComError("the name has no cells")
        sheet, area = self.target
        return sheet.range((area.top, area.left), (area.bottom, area.right))

    def delete(self) -> None:
        """Remove it."""
        del self._book.all_names[self.name.lower()]


class Names(base_classes.Names):
    """The names of a workbook, by their lower-case spelling."""

    def __init__(self, book: Any) -> None:
        self._all: dict[str, Name] = book.all_names
        self._book = book

    @property
    def api(self) -> Names:
        """Excel's Names object tells nothing more."""
        return self

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Name]:
        return iter(self._all.values())

    def __call__(self, key: str | int) -> Name:
        """A name by its spelling or place. Raises ComError when there is none."""
        if isinstance(key, int):
            return list(self._all.values())[key - 1]
        if not self.contains(key):
            raise ComError(f"no name {key}")
        found: Name = self._book.all_names[key.lower()]
        return found

    def contains(self, key: str | int) -> bool:
        """Whether there is such a name."""
        return str(key).lower() in self._all

    def add(self, name: str, refers_to: str) -> Name:
        """Define a name. Raises ComError when it is not one, or looks like a cell."""
        if not re.fullmatch(r"[^\W\d][\w.]*", name) or parse("", name) is not None:
            raise ComError(f"not a name: {name!r}")
        self._all[name.lower()] = made = Name(self._book, name, refers_to)
        return made
