"""How the cells of a range lie: neighbours, merged and hidden cells, filters, inserted and deleted cells, sorting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addin.grid.area import MOST_COLUMNS, MOST_ROWS
from tests.addin.lo_engine import addresses, reading
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import constant, enum, properties, struct, typed_sequence
from tests.addin.lo_engine.filters import AutoFilter

_STEPS = {"down": (1, 0), "up": (-1, 0), "right": (0, 1), "left": (0, -1)}
CONTENTS = ("VALUE", "DATETIME", "STRING", "FORMULA")
_CONSTANTS = {None: ("VALUE", "DATETIME", "STRING"), "numbers": ("VALUE", "DATETIME"), "text": ("STRING",)}
_RESULTS = {None: ("VALUE", "STRING", "ERROR"), "numbers": ("VALUE",), "text": ("STRING",), "errors": ("ERROR",)}


class Layout:
    """The part of a Range that knows its place in the sheet."""

    sheet: Any
    box: Box
    cells: Any
    document: Any

    refuse_if_protected: Any

    def _at(self, box: Box) -> Any:
        return type(self)(self.sheet, box)

    @property
    def current_region(self) -> Any:
        first = Box.cell(self.box.top, self.box.left)
        around = Box(max(first.top - 1, 0), max(first.left - 1, 0), first.bottom + 1, first.right + 1)
        if not self.sheet.cells_of(around).queryContentCells(_sum("CellFlags", CONTENTS)).Count:
            return self._at(first)  # LibreOffice's own answer is another cell
        cursor = self.sheet.sheet.createCursorByRange(self.sheet.cells_of(first))
        cursor.collapseToCurrentRegion()
        return self._at(addresses.of(cursor.RangeAddress))

    def end(self, direction: str) -> Any:
        """Where Ctrl and an arrow key lead from the first cell."""
        down, right = _STEPS[direction]
        used = self.sheet.used_range.box.around(self.box)
        filled = [
            [value is not None for value in row] for row in reading.exact(self.document, self.sheet.cells_of(used))
        ]
        at = start = Box.cell(self.box.top, self.box.left)
        run = False
        while used.holds(step := Box.cell(at.top + down, at.left + right)):
            is_filled = filled[step.top - used.top][step.left - used.left]
            was_filled = filled[at.top - used.top][at.left - used.left]
            run = run or (at == start and was_filled and is_filled)
            if run and not is_filled:
                return self._at(at)
            at = step
            if is_filled and not run:
                return self._at(at)
        return self._at(at if run else _edge(at, direction))

    @property
    def merge_cells(self) -> bool | None:
        first = self._at(Box.cell(self.box.top, self.box.left)).merge_area.box
        if first.holds(self.box) and first.rows * first.columns > 1:
            return True
        return None if self.merge_area.box != self.box or self.cells.IsMerged else False

    @property
    def merge_area(self) -> Any:
        cursor = self.sheet.sheet.createCursorByRange(self.cells)
        cursor.collapseToMergedArea()
        return self._at(addresses.of(cursor.RangeAddress))

    def merge(self, across: bool = False) -> None:
        self.refuse_if_protected()
        for row in range(self.box.top, self.box.bottom + 1) if across else ():
            self.sheet.cells_of(self.box._replace(top=row, bottom=row)).merge(True)
        if not across:
            self.cells.merge(True)

    def unmerge(self) -> None:
        self.cells.merge(False)

    @property
    def row_hidden(self) -> bool | None:
        column = self.sheet.cells_of(self.box._replace(right=self.box.left))
        visible = sum(addresses.of(found).rows for found in column.queryVisibleCells().getRangeAddresses())
        return {0: True, self.box.rows: False}.get(visible)

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.cells.Rows.IsVisible = not value

    @property
    def column_hidden(self) -> bool | None:
        row = self.sheet.cells_of(self.box._replace(bottom=self.box.top))
        visible = sum(addresses.of(found).columns for found in row.queryVisibleCells().getRangeAddresses())
        return {0: True, self.box.columns: False}.get(visible)

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.cells.Columns.IsVisible = not value

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self)

    def get_special_cells(self, cell_type: str, value_type: str | None) -> list[Any]:
        if cell_type == "visible":
            found = self.cells.queryVisibleCells()
        elif cell_type == "blanks":
            found = self.cells.queryEmptyCells()
        elif cell_type == "formulas":
            found = self.cells.queryFormulaCells(_sum("FormulaResult", _RESULTS[value_type]))
        else:
            found = self.cells.queryContentCells(_sum("CellFlags", _CONSTANTS[value_type]))
        return [self._at(addresses.of(area)) for area in found.getRangeAddresses()]

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        self.refuse_if_protected()
        mode = self._whole() or {"down": "DOWN", "right": "RIGHT"}[shift or "down"]
        self.sheet.sheet.insertCells(self.cells.RangeAddress, enum("sheet.CellInsertMode", mode))

    def delete(self, shift: str | None = None) -> None:
        self.refuse_if_protected()
        mode = self._whole() or {"up": "UP", "left": "LEFT"}[shift or "up"]
        self.sheet.sheet.removeRange(self.cells.RangeAddress, enum("sheet.CellDeleteMode", mode))

    def _whole(self) -> str | None:
        if self.box.columns == MOST_COLUMNS:
            return "ROWS"
        return "COLUMNS" if self.box.rows == MOST_ROWS else None

    def sort(self, keys: Sequence[int], ascending: Sequence[bool], has_headers: bool) -> None:
        fields = [
            struct("table.TableSortField", Field=key - 1, IsAscending=up, IsCaseSensitive=False)
            for key, up in zip(keys, ascending, strict=True)
        ]
        fields_any = typed_sequence("table.TableSortField", fields)
        self.refuse_if_protected()
        self.cells.sort(properties(SortFields=fields_any, ContainsHeader=has_headers, BindFormatsToContent=True))

    @property
    def table(self) -> Any:
        return next((table for table in self.sheet.tables if table.box.meets(self.box)), None)


def _sum(group: str, names: Sequence[str]) -> int:
    return sum(constant(f"sheet.{group}.{name}") for name in names)


def _edge(at: Box, direction: str) -> Box:
    """The last cell of the sheet in this direction."""
    edges = {"down": (MOST_ROWS - 1, at.left), "right": (at.top, MOST_COLUMNS - 1), "up": (0, at.left)}
    return Box.cell(*edges.get(direction, (at.top, 0)))
