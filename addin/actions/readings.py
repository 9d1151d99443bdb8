"""Text that looks like a number or a date: what it may mean, and what the person says it means.

The sheet is not changed: only the table that is checked and sent gets the values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from addin.ui import Choice, Question
from worker.scoring import Problem, ProblemKind
from worker.scoring.readings import Doubt, Reading, Value, read_date, read_number

Key = tuple[str, Doubt]
Choices = Mapping[Key, int]
"""For each column and doubt the place of the value that is meant; texts with another are left as they are."""

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
