"""Writing values: text stays text, a missing number is a real #N/A."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import xlwings as xw

from addin import excelfacts
from addin.excelfacts import Sleep
from addin.grid.area import Area
from addin.grid.obstacles import refuse_to_write
from addin.grid.sheets import range_of, sheet_of
from addin.grid.text import typed

NA: float = float("nan")
"""Write this for a real #N/A in the cell."""
_ERROR = "#N/A"
CELLS_PER_WRITE = 100_000

Rows = pd.DataFrame | Sequence[Sequence[object]]


def write(book: xw.Book, area: Area, rows: Rows, formats: Sequence[str] = (), sleep: Sleep = time.sleep) -> None:
    """Put values into an area: number, text, boolean, datetime or None, in rows or in a DataFrame.

    Text stays text and never becomes a formula or a link. A missing value (None, NA, NaN, NaT, infinity) is a real #N/A
    in a column that holds numbers, booleans or dates, or is of such a type; in a text column it leaves the cell blank.
    NA is #N/A anywhere. `formats` are number formats, one for each column, "" where it stays. One write for each
    100,000 cells. Raises GridError, before anything is written: BUSY, SHEET_GONE, NO_WORKBOOK, NO_ROOM,
    SHEET_PROTECTED, FORMULAS (they are never overwritten).
    """
    columns = _columns(rows)
    excelfacts.wait_until_ready(book.app, sleep)
    refuse_to_write(book, area)
    if len(columns) != area.columns or any(len(column) != area.rows for column in columns):
        raise ValueError(f"{len(columns)} columns do not fill {area.address}")
    _prepare_formats(book, area, formats)
    put(book, area, list(zip(*columns, strict=True)))


def put(book: xw.Book, area: Area, rows: Sequence[Sequence[Any]]) -> None:
    """Hand rows to Excel as they are: text in them is taken like typing. At most 100,000 cells a write."""
    range_of(book, area).options(chunksize=max(1, CELLS_PER_WRITE // area.columns)).value = rows


def _prepare_formats(book: xw.Book, area: Area, formats: Sequence[str]) -> None:
    """Excel turns a number into text where the cell is formatted as text, and new columns take that from the left.

    In a protected sheet no cell can be formatted, not even one that can be written.
    """
    if excelfacts.is_sheet_protected(sheet_of(book, area.sheet)):
        return
    for i, column in enumerate(area.each_column()):
        cells = range_of(book, column)
        wanted = formats[i] if i < len(formats) else ""
        if wanted or cells.number_format in {"@", None}:
            cells.number_format = wanted or "General"


def _columns(rows: Rows) -> list[list[Any]]:
    if isinstance(rows, pd.DataFrame):
        return [_frame_column(rows.iloc[:, i]) for i in range(rows.shape[1])]
    return [_column(column, numeric=False) for column in zip(*rows, strict=True)]


def _frame_column(series: pd.Series[Any]) -> list[Any]:
    types = pd.api.types
    numeric = types.is_numeric_dtype(series.dtype) or types.is_datetime64_any_dtype(series.dtype)
    return _column(series.to_numpy(dtype=object).tolist(), numeric=numeric)


def _column(values: Sequence[Any], *, numeric: bool) -> list[Any]:
    makers = {kind: _maker(kind) for kind in set(map(type, values))}
    known = {maker for maker in makers.values() if maker is not None}
    numeric = numeric or (bool(known) and typed not in known)
    missing = _ERROR if numeric else None
    return [missing if (maker := makers[type(value)]) is None else maker(value) for value in values]


def _maker(kind: type) -> Callable[[Any], object] | None:
    """What makes a cell's content of a value of this type; None for the types that say "missing"."""
    if kind in {type(None), type(pd.NA), type(pd.NaT)}:
        return None
    if issubclass(kind, (bool, np.bool_)):
        return bool
    if issubclass(kind, (int, float, Decimal, np.integer, np.floating)):
        return _number
    if issubclass(kind, (dt.date, np.datetime64)):
        return _date
    return typed if issubclass(kind, str) else lambda value: typed(str(value))


def _number(value: float) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else _ERROR


def _date(value: dt.date | np.datetime64) -> dt.datetime:
    return pd.Timestamp(value).tz_localize(None).to_pydatetime(warn=False)
