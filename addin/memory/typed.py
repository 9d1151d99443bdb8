"""What Excel makes of a value that a program puts into a cell: text is read like typing, with English settings."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import NamedTuple

EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zone
TEXT = "@"
DATE = "m/d/yyyy"
DATE_TIME = "m/d/yyyy h:mm"
ERRORS = {
    "#NULL!": -2146826288,
    "#DIV/0!": -2146826281,
    "#VALUE!": -2146826273,
    "#REF!": -2146826265,
    "#NAME?": -2146826259,
    "#NUM!": -2146826252,
    "#N/A": -2146826246,
    "#SPILL!": -2146826243,
}
"""Errors as COM gives them; a cell of the memory engine holds an int for an error and for nothing else."""
ERROR_NAMES = {number: name for name, number in ERRORS.items()}
_NUMBER = re.compile(r"[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?")
_DATE_SHAPES = ("%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d", "%d-%b-%Y")


class Typed(NamedTuple):
    """A cell's new value; its formula, if it became one; the number format that came with it."""

    value: object = None
    formula: str | None = None
    format: str | None = None


def typed(value: object, *, as_text: bool = False) -> Typed:
    """What lands in the cell. `as_text` is for cells formatted as text: they keep everything as text."""
    if value is None or value == "":
        return Typed()
    if isinstance(value, dt.date):
        return _date(value)
    if isinstance(value, str):
        return Typed(value) if as_text else _text(value)
    if isinstance(value, (bool, int, float)):
        if as_text:
            return Typed(str(value).upper() if isinstance(value, bool) else f"{value:.15g}")
        return Typed(value if isinstance(value, bool) else float(value))
    raise TypeError(f"Excel takes no {type(value).__name__}")


def _text(text: str) -> Typed:
    if len(text) > 32_767:
        raise ValueError("Excel takes no text of more than 32,767 characters")
    if text.startswith("'"):
        return Typed(text[1:])
    if text in ERRORS:
        return Typed(ERRORS[text])
    if text.upper() in {"TRUE", "FALSE"}:
        return Typed(text.upper() == "TRUE")
    if _NUMBER.fullmatch(text.strip()):
        return _number(text.strip())
    if text[0] in "=+-@" and len(text) > 1:
        return Typed(formula=text if text[0] == "=" else f"={text.removeprefix('@')}")
    return _written_date(text.strip()) or Typed(text)


def _number(text: str) -> Typed:
    number = float(text.rstrip("%").replace(",", ""))
    return Typed(number / 100, format="0%") if text.endswith("%") else Typed(number)


def _written_date(text: str) -> Typed | None:
    for shape in _DATE_SHAPES if text[:1].isdigit() else ():
        with suppress(ValueError):
            return _date(dt.datetime.strptime(text, shape))  # noqa: DTZ007 - as EPOCH
    return None


def _date(value: dt.date) -> Typed:
    moment = dt.datetime(*value.timetuple()[:6], getattr(value, "microsecond", 0))  # noqa: DTZ001 - as EPOCH
    days = (moment - EPOCH) / dt.timedelta(days=1)
    return Typed(days, format=DATE if days == int(days) else DATE_TIME)
