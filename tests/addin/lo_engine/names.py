"""Defined names, of the workbook and of single sheets."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes

from tests.addin.lo_engine import addresses, com
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import struct
from tests.addin.lo_engine.formulas import Formulas

_START = Box.cell(0, 0)


class Names(base_classes.Names):
    """The names of a workbook, those of its sheets among them, or of one sheet alone."""

    api = None

    def __init__(self, book: Any, sheet: Any = None) -> None:
        self._book = book
        self._sheet = sheet

    def _all(self) -> list[Name]:
        own = (
            []
            if self._sheet
            else [Name(self._book, None, name) for name in self._book.document.NamedRanges.ElementNames]
        )
        sheets = [self._sheet] if self._sheet else list(self._book.sheets)
        return own + [
            Name(self._book, sheet, name) for sheet in sheets for name in sheet.sheet.NamedRanges.ElementNames
        ]

    def __len__(self) -> int:
        return len(self._all())

    def __call__(self, key: int | str) -> Name:
        found = self._all()
        if isinstance(key, int):
            return found[key - 1]
        wanted = key.lower()
        for name in found:
            if wanted in {name.name.lower(), name.plain.lower()}:
                return name
        raise KeyError(key)

    def contains(self, key: str) -> bool:
        try:
            return self(key) is not None
        except KeyError:
            return False

    def add(self, name: str, refers_to: str) -> Name:
        if self.contains(name):
            self(name).refers_to = refers_to
            return self(name)
        made = Name(self._book, self._sheet, name)
        made.define(refers_to)
        return made


class Name(base_classes.Name):
    """One defined name. `plain` is the name without the sheet it belongs to."""

    def __init__(self, book: Any, sheet: Any, plain: str) -> None:
        self._book = book
        self._sheet = sheet
        self.plain = plain

    @property
    def api(self) -> com.Name:
        return com.Name(self)

    @property
    def _every(self) -> Any:
        return self._sheet.sheet.NamedRanges if self._sheet else self._book.document.NamedRanges

    def define(self, refers_to: str) -> None:
        """Make the name in LibreOffice."""
        content = Formulas(self._book.document).to_office("=" + refers_to.removeprefix("="), 0, _START)
        self._every.addNewByName(self.plain, content[1:], struct("table.CellAddress"), 0)

    @property
    def is_visible(self) -> bool:
        """Whether the user is shown the name. LibreOffice shows all; the application remembers which should not be."""
        return self._key not in self._book.app.hidden_names

    @is_visible.setter
    def is_visible(self, value: bool) -> None:
        if value:
            self._book.app.hidden_names.discard(self._key)
        else:
            self._book.app.hidden_names.add(self._key)

    @property
    def _key(self) -> tuple[str, str]:
        return self._book.document.RuntimeUID, self.name

    def delete(self) -> None:
        self.is_visible = True
        self._every.removeByName(self.plain)

    @property
    def name(self) -> str:
        return f"{self._sheet.name}!{self.plain}" if self._sheet else self.plain

    @name.setter
    def name(self, value: str) -> None:
        self._every.getByName(self.plain).Name = value
        self.plain = value

    @property
    def refers_to(self) -> str:
        content = "=" + str(self._every.getByName(self.plain).Content)
        return "=" + Formulas(self._book.document).to_excel(content, 0, _START).removeprefix("=")

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._every.removeByName(self.plain)
        self.define(value)

    @property
    def refers_to_range(self) -> Any:
        cells = self._every.getByName(self.plain).getReferredCells()
        if cells is None:
            raise com.ComError(f"{self.plain} does not refer to cells")
        return self._book.sheets(cells.RangeAddress.Sheet + 1).at(addresses.of(cells.RangeAddress))
