"""Excel tables: where one lies and what its columns are called."""

from __future__ import annotations

from dataclasses import dataclass

import xlwings as xw

from addin.errors import GridError, GridFault
from addin.grid.area import Area
from addin.grid.sheets import area_of, sheet_of


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table: all of it, its data rows (without header and totals), its header row if that is shown, column names;
    whether it shows a totals row.
    """

    name: str
    whole: Area
    body: Area
    header_row: int | None
    headers: tuple[str, ...]
    totals: bool


def tables_of(sheet: xw.Sheet) -> list[TableFacts]:
    """The tables of a sheet that have at least one data row."""
    return [facts for table in sheet.tables if (facts := _facts(table)) is not None]


def find_table(book: xw.Book, sheet: str, name: str) -> TableFacts:
    """The table of that name. Raises GridError NO_TABLE, SHEET_GONE."""
    for facts in tables_of(sheet_of(book, sheet)):
        if facts.name == name:
            return facts
    raise GridError(GridFault.NO_TABLE, sheet)


def table_around(sheet: xw.Sheet, area: Area) -> TableFacts | None:
    """The table that holds all of an area, None when none does."""
    return next((facts for facts in tables_of(sheet) if facts.whole.contains(area)), None)


def _facts(table: xw.main.Table) -> TableFacts | None:
    body = table.data_body_range
    if body is None:
        return None
    names = tuple(str(column.name) for column in table.columns)
    whole = area_of(table.range)
    header_row = whole.top if table.show_headers else None
    return TableFacts(table.name, whole, area_of(body), header_row, names, table.show_totals)
