"""Sheets of a workbook in memory."""

# ruff: noqa: ANN401 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from addin.grid.area import MOST_COLUMNS, MOST_ROWS, Area
from addin.memory import around, com
from addin.memory.addresses import parse
from addin.memory.errors import ComError
from addin.memory.filters import Filter
from addin.memory.looks import Looks
from addin.memory.ranges import Range
from addin.memory.store import Store, moved
from addin.memory.tables import Table, Tables


class Sheet(base_classes.Sheet):
    """One sheet. What tests ask about and xlwings does not tell is public: `looks`, `links`, `noted`; so are
    `charts` and `shapes`, which hold whatever a test puts there.
    """

    visible = True
    charts: Any = ()
    shapes: Any = ()

    def __init__(self, book: Any, name: str) -> None:
        self._book = book
        self._name = name
        self.store = Store()
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.merged: list[Area] = []
        self.filter: Filter | None = None
        self.listed: list[Table] = []
        self.is_protected = False
        self.unlocked: list[Area] = []
        self.links: dict[tuple[int, int], str] = {}
        self.noted: dict[tuple[int, int], str] = {}
        self.looks = Looks()
        self.charts = []
        self.shapes = []

    @property
    def api(self) -> com.Worksheet:
        """What Excel's Worksheet object tells."""
        return com.Worksheet(self)

    @property
    def name(self) -> str:
        """The name on the tab."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        if not 0 < len(value) <= 31 or set(value) & set("\\/?*:[]"):
            raise ComError(f"not a name for a sheet: {value!r}")
        self._name = value

    @property
    def book(self) -> Any:
        """The workbook."""
        return self._book

    @property
    def index(self) -> int:
        """Its place among the sheets, from 1."""
        return int(self._book.all_sheets.index(self)) + 1

    @property
    def cells(self) -> Range:
        """All cells."""
        return Range(self, Area(self.name, 1, 1, MOST_ROWS, MOST_COLUMNS))

    @property
    def used_range(self) -> Range:
        """The smallest rectangle around everything."""
        return Range(self, around.used(self.store, self.name))

    @property
    def tables(self) -> Tables:
        """Its Excel tables."""
        return Tables(self)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        """Cells by address, by (row, column[, rows, columns]) or between two corners."""
        first = self._areas(arg1)
        if arg2 is None:
            return Range(self, *first)
        a, b = first[0], self._areas(arg2)[0]
        top, left = min(a.top, b.top), min(a.left, b.left)
        bottom, right = max(a.bottom, b.bottom), max(a.right, b.right)
        return Range(self, Area(self.name, top, left, bottom - top + 1, right - left + 1))

    def _areas(self, where: Any) -> list[Area]:
        if isinstance(where, Range):
            return [where.area]
        if isinstance(where, tuple):
            row, column, rows, columns = where if len(where) == 4 else (*where, 1, 1)
            if not 1 <= row <= MOST_ROWS or not 1 <= column <= MOST_COLUMNS:
                raise ComError(f"no cell {where}")
            return [Area(self.name, row, column, rows, columns)]
        found = [parse(self.name, part.strip()) for part in where.split(",")]
        areas = [area for area in found if area is not None]
        if len(areas) == len(found):
            return areas
        return [self._book.names(where).refers_to_range.area]

    def activate(self) -> None:
        """Bring it to the front; what is selected there is its first cell, unless it is in front already."""
        if self._book.front is not self:
            self._book.front = self
            self._book.selected = [Area(self.name, 1, 1, 1, 1)]

    select = activate

    def delete(self) -> None:
        """Delete it; a workbook keeps at least one sheet."""
        if self._book.structure_protected or len(self._book.all_sheets) == 1:
            raise ComError("the sheet cannot be deleted")
        self._book.all_sheets.remove(self)
        if self._book.front is self:
            self._book.all_sheets[0].activate()

    def clear_contents(self) -> None:
        """Take all values out."""
        self.store.clear(self.cells.area)

    def clear(self) -> None:
        """Take all values and formats out."""
        self.clear_contents()
        self.store.formats.clear()
        self.looks = Looks()

    def autofit(self, axis: str | None = None) -> None:
        """Widths are not shown, so nothing is kept."""

    def shift(self, *, rows: bool, at: int, by: int) -> None:
        """Insert (by > 0) or delete whole rows or columns: cells, tables, merged cells and names follow."""
        if rows:
            self.store.shift_rows(at, by)
            self.hidden_rows = {moved(row, at, by) for row in self.hidden_rows} - {0}
        else:
            self.store.shift_columns(at, by)
        self.merged = [area for old in self.merged if (area := _shifted(old, rows, at, by))]
        for table in self.listed:
            table.whole = _shifted(table.whole, rows, at, by) or table.whole
        for name in self._book.all_names.values():
            if name.target is not None and name.target[0] is self:
                area = _shifted(name.target[1], rows, at, by)
                name.target = None if area is None else (self, area)


def _shifted(area: Area, rows: bool, at: int, by: int) -> Area | None:
    first, last = (area.top, area.bottom) if rows else (area.left, area.right)
    kept = [place for p in (first, last) if (place := moved(p, at, by))]
    if by < 0 and not kept:
        return None if last < at - by else area
    first, last = moved(first, at, by) or at, moved(last, at, by) or at - 1
    last = min(last, MOST_ROWS if rows else MOST_COLUMNS)
    if rows:
        return Area(area.sheet, first, area.left, last - first + 1, area.columns)
    return Area(area.sheet, area.top, first, area.rows, last - first + 1)


class Sheets(base_classes.Sheets):
    """The sheets of a workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book

    def __len__(self) -> int:
        return len(self._book.open_sheets)

    def __iter__(self) -> Iterator[Sheet]:
        return iter(self._book.open_sheets)

    def __call__(self, name_or_index: str | float) -> Sheet:
        """A sheet by its name or place. Raises ComError when there is none."""
        sheets: list[Sheet] = self._book.open_sheets
        if isinstance(name_or_index, numbers.Real):
            return sheets[int(name_or_index) - 1]
        for sheet in sheets:
            if sheet.name.lower() == str(name_or_index).lower():
                return sheet
        raise ComError(f"no sheet {name_or_index}")

    def __contains__(self, name: str) -> bool:
        return any(sheet.name.lower() == name.lower() for sheet in self)

    @property
    def active(self) -> Sheet:
        """The sheet in front."""
        return self._book.front  # type: ignore[no-any-return]

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        """A new sheet, brought to the front. Raises ComError when the structure of the workbook is protected."""
        if self._book.structure_protected:
            raise ComError("the workbook is protected")
        taken = {sheet.name for sheet in self}
        number = len(self) + 1
        while f"Sheet{number}" in taken:
            number += 1
        sheet = Sheet(self._book, f"Sheet{number}")
        if name is not None:
            sheet.name = name
        anchor = before or after or self._book.front
        place = self._book.all_sheets.index(anchor) + (after is not None)
        self._book.all_sheets.insert(place, sheet)
        sheet.activate()
        return sheet
