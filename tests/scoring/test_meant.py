"""Texts are read as numbers and dates only as their author's conventions say, never by a guess."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scoring import Column, ColumnType, Output, Problem, ProblemKind, Schema
from worker.scoring.meant import check_meant
from worker.scoring.readings import Conventions, date_meant, number_meant
from worker.scoring.words import reason

SCHEMA = Schema(
    (
        Column("N", ColumnType.NUMBER, nullable=True),
        Column("D", ColumnType.DATETIME, nullable=True),
        Column("T", ColumnType.TEXT, nullable=True),
    ),
    (Output("y", ColumnType.NUMBER),),
)


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1234", 1234, 1234),
        ("1.234", 1.234, 1234),
        ("1,234", 1234, 1.234),
        ("1.234,5", None, 1234.5),
        ("1,234.5", 1234.5, None),
        ("12.5", 12.5, None),
        ("1,5", None, 1.5),
        ("-0,5", None, -0.5),
        ("1 234,50", None, 1234.5),
        ("1'234.50", 1234.5, None),
        ("1.234.567", None, 1234567),
        ("1e3", 1000, 1000),
        ("1.5e3", 1500, None),
        (" 7 ", 7, 7),
        ("007", 7, 7),
        ("12%", None, None),
        ("12-", None, None),
        ("12 34", None, None),
        ("1.23.456", None, None),
        ("12345678901234567", None, None),
        ("n/a", None, None),
    ],
)
def test_a_number_is_what_its_author_means(text: str, point: float | None, comma: float | None) -> None:
    """The same text, with a decimal point and with a decimal comma; None stays a problem."""
    assert (number_meant(text, "."), number_meant(text, ",")) == (point, comma)


@given(st.floats(-1e12, 1e12, allow_subnormal=False).map(lambda number: round(number, 2)))
def test_what_is_written_with_groups_comes_back(number: float) -> None:
    """Both ways of writing every number."""
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert (number_meant(english, "."), number_meant(german, ",")) == (number, number)


@pytest.mark.parametrize(
    ("text", "dmy", "mdy", "ymd"),
    [
        ("03/04/2025", (2025, 4, 3), (2025, 3, 4), None),
        ("3.4.2025", (2025, 4, 3), (2025, 3, 4), None),
        ("31/12/2025", (2025, 12, 31), None, None),
        ("2025/04/03", None, None, (2025, 4, 3)),
        ("2025-04-03", (2025, 4, 3), (2025, 4, 3), (2025, 4, 3)),
        ("3.4.2025 14:30", (2025, 4, 3, 14, 30), (2025, 3, 4, 14, 30), None),
        ("2025-04-03T14:30:05", *[(2025, 4, 3, 14, 30, 5)] * 3),
        ("3.4.25", None, None, None),
        ("30.2.2025", None, None, None),
        ("45000", None, None, None),
    ],
)
def test_a_date_is_what_its_author_means(text: str, dmy: object, mdy: object, ymd: object) -> None:
    """The same text in three orders; None stays a problem."""
    made = [date_meant(text, order) for order in ("dmy", "mdy", "ymd")]
    assert made == [None if parts is None else dt.datetime(*parts) for parts in (dmy, mdy, ymd)]


def _rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "N": pd.Series(["1.234", "12%", 7, None], dtype=object),
            "D": pd.Series(["03/04/2025", dt.datetime(2024, 2, 29), "soon", None], dtype=object),
            "T": pd.Series(["007", "1.234", "03/04/2025", None], dtype=object),
        }
    )


def test_without_conventions_every_text_stays_a_problem() -> None:
    """Nothing is guessed."""
    meant = check_meant(_rows(), SCHEMA, (), Conventions())
    assert [(p.row, p.column) for p in meant.checked.problems] == [(0, "N"), (0, "D"), (1, "N"), (2, "D")]
    assert not meant.texts


def test_with_conventions_what_is_clear_is_read_and_counted() -> None:
    """What is still in doubt stays; columns of text are left alone, and so is the frame."""
    frame = _rows()
    meant = check_meant(frame, SCHEMA, (), Conventions(",", "dmy"))
    assert meant.checked.columns["N"].tolist()[0] == 1234
    assert meant.checked.columns["D"].tolist()[:2] == ["2025-04-03T00:00:00", "2024-02-29T00:00:00"]
    assert meant.checked.columns["T"].tolist()[:3] == ["007", "1.234", "03/04/2025"]
    assert [(p.row, p.column) for p in meant.checked.problems] == [(1, "N"), (2, "D")]
    assert meant.texts == {"N": 1, "D": 1}
    assert frame["N"].tolist()[:2] == ["1.234", "12%"]


def test_a_rule_of_its_own_for_each() -> None:
    """Who said how numbers are written did not say how dates are."""
    meant = check_meant(_rows(), SCHEMA, (), Conventions(decimal_sign="."))
    assert (meant.texts, meant.checked.columns["N"].tolist()[0]) == ({"N": 1}, 1.234)


def test_a_range_is_checked_of_what_was_read() -> None:
    """A number that was read from a text is checked like any other."""
    schema = Schema((Column("N", ColumnType.NUMBER, maximum=1000),), SCHEMA.outputs)
    frame = pd.DataFrame({"N": ["1.234"]})
    (problem,) = check_meant(frame, schema, (), Conventions(decimal_sign=",")).checked.problems
    assert (problem.kind, problem.value) == (ProblemKind.OUT_OF_RANGE, 1234)


def test_what_is_in_doubt_names_both_meanings() -> None:
    """Whoever reads the reason sees why it was not simply taken."""
    number = reason(Problem(0, ProblemKind.NOT_A_NUMBER, "N", "1.234"), "A2")
    assert "'1.234' is text, not a number, and may mean 1.234 or 1234" in number
    date = reason(Problem(0, ProblemKind.NOT_A_DATE, "D", "03/04/2025"), "B2")
    assert "'03/04/2025' is not a date, and may mean 2025-04-03 or 2025-03-04" in date
    assert "may mean" not in reason(Problem(0, ProblemKind.NOT_A_DATE, "D", "soon"))
