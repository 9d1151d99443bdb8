"""Values as they come in an answer, to the arrays that `Columns` promises.

An answer counts only if each value is what the schema says, exactly. ValueError says what was wanted, never what came:
an answer may hold customer data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.scoring.schema import ColumnType

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = {"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_EXACT = 2**53


def to_array(values: Sequence[Any], kind: ColumnType) -> npt.NDArray[Any]:
    """One column of an answer. Raises ValueError.

    Null, NaN, infinity and (but in a text column) empty text become the type's null; an integer reads as text too.
    """
    if kind is ColumnType.NUMBER:
        if not set(map(type, values)) <= {float, int, type(None)}:
            values = [_number(value) for value in values]
        return _finite(values)
    read = [None if value is None else _READERS[kind](value) for value in values]
    if kind is ColumnType.INTEGER and None not in read:
        return np.array(read, np.int64)
    array = np.full(len(read), None, object)
    array[:] = read
    return array


def _finite(values: Sequence[Any]) -> npt.NDArray[np.float64]:
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:
        raise ValueError("number too large") from None
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _number(value: object) -> float | int | None:
    if isinstance(value, str):
        text = value.strip()
        if not text or text.lower() in _NOT_FINITE:
            return None
        if _NUMBER.fullmatch(text):
            return float(text)
    elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ValueError("not a number")


def _integer(value: object) -> int | None:
    number = _number(value)
    if number is None or (isinstance(number, float) and not math.isfinite(number)):
        return None
    if abs(number) > _EXACT or number != int(number):
        raise ValueError("not an integer")
    return int(number)


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else "?"
    if text not in {"true", "false", ""}:
        raise ValueError("not true or false")
    return text == "true" if text else None


def _text(value: object) -> str:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("not Unicode")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("not text")


def _datetime(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else "?"
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date") from None
    if moment.tzinfo is not None:
        raise ValueError("a date with a time zone")
    return _nearest_second(moment).isoformat(timespec="seconds")


def _nearest_second(moment: datetime) -> datetime:
    try:
        return moment + timedelta(seconds=moment.microsecond >= 500_000)
    except OverflowError:
        raise ValueError("not a date") from None


_READERS: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TEXT: _text,
    ColumnType.DATETIME: _datetime,
}
