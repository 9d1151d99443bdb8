"""Text that looks like a number is read only in the way that it must be meant, or as the person says."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.actions.readings import apply, find, questions
from worker.scoring import Problem, ProblemKind
from worker.scoring.readings import Doubt, read_date, read_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1169", 1169),
        (" 45 ", 45),
        ("-12", -12),
        ("+12", 12),
        ("1.5", 1.5),
        ("0.123", 0.123),
        ("12.3456", 12.3456),
        (".5", 0.5),
        ("1e3", 1000),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("-1.234,50", -1234.5),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        ("1\u00a0234,5", 1234.5),
        ("1'234.50", 1234.5),
    ],
)
def test_a_text_that_can_only_mean_one_number(text: str, value: float) -> None:
    """It is offered as that number."""
    reading = read_number(text)
    assert reading is not None
    assert (reading.doubt, reading.values) == (Doubt.NONE, (value,))


@pytest.mark.parametrize(
    ("text", "doubt", "values"),
    [
        ("1.234", Doubt.SEPARATOR, (1.234, 1234)),
        ("1,234", Doubt.SEPARATOR, (1234, 1.234)),
        ("-1.234", Doubt.SEPARATOR, (-1.234, -1234)),
        ("1,5", Doubt.SEPARATOR, (15, 1.5)),
        ("0,123", Doubt.SEPARATOR, (123, 0.123)),
        ("12-", Doubt.MINUS, (-12, 12)),
        ("1.234,50-", Doubt.MINUS, (-1234.5, 1234.5)),
        ("12%", Doubt.PERCENT, (0.12, 12)),
    ],
)
def test_a_text_that_can_mean_two_numbers(text: str, doubt: Doubt, values: tuple[float, float]) -> None:
    """Both readings are named; the place of a reading means the same for every text of the column."""
    reading = read_number(text)
    assert reading is not None
    assert (reading.doubt, reading.values) == (doubt, values)


@pytest.mark.parametrize(
    "text",
    [
        "n/a",
        "",
        "-",
        "12--",
        "--12",
        "1.2.3",
        "1,23,4",
        "1.234-",
        "1,,2",
        ",",
        "12a",
        "%",
        "1,234.5.6",
        "٣",
        "5'",
        "'5'",
        "\u20195",
        "1'23",
    ],
)
def test_other_texts_are_no_numbers(text: str) -> None:
    """They stay problems, as do texts with two doubts at once."""
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("123456789012345", 123456789012345.0),
        ("0.000123456789012345", 0.000123456789012345),
        ("12345678901234500000", 12345678901234500000.0),
        ("1.5e-15", 1.5e-15),
        ("1234567890123456", None),
        ("12345678901234567891", None),
        ("1,234,567,890,123,456", None),
        ("0.1234567890123456", None),
        ("1234567890123456-", None),
        ("1234567890123456%", None),
    ],
)
def test_a_text_whose_digits_would_be_lost_is_no_number(text: str, value: float | None) -> None:
    """15 of them are kept: the number of an account is not offered as another number."""
    reading = read_number(text)
    assert (reading and reading.values) == (value and (value,))


@given(st.text("0123456789.,-+% 'eE", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text of a sheet can bring the reader down, and with a doubt there are always two values that differ in
    something other than the sign of zero.
    """
    reading = read_number(text)
    if reading is not None:
        assert len(reading.values) == (1 if reading.doubt is Doubt.NONE else 2)


@pytest.mark.parametrize(
    ("text", "doubt", "values"),
    [
        ("2025-04-03", Doubt.NONE, (dt.datetime(2025, 4, 3),)),
        ("2025-04-03 12:30", Doubt.NONE, (dt.datetime(2025, 4, 3, 12, 30),)),
        ("31/12/2025", Doubt.NONE, (dt.datetime(2025, 12, 31),)),
        ("12/31/2025", Doubt.NONE, (dt.datetime(2025, 12, 31),)),
        ("03/03/2025", Doubt.NONE, (dt.datetime(2025, 3, 3),)),
        ("03/04/2025", Doubt.DATE, (dt.datetime(2025, 4, 3), dt.datetime(2025, 3, 4))),
        ("3.4.2025", Doubt.DATE, (dt.datetime(2025, 4, 3), dt.datetime(2025, 3, 4))),
    ],
)
def test_dates(text: str, doubt: Doubt, values: tuple[dt.datetime, ...]) -> None:
    """A date is in doubt when day and month can change places."""
    reading = read_date(text)
    assert reading is not None
    assert (reading.doubt, reading.values) == (doubt, values)


@pytest.mark.parametrize("text", ["03/04/25", "31/31/2025", "2025-13-01", "3/4.2025", "today"])
def test_other_texts_are_no_dates(text: str) -> None:
    """They stay problems."""
    assert read_date(text) is None


def test_one_question_for_each_column_and_doubt() -> None:
    """However many texts: the first one is the example, with both readings in words."""
    texts = ["1.234", "2.500", "77", "03/04/2025"]
    kinds = [ProblemKind.NOT_A_NUMBER] * 3 + [ProblemKind.NOT_A_DATE]
    problems = [Problem(n, kind, "A", text) for n, (text, kind) in enumerate(zip(texts, kinds, strict=True))]
    problems.append(Problem(0, ProblemKind.NOT_A_NUMBER, "A", True))
    found = find(problems)
    asked = questions(found, lambda item: f"A{item.row + 2}")
    assert [(q.cell, q.cells, q.examples) for q in asked.values()] == [
        ("A2", 2, ("1.234", "2.500")),
        ("A4", 1, ("77",)),
        ("A5", 1, ("03/04/2025",)),
    ]
    assert [[choice.values for choice in q.choices] for q in asked.values()] == [
        [("1.234", "2.5"), ("1234", "2500")],
        [("77",)],
        [("3 April 2025",), ("4 March 2025",)],
    ]

    frame = pd.DataFrame({"A": pd.Series(texts, dtype=object), "B": ["x"] * 4})
    read = apply(frame, found, {("A", Doubt.SEPARATOR): 1, ("A", Doubt.DATE): 0})
    assert read["A"].tolist() == [1234.0, 2500.0, "77", dt.datetime(2025, 4, 3)]
    assert frame["A"].tolist() == texts
