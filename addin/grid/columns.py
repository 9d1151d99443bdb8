"""Where results go: own columns again, new ones beside the rows, or a new sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import MOST_COLUMNS, Area
from addin.grid.block import Block
from addin.grid.cells import as_columns
from addin.grid.obstacles import refuse_to_write
from addin.grid.sheets import area_of, range_of, raw_rows, sheet_of
from addin.grid.tables import TableFacts, find_table, tables_of
from addin.grid.text import typed
from addin.grid.write import put

LONGEST_SHEET_NAME = 31


def results_area(book: xw.Book, block: Block, names: Sequence[str]) -> Area:
    """Where result columns of these names go: the rows of the block, without the header.

    Columns that already carry these names side by side are found again; else it is right of everything that touches
    the block, or of its table. Nothing is changed. Raises GridError SHEET_GONE, NO_WORKBOOK, NO_TABLE, NO_ROOM.
    """
    around = _around(book, block)
    left = _own(book, block, around, names)
    area = replace(block.area, left=around.right + 1 if left is None else left, columns=len(names))
    if area.right > MOST_COLUMNS:
        raise GridError(GridFault.NO_ROOM, area.sheet, block.area.address)
    return area


def add_columns(book: xw.Book, block: Block, names: Sequence[str]) -> Area:
    """Make the columns that results_area tells of: a table grows, headers are written. Returns their data cells.

    A table's header must be unique, so a name it already has gets a number ("Status 2"). Where the block has no header
    row, headers go into the row above if nothing stands there. Raises GridError as results_area, and SHEET_PROTECTED,
    FORMULAS, and NO_ROOM when another table is in the way.
    """
    around = _around(book, block)
    area = results_area(book, block, names)
    if area.left <= around.right:
        return area
    header = _header_of(book, block, area)
    refuse_to_write(book, area.with_header(None if header is None else header.top))
    if block.table is not None:
        _grow(book, find_table(book, block.area.sheet, block.table), names)
    elif header is not None:
        put(book, header, [[typed(name) for name in names]])
    range_of(book, area).number_format = "General"
    return area


def remove_columns(book: xw.Book, area: Area, names: Sequence[str]) -> bool:
    """Take columns that add_columns made out of their table again; False when they are not there any more."""
    cells = range_of(book, area)
    table = cells.table
    if table is None:
        return False
    facts = find_table(book, area.sheet, table.name)
    start = area.left - facts.whole.left
    found = facts.headers[start : start + area.columns]
    if len(found) != len(names) or not all(map(_is_named, found, names)):
        return False
    for name in found:
        next(column for column in table.columns if column.name == name).delete()
    return True


def add_sheet(book: xw.Book, name: str) -> str:
    """Add an empty sheet behind the last one, named `name` or, if that is taken, `name 2` and so on; returns its name.

    Raises GridError STRUCTURE_PROTECTED.
    """
    if excelfacts.is_structure_protected(book):
        raise GridError(GridFault.STRUCTURE_PROTECTED)
    taken = {sheet.name.casefold() for sheet in book.sheets}
    free = _free(re.sub(r"[\\/?*:\[\]]", " ", name).strip("'"), taken, LONGEST_SHEET_NAME)
    front = book.sheets.active
    book.sheets.add(free, after=book.sheets[len(book.sheets) - 1])
    front.impl.activate()
    return free


def _around(book: xw.Book, block: Block) -> Area:
    """The table of a block, or everything that touches it: results go right of that."""
    if block.table is not None:
        return find_table(book, block.area.sheet, block.table).whole
    region = area_of(range_of(book, block.area.row(0).column(0)).current_region)
    right = max(region.right, block.area.right)
    return replace(block.area, columns=right - block.area.left + 1)


def _own(book: xw.Book, block: Block, around: Area, names: Sequence[str]) -> int | None:
    """The first of the columns that carry these names side by side."""
    if block.table is not None:
        headers: Sequence[object] = find_table(book, block.area.sheet, block.table).headers
    else:
        row = replace(around, top=block.header_row or block.area.top - 1, rows=1)
        headers = [] if not row.top else [c[0] for c in as_columns(raw_rows(range_of(book, row)))]
    for i in range(len(headers) - len(names) + 1):
        if all(map(_is_named, headers[i : i + len(names)], names)):
            return around.left + i
    return None


def _is_named(header: object, name: str) -> bool:
    """Whether a header is a name, or a name with the number that made it unique in a table."""
    return isinstance(header, str) and re.fullmatch(rf"{re.escape(name)}( \d+)?", header) is not None


def _header_of(book: xw.Book, block: Block, area: Area) -> Area | None:
    """The cells for the headers of new columns."""
    if block.header_row is not None:
        return replace(area, top=block.header_row, rows=1)
    if block.table is not None or block.area.top == 1:
        return None
    above = replace(area, top=area.top - 1, rows=1)
    free = all(column[0] is None for column in as_columns(raw_rows(range_of(book, above))))
    return above if free else None


def _grow(book: xw.Book, table: TableFacts, names: Sequence[str]) -> None:
    sheet = sheet_of(book, table.whole.sheet)
    new = replace(table.whole, left=table.whole.right + 1, columns=len(names))
    if any(other.whole.meet(new) for other in tables_of(sheet)):
        raise GridError(GridFault.NO_ROOM, new.sheet, new.address)
    taken = {header.casefold() for header in table.headers}
    columns = sheet.tables[table.name].columns
    for name in names:
        free = _free(name, taken, 255)
        columns.add(free)
        taken.add(free.casefold())


def _free(name: str, taken: set[str], longest: int) -> str:
    free, number = name[:longest], 1
    while free.casefold() in taken:
        number += 1
        free = f"{name[: longest - len(f' {number}')]} {number}"
    return free
