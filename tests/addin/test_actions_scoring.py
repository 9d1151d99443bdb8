"""Scoring a range from the ribbon: what stands in the sheet afterwards, and what was asked on the way."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin import memory
from addin.actions.check import GOOD_ROWS, STOP
from addin.actions.placing import BESIDE, NEW_SHEET, OVERWRITE, PICK, WITH_HEADERS, WITHOUT_HEADERS
from addin.actions.prepare import ALL, VISIBLE
from addin.actions.scoring import LEAVE, WRITE
from addin.grid import Area
from tests.addin.acting import HEADER, OUTPUTS, Bench, contents, front, in_memory, scores, table, values
from tests.addin.lo_engine import host, session
from worker.scoring import Throttled, Unreachable


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def test_scores_go_beside_the_data(bench: Bench) -> None:
    """Outputs under the endpoint's names, then Status, right of the block around the selected cell."""
    ui = bench.do("score_selection", BESIDE)
    assert values(bench.book, "D1:G4") == [OUTPUTS, *scores(20, 21, 22)]
    assert values(bench.book, "A1:C4") == table()
    assert ui.asked == [
        ("3 rows. Where should the scores go?", ("Beside the data", "New sheet", "Pick a cell", "Cancel"))
    ]
    assert ui.told == []
    assert ui.bars == ["Scoring 3 rows with credit…", None, None]
    assert ui.windows[0].updates[-1] == (3, 3, "")


def test_scores_go_to_a_new_sheet(bench: Bench) -> None:
    """With the row number in the source and the columns that the endpoint does not take."""
    bench.book.sheets[0]["D1"].value = [["Name"], ["Ann"], ["Ben"], ["Cem"]]
    bench.do("score_selection", NEW_SHEET)
    written = values(bench.book, "A1:F4", "Scores")
    names = ["Ann", "Ben", "Cem"]
    rows = [[n + 2.0, name, *row] for n, (name, row) in enumerate(zip(names, scores(20, 21, 22), strict=True))]
    assert written == [["Row", "Name", *OUTPUTS], *rows]
    assert bench.book.sheets.active.name == "Scores"


@pytest.mark.parametrize(("answer", "first"), [(WITH_HEADERS, [OUTPUTS]), (WITHOUT_HEADERS, [])])
def test_scores_go_to_the_cell_that_is_picked(bench: Bench, answer: str, first: list[list[str]]) -> None:
    """With headers or without."""
    bench.ui.cells = [Area("Sheet1", 10, 2, 1, 1)]
    bench.do("score_selection", PICK, answer)
    rows = [*first, *scores(20, 21, 22)]
    assert values(bench.book, f"B10:E{9 + len(rows)}") == rows


def test_a_table_grows_by_its_scores(book: xw.Book, tmp_path: Path) -> None:
    """The new columns belong to it; scored again they are refilled, not doubled."""
    book.sheets[0]["A1"].value = table()
    made = book.sheets[0].tables.add(book.sheets[0]["A1:C4"], name="Loans")
    book.sheets[0]["B2"].select()
    bench = Bench(book, tmp_path)
    bench.do("score_table", BESIDE)
    assert made.range.address == "$A$1:$G$4"
    assert values(book, "A1:G1") == [[*HEADER, *OUTPUTS]]
    book.sheets[0]["A3"].value = 50
    bench.do("score_table")
    assert made.range.address == "$A$1:$G$4"
    assert values(book, "D2:G4") == scores(20, 50, 22)


def test_own_columns_are_refilled_and_follow_a_sort(bench: Bench) -> None:
    """Only the row that changed is sent; the others' scores are known, wherever the rows went."""
    bench.do("score_selection", BESIDE)
    assert bench.rows_sent == 3
    sheet = bench.book.sheets[0]
    sheet["A2:G4"].value = [*reversed(sheet["A2:G4"].value)]
    sheet["A2"].value = 60
    ui = bench.do("score_selection")
    assert (ui.asked, ui.told) == ([], [])
    assert values(bench.book, "A1:G4")[0] == [*HEADER, *OUTPUTS]
    assert values(bench.book, "D2:G4") == scores(60, 21, 20)
    assert values(bench.book, "H1:H4") == [[None]] * 4
    assert bench.rows_sent == 4


def test_rows_added_below_are_scored_into_the_same_columns(bench: Bench) -> None:
    """Nothing is asked, as nothing foreign is in their way."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["A5"].value = [30, 5, "A40"]
    ui = bench.do("score_selection")
    assert ui.asked == []
    assert values(bench.book, "D2:G5") == scores(20, 21, 22, 30)


def test_what_stands_in_the_way_is_named_before_it_is_lost(bench: Bench) -> None:
    """The question says where and how much; nothing is changed until it is answered."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS, [1, 2, "x", "ok"], [None, 2, None, None]]
    before = contents(bench.book)
    ui = bench.do("score_selection", None)
    assert ui.asked == [("D2:G4 holds 5 values.", ("New sheet", "Overwrite", "Pick a cell", "Cancel"))]
    assert contents(bench.book) == before
    bench.do("score_selection", NEW_SHEET)
    front(bench)
    assert values(bench.book, "D1:G4") == [OUTPUTS, [1, 2, "x", "ok"], [None, 2, None, None], [None] * 4]
    ui = bench.do("score_selection", BESIDE, OVERWRITE)
    assert ui.asked[0][1][0] == "Where they are"
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)


def test_columns_of_that_name_that_are_not_ours_are_left_alone(bench: Bench) -> None:
    """The result columns get a number instead."""
    bench.book.sheets[0]["D1"].value = [["Status"], ["open"], ["open"], ["shut"]]
    bench.do("score_selection", BESIDE)
    assert values(bench.book, "D1:H1") == [["Status", "probability", "double age", "decision", "Status 2"]]
    assert values(bench.book, "D2:D4") == [["open"], ["open"], ["shut"]]
    bench.book.sheets[0]["A2"].value = 70
    bench.do("score_selection")
    assert values(bench.book, "E2:H4") == scores(70, 21, 22)
    assert values(bench.book, "I1:I4") == [[None]] * 4


def test_formulas_are_never_overwritten(bench: Bench) -> None:
    """Overwrite is not even offered."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS]
    sheet["E3"].formula = "=A3*2"
    before = contents(bench.book)
    ui = bench.do("score_selection", None)
    assert ui.asked == [("D2:G4 holds formulas, which are never overwritten.", ("New sheet", "Pick a cell", "Cancel"))]
    assert contents(bench.book) == before


def _edit(sheet: xw.Sheet) -> None:
    sheet["B3"].value = 77


def _sort(sheet: xw.Sheet) -> None:
    sheet["A2:C4"].value = [*reversed(sheet["A2:C4"].value)]


def _insert(sheet: xw.Sheet) -> None:
    sheet["3:3"].insert("down")


def _type_where_the_scores_go(sheet: xw.Sheet) -> None:
    sheet["E3"].value = "mine"


@pytest.mark.parametrize("change", [_edit, _sort, _insert, _type_where_the_scores_go])
def test_rows_that_changed_while_scoring_get_their_scores_on_a_new_sheet(bench: Bench, change: Any) -> None:
    """Nothing is overwritten, and the person is told."""
    bench.book.sheets.add("Scores", after=bench.book.sheets[0])
    sheet = front(bench)
    sheet["A2"].value = 44
    stood: list[Any] = []

    def meanwhile(done: int, rows: int) -> None:
        if not stood:
            change(sheet)
            stood.append(sheet["A1:H6"].raw_value)

    bench.ui.on_progress = meanwhile
    ui = bench.do("score_selection", BESIDE)
    assert ui.told == ["Rows changed while scoring. Scores are on 'Scores 2'; nothing was overwritten."]
    assert sheet["A1:H6"].raw_value == stood[0]
    assert values(bench.book, "B2:E4", "Scores 2") == scores(44, 21, 22)


def test_blank_rows_stay_blank_and_are_not_sent(bench: Bench) -> None:
    """Inside a selection; a number's column holds no #N/A there."""
    sheet = bench.book.sheets[0]
    sheet["A6"].value = [30, 5, "A40"]
    sheet["A1:C6"].select()
    bench.do("score_selection", BESIDE)
    assert values(bench.book, "D2:G6") == [*scores(20, 21, 22), [None] * 4, *scores(30)]
    assert bench.rows_sent == 4


def test_a_row_that_was_emptied_loses_its_scores(bench: Bench) -> None:
    """It is blank then; what is left of it is ours."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["A3:C3"].value = None
    bench.do("score_again")
    assert values(bench.book, "A2:G4")[1] == [None] * 7
    assert bench.rows_sent == 3


def test_a_bad_row_gets_na_and_its_reason(bench: Bench) -> None:
    """Numbers or a real #N/A, never words; the reason is in Status."""
    bench.book.sheets[0]["A3"].value = "many"
    ui = bench.do("score_selection", GOOD_ROWS, BESIDE)
    good = scores(20, 22)
    bad = ["#N/A", "#N/A", None, "'many' is not a number; age takes numbers"]
    assert values(bench.book, "D2:G4") == [good[0], bad, good[1]]
    assert ui.told == ["2 of 3 rows scored; 1 needs attention, see Status."]


@in_memory
def test_stop_scores_nothing(bench: Bench) -> None:
    """The person sees the problems first."""
    bench.book.sheets[0]["A3"].value = "many"
    before = contents(bench.book)["Sheet1"]
    ui = bench.do("score_selection", STOP)
    assert ui.asked == [("1 of 3 rows has a problem and cannot be scored as it is.", (GOOD_ROWS, STOP))]
    assert contents(bench.book)["Sheet1"] == before
    assert bench.rows_sent == 0


@pytest.mark.parametrize(("answer", "shown"), [(VISIBLE, 2), (ALL, 3)])
def test_a_filter_is_asked_about(bench: Bench, answer: str, shown: int) -> None:
    """Rows it hides are scored only if the person says so, and keep what stands in them."""
    sheet = bench.book.sheets[0]
    sheet["C3"].value = "A41"
    sheet["A1:C4"].autofilter.apply_values(3, ["A40"])
    ui = bench.do("score_selection", answer, BESIDE)
    assert ui.asked[0] == ("A filter hides 1 of 3 rows. Score which?", ("Visible rows", "All rows"))
    middle = [0.021, 42, "21-A41", "ok"] if answer == ALL else [None] * 4
    assert values(bench.book, "D2:G4") == [*scores(20), middle, *scores(22)]
    assert bench.rows_sent == shown


def test_rows_hidden_by_hand_are_scored(bench: Bench) -> None:
    """Nothing is asked."""
    bench.book.sheets[0]["A3"].rows.hidden = True
    bench.do("score_selection", BESIDE)
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)


def test_hidden_rows_keep_their_scores_when_the_visible_ones_are_scored_again(bench: Bench) -> None:
    """Also the #N/A and the reason of a row that had none."""
    sheet = bench.book.sheets[0]
    sheet["A3"].value, sheet["C3"].value = "many", "A41"
    bench.do("score_selection", GOOD_ROWS, BESIDE)
    kept = values(bench.book, "D3:G3")
    sheet["A1:G4"].autofilter.apply_values(3, ["A40"])
    sheet["B2"].value = 9
    bench.do("score_selection", VISIBLE)
    assert values(bench.book, "D3:G3") == kept
    assert values(bench.book, "D2:G2") == scores(20)


def test_columns_without_headers_are_taken_by_position_when_confirmed(book: xw.Book, tmp_path: Path) -> None:
    """The pairs are shown with the first row."""
    book.sheets[0]["A1"].value = table()[1:]
    book.sheets[0]["A1:C3"].select()
    bench = Bench(book, tmp_path)
    ui = bench.do("score_selection", False)
    assert ui.paired == [(("Column A", "age", "20"), ("Column B", "income", "0"), ("Column C", "purpose", "'A40'"))]
    assert bench.rows_sent == 0
    bench.do("score_selection", True, BESIDE)
    assert values(book, "D1:G3") == scores(20, 21, 22)


@in_memory
def test_a_large_run_is_announced(book: xw.Book, tmp_path: Path) -> None:
    """With its rows and calls; known rows are not counted twice."""
    bench = Bench(book, tmp_path, environ={"SHEETSCORE_CONFIRM_ROWS": "20"})
    book.sheets[0]["A1"].value = table(25)
    book.sheets[0]["A1:C11"].select()
    bench.do("score_selection", NEW_SHEET)
    front(bench)
    ui = bench.do("score_selection", NEW_SHEET, "Cancel")
    assert ui.asked[-1] == (
        "25 rows: 15 will be sent to credit in 2 calls; 10 are known already.",
        ("Score", "Cancel"),
    )
    assert bench.rows_sent == 10


def test_cancel_leaves_the_sheet_and_keeps_what_was_paid_for(book: xw.Book, tmp_path: Path) -> None:
    """Scored again, only the others are sent."""
    bench = Bench(book, tmp_path)
    book.sheets[0]["A1"].value = table(40)
    book.sheets[0]["A1"].select()
    before = contents(book)
    bench.ui.cancel_after = 2
    ui = bench.do("score_selection", BESIDE)
    assert contents(book) == before
    assert ui.told[0].startswith("Cancelled; ")
    assert ui.told[0].endswith("kept: scoring again costs only the others. Sheet unchanged.")
    assert 0 < bench.rows_sent < 40
    bench.ui.cancel_after = None
    bench.do("score_selection", BESIDE)
    assert bench.rows_sent == 40
    assert values(book, "G2:G41") == [["ok"]] * 40


def test_a_workbook_closed_while_scoring_loses_nothing(app: xw.App, tmp_path: Path) -> None:
    """A sentence, and the scores are kept for the next time."""
    book = app.books.add()
    bench = Bench(book, tmp_path)
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    closed: list[bool] = []

    def close(done: int, rows: int) -> None:
        if done == rows and not closed:
            closed.append(True)
            book.close()

    bench.ui.on_progress = close
    ui = bench.do("score_selection", BESIDE)
    assert ui.told == ["No workbook is open. Open one and select the rows to be scored. Sheet unchanged."]
    bench.ui.on_progress = None
    bench.book = app.books.add()
    bench.book.sheets[0]["A1"].value = table()
    bench.book.sheets[0]["A1"].select()
    bench.do("score_selection", BESIDE)
    assert bench.rows_sent == 3


def test_an_excel_that_dies_while_scoring_loses_nothing(tmp_path: Path) -> None:
    """Closed from the task manager: a sentence, and the scores are kept for the next time."""
    session.require()
    app = host.start()
    book = app.books[0]
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    bench = Bench(book, tmp_path)

    def kill(done: int, rows: int) -> None:
        process = app.impl.office.process
        if done == rows and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    bench.ui.on_progress = kill
    ui = bench.do("score_selection", BESIDE)
    host.stop(app)
    assert ui.told == ["No workbook is open. Open one and select the rows to be scored. Sheet unchanged."]
    bench.ui.on_progress = None
    bench.book = memory.book({"A1": table()})
    bench.book.sheets[0]["A1"].select()
    bench.do("score_selection", BESIDE)
    assert bench.rows_sent == 3


@in_memory
@pytest.mark.parametrize("answer", [LEAVE, WRITE])
def test_half_the_rows_came_back(book: xw.Book, tmp_path: Path, answer: str) -> None:
    """The person decides; what came is kept either way."""
    down = [None, *([Unreachable("connection refused")] * 50)]
    bench = Bench(book, tmp_path, faults=down, max_concurrent=1)
    book.sheets[0]["A1"].value = table(20)
    book.sheets[0]["A1"].select()
    before = contents(book)
    ui = bench.do("score_selection", BESIDE, answer)
    assert ui.asked[-1] == (
        (
            "10 of 20 rows came back; then the endpoint failed (unreachable: connection refused). "
            "The scores are kept: scoring again costs only the others."
        ),
        (LEAVE, WRITE),
    )
    if answer == LEAVE:
        assert contents(book) == before
    else:
        assert values(book, "D2:G11") == scores(*range(20, 30))
        assert values(book, "D12:G12") == [["#N/A", "#N/A", None, "Not scored: unreachable: connection refused"]]


@in_memory
def test_a_busy_endpoint_is_waited_for_and_said_so(book: xw.Book, tmp_path: Path) -> None:
    """With the time that it asks for."""
    bench = Bench(book, tmp_path, faults=[None, Throttled(503, 12.0)], max_concurrent=4)

    def sleep(seconds: float) -> None:
        if bench.made.time == 1000.0:
            time.sleep(0.3)  # longer than the pause between two looks of whoever waits
        bench.made.sleep(seconds)

    bench.scorer._sleep = sleep
    book.sheets[0]["A1"].value = table(20)
    book.sheets[0]["A1"].select()
    ui = bench.do("score_selection", BESIDE)
    notes = [note for _, _, note in ui.windows[0].updates if note]
    assert notes[0] == "Endpoint busy (4 at once). Continuing in 12 s; 10 of 20 done."
    assert values(book, "G2:G21") == [["ok"]] * 20


def test_text_from_the_endpoint_never_becomes_a_formula(book: xw.Book, tmp_path: Path) -> None:
    """Whatever it begins with."""
    bench = Bench(book, tmp_path, score=_evil)
    book.sheets[0]["A1"].value = table(1)
    book.sheets[0]["A1"].select()
    bench.do("score_selection", BESIDE)
    assert values(book, "F2") == [["=1+1"]]
    assert book.sheets[0]["F2"].api.HasFormula is False


def _evil(columns: Any) -> Any:
    from tests.scoring.conftest import score_rows

    made = score_rows(columns)
    made["decision"][:] = "=1+1"
    return made


@pytest.mark.parametrize("address", ["A1", "A1:C5", "A2:C5", "A3:C5", "A4:C5"])
@pytest.mark.parametrize(
    "above", [["Customer", "Customer", "Loan"], [None, "Customer", "Loan"], ["years", "EUR", "code"]]
)
def test_of_two_header_rows_the_one_with_the_inputs_counts(tmp_path: Path, above: list[Any], address: str) -> None:
    """Whichever rows are selected."""
    book = memory.book({"A1": [above, *table()]})
    book.sheets[0][address].select()
    bench = Bench(book, tmp_path)
    bench.do("score_selection", BESIDE)
    rows = 2 if address == "A4:C5" else 3
    assert values(book, "A2:G2") == [[*HEADER, *OUTPUTS]]
    assert values(book, f"D{6 - rows}:G5") == scores(20, 21, 22)[-rows:]
    book.sheets[0]["A5"].value = 90
    bench.do("score_again")
    assert values(book, "D5:G5") == scores(90)


def test_a_row_of_units_below_the_names_is_no_row_to_be_scored_when_it_is_selected_as_header(tmp_path: Path) -> None:
    """The names above it count."""
    book = memory.book({"A1": [HEADER, ["years", "EUR", "code"], *table()[1:]]})
    book.sheets[0]["A2:C5"].select()
    bench = Bench(book, tmp_path)
    bench.do("check_inputs")
    assert bench.ui.told == ["All 3 rows can be scored."]
    bench.do("score_selection", BESIDE)
    assert values(book, "D1:G5") == [OUTPUTS, [None] * 4, *scores(20, 21, 22)]
