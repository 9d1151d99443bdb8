"""What stands in the way in a sheet: merged cells, filters, formulas, protection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import Area
from addin.grid.block import Mask
from addin.grid.sheets import area_of, range_of, sheet_of


def refuse_merged(book: xw.Book, area: Area, header_row: int | None) -> None:
    """Raise GridError MERGED, with the first merged cell, when an area or its header has any."""
    for part in [area, *([] if header_row is None else [replace(area, top=header_row, rows=1)])]:
        if excelfacts.has_merged(range_of(book, part)):
            raise GridError(GridFault.MERGED, part.sheet, _first_merged(book, part).address)


def _first_merged(book: xw.Book, area: Area) -> Area:
    """Found by halving: a question for each cell would take minutes in a long block."""
    while halves := _halves(area):
        first, second = halves
        area = first if excelfacts.has_merged(range_of(book, first)) else second
    return area


def _halves(area: Area) -> tuple[Area, Area] | None:
    if area.rows > 1:
        half = area.rows // 2
        return replace(area, rows=half), replace(area, top=area.top + half, rows=area.rows - half)
    if area.columns > 1:
        half = area.columns // 2
        return replace(area, columns=half), replace(area, left=area.left + half, columns=area.columns - half)
    return None


def filtered_rows(book: xw.Book, area: Area) -> Mask:
    """Which rows of an area a filter hides.

    Excel does not say why a row is hidden: within the range of a filter that is on, every hidden row counts as
    filtered; elsewhere none does.
    """
    hidden = np.zeros(area.rows, bool)
    sheet = sheet_of(book, area.sheet)
    for address in excelfacts.filtered_ranges(sheet):
        within = area_of(sheet.range(address)).meet(area)
        if within is None:
            continue
        start = within.top - area.top
        hidden[start : start + within.rows] = True
        for visible in excelfacts.visible_parts(range_of(book, within)):
            first = visible.row - area.top
            hidden[first : first + visible.shape[0]] = False
    return hidden


def has_formulas(book: xw.Book, area: Area) -> bool:
    """Whether any cell of an area holds a formula. Raises GridError SHEET_GONE, NO_WORKBOOK, NO_ROOM."""
    return excelfacts.has_formula(range_of(book, area)) is not False


def refuse_to_write(book: xw.Book, area: Area) -> None:
    """Raise GridError SHEET_PROTECTED, MERGED or FORMULAS where values must not be written."""
    cells = range_of(book, area)
    if excelfacts.is_protected(cells):
        raise GridError(GridFault.SHEET_PROTECTED, area.sheet, area.address)
    refuse_merged(book, area, None)
    if excelfacts.has_formula(cells) is not False:
        raise GridError(GridFault.FORMULAS, area.sheet, area.address)
