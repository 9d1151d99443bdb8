"""Writing: text stays text, missing numbers are #N/A, formulas stay."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
import xlwings as xw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin import excelfacts, grid, memory
from addin.errors import GridError, GridFault
from addin.grid import Area
from addin.grid.cells import error_name
from addin.grid.text import LONGEST_TEXT, typed

TRAPS = [
    "=1+1",
    '=WEBSERVICE("http://x.example")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "'quoted",
    "http://x.example",
    "mailto:a@x.example",
    "\\\\server\\share",
    "007",
    "1e5",
    "3/4",
    "12-5",
    "10%",
    "$5",
    "1,5",
    "TRUE",
    "false",
    "-",
    "=",
    "'",
    "#REF",
    "ok",
    "Scored Labels",
    " ",
    "two\nlines",
    "é €",
]


def area(sheet: xw.Sheet, rows: int, columns: int) -> Area:
    """So many cells from B2 on."""
    return Area(sheet.name, 2, 2, rows, columns)


def errors(sheet: xw.Sheet, address: str) -> list[object]:
    """Values with errors by name."""
    found: list[object] = sheet[address].options(err_to_str=True, ndim=1).value
    return found


@pytest.mark.parametrize("text", TRAPS)
def test_text_is_never_anything_else(sheet: xw.Sheet, text: str) -> None:
    """No formula, link, number, date or truth value; exactly this text."""
    grid.write(sheet.book, area(sheet, 1, 1), [[text]])
    assert sheet["B2"].value == text
    assert excelfacts.has_formula(sheet["B2"]) is False
    assert sheet["B2"].number_format == "General"


def test_without_the_apostrophe_text_would_be_a_formula(sheet: xw.Sheet) -> None:
    """The broken twin: what the test above would see if text were written as it is."""
    sheet["B2"].value = [["=1+1", "007", "TRUE"]]
    assert excelfacts.has_formula(sheet["B2"]) is True
    assert sheet["B2:D2"].value == [2.0, 7.0, True]


def test_a_text_too_long_for_a_cell_is_cut_off(sheet: xw.Sheet) -> None:
    """Excel would refuse the whole write."""
    grid.write(sheet.book, area(sheet, 1, 1), [["=" * 40_000]])
    assert sheet["B2"].value == "=" * (LONGEST_TEXT - 1) + "…"


def test_plain_words_go_without_apostrophe() -> None:
    """It would show in the formula bar."""
    assert [typed(text) for text in ("ok", "Scored Labels", "A40", "true")] == ["ok", "Scored Labels", "'A40", "'true"]


def test_a_missing_number_is_a_real_na(sheet: xw.Sheet) -> None:
    """NaN and infinity anywhere, what pandas calls missing among numbers; None is blank."""
    when = dt.datetime(2024, 3, 1)
    rows = [
        [0.5, True, when, "a"],
        [None, None, None, None],
        [math.inf, False, pd.NaT, "b"],
        [grid.NA, pd.NA, when, grid.NA],
    ]
    grid.write(sheet.book, area(sheet, 4, 4), rows)
    assert errors(sheet, "B2:B5") == [0.5, None, "#N/A", "#N/A"]
    assert errors(sheet, "C2:C5") == [True, None, False, "#N/A"]
    assert errors(sheet, "D2:D5") == [when, None, "#N/A", when]
    assert errors(sheet, "E2:E5") == ["a", None, "b", "#N/A"]
    assert sheet["B4"].raw_value == -2146826246


@pytest.mark.parametrize("start", ["", "x"])
def test_a_text_is_measured_as_excel_measures_it(sheet: xw.Sheet, start: str) -> None:
    """An emoji is two of its characters, and is never cut in half."""
    grid.write(sheet.book, area(sheet, 1, 1), [[start + "\U0001f600" * LONGEST_TEXT]])
    kept = sheet["B2"].value
    assert len(kept.encode("utf-16-le")) // 2 in {LONGEST_TEXT, LONGEST_TEXT - 1}
    assert kept == f"{start}{kept[len(start)] * (len(kept) - len(start) - 1)}…"
    grid.write(sheet.book, area(sheet, 1, 1), [["\U0001f600" * (LONGEST_TEXT // 2)]])
    assert sheet["B2"].value == "\U0001f600" * (LONGEST_TEXT // 2)


def test_a_date_that_excel_counts_differently_is_a_text(sheet: xw.Sheet) -> None:
    """Never another day."""
    dates = [dt.datetime(1850, 1, 1), dt.datetime(1900, 2, 28, 6), dt.datetime(1900, 3, 1), np.datetime64("0050-01-01")]
    grid.write(sheet.book, area(sheet, 4, 1), [[date] for date in dates])
    assert errors(sheet, "B2:B5") == ["1850-01-01", "1900-02-28 06:00:00", dt.datetime(1900, 3, 1), "0050-01-01"]


def test_na_is_no_formula(sheet: xw.Sheet) -> None:
    """Or the next scoring could not refill its own column."""
    grid.write(sheet.book, area(sheet, 1, 2), [[grid.NA, 1.0]])
    assert grid.has_formulas(sheet.book, area(sheet, 1, 2)) is False


def test_the_types_of_a_frame_say_what_missing_means(sheet: xw.Sheet) -> None:
    """A column of a numeric type that has no number at all is #N/A all the same."""
    frame = pd.DataFrame(
        {
            "number": [np.nan, np.nan],
            "whole": pd.array([None, 2**40], dtype="Int64"),
            "truth": pd.array([None, True], dtype="boolean"),
            "date": pd.to_datetime(["2024-03-01", None]),
            "text": pd.Series([None, "=a"], dtype=object),
        }
    )
    grid.write(sheet.book, area(sheet, 2, 5), frame)
    assert errors(sheet, "B2:F2") == ["#N/A", "#N/A", "#N/A", dt.datetime(2024, 3, 1), None]
    assert errors(sheet, "B3:F3") == ["#N/A", 2.0**40, True, "#N/A", "=a"]


def test_number_formats_belong_to_columns(sheet: xw.Sheet) -> None:
    """Where none is given the format stays, but for text, which would turn numbers into texts."""
    sheet["B2:B3"].number_format = "0.000"
    sheet["C2:C3"].number_format = "@"
    grid.write(sheet.book, area(sheet, 2, 3), [[1.0, 2.0, 0.5], [1.0, 2.0, 0.5]], ("", "", "0%"))
    assert [sheet[address].number_format for address in ("B2:B3", "C2:C3", "D2:D3")] == ["0.000", "General", "0%"]
    assert sheet["C2:C3"].value == [2.0, 2.0]


def test_formulas_are_never_overwritten(sheet: xw.Sheet) -> None:
    """Nothing at all is written then."""
    sheet["C3"].value = "=1+1"
    with pytest.raises(GridError) as caught:
        grid.write(sheet.book, area(sheet, 2, 2), [[1.0, 2.0], [3.0, 4.0]])
    assert (caught.value.fault, caught.value.address) == (GridFault.FORMULAS, "B2:C3")
    assert sheet["B2:C3"].formula == (("", ""), ("", "=1+1"))


def test_a_protected_sheet_is_told_before_anything_is_written(sheet: xw.Sheet) -> None:
    """Cells that are not locked can be written, but not formatted."""
    sheet["B2"].api.Locked = False
    sheet.api.Protect()
    with pytest.raises(GridError) as caught:
        grid.write(sheet.book, area(sheet, 1, 2), [[1.0, 2.0]])
    assert caught.value.fault is GridFault.SHEET_PROTECTED
    assert sheet["B2:C2"].value == [None, None]
    grid.write(sheet.book, area(sheet, 1, 1), [[1.0]], ["0.0"])
    assert (sheet["B2"].value, sheet["B2"].number_format) == (1.0, "General")


def test_rows_that_do_not_fill_the_area_are_a_mistake(sheet: xw.Sheet) -> None:
    """Of the program, not of the user."""
    with pytest.raises(ValueError, match="B2:C3"):
        grid.write(sheet.book, area(sheet, 2, 2), [[1.0, 2.0]])


def test_there_are_no_cells_beyond_the_sheet() -> None:
    """Excel ends at XFD1048576."""
    book = memory.book()
    with pytest.raises(GridError) as caught:
        grid.write(book, Area("Sheet1", 1, 16_384, 1, 2), [[1.0, 2.0]])
    assert caught.value.fault is GridFault.NO_ROOM


def test_one_write_for_each_100_000_cells() -> None:
    """Excel needs long for a large one, and cannot be cancelled meanwhile."""
    book = memory.book()
    grid.write(book, Area("Sheet1", 1, 1, 75_000, 3), [[1.0, 2.0, 3.0]] * 75_000)
    assert book.impl.writes == 3
    assert book.sheets[0]["A75000:C75000"].value == [1.0, 2.0, 3.0]


CELLS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=12).filter(
        lambda text: error_name(text) is None
    ),
    st.sampled_from(TRAPS),
    st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(9999, 1, 1)).map(lambda when: when.replace(microsecond=0)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELLS, min_size=1, max_size=8))
def test_what_is_written_is_read_again(cells: list[object]) -> None:
    """Any number, truth value, date, or text that does not read like an error."""
    book = memory.book()
    grid.write(book, Area("Sheet1", 2, 1, len(cells), 1), [[cell] for cell in cells])
    block = grid.read_block(book, Area("Sheet1", 2, 1, len(cells), 1), None)
    for found, given_ in zip(block.frame.iloc[:, 0], cells, strict=True):
        if isinstance(given_, dt.datetime):
            assert abs(found - given_) < dt.timedelta(milliseconds=1)
        else:
            assert (type(found), found) == (type(given_), given_)
