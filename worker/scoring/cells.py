"""What stands in each cell of one table column, whatever pandas type holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]

EXACT = 2**53
"""The largest integer up to which a float64, and so a spreadsheet, holds every integer."""


class Kind(IntEnum):
    """What a cell holds: text of nothing but blanks, NaN and NaT are BLANK, a date with a time zone is OTHER."""

    BLANK = 0
    NUMBER = 1
    TEXT = 2
    BOOLEAN = 3
    DATE = 4
    OTHER = 5


@dataclass(frozen=True, slots=True)
class Cells:
    """One column: kind and value of each cell, its number as float64 (NaN where it holds none), and which numbers are
    too large to be exact in that float64.
    """

    kinds: npt.NDArray[np.int8]
    values: npt.NDArray[Any]
    numbers: npt.NDArray[np.float64]
    inexact: Mask

    def where(self, *kinds: Kind) -> Mask:
        """Which cells are of one of these kinds."""
        mask: Mask = np.logical_or.reduce([self.kinds == kind for kind in kinds])
        return mask


def read_cells(series: pd.Series[Any]) -> Cells:
    """The cells of a column of any pandas type."""
    if _is_plain_number(series.dtype):
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        if series.dtype.kind == "f" or not (np.abs(numbers) >= EXACT).any():
            kinds = np.where(np.isnan(numbers), np.int8(Kind.BLANK), np.int8(Kind.NUMBER))
            return Cells(kinds, numbers, numbers, np.zeros(len(numbers), bool))
    elif isinstance(series.dtype, np.dtype) and series.dtype.kind == "M":
        dates = series.to_numpy()
        kinds = np.where(np.isnat(dates), np.int8(Kind.BLANK), np.int8(Kind.DATE))
        return Cells(kinds, dates, np.full(len(dates), np.nan), np.zeros(len(dates), bool))
    return _read_objects(series.to_numpy(dtype=object))


def _is_plain_number(dtype: Any) -> bool:  # noqa: ANN401 - numpy and pandas types share no base
    types = pd.api.types
    return bool((types.is_integer_dtype(dtype) or types.is_float_dtype(dtype)) and not types.is_bool_dtype(dtype))


def _read_objects(values: npt.NDArray[Any]) -> Cells:
    known = {kind: _kind_of(kind) for kind in set(map(type, values))}
    if len(known) == 1:
        kinds = np.full(len(values), next(iter(known.values())), np.int8)
    else:
        kinds = np.fromiter(map(known.__getitem__, map(type, values)), np.int8, len(values))
    numbers = np.full(len(values), np.nan)
    inexact = np.zeros(len(values), bool)

    at = np.flatnonzero(kinds == Kind.NUMBER)
    numbers[at] = _floats(values[at])
    kinds[at[np.isnan(numbers[at])]] = Kind.BLANK
    large = at[np.abs(numbers[at]) >= EXACT]
    inexact[large] = [not isinstance(v, (float, np.floating)) and abs(v) > EXACT for v in values[large]]

    at = np.flatnonzero(kinds == Kind.TEXT)
    texts = values[at].tolist()
    if blank := {text for text in set(texts) if not text or text.isspace()}:
        kinds[at[[text in blank for text in texts]]] = Kind.BLANK

    at = np.flatnonzero(kinds == Kind.DATE)
    kinds[at] = [_date_kind(value) for value in values[at]]
    return Cells(kinds, values, numbers, inexact)


def _kind_of(kind: type) -> Kind:
    if kind in {type(None), type(pd.NA), type(pd.NaT)}:
        return Kind.BLANK
    if issubclass(kind, (bool, np.bool_)):
        return Kind.BOOLEAN
    if issubclass(kind, (timedelta, np.timedelta64)):  # numpy counts its durations among the integers
        return Kind.OTHER
    if issubclass(kind, (int, float, Decimal, np.integer, np.floating)):
        return Kind.NUMBER
    if issubclass(kind, str):
        return Kind.TEXT
    if issubclass(kind, (date, np.datetime64)):
        return Kind.DATE
    return Kind.OTHER


def _date_kind(value: date | np.datetime64) -> Kind:
    if isinstance(value, np.datetime64):
        return Kind.BLANK if np.isnat(value) else Kind.DATE
    return Kind.DATE if getattr(value, "tzinfo", None) is None else Kind.OTHER


def _floats(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    try:
        return values.astype(np.float64)
    except (OverflowError, ValueError):
        return np.array([_float(value) for value in values])


def _float(value: Any) -> float:  # noqa: ANN401 - any of the number types
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except ValueError:  # a signalling NaN of decimal
        return np.nan
