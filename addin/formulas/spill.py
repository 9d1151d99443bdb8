"""What a worksheet function gives back to Excel: rows of numbers, texts, booleans and dates, or None for #N/A.

Python cannot hand a cell error through COM: pywin32 throws away the code that is put in a VARIANT of VT_ERROR
(win32com/src/oleargs.cpp, `case VT_ERROR`), and xlwings makes "" of what is missing, which is greater than any number.
None arrives in VBA as Null, which no cell can hold: the add-in's VBA makes #N/A of it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from worker.scoring import ColumnType, Output
from worker.scoring.words import cut

Cell = float | str | bool | dt.datetime | None
Spill = list[list[Cell]]
"""Rows of cells. Lists, as pywin32 takes a tuple for several results."""

NA: Cell = None
LONGEST_TEXT = 32_767
"""What fits into a cell; a function that gives a longer text shows #VALUE! in all of its cells."""

_FIRST_DATE = dt.datetime(1900, 3, 1)  # noqa: DTZ001 - a sheet knows no time zone; Excel's days before count one too many


def no_scores(rows: int, columns: int) -> Spill:
    """#N/A in every cell."""
    return [[NA] * max(1, columns) for _ in range(max(1, rows))]


def to_cells(frame: pd.DataFrame, outputs: Sequence[Output]) -> list[list[Cell]]:
    """The columns of these outputs, each as a list of cells."""
    return [_column(frame[output.name], output.type) for output in outputs]


def _column(series: pd.Series[Any], kind: ColumnType) -> list[Cell]:
    if kind is ColumnType.NUMBER:
        numbers = series.to_numpy(np.float64)
        cells: list[Cell] = numbers.tolist()
        for row in np.flatnonzero(~np.isfinite(numbers)).tolist():
            cells[row] = NA
        return cells
    values = series.tolist()
    cells = [NA] * len(values)
    if kind is ColumnType.TEXT:
        known = {value: _text(value) for value in {*values} if isinstance(value, str)}
        return [known.get(value) for value in values]
    for row in np.flatnonzero(series.notna()).tolist():
        cells[row] = _cell(values[row], kind)
    return cells


def _cell(value: Any, kind: ColumnType) -> Cell:  # noqa: ANN401 - what pandas holds
    if kind is ColumnType.INTEGER:
        return float(value)
    if kind is ColumnType.BOOLEAN:
        return bool(value)
    return to_date(value)


def to_date(value: dt.datetime) -> Cell:
    """A date as COM takes it (with a time zone, which is cut off again), or as text where Excel has no such date."""
    value = dt.datetime(*value.timetuple()[:6], value.microsecond)  # noqa: DTZ001 - as above
    return value.isoformat(" ") if value < _FIRST_DATE else value.replace(tzinfo=dt.UTC)


def _text(text: str) -> str:
    text = cut(text, LONGEST_TEXT)
    over = len(text.encode("utf-16-le")) // 2 - LONGEST_TEXT  # Excel counts an emoji as two
    return text if over <= 0 else cut(text, LONGEST_TEXT - over)


def plain(value: object) -> Cell:
    """A value of a schema or sample as a cell; nothing is a blank text."""
    if isinstance(value, bool | str):
        return value if isinstance(value, bool) else _text(value)
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else NA
    return "" if value is None else str(value)
