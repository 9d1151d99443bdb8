"""Reading blocks of rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.excelfacts import Sleep
from addin.grid.area import Area
from addin.grid.block import Block, Mask
from addin.grid.cells import Columns, as_columns, error_rows, fingerprint
from addin.grid.obstacles import filtered_rows, refuse_merged
from addin.grid.regions import (
    Region,
    header_above,
    header_within,
    is_header,
    selected_region,
    sheet_region,
    table_region,
    trailing_blanks,
    trimmed,
)
from addin.grid.sheets import range_of, raw_rows
from addin.grid.tables import TableFacts, find_table
from worker.scoring import Problem, ProblemKind

_MOST_HEADER_ROWS = 4


def read_selection(book: xw.Book, sleep: Sleep = time.sleep) -> Block:
    """The rows that the selection means.

    A rectangle is itself, whole columns are their used part, one cell is its table or current region. When the first
    row does not read like headers they are those of the table, or of the region around the rows; else there are none.
    Raises GridError: BUSY, CHART_SELECTED, NOTHING_SELECTED, SEVERAL_AREAS, MERGED, NO_DATA.
    """
    excelfacts.wait_until_ready(book.app, sleep)
    return _read(book, selected_region(book))


def read_table(book: xw.Book, sleep: Sleep = time.sleep) -> Block:
    """The data rows of the table around the active cell, or of the only table of the sheet.

    Raises GridError: BUSY, NO_TABLE, SEVERAL_TABLES, CHART_SELECTED, MERGED, NO_DATA.
    """
    excelfacts.wait_until_ready(book.app, sleep)
    return _read(book, table_region(book))


def read_sheet(book: xw.Book, sleep: Sleep = time.sleep) -> Block:
    """The used block of the sheet in front. Raises GridError: BUSY, CHART_SELECTED, MERGED, NO_DATA."""
    excelfacts.wait_until_ready(book.app, sleep)
    return _read(book, sheet_region(book))


def read_below(book: xw.Book, block: Block, fits: Callable[[Sequence[str]], bool]) -> Block:
    """The rows of a block below that one of its header rows whose names fit; the block itself where it has but one, or
    none of them fits better. Header rows follow each other: names, groups of them, units.
    """
    if block.headers is None or block.header_row is None or block.table is not None or fits(block.headers):
        return block
    for step in (1, -1):
        for row in range(block.header_row + step, block.header_row + step * _MOST_HEADER_ROWS, step):
            cells = _header_cells(book, block.area, row) if 1 <= row < block.area.bottom else ()
            if not is_header(cells):
                break
            if fits([_name(cell) for cell in cells]):
                top = max(block.area.top, row + 1)
                return read_block(book, replace(block.area, top=top, rows=block.area.bottom - top + 1), row)
    return block


def read_block(book: xw.Book, area: Area, header_row: int | None) -> Block:
    """The block of exactly these data rows and this header row again, blank edges included.

    Raises GridError: SHEET_GONE, NO_WORKBOOK, MERGED.
    """
    cells = range_of(book, area)
    table = cells.table
    facts = None if table is None else find_table(book, area.sheet, table.name)
    return _block(book, area, as_columns(raw_rows(cells)), header_row, facts)


def is_unchanged(book: xw.Book, block: Block) -> bool:
    """Whether the cells of a block and its header are as they were read: no edit, sort, insert or deleted sheet."""
    try:
        columns = as_columns(raw_rows(range_of(book, block.area)))
        return fingerprint([*columns, _header_cells(book, block.area, block.header_row)]) == block.fingerprint
    except GridError:
        return False


def _read(book: xw.Book, region: Region) -> Block:
    columns = as_columns(raw_rows(range_of(book, region.area)))
    table = region.table
    if table is not None:
        rows = region.area.rows - trailing_blanks(columns)
        if not rows:
            raise GridError(GridFault.NO_DATA, region.area.sheet, region.area.address)
        area = replace(region.area, rows=rows)
        return _block(book, area, [column[:rows] for column in columns], table.header_row, table)
    area, columns = trimmed(region.area, columns)
    header_row = header_above(book, area, columns)
    if header_row is None:
        header_row = header_within(area, columns)
    start = 0 if header_row is None else max(header_row - area.top + 1, 0)
    if start >= area.rows:
        raise GridError(GridFault.NO_DATA, area.sheet, area.address)
    rows_below = replace(area, top=area.top + start, rows=area.rows - start)
    return _block(book, rows_below, [column[start:] for column in columns], header_row, None)


def _block(book: xw.Book, area: Area, columns: Columns, header_row: int | None, table: TableFacts | None) -> Block:
    refuse_merged(book, area, header_row)
    top = _header_cells(book, area, header_row)
    headers = _headers(area, top, table)
    frame, problems = _frame(area, columns, headers or [""] * area.columns)
    return Block(
        area=area,
        headers=headers,
        header_row=header_row,
        frame=frame,
        problems=problems,
        table=None if table is None else table.name,
        blank=_blank(columns),
        filtered=filtered_rows(book, area),
        fingerprint=fingerprint([*columns, top]),
    )


def _frame(area: Area, columns: Columns, headers: Sequence[str]) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """The frame, with None where an error is; and the errors, row by row."""
    names = [name or f"Column {i + 1}" for i, name in enumerate(headers)]
    index = pd.RangeIndex(area.top, area.bottom + 1)
    problems: list[Problem] = []
    data: dict[int, pd.Series[Any]] = {}
    for i, column in enumerate(columns):
        values = _objects(column)
        for row in error_rows(column):
            problems.append(Problem(row, ProblemKind.ERROR_CELL, names[i], column[row]))
            values[row] = None
        data[i] = pd.Series(values, index, object)
    problems.sort(key=lambda problem: problem.row)
    return pd.DataFrame(data, index).set_axis(names, axis="columns"), tuple(problems)


def _blank(columns: Columns) -> Mask:
    """The rows in which every column is blank."""
    blank = np.ones(len(columns[0]), bool)
    for column in columns:
        rows = np.flatnonzero(blank)
        blank[rows] = [column[row] is None for row in rows.tolist()]
    return blank


def _objects(column: Sequence[Any]) -> npt.NDArray[Any]:
    values = np.empty(len(column), object)
    values[:] = column
    return values


def _headers(area: Area, cells: Sequence[Any], table: TableFacts | None) -> tuple[str, ...] | None:
    if table is not None and table.whole.left <= area.left and area.right <= table.whole.right:
        start = area.left - table.whole.left
        return table.headers[start : start + area.columns]
    return tuple(map(_name, cells)) or None


def _name(cell: object) -> str:
    """A header as Excel shows it: 2019, not 2019.0."""
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return "" if cell is None else str(cell)


def _header_cells(book: xw.Book, area: Area, header_row: int | None) -> Sequence[Any]:
    if header_row is None:
        return ()
    cells = range_of(book, replace(area, top=header_row, rows=1))
    return [column[0] for column in as_columns(raw_rows(cells))]
