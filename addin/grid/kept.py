"""What stood in cells before they were written, kept so that it can be given back exactly."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import xlwings as xw

from addin import excelfacts
from addin.excelfacts import Sleep
from addin.grid.area import Area
from addin.grid.cells import as_rows, error_name
from addin.grid.obstacles import refuse_to_write
from addin.grid.sheets import range_of
from addin.grid.text import typed
from addin.grid.write import put

_AS_THEY_ARE = frozenset({float, bool, type(None)})

Kept = tuple[object, str]
"""A cell: its content as it can be typed in again ("=A1*2" is a formula, "'=A1*2" text; dates are numbers), and its
number format. Both survive JSON.
"""


def occupied(book: xw.Book, area: Area) -> int:
    """How many cells of an area are not blank; a formula is not, whatever it shows."""
    return sum(len(column) - column.count(None) for column in contents(book, area))


def snapshot(book: xw.Book, area: Area) -> tuple[tuple[Kept, ...], ...]:
    """Content and number format of each cell, in rows. Raises GridError SHEET_GONE, NO_WORKBOOK, NO_ROOM."""
    formats = [_formats(book, column) for column in area.each_column()]
    columns = [_kept(*column) for column in zip(contents(book, area), formats, strict=True)]
    return tuple(zip(*columns, strict=True))


def _kept(contents: Sequence[object], formats: Sequence[str]) -> Sequence[Kept]:
    """The cells of one column; cells that are all alike are one object."""
    first = contents[0]
    if (first is None or isinstance(first, str)) and contents.count(first) == formats.count(formats[0]) == len(formats):
        return [(first, formats[0])] * len(formats)
    return list(zip(contents, formats, strict=True))


def restore(book: xw.Book, area: Area, cells: Sequence[Sequence[Kept]], sleep: Sleep = time.sleep) -> None:
    """Give an area back what `snapshot` found: formulas, values and number formats.

    Raises GridError as write does: formulas that stand there now are not overwritten.
    """
    excelfacts.wait_until_ready(book.app, sleep)
    refuse_to_write(book, area)
    range_of(book, area).number_format = "General"  # Excel would turn numbers into text where the format is text
    put(book, area, [[content for content, _ in row] for row in cells])
    for i, column in enumerate(area.each_column()):
        row = 0
        for number_format, run in groupby(cell[i][1] for cell in cells):
            rows = len(list(run))
            if number_format != "General":
                range_of(book, replace(column, top=column.top + row, rows=rows)).number_format = number_format
            row += rows


def contents(book: xw.Book, area: Area) -> list[Sequence[object]]:
    """The content of each cell as in `snapshot`, in columns."""
    cells = range_of(book, area)
    values = as_rows(excelfacts.exact_values(cells))
    if excelfacts.has_formula(cells) is False:
        return [_column(column) for column in zip(*values, strict=True)]
    formulas = as_rows(cells.formula)
    rows = [
        [
            formula if _is_formula(book, area, r, c, formula, value) else _content(value)
            for c, (formula, value) in enumerate(zip(formula_row, row, strict=True))
        ]
        for r, (formula_row, row) in enumerate(zip(formulas, values, strict=True))
    ]
    return list(zip(*rows, strict=True))


def _column(values: Sequence[Any]) -> Sequence[object]:
    """The content of cells without formulas, each different text looked at once."""
    kinds = set(map(type, values))
    if kinds <= _AS_THEY_ARE:
        return values
    texts = {text: _content(text) for text in {value for value in values if type(value) is str}}
    if kinds <= _AS_THEY_ARE | {str}:
        return [texts[value] if type(value) is str else value for value in values]
    return list(map(_content, values))


def _is_formula(book: xw.Book, area: Area, row: int, column: int, formula: object, value: object) -> bool:
    """A text "=1+1" reads as itself both ways; only Excel knows whether it is one."""
    if not isinstance(formula, str) or not formula.startswith("="):
        return False
    return formula != value or excelfacts.has_formula(range_of(book, area.row(row).column(column))) is True


def _content(value: Any) -> object:  # noqa: ANN401 - what the engine holds
    if error := error_name(value):
        return error
    if isinstance(value, str):
        return typed(value) or None
    return float(value) if type(value) is int else value


def _formats(book: xw.Book, column: Area) -> list[str]:
    """The number format of each row; Excel tells it for a range only where it is one and the same."""
    found = range_of(book, column).number_format
    if found is not None:
        return [str(found)] * column.rows
    half = column.rows // 2
    lower = replace(column, top=column.top + half, rows=column.rows - half)
    return _formats(book, replace(column, rows=half)) + _formats(book, lower)
