"""Raw cells, as an engine gives them, and what they mean: the same on Windows, on macOS and in the test engines."""

from __future__ import annotations

import datetime as dt
import hashlib
import marshal
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

Columns = list[Sequence[Any]]

ERRORS = {
    0: "#NULL!",
    7: "#DIV/0!",
    15: "#VALUE!",
    23: "#REF!",
    29: "#NAME?",
    36: "#NUM!",
    42: "#N/A",
    43: "#GETTING_DATA",
    45: "#SPILL!",
    46: "#CONNECT!",
    47: "#BLOCKED!",
    48: "#UNKNOWN!",
    49: "#FIELD!",
    50: "#CALC!",
}
"""Excel's errors by code, less 2000 (xlErrNull and so on, XlCVError in its object model)."""
_FIRST_ERROR = -2146826288
"""What COM gives for error 2000: the SCODE of VT_ERROR as a signed number."""
_ERROR_TEXTS = frozenset(ERRORS.values())
_MARCH, _COM_ZERO = dt.datetime(1900, 3, 1), dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zone
_DAY = dt.timedelta(days=1)
_PLAIN = frozenset({float, str, bool, type(None)})


def error_name(value: object) -> str | None:
    """The error a raw cell shows ("#N/A"), None when it holds none.

    Windows gives a number, the only whole number that COM ever gives for a cell; macOS gives the text. So a text that
    reads like an error, pasted from elsewhere, counts as one everywhere: nobody means it as a value.
    """
    if type(value) is int and 0 <= value - _FIRST_ERROR < 100:
        return ERRORS.get(value - _FIRST_ERROR, "#ERROR!")
    return value if isinstance(value, str) and value in _ERROR_TEXTS else None


def as_rows(raw: Any) -> Sequence[Sequence[Any]]:  # noqa: ANN401 - a scalar, a row, or rows
    """A range's raw value as rows: engines give a scalar for one cell and may give a flat list for one row."""
    if not isinstance(raw, (list, tuple)):
        return ((raw,),)
    return raw if raw and isinstance(raw[0], (list, tuple)) else (raw,)


def as_columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Rows as columns of None, float, str, bool and naive datetime; an error is its name, "" is None."""
    return [as_plain(column) for column in zip(*rows, strict=True)]


def as_plain(column: Sequence[Any]) -> Sequence[Any]:
    """A column of raw cells as `as_columns` gives it."""
    kinds = set(map(type, column))
    if kinds <= _PLAIN and (str not in kinds or "" not in column):
        return column
    return [_plain_cell(value) for value in column]


def _plain_cell(value: object) -> object:
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, dt.datetime):  # pywintypes has a class of its own, with a time zone
        day, time = (value.year, value.month, value.day), (value.hour, value.minute, value.second, value.microsecond)
        moment = dt.datetime(*day, *time)  # noqa: DTZ001 - a sheet knows no time zone
        return moment if value.tzinfo is None or moment >= _MARCH else _early(moment)
    if isinstance(value, (int, Decimal)):
        return error_name(value) or float(value)
    return (value or None) if isinstance(value, str) else None  # macOS has an object for "nothing"


def _early(moment: dt.datetime) -> dt.datetime | str:
    """What Excel shows for a date of COM before 1 March 1900.

    Excel counts 1 January 1900 as day 1 and a 29 February 1900 that never was, as Lotus 1-2-3 did (Microsoft: "Excel
    incorrectly assumes that the year 1900 is a leap year"); COM counts from 30 December 1899 ([MS-OAUT] 2.2.25), so its
    dates are one day early until then. Day 0 is a time of day: it stays. The day that never was is a text.
    """
    if moment >= _MARCH - _DAY:
        return "1900-02-29"
    return moment + _DAY if moment >= _COM_ZERO + _DAY else moment


def error_rows(column: Sequence[Any]) -> list[int]:
    """Positions of the error cells of a plain column."""
    if str not in set(map(type, column)) or _ERROR_TEXTS.isdisjoint(column):
        return []
    return [row for row, value in enumerate(column) if isinstance(value, str) and value in _ERROR_TEXTS]


def fingerprint(columns: Iterable[Sequence[Any]]) -> str:
    """A digest that changes with any cell of plain columns."""
    digest = hashlib.blake2b(digest_size=16)
    for column in columns:
        # Version 2 of marshal writes values alone; later ones also write which of them are one object.
        try:
            digest.update(marshal.dumps(tuple(column), 2))
        except ValueError:  # it knows no dates
            cells = (v.isoformat(" ") if isinstance(v, dt.datetime) else v for v in column)
            digest.update(marshal.dumps(tuple(cells), 2))
    return digest.hexdigest()
