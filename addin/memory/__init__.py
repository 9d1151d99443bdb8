"""Excel in memory, for tests and demonstrations: an xlwings engine over plain Python objects.

    app = memory.app()                   an xlwings App without workbooks
    book = memory.book({"A1": [["age", "income"], [31, 2500.0]]})     an xlwings Book, A1 selected
    memory.fill(book.sheets[0], "A1", rows)                           many rows quickly

Everything else is plain xlwings: `sheet["A1:B2"].select()`, `.value`, `.merge()`, `.row_hidden`, `.autofilter`,
`sheet.tables.add(...)`, `sheet.api.Protect()`. Text is taken as Excel takes it from a program: "=1+1" becomes a
formula, "007" a number, "'007" text. What a test wants to see or set beyond that is on the implementation
(`book.impl.writes`, `app.impl.busy`, `app.impl.chart`, `app.impl.alerts`, `sheet.impl.noted`, ...).

It is kept honest by running the add-in's tests on it and on LibreOffice alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import xlwings as xw

from addin.memory.engine import App
from addin.memory.errors import ComError

__all__ = ["ComError", "app", "book", "fill"]

Rows = Sequence[Sequence[object]]


def app() -> xw.App:
    """A new Excel without workbooks."""
    return xw.App(impl=App())


def book(cells: Mapping[str, Rows] | None = None, within: xw.App | None = None) -> xw.Book:
    """A new workbook with one sheet, Sheet1, that has rows of values at these addresses."""
    made = (within or app()).books.add()
    for address, rows in (cells or {}).items():
        fill(made.sheets[0], address, rows)
    return made


def fill(sheet: xw.Sheet, address: str, rows: Rows) -> None:
    """Put rows into a sheet from this cell on, whole numbers as numbers."""
    area = sheet.range(address).impl.area
    impl: Any = sheet.impl
    impl.store.put(replace(area, rows=len(rows), columns=len(rows[0])), rows)
