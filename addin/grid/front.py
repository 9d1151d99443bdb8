"""What is in front of the user: the workbook, the selected cells."""

from __future__ import annotations

import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import Area
from addin.grid.regions import selected_area
from addin.grid.sheets import range_of


def workbook(app: xw.App) -> xw.Book:
    """The workbook in front. Raises GridError PROTECTED_VIEW or NO_WORKBOOK when there is none to work with."""
    if len(app.books):
        return app.books.active
    raise GridError(GridFault.PROTECTED_VIEW if excelfacts.is_in_protected_view(app) else GridFault.NO_WORKBOOK)


def active_area(book: xw.Book) -> Area:
    """The selected rectangle. Raises GridError CHART_SELECTED, NOTHING_SELECTED, SEVERAL_AREAS."""
    return selected_area(book)


def goto(book: xw.Book, area: Area) -> None:
    """Bring an area to the front and select it. Raises GridError SHEET_GONE, NO_WORKBOOK."""
    cells = range_of(book, area)
    book.impl.activate()
    cells.sheet.impl.activate()  # not `Sheet.activate`: that wants Excel itself in front, too
    cells.impl.select()
