"""Bad input gets a message that a person understands; the sheet is unchanged and the status bar Excel's again.

The status bar is looked at by `Bench.do` after every action.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlwings as xw

from addin import grid, memory
from addin.actions.check import GOOD_ROWS
from addin.actions.placing import BESIDE, NEW_SHEET, OVERWRITE
from addin.ribbon import Door
from addin.ui import RecordingUi
from tests.addin.acting import HEADER, Bench, contents, in_memory, scores, table, values
from tests.scoring.conftest import SCHEMA, score_rows
from worker.scoring import (
    BadAnswer,
    EndpointError,
    NotFound,
    ProxySignIn,
    Schema,
    ServerFailed,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from worker.scoring.schema import Column, ColumnType, Output

UNCHANGED = " Sheet unchanged."


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def refused(bench: Bench, *answers: Any, action: str = "score_selection") -> str:
    """What is told when nothing may change and nothing is sent."""
    before = contents(bench.book)
    sent = bench.rows_sent
    ui = bench.do(action, *answers)
    assert contents(bench.book) == before
    assert bench.rows_sent == sent
    assert len(ui.told) == 1
    return ui.told[0]


def through_the_door(app: xw.App, folder: Path) -> str:
    """What is told when the caller has no workbook."""
    ui = RecordingUi()
    Door(folder, caller=lambda: grid.workbook(app), open_ui=lambda _: ui).dispatch("score_selection")
    assert ui.bars == [None]
    return ui.told[0]


@in_memory
def test_no_workbook_open(app: xw.App, tmp_path: Path) -> None:
    """There is nothing to score."""
    assert through_the_door(app, tmp_path) == (
        "No workbook is open. Open one and select the rows to be scored. Sheet unchanged."
    )


@in_memory
def test_protected_view(app: xw.App, tmp_path: Path) -> None:
    """Programs do not see such a workbook."""
    app.impl.protected_views = 1
    assert through_the_door(app, tmp_path) == (
        "The workbook is in Protected View. Click Enable Editing, then try again. Sheet unchanged."
    )


def test_nothing_selected(tmp_path: Path) -> None:
    """A picture, say."""
    bench = Bench(memory.book({"A1": table()}), tmp_path)
    bench.book.impl.selected = []
    assert refused(bench) == "Nothing is selected. Select the rows to be scored. Sheet unchanged."


def test_a_chart_is_selected(bench: Bench) -> None:
    """Charts have no rows."""
    bench.book.app.impl.chart = object()
    told = refused(bench)
    bench.book.app.impl.chart = None
    assert told == "A chart or shape is selected. Click a cell of the rows to be scored. Sheet unchanged."


def test_several_areas(bench: Bench) -> None:
    """Excel would hand over the first alone."""
    bench.book.sheets[0].range("A1:A4,C1:C4").select()
    told = refused(bench)
    assert told.startswith("Several areas are selected (Sheet1!A1:A4,C1:C4). Select one.")


def test_merged_cells(bench: Bench) -> None:
    """With their address."""
    bench.book.sheets[0]["B2:B3"].merge()
    told = refused(bench)
    bench.book.sheets[0]["B2:B3"].unmerge()
    assert told.startswith("Cells are merged (Sheet1!B2")
    assert told.endswith("Unmerge them (Home, Merge & Center) and try again. Sheet unchanged.")


def test_a_protected_sheet(bench: Bench) -> None:
    """It is said before anything is paid for."""
    bench.book.sheets[0].api.Protect()
    told = refused(bench, BESIDE)
    assert told.startswith("The sheet is protected (Sheet1!D2:G4).")
    assert told.endswith("Sheet unchanged.")
    bench.book.sheets[0].api.Unprotect()


def test_a_protected_structure(bench: Bench) -> None:
    """No sheet can be added, which is said before anything is paid for."""
    bench.book.api.Protect()
    told = refused(bench, NEW_SHEET)
    bench.book.api.Unprotect()
    assert told.startswith("The workbook's structure is protected, so no sheet can be added.")


@pytest.mark.parametrize("place", [BESIDE, NEW_SHEET])
@pytest.mark.parametrize("in_table", [False, True])
def test_a_write_that_fails_half_way_is_taken_back(tmp_path: Path, place: str, in_table: bool) -> None:
    """Headers, grown tables and new sheets too: the sheet is as it was."""
    schema = Schema(SCHEMA.inputs, (Output("when", ColumnType.DATETIME, format="BROKEN"),))
    when = np.array(["2024-03-04T00:00:00"] * 3, object)
    book = memory.book({"A1": table()})
    if in_table:
        book.sheets[0].tables.add(book.sheets[0]["A1:C4"], name="Loans")
    _refuse_format(book, "BROKEN")
    bench = Bench(book, tmp_path, schema=schema, score=lambda _: {"when": when})
    before = contents(book)
    ui = RecordingUi(answers=[place])
    bench.ui = ui
    with pytest.raises(memory.ComError):
        bench.raw("score_selection")
    assert contents(book) == before
    assert not in_table or book.sheets[0].tables["Loans"].range.address == "$A$1:$C$4"


@pytest.mark.parametrize("held", [[], ["mine", 1.0, None, True]])
def test_a_table_is_as_wide_as_before_when_a_write_fails(book: xw.Book, tmp_path: Path, held: list[object]) -> None:
    """Whether the cells beside it were blank or the person gave them away: they hold again what they held."""
    sheet = book.sheets[0]
    sheet["A1"].value = table()
    sheet.tables.add(sheet["A1:C4"], name="Loans")
    if held:
        sheet["D3"].value = held
    sheet["A1"].select()
    code = "[]0[x]"
    schema = Schema(SCHEMA.inputs, (*SCHEMA.outputs[:-1], replace(SCHEMA.outputs[-1], format=code)))
    bench = Bench(book, tmp_path, schema=schema)
    if isinstance(book.app.impl, memory.engine.App):
        _refuse_format(book, code)
    before = contents(book)
    bench.ui = RecordingUi(answers=[OVERWRITE if held else BESIDE])
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has a class of its own
        bench.raw("score_selection")
    assert bench.ui.answers == []
    assert contents(book) == before
    assert sheet.tables["Loans"].range.address == "$A$1:$C$4"


def _refuse_format(book: xw.Book, code: str) -> None:
    """Make Excel refuse a number format, as it does with those of another language."""
    kind = type(book.sheets[0]["A1"].impl)

    class Refusing(kind):  # type: ignore[misc, valid-type]
        @property
        def number_format(self) -> Any:
            return super().number_format

        @number_format.setter
        def number_format(self, value: str) -> None:
            if value == code:
                raise memory.ComError(-2146827284)
            kind.number_format.fset(self, value)

    sheet_kind = type(book.sheets[0].impl)

    class Sheet(sheet_kind):  # type: ignore[misc, valid-type]
        def range(self, *cells: Any) -> Any:
            found = super().range(*cells)
            found.__class__ = Refusing
            return found

    class Sheets(list[Any]):
        def insert(self, place: Any, sheet: Any) -> None:
            sheet.__class__ = Sheet
            super().insert(place, sheet)

    sheets = book.impl.all_sheets
    book.impl.all_sheets = Sheets()
    for place, sheet in enumerate(sheets):
        book.impl.all_sheets.insert(place, sheet)


@in_memory
def test_headers_twice(bench: Bench) -> None:
    """It is not clear which is meant."""
    bench.book.sheets[0]["D1"].value = [["Age"], [1], [2], [3]]
    bench.book.sheets[0]["A1"].value = "age "
    assert refused(bench) == "More than one column is called age. Keep one of each, rename the others." + UNCHANGED


@in_memory
def test_wrong_columns(bench: Bench) -> None:
    """What is missing and what was found."""
    bench.book.sheets[0]["A1:C1"].value = ["years", "income", "aim"]
    assert refused(bench) == (
        "These columns are missing: age, purpose. Found: years, income, aim. Correct the headers, or choose another "
        "endpoint. Sheet unchanged."
    )


def test_one_cell_with_nothing_around(book: xw.Book, tmp_path: Path) -> None:
    """Nothing is there to be scored."""
    bench = Bench(book, tmp_path)
    book.sheets[0]["F9"].select()
    assert refused(bench).startswith("There are no rows to be scored (Sheet1!")


@in_memory
def test_one_cell(book: xw.Book, tmp_path: Path) -> None:
    """A single value is a row of one column."""
    bench = Bench(book, tmp_path)
    book.sheets[0]["A1"].value = 31
    book.sheets[0]["A1"].select()
    assert "missing" in refused(bench) or "no rows" in refused(bench)


@in_memory
def test_one_column(bench: Bench) -> None:
    """The other inputs are named."""
    bench.book.sheets[0]["A1:A4"].select()
    assert refused(bench).startswith("These columns are missing: income, purpose. Found: age.")


def test_only_headers(bench: Bench) -> None:
    """There is no row below them."""
    bench.book.sheets[0]["2:4"].delete("up")
    assert refused(bench).startswith("There are no rows to be scored")


def test_error_cells_dates_booleans_and_formulas_as_text(bench: Bench) -> None:
    """Each is a reason in Status; the other rows are scored."""
    sheet = bench.book.sheets[0]
    sheet["A2"].formula = "=1/0"
    sheet["A3"].value, sheet["A4"].value = dt.datetime(2024, 3, 4), True
    sheet["A5"].value = [["'=1+1", 1, "A40"], [20, 1, "A40"]]
    bench.do("score_selection", GOOD_ROWS, BESIDE)
    assert values(bench.book, "G2:G6") == [
        ["The cell shows #DIV/0!; mend its formula (age)"],
        ["2024-03-04 is shown as a date, but age takes numbers; format the cell as Number and check it"],
        ["TRUE is not a number; age takes numbers"],
        ["'=1+1' is not a number; age takes numbers"],
        ["ok"],
    ]
    assert values(bench.book, "D6:G6") == scores(20)
    assert bench.rows_sent == 1


def test_dates_with_and_without_a_format(book: xw.Book, tmp_path: Path) -> None:
    """A date that is only a number is refused: nobody could tell it from a count."""
    schema = Schema((Column("born", ColumnType.DATETIME),), SCHEMA.outputs[2:])
    bench = Bench(book, tmp_path, schema=schema, score=_born)
    book.sheets[0]["A1"].value = [["born"], [dt.datetime(2024, 3, 4)], [45355]]
    book.sheets[0]["A3"].number_format = "0"
    book.sheets[0]["A1"].select()
    bench.do("score_selection", GOOD_ROWS, BESIDE)
    assert values(book, "B2:C3") == [
        ["2024-03-04T00:00:00", "ok"],
        [None, "45355 is not a date; enter born as a date (in Excel: format the cell as Date)"],
    ]


def _born(columns: Any) -> Any:
    return {"decision": columns["born"]}


def test_200_000_rows(tmp_path: Path) -> None:
    """They are announced with their calls; nothing is sent before the answer."""
    book = memory.book()
    memory.fill(book.sheets[0], "A1", [HEADER, *([float(n % 1000), 1.0, "A40"] for n in range(200_000))])
    bench = Bench(book, tmp_path)
    ui = bench.do("score_selection", BESIDE, "Cancel")
    assert ui.asked[-1][0] == "200,000 rows: 1,000 will be sent to credit in 100 calls."
    assert bench.rows_sent == 0
    assert values(book, "D1") == [[None]]


@in_memory
def test_excel_in_a_cell_edit_is_waited_for(bench: Bench) -> None:
    """As long as it takes, up to half a minute."""
    bench.book.app.impl.busy = 2
    bench.do("score_selection", BESIDE)
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotFound(410), "The endpoint is gone: nothing answers at its address."),
        (Unauthorized(), "The endpoint refused your key: it was revoked"),
        (Throttled(503, 1.0), "The endpoint is busy and stayed busy."),
        (TimedOut(100.0), "The endpoint gave no answer in 100 seconds."),
        (Unreachable("connection refused"), "The endpoint cannot be reached (connection refused)."),
        (ServerFailed(500), "The endpoint failed (500)."),
        (ProxySignIn(), "Your company's proxy wants a sign-in (407)."),
        (BadAnswer("2 rows instead of 3"), "The endpoint's answer cannot be trusted (2 rows instead of 3)."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_endpoint_that_fails(tmp_path: Path, error: EndpointError, words: str) -> None:
    """Each way in plain words; for those who run the network there is a report to copy."""
    bench = Bench(memory.book({"A1": table()}), tmp_path)
    bench.host.down = error
    told = refused(bench, BESIDE)
    assert told.startswith(words)
    assert told.endswith(UNCHANGED)
    copied = bench.ui.copied
    assert bool(copied) is isinstance(error, Unreachable | ProxySignIn)
    assert not copied or "Endpoint: credit at scores.example.com\nTime: 2026-05-03 12:00\n" in copied[0]


@in_memory
def test_an_endpoint_that_gives_half_the_rows(book: xw.Book, tmp_path: Path) -> None:
    """Nobody could say which rows they belong to."""
    bench = Bench(book, tmp_path, score=lambda columns: {k: v[:1] for k, v in score_rows(columns).items()})
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    before = contents(book)
    told = bench.do("score_selection", BESIDE).told[0]
    assert told == (
        "The endpoint's answer cannot be trusted (1 rows instead of 3). Tell your provider. Sheet unchanged."
    )
    assert contents(book) == before


@pytest.mark.parametrize("action", ["score_selection", "score_sheet", "check_inputs"])
def test_no_action_needs_the_workbooks_file(tmp_path: Path, action: str, pathless: Callable[[], xw.Book]) -> None:
    """It may be unsaved, on OneDrive or SharePoint, or at a path with & ^ % ; ' ( ) or Greek letters."""
    bench = Bench(pathless(), tmp_path)
    bench.do(action, *([] if action == "check_inputs" else [BESIDE]))
    bench.do("undo_scoring")


@pytest.fixture
def pathless() -> Callable[[], xw.Book]:
    """Makes a workbook that cannot say where its file is, as xlwings cannot for many a SharePoint workbook."""

    def make() -> xw.Book:
        book = memory.book({"A1": table()})
        kind = type(book.impl)

        class Pathless(kind):  # type: ignore[misc, valid-type]
            @property
            def fullname(self) -> str:
                raise xw.XlwingsError("Couldn't find the SharePoint path")

        book.impl.__class__ = Pathless
        with pytest.raises(xw.XlwingsError):
            _ = book.fullname
        return book

    return make


def test_two_workbooks_of_one_name(tmp_path: Path) -> None:
    """The one whose button was clicked is scored, and remembered as what it is."""
    first, second = memory.book({"A1": table()}), memory.book({"A1": table(2)})
    assert first.name == second.name
    for book, rows in ((first, 3), (second, 2)):
        bench = Bench(book, tmp_path / str(rows))
        bench.do("score_selection", BESIDE)
        assert values(book, f"G2:G{rows + 1}") == [["ok"]] * rows


@in_memory
def test_an_error_that_nobody_foresaw(bench: Bench) -> None:
    """A sentence with the log's path and a number; the log has the place, not the text, which can hold anything."""
    secret = "A40 has the key correct-horse"

    def broken(done: int, rows: int) -> None:
        raise RuntimeError(secret)

    ui = RecordingUi(answers=[BESIDE], on_progress=broken)
    before = contents(bench.book)
    Door(bench.folder, caller=lambda: bench.book, open_ui=lambda _: ui, open_desk=lambda *_: _with(bench, ui)).dispatch(
        "score_selection"
    )
    line = bench.logged()
    assert ui.told == [
        (
            "Something went wrong that nobody foresaw. The log says more (button Log). "
            f"It is number {line['number']} in {bench.folder / 'sheetscore.log'}."
        )
    ]
    assert line["outcome"] == "RuntimeError"
    assert line["where"][-1].startswith("test_actions_bad_input.py:")
    assert secret not in str(line)
    assert contents(bench.book) == before
    assert ui.bars[-1] is None


def _with(bench: Bench, ui: RecordingUi) -> Any:
    bench.ui = ui
    return bench.desk()
