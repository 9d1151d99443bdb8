"""Formulas of one kind in a sheet: found, and turned into the values that they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import xlwings as xw

from addin import excelfacts
from addin.errors import GridError, GridFault
from addin.grid.area import Area
from addin.grid.cells import as_rows, error_name
from addin.grid.obstacles import has_formulas
from addin.grid.sheets import area_of, range_of, sheet_of
from addin.grid.text import typed
from addin.grid.write import put


def formulas(book: xw.Book, area: Area, wanted: Callable[[str], bool]) -> Iterator[tuple[Area, str]]:
    """Each formula of an area that is wanted, with the cells that its results fill. Raises GridError."""
    if not has_formulas(book, area):
        return
    rows = as_rows(range_of(book, area).formula)
    filled: list[Area] = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            cell = area.row(r).column(c)
            within = any(other.contains(cell) for other in filled)
            if isinstance(text, str) and text.startswith("=") and wanted(text) and not within:
                cells = excelfacts.filled_by(range_of(book, cell))
                found = Area(area.sheet, cells.row, cells.column, *cells.shape)
                filled.append(found)
                yield found, text


def is_referred_to(book: xw.Book, name: str) -> bool:
    """Whether a formula on another sheet refers to the sheet of that name."""
    quoted = name.replace("'", "''").casefold()

    def refers(text: str) -> bool:
        return any(reference in text.casefold() for reference in (f"{quoted}!", f"{quoted}'!"))

    others = (area_of(sheet.used_range) for sheet in book.sheets if sheet.name != name)
    return any(next(formulas(book, area, refers), None) for area in others)


def refuse_protected(book: xw.Book, sheet: str) -> None:
    """Raise GridError SHEET_PROTECTED where formulas cannot be turned into values with a note."""
    if excelfacts.is_sheet_protected(sheet_of(book, sheet)):
        raise GridError(GridFault.SHEET_PROTECTED, sheet)


def to_values(book: xw.Book, area: Area, note: str) -> None:
    """Turn the formula that fills an area into what it shows, with a note on the first cell. Raises GridError."""
    cells = range_of(book, area)
    rows = [[_content(value) for value in row] for row in as_rows(excelfacts.exact_values(cells))]
    put(book, area, rows)
    first = range_of(book, area.row(0).column(0))
    if first.note is not None:
        first.note.delete()
    first.add_note(note)


def _content(value: object) -> object:
    return error_name(value) or (typed(value) if isinstance(value, str) else value)
