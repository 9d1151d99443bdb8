"""A result sheet before it has a style: what is to be drawn, in the form in which it goes to the child process.

Rules: ECMA-376 part 1, 18.5.1 (tables: header texts are text, unique without regard to case; at least one row below).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from worker.workbooks.addressing import MOST_COLUMNS, MOST_ROWS, Area
from worker.workbooks.cells import shortened
from worker.workbooks.errors import SheetTooLarge

OK = "ok"
"""What the status column says of a row that needs no attention."""

_LONGEST_HEADER = 255


@dataclass(frozen=True, slots=True)
class Page:
    """`columns` are Arrow columns (see cells), `formats` their number formats
    ('' for a fitting one), `status` the place of the status column, `table` the table name wanted.
    """

    name: str
    headers: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    formats: tuple[str, ...]
    title: str = ""
    status: int | None = None
    table: str = ""

    @property
    def header_row(self) -> int:
        """The sheet row in which the header stands."""
        return 3 if self.title else 1

    @property
    def count(self) -> int:
        """Number of rows below the header."""
        return len(self.columns[0]) if self.columns else 0

    @property
    def area(self) -> Area:
        """Header and rows; a table has at least one row."""
        return Area(self.header_row, 1, self.header_row + max(self.count, 1), max(len(self.columns), 1))

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
