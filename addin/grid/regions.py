"""Which cells are meant: by a selection, a table, a sheet; and which row holds their headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import Area
from addin.grid.cells import Columns, as_columns, error_name
from addin.grid.sheets import active_sheet, area_of, range_of, raw_rows
from addin.grid.tables import TableFacts, table_around, tables_of

_HIGHEST_TITLE = 10
"""Rows of a block that are looked through for its headers: titles may stand above them."""


@dataclass(frozen=True, slots=True)
class Region:
    """Cells that were meant, before anything is known of headers and blanks. `table` is set when they lie in one."""

    area: Area
    table: TableFacts | None


def selected_area(book: xw.Book) -> Area:
    """The selected rectangle, as large as it was drawn.

    Raises GridError NO_WORKBOOK, PROTECTED_VIEW, CHART_SELECTED, NOTHING_SELECTED, SEVERAL_AREAS.
    """
    cells = excelfacts.selection(book.app)
    if cells is None:
        chart = excelfacts.is_chart_active(book.app)
        raise GridError(GridFault.CHART_SELECTED if chart else GridFault.NOTHING_SELECTED)
    if excelfacts.count_areas(cells) > 1:
        raise GridError(GridFault.SEVERAL_AREAS, cells.sheet.name, cells.address.replace("$", ""))
    return area_of(cells)


def selected_region(book: xw.Book) -> Region:
    """What a selection means: itself, as far as anything stands in it; around one cell its table or current region.

    In a table it is the data rows of the selected columns. Raises as selected_area, and GridError NO_DATA.
    """
    area = selected_area(book)
    sheet = active_sheet(book)
    single = area.rows == area.columns == 1
    used = area_of(sheet.used_range).meet(area)
    if used is None and not single:
        raise GridError(GridFault.NO_DATA, area.sheet, area.address)
    table = table_around(sheet, area) or (None if used is None else _table_below(sheet, area, used))
    if table is not None:
        meant = table.body if single else table.body.meet(area)
        if meant is None:  # only the header or the totals are selected
            raise GridError(GridFault.NO_DATA, area.sheet, area.address)
        return Region(meant, table)
    if single:
        return Region(area_of(sheet.range((area.top, area.left)).current_region), None)
    return Region(used or area, None)


def _table_below(sheet: xw.Sheet, area: Area, used: Area) -> TableFacts | None:
    """The only table that whole selected columns run through."""
    if area.rows < used.rows or area.top > 1:
        return None
    crossed = [table for table in tables_of(sheet) if table.whole.meet(area)]
    if len(crossed) == 1 and crossed[0].whole.left <= used.left and used.right <= crossed[0].whole.right:
        return crossed[0]
    return None


def table_region(book: xw.Book) -> Region:
    """The table around the selection, or the only one of the sheet. Raises GridError NO_TABLE, SEVERAL_TABLES."""
    sheet = active_sheet(book)
    cells = excelfacts.selection(book.app)
    table = None if cells is None else table_around(sheet, area_of(cells))
    if table is None:
        tables = tables_of(sheet)
        if len(tables) != 1:
            fault = GridFault.SEVERAL_TABLES if tables else GridFault.NO_TABLE
            raise GridError(fault, sheet.name)
        table = tables[0]
    return Region(table.body, table)


def sheet_region(book: xw.Book) -> Region:
    """The used part of the sheet in front; the data rows of a table, if nothing else is in the sheet."""
    sheet = active_sheet(book)
    area = area_of(sheet.used_range)
    table = table_around(sheet, area)
    return Region(area if table is None else table.body, table)


def trimmed(area: Area, columns: Columns) -> tuple[Area, Columns]:
    """The area without blank rows and columns at its four edges, and its columns. Raises GridError NO_DATA."""
    kept = [i for i, column in enumerate(columns) if any(value is not None for value in column)]
    if not kept:
        raise GridError(GridFault.NO_DATA, area.sheet, area.address)
    columns = columns[kept[0] : kept[-1] + 1]
    top = min(_first(column) for column in columns)
    end = max(len(column) - _first(column[::-1]) for column in columns)
    area = replace(area, top=area.top + top, rows=end - top, left=area.left + kept[0], columns=len(columns))
    return area, [column[top:end] for column in columns]


def trailing_blanks(columns: Columns) -> int:
    """How many rows at the end have nothing in them."""
    return min(_first(column[::-1]) for column in columns)


def _first(column: Sequence[Any]) -> int:
    return next((i for i, value in enumerate(column) if value is not None), len(column))


def header_above(book: xw.Book, area: Area, columns: Columns) -> int | None:
    """The row above an area, within its current region, that holds headers for all its columns. None when the first row
    of the area reads like headers itself: all texts, above a row that is not.
    """
    region = area_of(range_of(book, area.row(0).column(0)).current_region)
    above = min(area.top - region.top, _HIGHEST_TITLE)
    if above < 1:
        return None
    first, second = _row(columns, 0), _row(columns, 1)
    if len(first) > 1 and is_header(first) and differs(first, second):
        return None
    found = as_columns(raw_rows(range_of(book, replace(region, rows=above))))
    start = area.left - region.left
    for row in range(above):
        cells = _row(found, row)
        texts = sum(isinstance(value, str) for value in cells)
        below = first if row + 1 == above else _row(found, row + 1)[start : start + area.columns]
        if reads_like_header(cells[start : start + area.columns], below) and 2 * texts > len(cells):
            return region.top + row
    return None


def header_within(area: Area, columns: Columns) -> int | None:
    """The first full row of an area, when that reads like headers; rows with gaps above it are taken for titles."""
    for row in range(min(len(columns[0]), _HIGHEST_TITLE)):
        cells = _row(columns, row)
        if reads_like_header(cells, _row(columns, row + 1)):
            return area.top + row
        if None not in cells:
            return None
    return None


def _row(columns: Columns, row: int) -> list[Any]:
    return [column[row] if row < len(column) else None for column in columns]


def reads_like_header(cells: Sequence[Any], below: Sequence[Any]) -> bool:
    """Whether a row of plain cells is headers, judged by the row below it too where some of them are no texts: most
    are, and what is under them is of another kind.
    """
    if is_header(cells):
        return True
    texts = sum(isinstance(value, str) for value in cells)
    named = all(value is None or (isinstance(value, (str, float)) and error_name(value) is None) for value in cells)
    return named and 2 * texts > len(cells) and differs(cells, below)


def differs(cells: Sequence[Any], below: Sequence[Any]) -> bool:
    """Whether something else than text is below a text."""
    return any(
        isinstance(cell, str) and under is not None and not isinstance(under, str)
        for cell, under in zip(cells, below, strict=True)
    )


def is_header(cells: Sequence[Any]) -> bool:
    """Whether a row of plain cells reads like headers: texts, none blank but perhaps the first (a row's number)."""
    named = cells[1:] if len(cells) > 1 and cells[0] is None else cells
    return bool(named) and all(isinstance(value, str) and error_name(value) is None for value in named)
