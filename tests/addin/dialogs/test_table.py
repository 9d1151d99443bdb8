"""Column pairs, lists of problems, and readings of ambiguous texts."""

from __future__ import annotations

import pytest

from addin.dialogs import choose_readings, pairs, problems
from addin.ui import Choice, Question
from tests.addin.dialogs.conftest import Person

_PAIRS = [
    ("A", "ltv", "0.82"),
    ("B", "income", "54000"),
    ("C", "region", "Αττική"),
    ("D", "opened", "2024-03-01"),
]
_PROBLEMS = [
    ("C42", "'Nrth' is not a value of region; perhaps 'North'. Allowed: East, North, South, West"),
    ("D57", "the cell shows #DIV/0!; mend its formula (income)"),
]
_QUESTIONS = [
    Question(
        "Income",
        "C7",
        212,
        ("1.234", "12.500"),
        (
            Choice("The point parts the decimals", ("1.234", "12.5")),
            Choice("The point groups thousands", ("1234", "12500")),
        ),
    ),
    Question(
        "Opened",
        "F19",
        1,
        ("03/04/2025", "11/12/2025"),
        (
            Choice("Day first", ("3 April 2025", "11 December 2025")),
            Choice("Month first", ("4 March 2025", "12 November 2025")),
        ),
    ),
]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["Return"], True), (["Escape"], False), (["Tab", "Return"], False), (["ctrl+c", "space"], True)],
)
def test_pairs_are_confirmed(person: Person, keys: list[str], answer: bool) -> None:
    """OK alone confirms."""
    with person.sees(pairs, _PAIRS) as shown:
        if keys == ["Return"]:
            shown.picture("pairs")
        shown.press(*keys)
        assert shown.answer() is answer


def test_pairs_are_copied_as_cells(person: Person) -> None:
    """Ctrl+C copies the table so that a sheet can take it; closing the window confirms nothing."""
    with person.sees(pairs, _PAIRS[:1]) as shown:
        shown.press("ctrl+c")
        assert shown.clipboard() == "Column\tInput\tFirst row\nA\tltv\t0.82"
        shown.quit()
        assert shown.answer() is False


def test_problems_are_listed_where_no_sheet_can_be_added(person: Person) -> None:
    """Many problems scroll; the choice is what was pressed, None when closed."""
    rows = _PROBLEMS + [(f"C{row}", "region is blank; a value is needed") for row in range(100, 400)]
    text = "302 of 1,000 rows cannot be scored. No sheet can be added to this workbook, so they are listed here."
    with person.sees(problems, rows, text, ["Score the good rows", "Stop"]) as shown:
        shown.picture("problems")
        shown.press("Tab", "Return")
        assert shown.answer() == "Stop"
    with person.sees(problems, _PROBLEMS, text) as shown:
        shown.quit()
        assert shown.answer() is None


def test_nothing_is_read_as_a_number_unasked(person: Person) -> None:
    """Enter leaves each column as text."""
    with person.sees(choose_readings, _QUESTIONS) as shown:
        shown.picture("readings")
        shown.press("Return")
        assert shown.answer() == {}


def test_each_column_has_its_reading(person: Person) -> None:
    """Each reading can be reached by keyboard and is answered by its place; Escape answers None."""
    with person.sees(choose_readings, _QUESTIONS) as shown:
        shown.press("Tab", "Tab", "Tab", "space", "Tab", "Tab", "space", "Return")
        assert shown.answer() == {0: 1, 1: 0}
    with person.sees(choose_readings, _QUESTIONS) as shown:
        shown.press("Escape")
        assert shown.answer() is None


def test_many_columns_scroll(person: Person) -> None:
    """With more columns than the screen holds the last is still reached, and the buttons are seen."""
    many = [Question(f"Column {n}", "A2", 1, ("1,5",), _QUESTIONS[0].choices) for n in range(40)]
    with person.sees(choose_readings, many) as shown:
        shown.press("shift+Tab", "shift+Tab", "space")
        shown.picture("readings-many")
        shown.click(-40, -25)
        assert shown.answer() is None
    with person.sees(choose_readings, many) as shown:
        shown.press("shift+Tab", "shift+Tab", "space", "Return")
        assert shown.answer() == {39: 1}
