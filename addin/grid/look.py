"""How cells that the add-in fills look: like their neighbours in the person's sheet, like our result sheets in our own.

Only what is plain is dressed: a look that somebody chose stays.
"""

from __future__ import annotations

from dataclasses import replace

import xlwings as xw

from addin import excelfacts
from addin.grid.area import Area
from addin.grid.sheets import range_of, sheet_of

ACCENT = (31, 78, 95)
WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
LINK = (5, 99, 193)
NARROWEST = 9.0
WIDEST_HEADER = 28.0
WIDEST = 90.0
_FILTER_ARROW = 4


def dress_sheet(book: xw.Book, header: Area) -> None:
    """Make a sheet of our own readable: a header that stands out, columns as wide as what stands in them."""
    cells = range_of(book, header)
    cells.color, cells.font.color, cells.font.bold = ACCENT, WHITE, True
    sheet_of(book, header.sheet).autofit("columns")
    for place in range(header.columns):
        column = range_of(book, header.column(place))
        column.column_width = min(max(_width(column), NARROWEST), WIDEST)


def dress_links(book: xw.Book, area: Area) -> None:
    """Make cells look like links."""
    range_of(book, area).font.color = LINK


def dress_header(book: xw.Book, header: Area, names: tuple[str, ...]) -> tuple[float, ...]:
    """Give plain header cells the look of the header to their left, and their columns room for the names.

    Returns the widths the columns had, for `undress_header`; none when nothing was done: the cells have a look of their
    own, there is nothing to their left, or the sheet is protected.
    """
    cells = range_of(book, header)
    plain = cells.color is None and not cells.font.bold
    if header.left == 1 or not plain or excelfacts.is_sheet_protected(cells.sheet):
        return ()
    neighbour = range_of(book, replace(header, left=header.left - 1, columns=1))
    if neighbour.color is not None:
        cells.color = neighbour.color
    if neighbour.font.color is not None:
        cells.font.color = neighbour.font.color
    cells.font.bold = bool(neighbour.font.bold)
    widths = []
    for place, name in enumerate(names):
        column = range_of(book, header.column(place))
        widths.append(_width(column))
        column.column_width = max(widths[-1], min(len(name) + _FILTER_ARROW, WIDEST_HEADER))
    return tuple(widths)


def undress_header(book: xw.Book, header: Area, widths: tuple[float, ...]) -> None:
    """Take back what `dress_header` did."""
    cells = range_of(book, header)
    if excelfacts.is_sheet_protected(cells.sheet):
        return
    cells.color, cells.font.color, cells.font.bold = None, BLACK, False
    for place, width in enumerate(widths):
        range_of(book, header.column(place)).column_width = width


def _width(cells: xw.Range) -> float:
    """Width of one column in characters."""
    return float(cells.column_width or NARROWEST)
