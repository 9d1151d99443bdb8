"""Text that looks like a number or a date: what it may mean, and what the person says it means.

The sheet is not changed: only the table that is checked and sent gets the values.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from addin.ui import Choice, Question
from worker.scoring import Problem, ProblemKind

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


Key = tuple[str, Doubt]
Choices = Mapping[Key, int]
"""For each column and doubt the place of the value that is meant; texts with another are left as they are."""

_BLANKS = "\u0020\u00a0\u2009\u202f"
_GROUP = f"[{_BLANKS}'\u2019]"
_DIGITS = 15
"""So many significant digits survive in every float64, and in Excel; a text with more is rather an identifier."""
_SIMPLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SIGNED = re.compile(r"([+-]?)([\d.,]*\d)", re.ASCII)
_SPACED = re.compile(rf"([+-]?\d{{1,3}})((?:{_GROUP}\d{{3}})+)((?:[.,]\d+)?)", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)
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
        day = _date(lambda: dt.datetime.fromisoformat(text))
        return Reading(Doubt.NONE, (day,)) if day else None
    found = _SLASHED.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    days = (_date(lambda: dt.datetime(year, second, first)), _date(lambda: dt.datetime(year, first, second)))  # noqa: DTZ001 - cells have no zone
    if days[0] and days[1] and days[0] != days[1]:
        return Reading(Doubt.DATE, (days[0], days[1]))
    day = days[0] or days[1]
    return Reading(Doubt.NONE, (day,)) if day else None


def _date(make: Callable[[], dt.datetime]) -> dt.datetime | None:
    try:
        return make()
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


_READERS: dict[ProblemKind, Callable[[str], Reading | None]] = {
    ProblemKind.NOT_A_NUMBER: read_number,
    ProblemKind.NOT_A_DATE: read_date,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A text that can be read, at a row of the table."""

    row: int
    column: str
    text: str
    reading: Reading

    @property
    def key(self) -> Key:
        """What one answer covers."""
        return (self.column, self.reading.doubt)


def find(problems: Sequence[Problem]) -> list[Found]:
    """The problems that vanish when a text is read as a number or a date."""
    known: dict[tuple[ProblemKind, str], Reading | None] = {}
    found = []
    for problem in problems:
        if problem.kind not in _READERS or not isinstance(problem.value, str) or problem.column is None:
            continue
        key = (problem.kind, problem.value)
        if key not in known:
            known[key] = _READERS[problem.kind](problem.value)
        reading = known[key]
        if reading is not None:
            found.append(Found(problem.row, problem.column, problem.value, reading))
    return found


MOST_EXAMPLES = 3
_WORDS: dict[Doubt, tuple[str, ...]] = {
    Doubt.NONE: ("what it looks like",),
    Doubt.SEPARATOR: ("the point stands before the decimals", "the comma stands before the decimals"),
    Doubt.MINUS: ("the minus sign is written last", "the dash means nothing"),
    Doubt.PERCENT: ("a share of 1", "percent, as a number"),
    Doubt.DATE: ("the day comes first", "the month comes first"),
}


def questions(found: Sequence[Found], cell: Callable[[Found], str]) -> dict[Key, Question]:
    """One question for each column and doubt, in the order in which they first occur."""
    alike: dict[Key, list[Found]] = {}
    for item in found:
        alike.setdefault(item.key, []).append(item)
    return {key: _question(items, cell(items[0])) for key, items in alike.items()}


def _question(items: Sequence[Found], cell: str) -> Question:
    different = {item.text: item.reading for item in items}
    examples = list(different)[:MOST_EXAMPLES]
    choices = tuple(
        Choice(words, tuple(_word(different[text].values[place]) for text in examples))
        for place, words in enumerate(_WORDS[items[0].reading.doubt])
    )
    return Question(items[0].column, cell, len(items), tuple(examples), choices)


def _word(value: Value) -> str:
    if isinstance(value, dt.datetime):
        return f"{value.day} {value:%B %Y}" + (f"{value: %H:%M}" if value.time() != dt.time() else "")
    return f"{value:.15g}"


def apply(frame: pd.DataFrame, found: Sequence[Found], choices: Choices) -> pd.DataFrame:
    """A table in which the texts have the values that were chosen; those without a choice stay as they are."""
    values: dict[str, dict[int, Value]] = {}
    for item in found:
        place = choices.get(item.key)
        if place is not None:
            values.setdefault(item.column, {})[item.row] = item.reading.values[place]
    frame = frame.copy()
    for column, cells in values.items():
        series = frame[column].astype(object).copy()
        series.iloc[list(cells)] = pd.Series(list(cells.values()), dtype=object)
        frame[column] = series
    return frame
