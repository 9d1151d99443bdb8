"""From areas to xlwings ranges and back; one read for a whole range."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import MOST_COLUMNS, MOST_ROWS, Area
from addin.grid.cells import as_rows

Rows = Sequence[Sequence[Any]]


def sheet_of(book: xw.Book, name: str) -> xw.Sheet:
    """The sheet of that name. Raises GridError SHEET_GONE, or NO_WORKBOOK when the workbook has been closed."""
    try:
        sheet = book.sheets[name]
        _ = sheet.name  # macOS looks for it only when it is asked something
    except Exception as error:  # each engine has a class of its own for what is not there
        raise GridError(GridFault.SHEET_GONE if _is_open(book) else GridFault.NO_WORKBOOK, name) from error
    return sheet


def _is_open(book: xw.Book) -> bool:
    try:
        return len(book.sheets) > 0
    except Exception:  # noqa: BLE001 - as above
        return False


def active_sheet(book: xw.Book) -> xw.Sheet:
    """The sheet in front. Raises GridError CHART_SELECTED when it is a chart sheet."""
    name = book.sheets.active.name
    if name not in [sheet.name for sheet in book.sheets]:
        raise GridError(GridFault.CHART_SELECTED, name)
    return sheet_of(book, name)


def range_of(book: xw.Book, area: Area) -> xw.Range:
    """The cells of an area. Raises GridError SHEET_GONE, NO_WORKBOOK, NO_ROOM."""
    if area.right > MOST_COLUMNS or area.bottom > MOST_ROWS:
        raise GridError(GridFault.NO_ROOM, area.sheet)
    return sheet_of(book, area.sheet).range((area.top, area.left), (area.bottom, area.right))


def area_of(cells: xw.Range) -> Area:
    """Where some cells are."""
    rows, columns = cells.shape
    return Area(cells.sheet.name, cells.row, cells.column, rows, columns)


def raw_rows(cells: xw.Range) -> Rows:
    """All cells as the engine gives them, in one read (xlwings splits it above 4,000,000 cells).

    Where a cell is formatted as currency, COM gives a decimal of four digits: all its digits come with a second read.
    """
    rows = as_rows(cells.options("raw", err_to_str=True).value)
    if Decimal not in set(map(type, chain.from_iterable(rows))):
        return rows
    exact = as_rows(excelfacts.exact_values(cells))
    return [
        [whole if isinstance(value, Decimal) else value for value, whole in zip(row, exact_row, strict=True)]
        for row, exact_row in zip(rows, exact, strict=True)
    ]
