"""What both engines for tests promise of Excel: in memory and over LibreOffice the answers are the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import xlwings as xw

from addin.memory import ComError

NA, DIV0 = -2146826246, -2146826281
MOMENT = dt.datetime(2024, 2, 29, 13, 45, 30)


def grid(sheet: xw.Sheet, rows: list[list[Any]]) -> xw.Range:
    """Rows written from A1 on."""
    sheet["A1"].value = rows
    return sheet["A1"].resize(len(rows), len(rows[0]))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (1, 1.0),
        (0.1, 0.1),
        ("text", "text"),
        (" a ", " a "),
        (True, True),
        (None, None),
        (MOMENT, MOMENT),
        (dt.date(2024, 2, 29), dt.datetime(2024, 2, 29)),
        ("007", 7.0),
        ("'007", "007"),
        ("1,234.5", 1234.5),
        ("12%", 0.12),
        ("true", True),
        ("2/29/2024", dt.datetime(2024, 2, 29)),
        ("'=1+1", "=1+1"),
        ("=1+1", 2.0),
        ("=1/0", DIV0),
        ("#N/A", NA),
        ("https://example.org", "https://example.org"),
    ],
)
def test_a_value_written_is_read_back_as_excel_would(sheet: xw.Sheet, written: object, read: object) -> None:
    """Text is read like typing; dates come back in UTC from COM and naive from xlwings; errors are SCODEs."""
    sheet["B2"].value = written
    raw = sheet["B2"].raw_value
    if isinstance(raw, dt.datetime):
        assert raw.tzinfo is dt.UTC
        raw = raw.replace(tzinfo=None)
    assert (type(raw) is type(read) or isinstance(raw, dt.datetime), raw) == (True, read)
    assert sheet["B2"].value == (None if read in {NA, DIV0} else read)


def test_a_block_keeps_its_shape(sheet: xw.Sheet) -> None:
    """Rows are tuples of tuples in the raw value, a scalar for one cell; ragged edges are None."""
    cells = grid(sheet, [["a", 1, None], ["b", None, True]])
    assert cells.raw_value == (("a", 1.0, None), ("b", None, True))
    assert sheet["A1"].raw_value == "a"
    assert cells.options(ndim=2).value == [["a", 1.0, None], ["b", None, True]]


def test_value2_has_plain_numbers_for_dates_and_currency(sheet: xw.Sheet) -> None:
    """Range.Value has Decimal with four digits for a currency format, Value2 all digits."""
    sheet["A1"].value = [[12.123456, MOMENT]]
    sheet["A1"].number_format = "$#,##0.00"
    assert sheet["A1"].raw_value == Decimal("12.1235")
    assert sheet["A1"].api.Value2 == 12.123456
    assert sheet["A1:B1"].api.Value2[0][1] == pytest.approx(45351.573264)


def test_a_text_format_keeps_what_is_written_as_text(sheet: xw.Sheet) -> None:
    """Also numbers and formulas."""
    sheet["A1:C1"].number_format = "@"
    sheet["A1:C1"].value = ["=1+1", 5, "007"]
    assert sheet["A1:C1"].value == ["=1+1", "5", "007"]
    assert sheet["A1:C1"].api.HasFormula is False


def test_number_formats(sheet: xw.Sheet) -> None:
    """General until told otherwise, None where they differ; a value brings its own only to General cells."""
    sheet["A2:A3"].number_format = "0.000"
    assert [sheet[address].number_format for address in ("A1", "A2:A3", "A1:A3")] == ["General", "0.000", None]
    sheet["A3:B3"].value = [True, MOMENT]
    for column, code in enumerate(("0.0", "0%", "yyyy-mm-dd", "$#,##0.00", "@")):
        sheet[3, column].number_format = code
        assert sheet[3, column].number_format == code
    sheet["A3:E4"].number_format = "General"
    assert [cell.number_format for cell in sheet["A3:E4"]] == ["General"] * 10
    sheet["A1:A2"].value = [[MOMENT], [MOMENT]]
    assert (sheet["A1"].number_format, sheet["A2"].number_format) == ("m/d/yyyy h:mm", "0.000")


def test_formulas(sheet: xw.Sheet) -> None:
    """Formula gives formulas, and constants as text; HasFormula is None where only some cells have one."""
    grid(sheet, [[2, "=A1*3", "x", None]])
    assert sheet["A1:D1"].formula == (("2", "=A1*3", "x", ""),)
    assert sheet["B1"].value == 6.0
    assert [sheet[address].api.HasFormula for address in ("A1", "B1", "A1:B1")] == [False, True, None]
    sheet["B1"].value = 1
    assert sheet["B1"].api.HasFormula is False


def test_the_used_range_and_the_current_region(sheet: xw.Sheet) -> None:
    """One reaches over gaps, the other ends at a blank row or column."""
    assert sheet.used_range.address == "$A$1"
    sheet["B2"].value = [["a", 1], ["b", 2]]
    sheet["E6"].value = "far"
    assert sheet.used_range.address == "$B$2:$E$6"
    assert [sheet[address].current_region.address for address in ("C3", "E6", "H9")] == ["$B$2:$C$3", "$E$6", "$H$9"]


def test_selections(app: xw.App, book: xw.Book, sheet: xw.Sheet) -> None:
    """Cells, several areas, whole columns; only on the active sheet; nothing but a chart gives None."""
    sheet["B2:C3"].select()
    assert app.selection.address == "$B$2:$C$3"
    sheet.range("A1:A2,C1").select()
    found = app.impl.selection
    assert (found.address, found.api.Areas.Count) == ("$A$1:$A$2,$C$1", 2)
    sheet["B:C"].select()
    assert (app.impl.selection.address, app.impl.selection.shape) == ("$B:$C", (1_048_576, 2))
    book.sheets.add("Other")
    with pytest.raises(ComError):
        sheet["A1"].select()
    assert app.api.ActiveChart is None
    app.impl.chart = object()
    assert (app.selection, app.api.ActiveChart is None) == (None, False)
    app.impl.chart = None
    assert (app.selection is None, app.api.ActiveChart) == (False, None)


def test_a_selection_over_filtered_rows_is_one_rectangle(app: xw.App, sheet: xw.Sheet) -> None:
    """And a cell in a hidden row can be selected."""
    cells = grid(sheet, [["x"], ["a"], ["b"], ["a"]])
    cells.autofilter.apply_values(1, ["a"])
    for address in ("$A$2:$A$4", "$A$3", "$A:$A"):
        sheet[address].select()
        assert (app.impl.selection.address, app.impl.selection.api.Areas.Count) == (address, 1)


def test_the_count_of_a_whole_sheet_overflows(sheet: xw.Sheet) -> None:
    """As in Excel, where Range.Count is a 32-bit number."""
    with pytest.raises(ComError):
        len(sheet.cells.impl)


def test_workbooks(app: xw.App, book: xw.Book) -> None:
    """The newest is active until another is brought to the front; a closed one is gone."""
    other = app.books.add()
    name = other.name
    assert app.books.active.name == name != book.name
    book.impl.activate()
    assert app.books.active.name == book.name
    other.close()
    assert name not in [each.name for each in app.books]
    with pytest.raises(ComError):
        other.sheets[0]["A1"].value  # noqa: B018 - reading is the test


def test_sheets(book: xw.Book, sheet: xw.Sheet) -> None:
    """A new one is active; names are found whatever their case; a protected structure refuses."""
    added = book.sheets.add("My data", after=sheet)
    assert [each.name for each in book.sheets] == ["Sheet1", "My data"]
    assert (book.sheets.active.name, book.sheets["MY DATA"].name, "my data" in book.sheets) == (
        "My data",
        added.name,
        True,
    )
    added.delete()
    assert [each.name for each in book.sheets] == ["Sheet1"]
    book.api.Protect(Structure=True)
    assert book.api.ProtectStructure
    with pytest.raises(ComError):
        book.sheets.add("No")
    book.api.Unprotect()
    assert not book.api.ProtectStructure


def test_a_protected_sheet(sheet: xw.Sheet) -> None:
    """Locked cells refuse values and clearing, unlocked ones take them; no cell can be formatted."""
    grid(sheet, [["a", "b"]])
    sheet["B1"].api.Locked = False
    sheet.api.Protect()
    assert sheet.api.ProtectContents
    assert [sheet[address].api.Locked for address in ("A1", "B1", "A1:B1")] == [True, False, None]
    refused: list[Callable[[], object]] = [
        lambda: setattr(sheet["A1"], "value", 1),
        lambda: setattr(sheet["B1"], "number_format", "0"),
        sheet["A1"].clear_contents,
    ]
    for change in refused:
        with pytest.raises(ComError):
            change()
    sheet["B1"].value = "c"
    sheet.api.Unprotect()
    assert (sheet["A1:B1"].value, sheet.api.ProtectContents) == (["a", "c"], False)


def test_merged_cells(sheet: xw.Sheet) -> None:
    """True where all are, None where some are, also when only a part of the merged cell is met."""
    sheet["B2:C3"].merge()
    assert [sheet[address].merge_cells for address in ("B2:C3", "C3", "A1:B2", "E5")] == [True, True, None, False]
    assert sheet["C3"].merge_area.address == "$B$2:$C$3"
    sheet["B2:C3"].unmerge()
    assert sheet["B2:C3"].merge_cells is False


def test_a_filter_and_rows_hidden_by_hand(sheet: xw.Sheet) -> None:
    """Both hide rows; only the filter says so."""
    cells = grid(sheet, [["x"], ["a"], ["b"], ["a"]])
    sheet["A4"].rows.hidden = True
    assert (sheet.api.FilterMode, sheet.api.AutoFilterMode, sheet["A1:A4"].rows.hidden) == (False, False, None)
    cells.autofilter.apply_values(1, ["b", "a"])
    cells.autofilter.apply_values(1, ["b"])
    assert [sheet[row, 0].rows.hidden for row in range(5)] == [False, True, False, True, False]
    assert (sheet.api.FilterMode, sheet.api.AutoFilter.Range.Address) == (True, "$A$1:$A$4")
    visible = [area.address for area in sheet["A1:A4"].get_special_cells("visible")]
    assert visible == ["$A$1", "$A$3"]
    cells.autofilter.clear()
    assert (sheet.api.FilterMode, sheet["A2:A3"].rows.hidden) == (False, False)


def test_tables(sheet: xw.Sheet) -> None:
    """Found from any of their cells; they grow, take columns in, filter on their own, and follow inserted rows."""
    cells = grid(sheet, [["x", "y"], [1, "a"], [2, "b"]])
    table = sheet.tables.add(cells, name="Rows")
    assert [each.name for each in sheet.tables] == ["Rows"]
    assert (sheet["B2"].table.name, sheet["C2"].table) == ("Rows", None)
    assert (table.header_row_range.value, table.data_body_range.address) == (["x", "y"], "$A$2:$B$3")
    table.autofilter.apply_values(2, ["b"])
    assert (sheet.api.FilterMode, table.api.AutoFilter.FilterMode) == (False, True)
    assert (table.api.AutoFilter.Range.Address, sheet["A2"].rows.hidden) == ("$A$1:$B$3", True)
    table.autofilter.clear()
    assert table.api.AutoFilter.FilterMode is False
    table.resize(sheet["A1:B4"])
    sheet["3:3"].insert("down")
    assert (table.range.address, sheet["A4"].value) == ("$A$1:$B$5", 2.0)


def test_a_table_takes_a_new_column(sheet: xw.Sheet) -> None:
    """At its end what stands beside it moves right; an index puts it between; deleted it is gone."""
    grid(sheet, [["x", "y", "beside"], [1, "a", "stays"]])
    table = sheet.tables.add(sheet["A1:B2"], name="Rows")
    table.columns.add("z")
    assert (table.range.address, sheet["A1:D1"].value) == ("$A$1:$C$2", ["x", "y", "z", "beside"])
    table.columns.add("first", 1)
    assert table.header_row_range.value == ["first", "x", "y", "z"]
    table.columns["first"].delete()
    assert (sheet["A1:D1"].value, sheet["D2"].value) == (["x", "y", "z", "beside"], "stays")


def test_inserted_deleted_and_sorted_rows(sheet: xw.Sheet) -> None:
    """Whole rows move what is below them; a sort moves whole rows of the range."""
    cells = grid(sheet, [["n", "t"], [3, "c"], [1, "a"], [2, "b"]])
    cells.sort([1], [True], has_headers=True)
    assert cells.value == [["n", "t"], [1.0, "a"], [2.0, "b"], [3.0, "c"]]
    sheet["2:2"].delete("up")
    sheet["1:1"].insert("down")
    assert sheet["A1:B4"].value == [[None, None], ["n", "t"], [2.0, "b"], [3.0, "c"]]
    sheet["A:A"].insert("right")
    assert sheet["A2:B2"].value == [None, "n"]


def test_names(book: xw.Book, sheet: xw.Sheet) -> None:
    """Texts and cells, also on sheets with blanks in their name; hidden ones are found; cells follow inserted rows."""
    sheet.name = "My data"
    book.names.add("_text", '="a ""b"""').api.Visible = False
    book.names.add("_cells", "='My data'!$A$2:$B$3")
    assert {name.name: name.refers_to for name in book.names} == {
        "_text": '="a ""b"""',
        "_cells": "='My data'!$A$2:$B$3",
    }
    assert (book.names["_text"].api.Visible, "_TEXT" in book.names, "_none" in book.names) == (False, True, False)
    sheet["1:1"].insert("down")
    assert book.names["_cells"].refers_to_range.address == "$A$3:$B$4"
    book.names["_cells"].delete()
    assert [name.name for name in book.names] == ["_text"]


def test_links_and_notes(sheet: xw.Sheet) -> None:
    """A link shows its text; a note can be read and taken off."""
    sheet["A1"].add_hyperlink("#'Sheet1'!C3", "C3")
    assert (sheet["A1"].value, sheet["A1"].hyperlink) == ("C3", "#'Sheet1'!C3")
    sheet["B1"].impl.add_note("by hand")
    assert sheet["B1"].note.text == "by hand"
    sheet["B1"].note.delete()
    assert sheet["B1"].note is None


def test_clearing(sheet: xw.Sheet) -> None:
    """clear_contents leaves the number format, clear takes it too."""
    sheet["A1:A2"].number_format = "0.00"
    sheet["A1:A2"].value = [[1], [2]]
    sheet["A1"].clear_contents()
    sheet["A2"].clear()
    assert (sheet["A1:A2"].value, sheet["A1"].number_format, sheet["A2"].number_format) == (
        [None, None],
        "0.00",
        "General",
    )


def test_what_is_said_is_recorded(app: xw.App) -> None:
    """Alerts with the answers handed in, the status bar, macros; Ready says no as often as told."""
    app.impl.alerts.clear()
    app.impl.answers.append("cancel")
    assert app.alert("Go on?", "Sheetscore", "ok_cancel") == "cancel"
    assert app.alert("Done.", "Sheetscore") == "ok"
    assert [alert[0] for alert in app.impl.alerts] == ["Go on?", "Done."]
    app.status_bar = "Scoring"
    assert app.status_bar == "Scoring"
    app.status_bar = False
    assert app.status_bar is False
    app.macro("Refresh")(1)
    assert (app.impl.ran[-1][0], list(app.impl.ran[-1][1])) == ("Refresh", [1])
    app.impl.busy = 3
    assert [app.api.Ready for _ in range(4)] == [False, False, True, True]
    assert app.api.ProtectedViewWindows.Count == 0
