"""Text that looks like a number or a date: what it may mean, and which of it is meant by who writes that way.

The rules of what is in doubt are the same for a person who can be asked and for a file whose sender cannot.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Value = float | dt.datetime


class Doubt(StrEnum):
    """Why a text can be read in more than one way. One answer holds for every text of a column with the same doubt."""

    NONE = "none"
    SEPARATOR = "separator"  # 1.234 and 1,5: does the point or the comma part the decimals?
    MINUS = "minus"  # 12-: some programs write the sign last
    PERCENT = "percent"  # 12%: 0.12 in Excel, 12 for a model trained on percentages
    DATE = "date"  # 03/04/2025: day or month first?


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text may mean: one value without a doubt, else two. With SEPARATOR the first takes the point for the
    decimals, with DATE the first takes the day first, for each text of the column alike.
    """

    doubt: Doubt
    values: tuple[Value, ...]


_BLANKS = "\u0020\u00a0\u2009\u202f"
_GROUP = f"[{_BLANKS}'\u2019]"
_DIGITS = 15
"""So many significant digits survive in every float64, and in Excel; a text with more is rather an identifier."""
_SIMPLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SIGNED = re.compile(r"([+-]?)([\d.,]*\d)", re.ASCII)
_SPACED = re.compile(rf"([+-]?\d{{1,3}})((?:{_GROUP}\d{{3}})+)((?:[.,]\d+)?)", re.ASCII)
_CLOCK = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?"
_SLASHED = re.compile(rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}){_CLOCK}", re.ASCII)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([./-])(\d{{1,2}})\2(\d{{1,2}}){_CLOCK}", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", re.ASCII)
_OWN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?", re.ASCII)


def read_number(text: str) -> Reading | None:
    """How a text may be read as a number; None when it is none, or when its digits would not all be kept."""
    text = text.strip(_BLANKS)
    if len(re.sub(r"[eE].*|\D", "", text).strip("0")) > _DIGITS:
        return None
    if len(text) > 1 and text.endswith("-") and not text.startswith(("+", "-")):
        return _twice(Doubt.MINUS, text[:-1], lambda number: (-number, number))
    if text.endswith("%"):
        return _twice(Doubt.PERCENT, text[:-1].rstrip(_BLANKS), lambda number: (number / 100, number))
    if spaced := _SPACED.fullmatch(text):
        text = spaced[1] + re.sub(_GROUP, "", spaced[2]) + spaced[3].replace(",", ".")
        return Reading(Doubt.NONE, (float(text),))
    signed = _SIGNED.fullmatch(text)
    if signed and ("," in text or _GROUPED.fullmatch(signed[2])):
        return _separated(signed[1], signed[2])
    return Reading(Doubt.NONE, (float(text),)) if _SIMPLE.fullmatch(text) else None


def read_date(text: str) -> Reading | None:
    """How a text may be read as a date; None when it is none."""
    text = text.strip()
    if _OWN_DATE.fullmatch(text):
        day = _iso(text)
        return Reading(Doubt.NONE, (day,)) if day else None
    found = _SLASHED.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    clock = [int(part or 0) for part in found.groups()[4:]]
    days = (_date(year, second, first, *clock), _date(year, first, second, *clock))
    if days[0] and days[1] and days[0] != days[1]:
        return Reading(Doubt.DATE, (days[0], days[1]))
    day = days[0] or days[1]
    return Reading(Doubt.NONE, (day,)) if day else None


def _date(*parts: int) -> dt.datetime | None:
    try:
        return dt.datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001 - year to second; cells have no zone
    except ValueError:
        return None


def _iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _twice(doubt: Doubt, text: str, values: Callable[[float], tuple[float, float]]) -> Reading | None:
    """A doubt about what stands around a number that is itself without doubt."""
    inner = read_number(text) if text[-1:].isdigit() else None
    if inner is None or inner.doubt is not Doubt.NONE or not isinstance(inner.values[0], float):
        return None
    return Reading(doubt, values(inner.values[0]))


def _separated(sign: str, digits: str) -> Reading | None:
    """A number with commas, or with points that may part thousands."""
    factor = -1.0 if sign == "-" else 1.0
    point, comma = _as_decimal(digits, ",", "."), _as_decimal(digits, ".", ",")
    loose = digits.replace(",", "") if digits.count(",") == 1 and "." not in digits else None
    if point is None and comma is not None and loose is not None:  # 1,5: Excel where commas part thousands says 15
        point = float(loose)
    if point is not None and comma is not None and point != comma:
        return Reading(Doubt.SEPARATOR, (factor * point, factor * comma))
    number = point if point is not None else comma
    return None if number is None else Reading(Doubt.NONE, (factor * number,))


def _as_decimal(digits: str, thousands: str, decimal: str) -> float | None:
    """The number, if `thousands` part it in threes and `decimal` stands at most once, behind them."""
    whole, _, rest = digits.partition(decimal)
    groups = whole.split(thousands)
    sound = rest.isdigit() if decimal in digits else True
    sound = sound and all(group.isdigit() for group in groups if group or len(groups) > 1)
    if len(groups) > 1:
        sound = sound and 1 <= len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(g) == 3 for g in groups[1:])
    return float(f"{''.join(groups) or 0}.{rest or 0}") if sound else None


DECIMAL_SIGNS = (".", ",")
DATE_ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class Conventions:
    """How somebody writes numbers, dates and CSV files, and wants results; '' is what nobody said.

    `decimal_sign` is one of DECIMAL_SIGNS: the other one may part thousands. `date_order` is one of DATE_ORDERS; ISO
    dates are read in each. `csv_encoding` is a name of Python's. With `replace_earlier`, new result sheets take the
    place of earlier ones that nobody changed.
    """

    decimal_sign: str = ""
    date_order: str = ""
    csv_separator: str = ""
    csv_encoding: str = ""
    replace_earlier: bool = False


NOTHING_SAID = Conventions()


def number_meant(text: str, decimal_sign: str) -> float | None:
    """The number that a text is for who writes with that decimal sign; None when it is none, or in doubt still (12%,
    12-), or is written with the other sign.
    """
    reading = read_number(text)
    if reading is None or reading.doubt in (Doubt.MINUS, Doubt.PERCENT):
        return None
    thousands = "," if decimal_sign == "." else "."
    text = re.sub(_GROUP, "", text.strip(_BLANKS))
    if signed := _SIGNED.fullmatch(text):
        number = _as_decimal(signed[2], thousands, decimal_sign)
        return number if number is None or signed[1] != "-" else -number
    return None if decimal_sign == "," and "." in text else float(text)


def date_meant(text: str, date_order: str) -> dt.datetime | None:
    """The moment that a text is for who writes dates in that order; None when it is none, or written in another."""
    text = text.strip()
    if _OWN_DATE.fullmatch(text):
        return _iso(text)
    found = (_YEAR_FIRST if date_order == "ymd" else _SLASHED).fullmatch(text)
    if found is None:
        return None
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    days = {"dmy": (third, second, first), "mdy": (third, first, second), "ymd": (first, second, third)}
    return _date(*days[date_order], *(int(part or 0) for part in found.groups()[4:]))
