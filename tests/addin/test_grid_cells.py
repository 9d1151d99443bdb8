"""What stands in cells, and what the frame makes of it."""

from __future__ import annotations

import datetime as dt

import pytest
import xlwings as xw

from addin import grid
from addin.grid.cells import as_columns, error_name, fingerprint
from worker.scoring import Problem, ProblemKind


def read_column(sheet: xw.Sheet) -> list[object]:
    """The column under A1."""
    sheet["A1"].select()
    return list(grid.read_selection(sheet.book).frame["x"])


def test_error_cells_are_problems_and_hold_nothing(sheet: xw.Sheet) -> None:
    """Each with its row in the frame, its column and what it shows; whether a formula or a constant made it."""
    sheet["A1"].value = [["x", "y"], [1, "=1/0"], ["=NA()", 2], ["#REF!", "#VALUE!"]]
    sheet["A1"].select()
    block = grid.read_selection(sheet.book)
    assert block.frame.to_numpy().tolist() == [[1.0, None], [None, 2.0], [None, None]]
    assert block.problems == (
        Problem(0, ProblemKind.ERROR_CELL, "y", "#DIV/0!"),
        Problem(1, ProblemKind.ERROR_CELL, "x", "#N/A"),
        Problem(2, ProblemKind.ERROR_CELL, "x", "#REF!"),
        Problem(2, ProblemKind.ERROR_CELL, "y", "#VALUE!"),
    )
    assert not block.blank.any()


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (-2146826246, "#N/A"),
        (-2146826243, "#SPILL!"),
        (-2146826238, "#CALC!"),
        (-2146826200, "#ERROR!"),
        ("#N/A", "#N/A"),
    ],
)
def test_every_error_of_excel_is_known(raw: object, name: str) -> None:
    """Also those that xlwings takes for numbers, those yet to come, and macOS, which gives their text."""
    assert error_name(raw) == name
    assert list(as_columns([[raw]])[0]) == [name]


def test_whole_numbers_of_macos_are_numbers() -> None:
    """Only there does a cell come as an int."""
    assert as_columns([[3], [0], [-1]]) == [[3.0, 0.0, -1.0]]
    assert error_name(True) is None


def test_a_date_with_a_format_is_a_date_and_without_one_a_number(sheet: xw.Sheet) -> None:
    """Naive, whatever class and time zone the engine gives it."""
    when = dt.datetime(2024, 2, 29, 13, 30)
    sheet["A1"].value = [["x"], [when], [45351.0]]
    sheet["A2"].number_format = "yyyy-mm-dd hh:mm"
    found = read_column(sheet)
    assert found == [when, 45351.0]
    assert type(found[0]) is dt.datetime
    assert found[0].tzinfo is None


def test_booleans_are_booleans(sheet: xw.Sheet) -> None:
    """Not ones and zeros."""
    sheet["A1"].value = [["x"], [True], [False], [1.0]]
    assert [repr(value) for value in read_column(sheet)] == ["True", "False", "1.0"]


def test_text_is_as_it_stands(sheet: xw.Sheet) -> None:
    """Text that begins with =, looks like a number or has blanks around it."""
    sheet["A1"].value = [["x"], ["'=1+1"], ["'007"], [" a "], ["'-"]]
    assert read_column(sheet) == ["=1+1", "007", " a ", "-"]


def test_a_formula_is_its_value_and_an_empty_text_is_blank(sheet: xw.Sheet) -> None:
    """As a person sees it."""
    sheet["A1"].value = [["x"], ["=2*21"], ['="a"&"b"'], ['=""'], [5]]
    assert read_column(sheet) == [42.0, "ab", None, 5.0]


def test_currency_keeps_all_its_digits(sheet: xw.Sheet) -> None:
    """COM gives four of them for cells with a currency format."""
    sheet["A1"].value = [["x"], [0.123456], [7]]
    sheet["A2:A3"].number_format = "$#,##0.00"
    assert read_column(sheet) == [0.123456, 7.0]


def test_a_fingerprint_depends_on_values_alone() -> None:
    """Not on which objects hold them; and tells 1 from "1" and True, and a date from its number."""
    text = str(b"ab", "ascii")
    assert fingerprint([(text, text, "ab")]) == fingerprint([("ab", str(b"ab", "ascii"), text)])
    seen = {fingerprint([(value,)]) for value in (1.0, "1", True, None, dt.datetime(1900, 1, 1), "#N/A", -0.5)}
    assert len(seen) == 7
    assert fingerprint([(1.0, 2.0)]) != fingerprint([(1.0,), (2.0,)])
