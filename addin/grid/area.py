"""A rectangle of cells, named by numbers: what the rest of the add-in holds instead of an xlwings Range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from xlwings.utils import col_name

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of one sheet. `top` and `left` count from 1, as Excel does; `sheet` is the sheet's name."""

    sheet: str
    top: int
    left: int
    rows: int
    columns: int

    @property
    def bottom(self) -> int:
        """Number of the last row."""
        return self.top + self.rows - 1

    @property
    def right(self) -> int:
        """Number of the last column."""
        return self.left + self.columns - 1

    @property
    def address(self) -> str:
        """Such as H2:I1001, or H2 for one cell."""
        first = self.cell(0, 0)
        return first if self.rows == self.columns == 1 else f"{first}:{self.cell(self.rows - 1, self.columns - 1)}"

    def cell(self, row: int, column: int) -> str:
        """Address of the cell this many rows and columns from the first one (both count from 0)."""
        return f"{col_name(self.left + column)}{self.top + row}"  # type: ignore[no-untyped-call]

    def column(self, i: int) -> Area:
        """The column this many columns from the first one."""
        return replace(self, left=self.left + i, columns=1)

    def row(self, i: int) -> Area:
        """The row this many rows from the first one."""
        return replace(self, top=self.top + i, rows=1)

    def each_column(self) -> Iterator[Area]:
        """Its columns from left to right."""
        return map(self.column, range(self.columns))

    def with_header(self, header_row: int | None) -> Area:
        """The area stretched up to a header row, or as it is when there is none."""
        return self if header_row is None else replace(self, top=header_row, rows=self.bottom - header_row + 1)

    def contains(self, other: Area) -> bool:
        """Whether all of the other lies in this one."""
        return self.meet(other) == other

    def meet(self, other: Area) -> Area | None:
        """What both have in common, None when that is nothing."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        rows, columns = min(self.bottom, other.bottom) - top + 1, min(self.right, other.right) - left + 1
        if self.sheet != other.sheet or rows < 1 or columns < 1:
            return None
        return Area(self.sheet, top, left, rows, columns)
