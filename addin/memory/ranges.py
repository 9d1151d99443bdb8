"""Ranges of a sheet in memory."""

# ruff: noqa: ANN401 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from xlwings import base_classes

from addin.grid.area import MOST_COLUMNS, MOST_ROWS, Area
from addin.memory import around, com
from addin.memory.addresses import absolute
from addin.memory.errors import ComError
from addin.memory.filters import AutoFilter
from addin.memory.layout import Layout
from addin.memory.typed import EPOCH, ERROR_NAMES


class Time(dt.datetime):
    """A date as COM gives it: of a class of its own, and in UTC."""


class Range(Layout, base_classes.Range):
    """Cells of one sheet. Several areas are possible; as in Excel, size and values are those of the first."""

    sheet: Any = None
    max_cells_per_read = None
    max_cells_per_write = None
    arg1_input = ""

    def __init__(self, sheet: Any, *areas: Area) -> None:
        self.sheet = sheet
        self.areas = areas
        self.options: dict[str, Any] = {}

    @property
    def api(self) -> com.Range:
        """What Excel's Range object tells."""
        return com.Range(self)

    @property
    def coords(self) -> tuple[str, int, int, int, int]:
        """Sheet, row, column, rows, columns."""
        return self.sheet.name, self.row, self.column, *self.shape

    @property
    def row(self) -> int:
        """Number of its first row."""
        return self.area.top

    @property
    def column(self) -> int:
        """Number of its first column."""
        return self.area.left

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.area.rows, self.area.columns

    def __len__(self) -> int:
        count = sum(area.rows * area.columns for area in self.areas)
        if count > 2**31 - 1:
            raise ComError("overflow")
        return count

    def __call__(self, row: int, column: int | None = None) -> Range:
        """A cell by its place in the range, both from 1."""
        if column is None:
            row, column = divmod(row - 1, self.area.columns)
            row, column = row + 1, column + 1
        return Range(self.sheet, self.area.row(row - 1).column(column - 1))

    @property
    def raw_value(self) -> Any:
        """The values as COM gives them: a scalar for one cell, else a tuple of rows; an error is an int."""
        self.sheet.book.check()
        self.sheet.book.reads += 1
        rows = self.sheet.store.values(self.area)
        for row, column, code in self._formatted():
            value = rows[row][column]
            if isinstance(value, float) and any(mark in code.lower() for mark in ("yy", "h:mm", "d/m", "mmm")):
                moment = EPOCH + dt.timedelta(days=value)
                rows[row][column] = Time(*moment.timetuple()[:6], moment.microsecond, dt.UTC)
            elif isinstance(value, float) and "$" in code:
                rows[row][column] = round(Decimal(value), 4)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else tuple(map(tuple, rows))

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        if not isinstance(data, (list, tuple)):
            data = [[data] * self.area.columns] * self.area.rows
        elif not isinstance(data[0], (list, tuple)):
            data = [data]
        self._write(data)

    def _formatted(self) -> Iterator[tuple[int, int, str]]:
        store = self.sheet.store
        for r, c in store.places(store.formats, self.area):
            yield r - self.area.top, c - self.area.left, store.formats[r, c]

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        self.sheet.book.check()
        if self.sheet.api.locks(self.area):
            raise ComError("the sheet is protected")
        area = Area(self.area.sheet, self.area.top, self.area.left, len(rows), len(rows[0]))
        self.sheet.book.writes += 1
        self.sheet.store.put(area, rows)

    @property
    def formula(self) -> Any:
        """Formulas, and constants as text, in the shape of raw_value."""
        store, area = self.sheet.store, self.area
        rows = [["" if value is None else _as_text(value) for value in row] for row in store.values(area)]
        for r, c in store.places(store.formulas, area):
            rows[r - area.top][c - area.left] = store.formulas[r, c]
        return rows[0][0] if len(self) == 1 else tuple(map(tuple, rows))

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    formula2 = formula

    @property
    def number_format(self) -> str | None:
        """The number format, None where there are several."""
        found: str | None = self.sheet.store.format(self.area)
        return found

    @number_format.setter
    def number_format(self, value: str) -> None:
        if self.sheet.is_protected:
            raise ComError("the sheet is protected")
        self.sheet.store.set_format(self.area, value)

    def clear_contents(self) -> None:
        """Take values and formulas out."""
        if self.sheet.api.locks(self.area):
            raise ComError("the sheet is protected")
        self.sheet.store.clear(self.area)

    def clear(self) -> None:
        """Take values, formulas and formats out."""
        self.clear_contents()
        self.sheet.store.forget(self.sheet.store.formats, self.area)

    def select(self) -> None:
        """Select it; its sheet must be in front."""
        if self.sheet.book.front is not self.sheet:
            raise ComError("the sheet is not active")
        self.sheet.book.selected = list(self.areas)

    @property
    def current_region(self) -> Range:
        """Everything that touches its first cell."""
        return Range(self.sheet, around.region(self.sheet.store, self.area.row(0).column(0)))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        """The address; `external` puts workbook and sheet before it."""
        where = ",".join(absolute(area, row=row_absolute, column=col_absolute) for area in self.areas)
        return f"'[{self.sheet.book.name}]{self.sheet.name}'!{where}" if external else where

    @property
    def address(self) -> str:
        """The absolute address."""
        return self.get_address(True, True, False)  # noqa: FBT003 - as xlwings

    @property
    def autofilter(self) -> AutoFilter:
        """The filter whose first row is the first row of the range."""
        return AutoFilter(self.sheet, self.area, None)

    def whole(self) -> bool | None:
        """True for whole rows, False for whole columns, None for neither."""
        if self.area.columns == MOST_COLUMNS:
            return True
        return False if self.area.rows == MOST_ROWS else None


def _as_text(value: object) -> str:
    if type(value) is int:
        return ERROR_NAMES[value]
    return f"{value:.15g}" if isinstance(value, float) else str(value)
