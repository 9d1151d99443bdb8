"""Sheets of a workbook."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from addin.grid.area import MOST_COLUMNS, MOST_ROWS
from tests.addin.lo_engine import addresses, com
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.drawings import Charts, Shapes
from tests.addin.lo_engine.names import Names
from tests.addin.lo_engine.ranges import Range
from tests.addin.lo_engine.tables import Tables


class Sheets(base_classes.Sheets):
    """The sheets of a workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def _every(self) -> Any:
        return self._book.document.Sheets

    def __len__(self) -> int:
        return int(self._every.Count)

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self._book, self._every.getByIndex(i)) for i in range(len(self)))

    def __contains__(self, key: str) -> bool:
        return key.lower() in {sheet.name.lower() for sheet in self}

    def __call__(self, key: int | str) -> Sheet:
        if isinstance(key, numbers.Number):
            return Sheet(self._book, self._every.getByIndex(key - 1))
        for sheet in self:
            if sheet.name.lower() == str(key).lower():
                return sheet
        raise com.ComError(f"no sheet {key}")

    @property
    def active(self) -> Sheet:
        return Sheet(self._book, self._book.document.CurrentController.ActiveSheet)

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> Sheet:
        com.refuse_if(self._book.document.isProtected(), "The workbook is protected.")
        place = after.index if after else (before or self.active).index - 1
        if name is None:
            name = next(free for i in range(len(self) + 1, 10_000) if (free := f"Sheet{i}") not in self)
        self._every.insertNewByName(name, place)
        made = Sheet(self._book, self._every.getByIndex(place))
        made.activate()
        return made


class Sheet(base_classes.Sheet):
    """One sheet."""

    book: Any = None

    def __init__(self, book: Any, sheet: Any) -> None:
        self.book = book
        self.sheet = sheet

    @property
    def api(self) -> com.Worksheet:
        return com.Worksheet(self)

    @property
    def name(self) -> str:
        return str(self.sheet.Name)

    @name.setter
    def name(self, value: str) -> None:
        self.sheet.Name = value

    @property
    def index(self) -> int:
        return int(self.sheet.RangeAddress.Sheet) + 1

    @property
    def visible(self) -> bool:
        return bool(self.sheet.IsVisible)

    @visible.setter
    def visible(self, value: bool) -> None:
        self.sheet.IsVisible = bool(value)

    def activate(self) -> None:
        self.book.document.CurrentController.setActiveSheet(self.sheet)

    select = activate

    def delete(self) -> None:
        com.refuse_if(self.book.document.isProtected(), "The workbook is protected.")
        self.book.document.Sheets.removeByName(self.name)

    @property
    def names(self) -> Names:
        return Names(self.book, self)

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def charts(self) -> Charts:
        return Charts(self)

    @property
    def shapes(self) -> Shapes:
        return Shapes(self)

    @property
    def cells(self) -> Range:
        return Range(self, Box(0, 0, MOST_ROWS - 1, MOST_COLUMNS - 1))

    @property
    def used_range(self) -> Range:
        cursor = self.sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        cursor.gotoStartOfUsedArea(True)
        return Range(self, addresses.of(cursor.RangeAddress))

    def autofit(self, axis: str | None = None) -> None:
        self.used_range.autofit(axis)

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def clear(self) -> None:
        self.used_range.clear()

    def at(self, *boxes: Box) -> Range:
        """The range of these rectangles."""
        return Range(self, *boxes)

    def cells_of(self, box: Box) -> Any:
        """LibreOffice's range of a rectangle. Raises ComError where the sheet has no such cells."""
        com.refuse_if(box.bottom >= MOST_ROWS or box.right >= MOST_COLUMNS, "beyond the sheet")
        return self.sheet.getCellRangeByPosition(box.left, box.top, box.right, box.bottom)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, numbers.Number):
            return Range(self, _box(self, (arg1, arg2))[0])
        first = _box(self, arg1)
        return Range(self, *first) if arg2 is None else Range(self, first[0].around(_box(self, arg2)[0]))


def _box(sheet: Sheet, argument: Any) -> tuple[Box, ...]:
    """The rectangles that one argument of Sheet.range stands for."""
    if isinstance(argument, Range):
        return argument.boxes
    if isinstance(argument, tuple):
        if 0 in argument[:2]:
            raise IndexError("ranges count from 1")
        row, column, rows, columns = (*argument, 1, 1)[:4]
        return (Box(row - 1, column - 1, row + rows - 2, column + columns - 2),)
    found = tuple(box for part in argument.split(",") if (box := addresses.parse(part)))
    if len(found) == argument.count(",") + 1:
        return found
    return _named(sheet, argument)


def _named(sheet: Sheet, name: str) -> tuple[Box, ...]:
    if name in sheet.tables:
        return sheet.tables(name).data_body_range.boxes
    try:
        return sheet.book.names(name).refers_to_range.boxes
    except KeyError:
        raise com.ComError(f"no range {name!r}") from None
