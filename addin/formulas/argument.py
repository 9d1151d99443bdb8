"""What Excel hands a worksheet function: a range with its place, or values that some other formula worked out."""

from __future__ import annotations

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

import xlwings as xw
from xlwings.conversion import Accessor, ConversionContext, Pipeline

from addin.excelfacts import exact_values
from addin.formulas.errors import FormulaError, FormulaFault
from addin.grid.area import MOST_COLUMNS, MOST_ROWS, Area
from addin.grid.cells import as_rows

Rows = Sequence[Sequence[Any]]

TALL, WIDE = 10_000, 1_000
"""A reference of more rows or columns may be of whole ones; only then is Excel asked where the sheet ends."""

_CELLS = re.compile(r"(?:\$?([A-Z]+))?(?:\$?(\d+))?(?::(?:\$?([A-Z]+))?(?:\$?(\d+))?)?")


@dataclass(frozen=True, slots=True)
class Argument:
    """Raw cells as COM gives them: float, str, bool, None, a date of pywintypes, an int for an error.

    `cells` and `area` are None for values that are no range; `area.sheet` is workbook and sheet, as Excel writes them
    before the `!` of a reference.
    """

    rows: Rows
    cells: xw.Range | None = None
    area: Area | None = None

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.rows[0])

    @property
    def is_blank(self) -> bool:
        """Whether it is one cell with nothing in it, which counts as an argument left out."""
        return len(self.rows) == self.width == 1 and self.only in {None, ""}

    @property
    def only(self) -> object:
        """The value of the first cell."""
        return self.rows[0][0]

    def flat(self) -> list[object]:
        """All cells, row after row."""
        return [value for row in self.rows for value in row]


def read(cells: xw.Range) -> Argument:
    """The values of a range. Of whole columns and rows only what the sheet uses, without blank ones at the end.

    Raises FormulaError SEVERAL_AREAS.
    """
    area = place(cells)
    if area.rows <= TALL and area.columns <= WIDE:
        return Argument(values(cells), cells, area)
    used = cells.sheet.used_range
    rows, columns = area.rows, area.columns
    if area.rows > TALL:
        rows = max(1, min(area.bottom, used.row + used.shape[0] - 1) - area.top + 1)
    if area.columns > WIDE:
        columns = max(1, min(area.right, used.column + used.shape[1] - 1) - area.left + 1)
    raw = values(block(cells.sheet, area.top, area.left, rows, columns))
    while area.rows > TALL and rows > 1 and _is_blank(raw[rows - 1]):
        rows -= 1
    while area.columns > WIDE and columns > 1 and _is_blank([row[columns - 1] for row in raw]):
        columns -= 1
    cells = block(cells.sheet, area.top, area.left, rows, columns)
    raw = [row[:columns] for row in raw[:rows]]
    return Argument(raw, cells, Area(area.sheet, area.top, area.left, rows, columns))


def _is_blank(cells: Sequence[Any]) -> bool:
    return all(value in {None, ""} for value in cells)


def place(cells: xw.Range) -> Area:
    """Where a range is, in one question to Excel. Raises FormulaError SEVERAL_AREAS."""
    return parse_address(cells.get_address(external=True))


def parse_address(address: str) -> Area:
    """Where `'[Book 1.xlsx]Sheet 1'!$A$2:$C$9`, `[Book1]Sheet1!$A:$C` or `[Book1]Sheet1!$2:$9` is.

    Raises FormulaError SEVERAL_AREAS.
    """
    sheet, _, cells = address.rpartition("!")
    found = _CELLS.fullmatch(cells)
    if found is None:
        raise FormulaError(FormulaFault.SEVERAL_AREAS)
    left, top, right, bottom = found.groups()
    if ":" not in cells:
        right, bottom = left, top
    first_row, first_column = int(top or 1), _column(left) if left else 1
    rows = int(bottom or MOST_ROWS) - first_row + 1
    columns = (_column(right) if right else MOST_COLUMNS) - first_column + 1
    return Area(sheet, first_row, first_column, rows, columns)


def block(sheet: xw.Sheet, top: int, left: int, rows: int, columns: int) -> xw.Range:
    """A rectangle of a sheet."""
    return sheet.range((top, left), (top + rows - 1, left + columns - 1))


def exact(row: Sequence[Any]) -> bytes:
    """What tells one row of raw cells from every other, TRUE from 1 too; the cache tells rows apart in the same way."""
    try:
        return marshal.dumps(tuple(row), 2)
    except ValueError:  # it knows no dates
        return repr(tuple(row)).encode(errors="surrogatepass")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def values(cells: xw.Range) -> Rows:
    """The raw cells of a range. Currency comes with four digits behind the point; such cells are read once more."""
    rows = as_rows(cells.raw_value)
    if Decimal not in {*map(type, chain.from_iterable(rows))}:
        return rows
    exact = as_rows(exact_values(cells))
    return [
        [whole if type(value) is Decimal else value for value, whole in zip(*pair, strict=True)]
        for pair in zip(rows, exact, strict=True)
    ]


class FromExcel(Accessor):
    """The converter that xlwings applies to the arguments: `@arg("data", FromExcel)` makes an `Argument`.

    Its own conversion takes an error cell for a blank one, a new kind of error for a number, and loses where the
    range is.
    """

    @classmethod
    def reader(cls, options: object) -> Pipeline:  # noqa: ARG003 - xlwings calls it so
        """The stages from the range or value to the `Argument`."""
        stages = Pipeline()
        stages.append(_take)
        return stages


def _take(context: ConversionContext) -> None:
    context.value = read(context.range) if context.range is not None else Argument(as_rows(context.value))
