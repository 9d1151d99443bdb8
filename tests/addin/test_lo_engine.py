"""The xlwings engine over LibreOffice, held against LibreOffice's own word: written by one, read by the other."""

from __future__ import annotations

import builtins
import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin.memory import ComError
from tests.addin.lo_engine import host, session

NA = -2146826246


@pytest.fixture
def libreoffice() -> xw.App:
    """The LibreOffice of this test run."""
    return session.shared()


@pytest.fixture
def sheet(libreoffice: xw.App) -> Iterator[xw.Sheet]:
    """The sheet of a new workbook."""
    book = libreoffice.books.add()
    yield book.sheets[0]
    book.close()


def cell(sheet: xw.Sheet, address: str) -> Any:
    """LibreOffice's own cell."""
    return sheet.impl.sheet.getCellRangeByName(address)


def kinds(sheet: xw.Sheet, *addresses: str) -> list[str]:
    """What LibreOffice says the cells hold: EMPTY, VALUE, TEXT, FORMULA."""
    return [str(cell(sheet, address).getCellByPosition(0, 0).Type.value) for address in addresses]


def test_values_written_are_what_libreoffice_holds(sheet: xw.Sheet) -> None:
    """Numbers and text arrive as they are; blanks as empty cells; dates as LibreOffice's own dates."""
    sheet["A1"].value = [[1.5, "a", None, dt.datetime(2024, 3, 4, 12)]]
    assert kinds(sheet, "A1", "B1", "C1", "D1") == ["VALUE", "TEXT", "EMPTY", "VALUE"]
    functions = sheet.book.app.impl.office.create("sheet.FunctionAccess")
    assert cell(sheet, "D1").getDataArray() == ((functions.callFunction("DATE", (2024, 3, 4)) + 0.5,),)
    assert cell(sheet, "B1").getDataArray() == (("a",),)


def test_text_that_begins_with_an_equals_sign_is_text_only_behind_an_apostrophe(sheet: xw.Sheet) -> None:
    """As in Excel: "=1+1" becomes a formula, "'=1+1" the text; and no number format is left behind."""
    sheet["A1"].value = [["=1+1", "'=1+1", "'007", "007"]]
    assert kinds(sheet, "A1", "B1", "C1", "D1") == ["FORMULA", "TEXT", "TEXT", "VALUE"]
    assert sheet["A1:D1"].value == [2.0, "=1+1", "007", 7.0]
    assert sheet["A1:D1"].number_format == "General"


def test_a_cell_formatted_as_text_keeps_everything_as_text(sheet: xw.Sheet) -> None:
    """Neither formulas nor numbers nor truth values come out of it."""
    sheet["A1:C1"].number_format = "@"
    sheet["A1:C1"].value = ["=1+1", 5, True]
    assert kinds(sheet, "A1", "B1", "C1") == ["TEXT"] * 3
    assert sheet["A1:C1"].value == ["=1+1", "5", "TRUE"]


def test_what_libreoffice_calculates_is_read_as_com_gives_it(sheet: xw.Sheet) -> None:
    """Errors are SCODEs, truth values bool, dates in UTC, currency Decimal, times of day plain numbers."""
    for address, formula in {"A1": "=1/0", "B1": "=NA()", "C1": "=2>1", "D1": "=DATE(2024;2;29)", "E1": '=""'}.items():
        cell(sheet, address).getCellByPosition(0, 0).setFormula(formula)
    sheet["F1:G1"].value = [12.5, 0.25]
    sheet["F1"].number_format, sheet["G1"].number_format = "$#,##0.00", "h:mm"
    day = dt.datetime(2024, 2, 29, tzinfo=dt.UTC)
    assert sheet["A1:G1"].raw_value == ((-2146826281, NA, True, day, "", Decimal("12.5"), 0.25),)
    assert sheet["A1:E1"].options(err_to_str=True).value == ["#DIV/0!", "#N/A", True, day.replace(tzinfo=None), None]


def test_a_real_na_can_be_written(sheet: xw.Sheet) -> None:
    """It counts as an error for LibreOffice's own functions, and not as a formula for Excel's."""
    sheet["A1"].value = [["#N/A"], [1.0], ["n/a"]]
    cell(sheet, "B1").getCellByPosition(0, 0).setFormula("=ISNA(A1)")
    assert (sheet["B1"].value, sheet["A1"].raw_value, sheet["A1"].formula) == (True, NA, "#N/A")
    assert sheet["A1:A3"].api.HasFormula is False


def test_a_number_in_a_cell_that_held_a_truth_value_is_a_number(sheet: xw.Sheet) -> None:
    """LibreOffice knows truth values by their number format alone, so that must not stay behind."""
    sheet["A1:A2"].value = [[True], [True]]
    sheet["A1"].value = 1.0
    assert [type(value) for value in sheet["A1:A2"].value] == [float, bool]


def test_formulas_are_in_excels_writing_outside_and_libreoffices_inside(sheet: xw.Sheet) -> None:
    """Commas and exclamation marks here, semicolons and dots there; the same cells."""
    sheet.book.sheets.add("My data", after=sheet)["A1"].value = 3.0
    written = "=IF(SUM(A1,2)>1,\"a,b;c\",'My data'!A1)"
    sheet["B1"].formula = written
    assert cell(sheet, "B1").getFormulaArray() == (("=IF(SUM(A1;2)>1;\"a,b;c\";$'My data'.A1)",),)
    assert (sheet["B1"].formula, sheet["B1"].value) == (written, "a,b;c")


def test_hidden_rows_merged_cells_and_links_are_libreoffices_own(sheet: xw.Sheet) -> None:
    """A filter hides rows as LibreOffice's filter does; hiding by hand does not count as filtered."""
    sheet["A1"].value = [["x"], ["a"], ["b"], ["a"]]
    sheet["A1:A4"].autofilter.apply_values(1, ["a"])
    sheet["A4"].rows.hidden = True
    rows = sheet.impl.sheet.Rows
    assert [(rows.getByIndex(i).IsVisible, rows.getByIndex(i).IsFiltered) for i in range(1, 4)] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    sheet["C1:D2"].merge()
    assert cell(sheet, "C1").IsMerged
    sheet["F1"].add_hyperlink("#'Sheet1'!A1", "there")
    field = cell(sheet, "F1").getCellByPosition(0, 0).TextFields.getByIndex(0)
    assert (field.URL, field.Representation, sheet["F1"].value) == ("#'Sheet1'!A1", "there", "there")


def test_a_table_is_a_database_range_that_grows_with_inserted_rows(sheet: xw.Sheet) -> None:
    """Its headers are text, never blank, never twice the same, as Excel makes them."""
    sheet["A1"].value = [["x", "x", None, 7], [1, 2, 3, 4], [5, 6, 7, 8]]
    table = sheet.tables.add(sheet["A1:D3"], name="Rows")
    sheet["2:2"].insert("down")
    area = sheet.book.impl.document.DatabaseRanges.getByName("Rows").DataArea
    assert (area.StartRow, area.EndRow, table.range.address) == (0, 3, "$A$1:$D$4")
    assert table.header_row_range.value == ["x", "x2", "Column3", "7"]


def test_a_protected_sheet_refuses_loudly(sheet: xw.Sheet) -> None:
    """LibreOffice passes over some changes in silence; Excel raises an error for each."""
    sheet["A1:B1"].value = ["a", "b"]
    sheet["B1"].api.Locked = False
    sheet.api.Protect()
    for change in (sheet["A1"].clear, sheet["A1"].clear_contents, lambda: sheet["1:1"].insert("down")):
        with pytest.raises(ComError):
            change()
    sheet["B1"].value = "free"
    assert sheet["A1:B1"].value == ["a", "free"]


def test_twenty_thousand_rows_of_twelve_are_written_and_read_whole(sheet: xw.Sheet) -> None:
    """In blocks, as xlwings writes them, and the last cell is LibreOffice's last cell."""
    rows = [[float(i)] * 6 + [f"C{i}"] * 6 for i in range(20_000)]
    sheet["A1"].value = rows
    assert sheet["A1:L20000"].value == rows
    assert cell(sheet, "A20000:L20000").getDataArray() == (tuple(rows[-1]),)


def test_a_saved_workbook_comes_back(sheet: xw.Sheet, libreoffice: xw.App, tmp_path: Path) -> None:
    """As .xlsx under a name with spaces and Greek letters: values, types, table, names."""
    day = dt.datetime(2024, 2, 29)
    sheet["A1"].value = [["x", "y", "z"], [1.0, True, day]]
    sheet.tables.add(sheet["A1:C2"], name="Rows")
    sheet.book.names.add("_kept", '="a ""b"""')
    sheet.book.save(tmp_path / "Δοκιμή 1.xlsx")
    copy = tmp_path / "copy.xlsx"
    copy.write_bytes((tmp_path / "Δοκιμή 1.xlsx").read_bytes())
    again = libreoffice.books.open(copy)
    assert sheet.book.name == "Δοκιμή 1.xlsx"
    assert again.sheets[0]["A2:C2"].value == [1.0, True, day]
    assert again.sheets[0].tables["Rows"].range.address == "$A$1:$C$2"
    assert again.names["_kept"].refers_to == '="a ""b"""'
    again.close()


def test_another_process_can_attach_and_leave(sheet: xw.Sheet, libreoffice: xw.App) -> None:
    """It sees the same workbook and selection, and its end does not end the office."""
    sheet["A1:B1"].value = [[20.0, 22.0]]
    sheet["A1:B1"].select()
    code = (
        "import sys; from tests.addin.lo_engine import host; app = host.attach(sys.argv[1])\n"
        "app.selection.offset(0, 2)[0].value = sum(app.selection.value); host.stop(app)"
    )
    command = [sys.executable, "-c", code, libreoffice.impl.office.pipe]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], timeout=60)
    assert sheet["C1"].value == 42.0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are named in /proc")
@pytest.mark.parametrize("end", ["host.stop(app)", "pass"])
def test_the_bridge_ends_before_python_does(libreoffice: xw.App, end: str) -> None:
    """Its threads are gone when Python goes down, whoever still holds cells: else a segmentation fault now and then."""
    code = (
        "import atexit, sys; from pathlib import Path; from tests.addin.lo_engine import host\n"
        "def threads(): return [each.read_text() for each in Path('/proc/self/task').glob('*/comm')]\n"
        "atexit.register(lambda: print(sum('binaryurp' in each for each in threads())))\n"
        "app = host.attach(sys.argv[1]); kept = app.books[0].sheets[0]['A1:B2']; kept.value\n"
        f"print(sum('binaryurp' in each for each in threads())); {end}"
    )
    command = [sys.executable, "-c", code, libreoffice.impl.office.pipe]
    libreoffice.books.add()
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60)
    libreoffice.books.active.close()
    assert ran.stdout.split() == ["2", "0"]


def test_nothing_of_the_system_reaches_this_python(libreoffice: xw.App) -> None:
    """The bridge leaves neither the system's packages nor LibreOffice's folder on the path, nor a hook on import."""
    assert not [path for path in sys.path if "dist-packages" in path or "libreoffice" in path]
    assert builtins.__import__.__module__ == "builtins"


def test_the_office_ends_with_its_profile(libreoffice: xw.App) -> None:
    """stop() waits for the process and deletes the profile it was given; another office goes on."""
    app = host.start()
    process, profile = app.impl.office.process, Path(app.impl.office.profile.name)
    assert process.poll() is None
    assert profile.exists()
    host.stop(app)
    assert process.poll() is not None
    assert not profile.exists()
    assert libreoffice.impl.office.process.poll() is None
