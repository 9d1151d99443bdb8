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
from addin.grid.kept import occupied
from addin.grid.obstacles import refuse_merged, refuse_to_write
from addin.grid.sheets import area_of, range_of, raw_rows, sheet_of
from addin.grid.tables import TableFacts, find_table, tables_of
from addin.grid.text import typed
from addin.grid.write import put

LONGEST_SHEET_NAME = 31
_LONGEST_HEADER = 255
"""Characters of a table's header."""


def results_area(book: xw.Book, block: Block, names: Sequence[str]) -> Area:
    """Where result columns of these names go: the rows of the block, without the header.

    Columns that already carry these names side by side are found again; else it is right of everything that touches
    the block, or of its table. Nothing is changed. Raises GridError SHEET_GONE, NO_WORKBOOK, NO_TABLE, MERGED; NO_ROOM
    where the sheet ends, another table is in the way, or the table would have to grow with its totals row.
    """
    around, table = _around(book, block)
    left = _own(book, block, around, table, names)
    area = replace(block.area, left=around.right + 1 if left is None else left, columns=len(names))
    if area.right > MOST_COLUMNS:
        raise GridError(GridFault.NO_ROOM, area.sheet, block.area.address)
    if left is None:
        _refuse_new(book, area.with_header(block.header_row), table)
    refuse_merged(book, area, block.header_row)
    return area


def is_beside_table(book: xw.Book, block: Block, area: Area) -> bool:
    """Whether an area lies right of the table that the block is in: add_columns then makes the table grow.

    Raises GridError SHEET_GONE, NO_WORKBOOK, NO_TABLE.
    """
    return block.table is not None and area.left > find_table(book, block.area.sheet, block.table).whole.right


def add_columns(book: xw.Book, block: Block, names: Sequence[str]) -> Area:
    """Make the columns that results_area tells of: headers are written, a table takes in the cells beside it. Nothing
    moves: what stood there is to be overwritten. Returns their data cells.

    A table's header must be unique, so a name it already has gets a number ("Status 2"). Where the block has no header
    row, headers go into the row above if nothing stands there. Raises GridError as results_area, and SHEET_PROTECTED,
    FORMULAS.
    """
    around, table = _around(book, block)
    area = results_area(book, block, names)
    if area.left <= around.right:
        return area
    header = _header_of(book, block, area)
    refuse_to_write(book, area.with_header(header))
    if table is not None:
        names = _unique(names, table.headers)
    if header is not None:
        put(book, replace(area, top=header, rows=1), [[typed(name) for name in names]])
    if table is not None:
        _resize(book, table, table.whole.columns + len(names))
    range_of(book, area).number_format = "General"
    return area


def remove_columns(book: xw.Book, area: Area, names: Sequence[str]) -> bool:
    """Take columns that add_columns made out of their table again and empty their cells (`area`, header included);
    False when they are not its last ones any more. Raises GridError SHEET_PROTECTED, MERGED, FORMULAS.
    """
    cells = range_of(book, area)
    table = cells.table
    if table is None:
        return False
    facts = find_table(book, area.sheet, table.name)
    start = area.left - facts.whole.left
    found = facts.headers[start:]
    if facts.totals or len(found) != len(names) or not all(map(is_named, found, names)):
        return False
    refuse_to_write(book, area)
    _resize(book, facts, start)
    cells.clear_contents()
    cells.number_format = "General"
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


def _around(book: xw.Book, block: Block) -> tuple[Area, TableFacts | None]:
    """The table of a block, or everything that touches it: results go right of that."""
    if block.table is not None:
        table = find_table(book, block.area.sheet, block.table)
        return table.whole, table
    region = area_of(range_of(book, block.area.row(0).column(0)).current_region)
    right = max(region.right, block.area.right)
    return replace(block.area, columns=right - block.area.left + 1), None


def _header_of(book: xw.Book, block: Block, area: Area) -> int | None:
    """The row in which add_columns writes the headers of columns in an area that results_area told of: that of the
    block; the one above where the block has none and nothing stands there; else None.
    """
    if block.header_row is not None:
        return block.header_row
    if block.table is not None or area.top == 1:
        return None
    return None if occupied(book, replace(area, top=area.top - 1, rows=1)) else area.top - 1


def _refuse_new(book: xw.Book, area: Area, table: TableFacts | None) -> None:
    """Raise GridError NO_ROOM where columns cannot be made, MERGED where a table could not take them in."""
    if table is not None:
        area = replace(area, top=table.whole.top, rows=table.whole.rows)
    others = tables_of(sheet_of(book, area.sheet))
    if (table is not None and table.totals) or any(other.whole.meet(area) for other in others):
        raise GridError(GridFault.NO_ROOM, area.sheet, area.address)
    refuse_merged(book, area, None)


def _own(book: xw.Book, block: Block, around: Area, table: TableFacts | None, names: Sequence[str]) -> int | None:
    """The first of the columns that carry these names side by side."""
    if table is not None:
        headers: Sequence[object] = table.headers
    else:
        row = replace(around, top=block.header_row or block.area.top - 1, rows=1)
        headers = [] if not row.top else [c[0] for c in as_columns(raw_rows(range_of(book, row)))]
    for i in range(len(headers) - len(names) + 1):
        if all(map(is_named, headers[i : i + len(names)], names)):
            return around.left + i
    return None


def is_named(header: object, name: str) -> bool:
    """Whether a header is a name, or what a table makes of one: with a number behind it, cut to 255 characters."""
    if not isinstance(header, str):
        return False
    number = re.search(r" \d+$", header)
    return header in {name, name[:_LONGEST_HEADER]} or (
        number is not None and header[: number.start()] in {name, name[: _LONGEST_HEADER - len(number[0])]}
    )


def _unique(names: Sequence[str], headers: Sequence[str]) -> list[str]:
    """The names as a table with these headers can take them."""
    taken = {header.casefold() for header in headers}
    found = []
    for name in names:
        found.append(_free(name, taken, _LONGEST_HEADER))
        taken.add(found[-1].casefold())
    return found


def _resize(book: xw.Book, table: TableFacts, columns: int) -> None:
    """Give a table as many columns; cells that it takes in or leaves out stay what they are."""
    whole = replace(table.whole, columns=columns)
    sheet_of(book, whole.sheet).tables[table.name].resize(range_of(book, whole))


def _free(name: str, taken: set[str], longest: int) -> str:
    free, number = name[:longest], 1
    while free.casefold() in taken:
        number += 1
        free = f"{name[: longest - len(f' {number}')]} {number}"
    return free
