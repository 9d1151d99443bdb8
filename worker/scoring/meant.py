"""The check of a table whose texts are read as numbers and dates by what its author's conventions say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from worker.scoring.check import Checked, check
from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.readings import Conventions, Value, date_meant, number_meant
from worker.scoring.schema import Schema


@dataclass(frozen=True, slots=True)
class Meant:
    """A table after the check, and how many texts of each column were read as numbers or dates for it."""

    checked: Checked
    texts: Counter[str] = field(default_factory=Counter)


def check_meant(frame: pd.DataFrame, schema: Schema, known: Sequence[Problem], conventions: Conventions) -> Meant:
    """As `check`, where texts in columns of numbers and dates are read as who writes by these conventions means them.

    Texts stay texts where the conventions do not say how they are meant. The frame is not changed.
    """
    checked = check(frame, schema, known)
    values = _meant(checked.problems, conventions)
    if not values:
        return Meant(checked)
    read = frame.copy(deep=False)
    for column, cells in values.items():
        series = read[column].astype(object).copy()
        series.iloc[list(cells)] = pd.Series(list(cells.values()), dtype=object)
        read[column] = series
    return Meant(check(read, schema, known), Counter({column: len(cells) for column, cells in values.items()}))


def _meant(problems: Sequence[Problem], conventions: Conventions) -> dict[str, dict[int, Value]]:
    """By column and row the values of texts that are no problem any more."""
    known: dict[tuple[ProblemKind, str], Value | None] = {}
    values: dict[str, dict[int, Value]] = {}
    for problem in problems:
        text = problem.value
        if not isinstance(text, str) or problem.column is None:
            continue
        if (problem.kind, text) not in known:
            known[problem.kind, text] = _value(problem.kind, text, conventions)
        value = known[problem.kind, text]
        if value is not None:
            values.setdefault(problem.column, {})[problem.row] = value
    return values


def _value(kind: ProblemKind, text: str, conventions: Conventions) -> Value | None:
    if kind is ProblemKind.NOT_A_NUMBER and conventions.decimal_sign:
        return number_meant(text, conventions.decimal_sign)
    if kind is ProblemKind.NOT_A_DATE and conventions.date_order:
        return date_meant(text, conventions.date_order)
    return None
