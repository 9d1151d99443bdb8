# ruff: noqa: N802 - the names are Excel's
"""A workbook as COM gives it: what xlwings' Windows engine asks of Excel's objects for a worksheet function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from xlwings.utils import col_name

RANGE_IID = "{00020846-0000-0000-C000-000000000046}"

NULL, DIV, VALUE, REF, NAME, NUM, NA = (-2146826288 + code for code in (0, 7, 15, 23, 29, 36, 42))
"""Error cells as pywin32 gives them: the SCODE of VT_ERROR as an int."""
MISSING = -2147352572
"""An argument that was left out (DISP_E_PARAMNOTFOUND)."""


class ComBook:
    """A workbook. `asked` counts the questions that cost a trip to Excel: values, formulas, addresses; `cells` those
    that were read.
    """

    def __init__(self, name: str = "Book 1.xlsx") -> None:
        self.Name = name
        self.Worksheets: list[ComSheet] = []
        self.asked = self.cells = 0
        self.Application = SimpleNamespace(Name="Microsoft Excel", Hwnd=1)

    def add(self, name: str = "Sheet 1") -> ComSheet:
        self.Worksheets.append(ComSheet(self, name))
        return self.Worksheets[-1]


class ComSheet:
    """A sheet. `exact` holds what Value2 says of a cell where it differs from Value."""

    def __init__(self, book: ComBook, name: str) -> None:
        self.Parent = book
        self.Name = name
        self.values: dict[tuple[int, int], Any] = {}
        self.exact: dict[tuple[int, int], Any] = {}
        self.formulas: dict[tuple[int, int], str] = {}

    def Cells(self, row: int, column: int) -> ComRange:
        return ComRange(self, row, column, 1, 1)

    def Range(self, first: ComRange, last: ComRange) -> ComRange:
        rows, columns = last.Row - first.Row + 1, last.Column - first.Column + 1
        return ComRange(self, first.Row, first.Column, rows, columns)

    @property
    def UsedRange(self) -> ComRange:
        places = [*self.values, *self.formulas] or [(1, 1)]
        bottom, right = (max(place[i] for place in places) for i in (0, 1))
        return ComRange(self, 1, 1, bottom, right)

    def put(self, top: int, left: int, rows: Sequence[Sequence[Any]]) -> ComRange:
        """Write raw values and give their range."""
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                self.values[top + r, left + c] = value
        return ComRange(self, top, left, len(rows), len(rows[0]))

    def at(self, top: int, left: int, rows: int = 1, columns: int = 1) -> ComRange:
        return ComRange(self, top, left, rows, columns)

    def fill(self, top: int, column: int, rows: int, formula: str) -> None:
        """Fill a formula down; in R1C1 style it is the same in each cell."""
        self.formulas.update({(row, column): formula for row in range(top, top + rows)})

    def insert_row(self, before: int) -> None:
        for cells in (self.values, self.exact, self.formulas):
            moved = {(row + (row >= before), column): value for (row, column), value in cells.items()}
            cells.clear()
            cells.update(moved)


class ComRange:
    """A range of one rectangle; `areas` more of them stand only in its address."""

    CLSID = RANGE_IID

    def __init__(self, sheet: ComSheet, row: int, column: int, rows: int, columns: int, areas: str = "") -> None:
        self.Worksheet, self.Row, self.Column = sheet, row, column
        self.Rows, self.Columns = SimpleNamespace(Count=rows), SimpleNamespace(Count=columns)
        self.areas = areas
        attributes = SimpleNamespace(iid=RANGE_IID)
        self._oleobj_ = SimpleNamespace(GetTypeInfo=lambda: SimpleNamespace(GetTypeAttr=lambda: attributes))

    @property
    def Value(self) -> Any:
        return self._read(self.Worksheet.values)

    @property
    def Value2(self) -> Any:
        return self._read({**self.Worksheet.values, **self.Worksheet.exact})

    @property
    def FormulaR1C1(self) -> Any:
        return self._read({**self.Worksheet.values, **self.Worksheet.formulas}, "")

    def GetAddress(self, _row: bool, _column: bool, _style: int, external: bool) -> str:
        self.Worksheet.Parent.asked += 1
        assert external
        prefix = f"[{self.Worksheet.Parent.Name}]{self.Worksheet.Name}".replace("'", "''")
        prefix = f"'{prefix}'" if " " in prefix or "'" in prefix else prefix
        return f"{prefix}!{self._cells()}{self.areas}"

    def _cells(self) -> str:
        right, bottom = self.Column + self.Columns.Count - 1, self.Row + self.Rows.Count - 1
        if self.Rows.Count == 1_048_576:
            return f"${col_name(self.Column)}:${col_name(right)}"
        first = f"${col_name(self.Column)}${self.Row}"
        alone = self.Rows.Count == self.Columns.Count == 1
        return first if alone else f"{first}:${col_name(right)}${bottom}"

    def _read(self, cells: dict[tuple[int, int], Any], blank: Any = None) -> Any:
        self.Worksheet.Parent.asked += 1
        self.Worksheet.Parent.cells += self.Rows.Count * self.Columns.Count
        assert self.Rows.Count * self.Columns.Count < 1_000_000, "whole columns must not be read"
        rows = tuple(tuple(cells.get(place, blank) for place in row) for row in self._places())
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows

    def _places(self) -> Iterator[list[tuple[int, int]]]:
        for row in range(self.Row, self.Row + self.Rows.Count):
            yield [(row, column) for column in range(self.Column, self.Column + self.Columns.Count)]
