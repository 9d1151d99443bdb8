"""Excel's A1 addresses as rectangles of cell numbers, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from addin.grid.area import Area
from addin.memory.addresses import absolute
from addin.memory.addresses import parse as written
from tests.addin.lo_engine.bridge import struct


class Box(NamedTuple):
    """A rectangle of cells; all four numbers count from 0, the last row and column belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def cell(cls, row: int, column: int) -> Box:
        """A single cell."""
        return cls(row, column, row, column)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.right - self.left + 1

    def address(self, *, row: bool = True, column: bool = True) -> str:
        """The address as Excel writes it, with $ where `row` and `column` say so: "$A$1:$B$2", "$A:$C", "$1:$3"."""
        area = Area("", self.top + 1, self.left + 1, self.rows, self.columns)
        return absolute(area, row=row, column=column)

    def around(self, other: Box) -> Box:
        """The smallest rectangle that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def holds(self, other: Box) -> bool:
        """Whether all of the other lies in this one."""
        return self.around(other) == self

    def meets(self, other: Box) -> bool:
        """Whether the two have a cell in common."""
        return max(self.top, other.top) <= min(self.bottom, other.bottom) and max(self.left, other.left) <= min(
            self.right, other.right
        )

    def on(self, sheet: int) -> Any:
        """The rectangle as LibreOffice's CellRangeAddress on the sheet of this number (from 0)."""
        return struct(
            "table.CellRangeAddress",
            Sheet=sheet,
            StartColumn=self.left,
            StartRow=self.top,
            EndColumn=self.right,
            EndRow=self.bottom,
        )


def of(address: Any) -> Box:
    """The rectangle of a LibreOffice CellRangeAddress."""
    return Box(address.StartRow, address.StartColumn, address.EndRow, address.EndColumn)


def parse(text: str) -> Box | None:
    """The rectangle of "A1", "A1:B2", "A:C" or "1:3", with or without $; None for anything else."""
    area = written("", text)
    return None if area is None else Box(area.top - 1, area.left - 1, area.bottom - 1, area.right - 1)
