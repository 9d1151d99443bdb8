"""Ranges of cells: where they are and what they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xlwings import base_classes

from tests.addin.lo_engine import com, formats, reading, writing
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import constant, enum
from tests.addin.lo_engine.layout import CONTENTS, Layout
from tests.addin.lo_engine.looks import Looks

_EVERYTHING = 1023
_MOST_CELLS = 2**31 - 1


class Range(Layout, Looks, base_classes.Range):
    """One rectangle, or several where the user selected more than one: most answers are then for the first."""

    sheet: Any = None
    has_array = False

    def __init__(self, sheet: Any, *boxes: Box) -> None:
        self.sheet = sheet
        self.boxes = boxes
        self.box = boxes[0]
        self.options: dict[str, Any] = {}

    @property
    def document(self) -> Any:
        """LibreOffice's document."""
        return self.sheet.book.document

    @property
    def cells(self) -> Any:
        """LibreOffice's own range."""
        return self.sheet.cells_of(self.box)

    @property
    def api(self) -> com.Range | None:
        return com.Range(self) if self.box.rows and self.box.columns else None

    @property
    def coords(self) -> tuple[str, int, int, int, int]:
        return self.sheet.name, self.row, self.column, *self.shape

    @property
    def row(self) -> int:
        return self.box.top + 1

    @property
    def column(self) -> int:
        return self.box.left + 1

    @property
    def shape(self) -> tuple[int, int]:
        return self.box.rows, self.box.columns

    def __len__(self) -> int:
        count = sum(box.rows * box.columns for box in self.boxes)
        com.refuse_if(count > _MOST_CELLS, "overflow")
        return count

    def __call__(self, row: int, column: int | None = None) -> Range:
        if column is None:
            row, column = (row - 1) // self.box.columns + 1, (row - 1) % self.box.columns + 1
        if 0 in {row, column}:
            raise IndexError("ranges count from 1")
        return Range(self.sheet, Box.cell(self.box.top + row - 1, self.box.left + column - 1))

    @property
    def raw_value(self) -> Any:
        rows = reading.values(self.document, self.cells)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else tuple(map(tuple, rows))

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        self.refuse_if_protected()
        if isinstance(value, str) and value.startswith("="):
            self._fill(value)
        else:
            writing.write(self.document, self.cells, self._as_rows(value))

    def _as_rows(self, value: Any) -> Sequence[Sequence[Any]]:
        """Excel puts a scalar in every cell, a single row in every row, and leaves out what lies beyond the range."""
        rows, columns = self.shape
        if not isinstance(value, (list, tuple)):
            return [[value] * columns] * rows
        if not value or not isinstance(value[0], (list, tuple)):
            return [list(value)[:columns]] * rows
        return [list(row)[:columns] for row in value[:rows]]

    def _fill(self, formula: str) -> None:
        """One formula in all cells, its relative references moved along."""
        writing.write(self.document, self.cells.getCellRangeByPosition(0, 0, 0, 0), [[formula]])
        if self.box.rows > 1:
            first_column = self.sheet.cells_of(self.box._replace(right=self.box.left))
            first_column.fillAuto(enum("sheet.FillDirection", "TO_BOTTOM"), 1)
        if self.box.columns > 1:
            self.cells.fillAuto(enum("sheet.FillDirection", "TO_RIGHT"), 1)

    @property
    def formula(self) -> Any:
        rows = reading.formulas(self.document, self.cells)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else tuple(map(tuple, rows))

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    formula2 = formula

    @property
    def number_format(self) -> str | None:
        return formats.code(self.document, self.cells)

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.refuse_if_protected(looks=True)
        self.cells.NumberFormat = formats.key(self.document, value)

    def clear_contents(self) -> None:
        self.refuse_if_protected()
        self.cells.clearContents(sum(constant(f"sheet.CellFlags.{name}") for name in CONTENTS))

    def clear(self) -> None:
        self.refuse_if_protected()
        self.cells.clearContents(_EVERYTHING)

    def refuse_if_protected(self, *, looks: bool = False) -> None:
        """Raises ComError where a protected sheet refuses a change; LibreOffice would pass over some in silence.

        `looks`: in a protected sheet not even an unlocked cell can be formatted.
        """
        refused = self.sheet.sheet.isProtected() and (looks or self.locked is not False)
        com.refuse_if(refused, "The cell is on a protected sheet.")

    def select(self) -> None:
        com.refuse_if(self.sheet.book.sheets.active.index != self.sheet.index, "Select method of Range class failed")
        chosen = self.document.createInstance("com.sun.star.sheet.SheetCellRanges")
        chosen.addRangeAddresses(tuple(box.on(self.sheet.index - 1) for box in self.boxes), False)
        self.document.CurrentController.select(chosen if len(self.boxes) > 1 else self.cells)

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        text = ",".join(box.address(row=row_absolute, column=col_absolute) for box in self.boxes)
        where = f"[{self.sheet.book.name}]{self.sheet.name}"
        return f"{_quoted(where)}!{text}" if external else text

    @property
    def address(self) -> str:
        return self.get_address(True, True, False)


def _quoted(where: str) -> str:
    return where if re.fullmatch(r"[\w\[\].]+", where) else "'" + where.replace("'", "''") + "'"
