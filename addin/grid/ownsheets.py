"""Whole sheets that the add-in made: how far they are used, emptying and removing them, links from them to cells."""

from __future__ import annotations

from collections.abc import Sequence

import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import Area
from addin.grid.cells import fingerprint
from addin.grid.kept import contents
from addin.grid.regions import trailing_blanks
from addin.grid.sheets import area_of, sheet_of
from addin.grid.write import put


def has_sheet(book: xw.Book, name: str) -> bool:
    """Whether the workbook has a sheet of this name."""
    return any(sheet.name == name for sheet in book.sheets)


def is_last_sheet(book: xw.Book, name: str) -> bool:
    """Whether a workbook shows no other sheet than this one: it must keep one."""
    return not any(sheet.visible for sheet in book.sheets if sheet.name != name)


def refuse_sheets(book: xw.Book) -> None:
    """Raise GridError STRUCTURE_PROTECTED where sheets cannot be added."""
    if excelfacts.is_structure_protected(book):
        raise GridError(GridFault.STRUCTURE_PROTECTED)


def used_area(book: xw.Book, sheet: str) -> Area:
    """The cells of a sheet that are or were in use. Raises GridError SHEET_GONE, NO_WORKBOOK."""
    return area_of(sheet_of(book, sheet).used_range)


def contents_of(book: xw.Book, sheet: str) -> str:
    """A digest that changes with any content of a sheet and with anything put on it: charts, shapes, pictures, tables,
    notes. How far Excel takes the sheet for used does not matter. Raises GridError SHEET_GONE, NO_WORKBOOK.
    """
    used = used_area(book, sheet)
    columns = contents(book, used)
    while columns and not any(cell is not None for cell in columns[-1]):
        columns.pop()
    rows = used.rows - (trailing_blanks(columns) if columns else used.rows)
    things = excelfacts.count_things(sheet_of(book, sheet))
    return fingerprint([(float(used.top), float(used.left), *map(float, things)), *(c[:rows] for c in columns)])


def clear_sheet(book: xw.Book, sheet: str) -> None:
    """Empty all cells of a sheet. Raises GridError SHEET_GONE, NO_WORKBOOK."""
    sheet_of(book, sheet).clear()


def remove_sheet(book: xw.Book, sheet: str) -> None:
    """Delete a sheet, unasked. Raises GridError SHEET_GONE, NO_WORKBOOK."""
    sheet_of(book, sheet).delete()


def write_links(book: xw.Book, area: Area, sheet: str, addresses: Sequence[str]) -> None:
    """Fill one column with links to cells of a sheet, as formulas: Excel allows 65,530 other links on a sheet."""
    quoted = sheet.replace("'", "''").replace('"', '""')
    put(book, area, [[f'=HYPERLINK("#\'{quoted}\'!{address}","{address}")'] for address in addresses])
