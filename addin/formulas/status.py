"""SCORE_STATUS: the reason for the row behind a cell, if that row is still what was scored."""

from __future__ import annotations

from collections import defaultdict

import xlwings as xw

from addin import messages
from addin.formulas.argument import Argument, block, values
from addin.formulas.errors import FormulaError, FormulaFault
from addin.formulas.reasons import Record, Records, marks
from addin.formulas.spill import Spill
from addin.grid.area import Area


def statuses(asked: Argument, records: Records) -> Spill:
    """One text for each row of cells: "ok", or why there is no score. Raises FormulaError BAD_ARGUMENT."""
    area, cells = asked.area, asked.cells
    if area is None or cells is None:
        raise FormulaError(FormulaFault.BAD_ARGUMENT, "cell")
    rows = range(area.top, area.bottom + 1)
    found = {row: records.find(area.sheet, row, area.left) for row in rows}
    changed = _changed(cells, area, found)
    return [[_words(found[row], row, changed)] for row in rows]


def _words(record: Record | None, row: int, changed: set[int]) -> str:
    if record is None:
        return messages.explain(FormulaError(FormulaFault.NOT_CALCULATED), sheet=False)
    if row in changed:
        return messages.explain(FormulaError(FormulaFault.DATA_CHANGED), sheet=False)
    data_row = record.data_row(row)
    return "ok" if data_row < 0 else record.tell(data_row)


def _changed(cells: xw.Range, area: Area, found: dict[int, Record | None]) -> set[int]:
    """Rows of the sheet whose data are not those that were scored, as after a row was inserted above.

    The data of each calculation are read in one piece; those in another workbook are taken to be as they were.
    """
    asked: defaultdict[int, list[int]] = defaultdict(list)
    known = {}
    for row, record in found.items():
        if record is not None and record.data is not None and record.data_row(row) >= 0:
            known[id(record)] = record
            asked[id(record)].append(row)
    changed = set()
    for key, rows in asked.items():
        record = known[key]
        first = record.data_row(rows[0])
        now = _now(cells, area, record.data, first, record.data_row(rows[-1]) - first + 1)
        if now is not None:
            changed |= {row for row in rows if now[record.data_row(row) - first] != record.marks[record.data_row(row)]}
    return changed


def _now(cells: xw.Range, area: Area, data: Area | None, first: int, count: int) -> tuple[int, ...] | None:
    """What marks the data rows now; None when they cannot be seen."""
    if data is None or _book(data.sheet) != _book(area.sheet):
        return None
    sheet = next((s for s in cells.sheet.book.sheets if s.name == _sheet(data.sheet)), None)
    if sheet is None:
        return (0,) * count
    return marks(values(block(sheet, data.top + first, data.left, count, data.columns)))


def _book(prefix: str) -> str:
    return prefix.strip("'").replace("''", "'").rpartition("]")[0]


def _sheet(prefix: str) -> str:
    return prefix.strip("'").replace("''", "'").rpartition("]")[2]
