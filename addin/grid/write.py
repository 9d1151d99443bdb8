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
_FIRST_DATE = dt.datetime(1900, 3, 1)  # noqa: DTZ001 - a sheet knows no time zone
"""Excel counts a 29 February 1900, and no day before 1900: an earlier date would come out as another one."""

Rows = pd.DataFrame | Sequence[Sequence[object]]


def write(book: xw.Book, area: Area, rows: Rows, formats: Sequence[str] = (), sleep: Sleep = time.sleep) -> None:
    """Put values into an area: number, text, boolean, datetime or None, in rows or in a DataFrame.

    Text stays text and never becomes a formula or a link. None leaves the cell blank, NA (NaN, infinity) is a real #N/A
    anywhere; what pandas calls missing is #N/A in a column that holds numbers, booleans or dates, or is of such a type,
    and blank in a text column. Dates before 1900-03-01, of which Excel's calendar is not everybody's, are texts.
    `formats` are number formats, one for each column, "" where it stays. One write for each
    100,000 cells. Raises GridError, before anything is written: BUSY, SHEET_GONE, NO_WORKBOOK, NO_ROOM,
    SHEET_PROTECTED, MERGED, FORMULAS (they are never overwritten).
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
    known = set(makers.values()) - {None, _blank}
    numeric = numeric or (bool(known) and typed not in known)
    missing = _ERROR if numeric else None
    if set(makers) == {str}:  # the same few words stand in most rows
        texts = {text: typed(text) for text in set(values)}
        return [texts[text] for text in values]
    return [missing if (maker := makers[type(value)]) is None else maker(value) for value in values]


def _blank(_: None) -> None:
    return None


def _maker(kind: type) -> Callable[[Any], object] | None:
    """What makes a cell's content of a value of this type; None for the types by which pandas says "missing"."""
    if kind is type(None):
        return _blank
    if kind in {type(pd.NA), type(pd.NaT)}:
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


def _date(value: dt.date | np.datetime64) -> dt.datetime | str:
    moment = pd.Timestamp(value).tz_localize(None).to_pydatetime(warn=False)
    if moment >= _FIRST_DATE:
        return moment
    return typed(moment.isoformat(" ") if moment.time() != dt.time() else moment.date().isoformat())
