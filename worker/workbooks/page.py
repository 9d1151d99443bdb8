"""A result sheet before it has a style: what is to be drawn, in the form in which it goes to the child process.

Rules: ECMA-376 part 1, 18.5.1 (tables: header texts are text, unique without regard to case; at least one row below).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa

from worker.workbooks.addressing import MOST_COLUMNS, MOST_ROWS, Area, letters
from worker.workbooks.cells import shortened, values_of
from worker.workbooks.errors import SheetTooLarge
from worker.workbooks.stored import Stored

OK = "ok"
"""What the status column says of a row that needs no attention."""

MOST_LINKS = 10_000
"""Links on one page; Excel itself takes 65,530 on a sheet."""

_LONGEST_HEADER = 255


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell outside of the table: where (`D4`), what it holds, and how it looks; `format` is a number format.

    With a `formula` (without `=`), `value` is what it has been computed to be: readers that do not compute show that.
    `fill` is a colour, six hex digits.
    """

    at: str
    value: float | str | bool | None
    look: Literal["title", "header", "plain", "strong", "note"] = "plain"
    format: str = ""
    formula: str = ""
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of cells of its own page. `labels` and `values` are areas of one column (`D4:D13`), `place` the area that
    it covers, or with a `width` and `height` in points the cell where it begins. What it shows is stored with it, so
    that a preview or a phone need not compute.
    """

    title: str
    labels: str
    values: str
    place: str
    kind: Literal["columns", "bars"] = "columns"
    width: int = 0
    height: int = 0
    format: str = "#,##0"


@dataclass(frozen=True, slots=True)
class Tint:
    """The colour of those cells of a column of texts (its place, from 0) that hold `text`."""

    column: int
    text: str
    color: str


@dataclass(frozen=True, slots=True)
class Page:
    """A table of Arrow `columns` (see cells) under `headers`, and what stands around it.

    `formats` are the columns' number formats ('' for a fitting one), `status` is the place of the status column,
    `table` the table name wanted, `marked` the positions of rows that need attention where no status column tells.
    `links` lead from rows, by position, to places in the same workbook (`'My data'!H43`); the cells in the column
    `linked` hold them. The header stands in row `top`, 0 for right below the title. `ok` is the status of a row that
    needs no attention, `accent` the colour of titles and headers ('' for ours), `footer` stands below printed pages.
    The rows come from the sheet `source`, '' for none; where it has several inputs, from the one that `begins` there.
    Columns that are `stored` in a file are none until they are `mapped`, which is for the process that writes them.
    """

    name: str
    headers: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    formats: tuple[str, ...]
    title: str = ""
    status: int | None = None
    table: str = ""
    marked: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()
    charts: tuple[Chart, ...] = ()
    linked: int | None = None
    links: tuple[tuple[int, str], ...] = ()
    tints: tuple[Tint, ...] = ()
    top: int = 0
    ok: str = OK
    accent: str = ""
    footer: str = ""
    source: str = ""
    begins: str = ""
    stored: Stored | None = None

    @property
    def header_row(self) -> int:
        """The sheet row in which the header stands; without columns, the title's or none."""
        if self.top:
            return self.top
        return (3 if self.headers else 1) if self.title else int(bool(self.headers))

    @property
    def count(self) -> int:
        """Number of rows below the header."""
        if self.stored is not None:
            return self.stored.count
        return len(self.columns[0]) if self.columns else 0

    @property
    def area(self) -> Area:
        """Header and rows; a table has at least one row."""
        return Area(self.header_row, 1, self.header_row + max(self.count, 1), max(len(self.headers), 1))

    @property
    def others(self) -> dict[str, tuple[Any, str]]:
        """Value and formula of every cell outside of the table's rows, by address."""
        made: dict[str, tuple[Any, str]] = {"A1": (self.title, "")} if self.title else {}
        made |= {f"{letters(place)}{self.header_row}": (text, "") for place, text in enumerate(self.headers, 1)}
        return made | {cell.at: (cell.value, cell.formula) for cell in self.cells}

    def values(self, area: Area) -> list[Any]:
        """What the cells of an area of one column hold."""
        around = {cell.at: cell.value for cell in self.cells}
        found = []
        for row in range(area.top, area.bottom + 1):
            place = row - self.header_row - 1
            if area.left <= len(self.columns) and 0 <= place < self.count:
                found += values_of(self.columns[area.left - 1].slice(place, 1).combine_chunks())
            else:
                found.append(around.get(f"{letters(area.left)}{row}"))
        return found

    def mapped(self) -> Page:
        """The same page with its columns, which take no memory until they are looked at."""
        return self if self.stored is None else replace(self, columns=tuple(self.stored.columns()), stored=None)

    def check_size(self) -> None:
        """Raises SheetTooLarge when a worksheet cannot hold it."""
        if self.area.bottom > MOST_ROWS or self.area.right > MOST_COLUMNS:
            raise SheetTooLarge(self.name, self.area.bottom, self.area.right)


def unique_headers(names: Sequence[str]) -> tuple[str, ...]:
    """Header texts fit for a table: none blank, none longer than Excel takes, no two alike but for case."""
    made: list[str] = []
    seen: set[str] = set()
    for place, name in enumerate(names, 1):
        base = shortened(name if name.strip() else f"Column {place}", _LONGEST_HEADER)
        text, number = base, 2
        while text.casefold() in seen:
            suffix = f" ({number})"
            text, number = shortened(base, _LONGEST_HEADER - len(suffix)) + suffix, number + 1
        seen.add(text.casefold())
        made.append(text)
    return tuple(made)
