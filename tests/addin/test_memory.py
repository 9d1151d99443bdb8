"""The memory engine behaves like Excel where the add-in relies on it; what LibreOffice can show is shown there too."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import xlwings as xw
from xlwings import base_classes

from addin import memory
from addin.memory.formulas import evaluate
from addin.memory.typed import Typed, typed


def test_an_app_is_made_without_touching_the_engine_that_is_active() -> None:
    """Tests do not get in each other's way."""
    active = xw.engines.active
    app = memory.app()
    assert (app.engine.name, len(app.books), xw.engines.active) == ("memory", 0, active)
    assert app != memory.app()


def test_a_book_with_cells_is_made_in_one_line() -> None:
    """A1 is selected in it."""
    book = memory.book({"B2": [["x", 1], [None, True]]})
    assert book.sheets[0]["B2:C3"].value == [["x", 1.0], [None, True]]
    assert book.app.selection.address == "$A$1"
    assert memory.book(within=book.app).name == "Book2"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("'007", Typed("007")),
        ("007", Typed(7.0)),
        ("1,000.5", Typed(1000.5)),
        ("50%", Typed(0.5, format="0%")),
        ("true", Typed(True)),
        ("=A1", Typed(formula="=A1")),
        ("+A1", Typed(formula="=+A1")),
        ("-A1", Typed(formula="=-A1")),
        ("@A1", Typed(formula="=A1")),
        ("#N/A", Typed(-2146826246)),
        ("2/29/2024", Typed(45351.0, format="m/d/yyyy")),
        ("=", Typed("=")),
        ("", Typed()),
        (3, Typed(3.0)),
    ],
)
def test_what_is_put_into_a_cell_is_taken_like_typing(given: object, found: Typed) -> None:
    """Text that reads as something else becomes that."""
    assert typed(given) == found


def test_a_cell_formatted_as_text_keeps_text() -> None:
    """Even what looks like a formula, and numbers become text."""
    assert typed("=A1", as_text=True) == Typed("=A1")
    assert typed(1.5, as_text=True) == Typed("1.5")
    with pytest.raises(TypeError):
        typed(object())


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=1+2*3", 7.0),
        ("=A1*2", 10.0),
        ('="a"&"b"', "ab"),
        ("=1/0", -2146826281),
        ("=NA()", -2146826246),
        ('="a"*2', -2146826273),
        ("=WEBSERVICE(1)", -2146826259),
        ("=-A1", -5.0),
    ],
)
def test_simple_formulas_are_worked_out(formula: str, value: object) -> None:
    """Enough to see that one is a formula."""
    assert evaluate(formula, lambda address: {"A1": 5.0}[address]) == value


def test_raw_values_are_those_of_com() -> None:
    """A date in UTC of a class of its own, currency of four digits, an error as a number, one cell as a scalar."""
    sheet = memory.book({"A1": [[0.123456, "=1/0", 45351.5]]}).sheets[0]
    sheet["A1"].number_format, sheet["C1"].number_format = "$0.00", "yyyy-mm-dd"
    money, error, when = sheet["A1:C1"].raw_value[0]
    assert (money, error) == (Decimal("0.1235"), -2146826281)
    assert (type(when) is dt.datetime, when) == (False, dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC))
    assert sheet["B1"].raw_value == error
    assert sheet["A1:C1"].api.Value2 == ((0.123456, error, 45351.5),)
    assert sheet["A1:C1"].formula == (("0.123456", "=1/0", "45351.5"),)


def test_values_are_read_and_written_through_xlwings_own_conversion(sheet: xw.Sheet) -> None:
    """On both engines alike."""
    rows = [[1.5, "a", None], [True, dt.datetime(2024, 2, 29, 13, 30), -2.0]]
    sheet["B2"].value = rows
    assert sheet["B2:D3"].value == rows
    assert sheet["B2:D3"].options(ndim=2, empty="-").value[0] == [1.5, "a", "-"]


def test_ranges_know_their_place(sheet: xw.Sheet) -> None:
    """Used range, current region, addresses, whole rows and columns."""
    sheet["B3"].value = [["a", "b"], [1, 2], [None, None], [3, 4]]
    assert sheet.used_range.address == "$B$3:$C$6"
    assert sheet["C4"].current_region.address == "$B$3:$C$4"
    assert sheet["C5"].current_region.address == "$B$3:$C$6"
    assert sheet["Z99"].current_region.address == "$Z$99"
    assert sheet["B:C"].address == "$B:$C"
    assert sheet["3:4"].address == "$3:$4"
    assert sheet["B3"].get_address(False, False) == "B3"
    assert sheet.range("A1:A2,C1").api.Areas.Count == 2


def test_inserted_and_deleted_rows_and_columns_move_cells(sheet: xw.Sheet) -> None:
    """With their formats and formulas."""
    sheet["A1"].value = [[1, 2], [3, 4], [5, 6]]
    sheet["B3"].number_format = "0.0"
    sheet["2:2"].insert("down")
    assert sheet["A1:B4"].value == [[1, 2], [None, None], [3, 4], [5, 6]]
    assert sheet["B4"].number_format == "0.0"
    sheet["1:1"].delete()
    sheet["A:A"].delete()
    assert sheet["A1:A3"].value == [None, 4, 6]
    assert sheet["A3"].number_format == "0.0"


def test_sorting_moves_rows_and_leaves_headers(sheet: xw.Sheet) -> None:
    """Up or down."""
    sheet["A1"].value = [["x", "y"], [2, "b"], [3, "c"], [1, "a"]]
    sheet["A1:B4"].sort(1, has_headers=True)
    assert sheet["A1:B4"].value == [["x", "y"], [1, "a"], [2, "b"], [3, "c"]]
    sheet["A2:B4"].sort(2, ascending=False)
    assert sheet["B2:B4"].value == ["c", "b", "a"]


def test_tables_grow_shrink_and_keep_their_headers(sheet: xw.Sheet) -> None:
    """And a cell knows its table."""
    sheet["A1"].value = [["x", "y"], [1, 2], [3, 4]]
    table = sheet.tables.add(source=sheet["A1:B3"], name="T")
    assert (sheet["B2"].table.name, sheet["C2"].table) == ("T", None)
    table.columns.add("z")
    assert (table.range.address, sheet["C1"].value) == ("$A$1:$C$3", "z")
    sheet.tables["T"].columns["y"].delete()
    assert sheet.tables["T"].range.address == "$A$1:$B$3"
    assert sheet["A1:B1"].value == ["x", "z"]
    assert sheet.tables["T"].data_body_range.address == "$A$2:$B$3"


def test_what_is_refused_raises_the_error_of_com(book: xw.Book, sheet: xw.Sheet) -> None:
    """Protected cells, a protected structure, a closed workbook."""
    sheet.api.Protect()
    with pytest.raises(memory.ComError):
        sheet["A1"].value = 1
    sheet.api.Unprotect()
    book.api.Protect()
    with pytest.raises(memory.ComError):
        book.sheets.add("More")
    book.api.Unprotect()
    book.close()
    with pytest.raises(memory.ComError):
        sheet["A1"].value = 1


def test_a_busy_excel_refuses_calls() -> None:
    """Until it has been asked often enough whether it is ready."""
    book = memory.book()
    book.app.impl.busy = 2
    with pytest.raises(memory.ComError):
        _ = book.sheets[0]["A1"].value
    assert [book.app.api.Ready, book.app.api.Ready] == [False, True]
    assert book.sheets[0]["A1"].value is None


def test_what_the_add_in_says_is_recorded() -> None:
    """Alerts with their answers, status bar, macros, notes."""
    book = memory.book()
    app = book.app
    app.impl.answers.append("yes")
    assert app.alert("Go on?", "Sheetscore", "yes_no") == "yes"
    assert app.alert("Done") == "ok"
    assert [alert[0] for alert in app.impl.alerts] == ["Go on?", "Done"]
    with app.properties(status_bar="Scoring"):
        assert app.status_bar == "Scoring"
    assert app.impl.status_bars == ["Scoring", False]
    app.macro("Refresh")(1)
    assert [(name, *given) for name, given in app.impl.ran] == [("Refresh", 1)]
    book.sheets[0]["B2"].add_note("frozen")
    assert (book.sheets[0]["B2"].note.text, book.sheets[0]["A1"].note) == ("frozen", None)


def test_what_it_cannot_do_it_says() -> None:
    """Instead of doing something else."""
    sheet = memory.book().sheets[0]
    for call in (
        lambda: sheet["A1"].insert("down"),
        lambda: sheet["A1"].get_special_cells("blanks"),
        lambda: sheet.tables.add(source=sheet["A1:B2"], has_headers=False),
        lambda: sheet.pictures,
    ):
        with pytest.raises(NotImplementedError):
            call()
    assert isinstance(sheet.impl, base_classes.Sheet)
