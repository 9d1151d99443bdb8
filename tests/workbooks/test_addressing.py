"""Addresses are written and read as Excel does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.workbooks.addressing import MOST_COLUMNS, MOST_ROWS, Area, column_number, letters, quoted, split_sheet

_ROWS, _COLUMNS = st.integers(1, MOST_ROWS), st.integers(1, MOST_COLUMNS)


@given(_COLUMNS)
def test_letters_and_numbers_are_inverse(number: int) -> None:
    """Column numbers and letters turn into each other."""
    assert column_number(letters(number)) == column_number(letters(number).lower()) == number


def test_known_letters() -> None:
    """First, last of one letter, first of two, last of all."""
    assert [letters(number) for number in (1, 26, 27, 702, 703, MOST_COLUMNS)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@given(st.tuples(_ROWS, _ROWS), st.tuples(_COLUMNS, _COLUMNS))
def test_areas_and_texts_are_inverse(rows: tuple[int, int], columns: tuple[int, int]) -> None:
    """An area is read back from its text, with and without dollar signs, in either order of corners."""
    area = Area(min(rows), min(columns), max(rows), max(columns))
    assert Area.parse(str(area)) == area
    turned = f"${letters(columns[0])}${rows[0]}:${letters(columns[1])}${rows[1]}"
    assert Area.parse(turned) == area


def test_whole_columns_and_rows() -> None:
    """Whole columns and whole rows, in either order."""
    assert Area.parse("$F:A") == Area(1, 1, MOST_ROWS, 6)
    assert Area.parse("9:$2") == Area(2, 1, 9, MOST_COLUMNS)


@pytest.mark.parametrize("text", ["", "A", "1", "A0", "XFE1", "A1048577", "A1:B", "Table1:", "A1,B2", "OFFSET(A1,1,1)"])
def test_what_is_no_area(text: str) -> None:
    """Anything else is None."""
    assert Area.parse(text) is None


@pytest.mark.parametrize(
    ("sheet", "text"),
    [
        ("Applicants", "Applicants"),
        ("My data", "'My data'"),
        ("O'Brien", "'O''Brien'"),
        ("2024", "'2024'"),
        ("A1", "'A1'"),
        ("R1C1", "'R1C1'"),
        ("Größe", "Größe"),
        ("a!b", "'a!b'"),
    ],
)
def test_quotes(sheet: str, text: str) -> None:
    """Quotes stand where Excel wants them, and are taken off again."""
    assert quoted(sheet) == text
    assert split_sheet(f"{text}!A1:B2") == (sheet, "A1:B2")
