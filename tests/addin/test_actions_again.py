"""Score again, stale marks, auto-score, stop calls, freeze: scores that are kept right at no needless cost."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw

from addin.actions.again import EVERY
from addin.actions.auto import AUTO, SWITCH_ON, WARNING
from addin.actions.endpoints import CLEAR
from addin.actions.freeze import FREEZE
from addin.actions.placing import BESIDE, NEW_SHEET, PICK, WITHOUT_HEADERS
from addin.blocks import remembered
from addin.grid import Area, names
from addin.marks import STALE
from tests.addin.acting import Bench, contents, front, in_memory, scores, table, values
from tests.scoring.conftest import SCHEMA
from worker.scoring import Schema, Unauthorized


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def test_score_again_calls_only_for_rows_that_changed(bench: Bench) -> None:
    """Wherever the cursor is; without a question."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["A3"].value = 90
    bench.book.sheets[0]["J20"].select()
    ui = bench.do("score_again")
    assert (ui.asked, ui.told) == ([], [])
    assert values(bench.book, "D2:G4") == scores(20, 90, 22)
    assert bench.rows_sent == 4


@in_memory
def test_score_again_calls_for_all_rows_when_the_model_is_newer(bench: Bench) -> None:
    """And then nothing is left to do."""
    bench.do("score_selection", BESIDE)
    bench.host.version = "2"
    bench.made.time += 61
    bench.do("score_again")
    assert bench.rows_sent == 6
    ui = bench.do("score_again")
    assert ui.told == ["Nothing changed since 2026-05-03 12:00:00: Sheet1!A2:C4."]
    assert bench.rows_sent == 6


@in_memory
def test_nothing_is_called_for_rows_that_did_not_change_even_when_stored_scores_were_cleared(bench: Bench) -> None:
    """The workbook itself remembers what was scored."""
    bench.do("score_selection", BESIDE)
    bench.do("clear_cache", CLEAR)
    bench.do("score_again")
    assert bench.rows_sent == 3


def test_rows_inserted_and_deleted_since_are_followed(bench: Bench) -> None:
    """Data and scores are found where they lie now."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet["1:2"].insert("down")
    sheet["5:5"].delete("up")
    sheet["A4"].value = 33
    bench.do("score_again")
    assert values(bench.book, "D4:G5") == scores(33, 22)
    assert bench.rows_sent == 4


def test_scores_elsewhere_are_refilled_there(bench: Bench) -> None:
    """At the cell that was picked, without a question."""
    bench.ui.cells = [Area("Sheet1", 10, 2, 1, 1)]
    bench.do("score_selection", PICK, WITHOUT_HEADERS)
    bench.book.sheets[0]["A2"].value = 55
    bench.do("score_again")
    assert values(bench.book, "B10:E12") == scores(55, 21, 22)


def test_with_several_blocks_the_person_says_which(bench: Bench) -> None:
    """The one under the cursor, or all."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet["A10"].value = table(2)
    sheet["A10"].select()
    bench.do("score_selection", BESIDE)
    sheet["A2"].value, sheet["A11"].value = 61, 62
    ui = bench.do("score_again", "Sheet1!A11:C12")
    assert ui.asked == [
        ("2 blocks of this workbook were scored. Score which again?", ("Sheet1!A11:C12", "All of them", "Cancel"))
    ]
    assert values(bench.book, "D11:G12") == scores(62, 21)
    assert values(bench.book, "D2:G2") == scores(20)
    bench.do("score_again", EVERY)
    assert values(bench.book, "D2:G2") == scores(61)


@in_memory
def test_a_block_with_a_fault_keeps_no_other_from_being_scored_again(bench: Bench) -> None:
    """It is named, with what is wrong."""
    sheet = bench.book.sheets[0]
    for address in ("A1", "A10", "A20"):
        sheet[address].value = table(2) if address != "A1" else table()
        sheet[address].select()
        bench.do("score_selection", BESIDE)
    sheet["A2"].value, sheet["A11"].value, sheet["A21"].value = 61, 62, 63
    sheet["A10"].value = "years"
    (told,) = bench.do("score_again", EVERY).told
    assert told.startswith("Not scored again:\nSheet1!A11:C12: These columns are missing: age.")
    assert "Sheet unchanged" not in told
    assert [values(bench.book, f"D{row}")[0][0] for row in (2, 11, 21)] == [0.061, 0.02, 0.063]


@in_memory
def test_a_block_that_moved_while_another_one_was_scored_is_found_where_it_is(bench: Bench) -> None:
    """Rows inserted meanwhile: the first block's scores go to a new sheet, the second one is refilled in its place."""
    sheet = bench.book.sheets[0]
    sheet["A10"].value = table()
    for address in ("A1", "A10"):
        sheet[address].select()
        bench.do("score_selection", BESIDE)
    sheet["A2"].value, sheet["A11"].value = 61, 62
    first, second = (block.data.top for block in remembered(bench.book))
    inserted: list[int] = []

    def insert(_done: int, _rows: int) -> None:
        if not inserted:
            inserted.append(1)
            sheet["1:1"].insert("down")

    bench.ui.on_progress = insert
    bench.do("score_again", EVERY)
    assert values(bench.book, "B2", "Scores")[0][0] == (0.061 if first == 2 else 0.062)
    assert values(bench.book, f"D{second + 1}")[0][0] == (0.061 if second == 2 else 0.062)


def test_refresh_marks_stale_scores_until_they_are_scored_again(bench: Bench) -> None:
    """Rows whose inputs changed; all of them when the model is newer; the numbers stay."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["A3"].value = 90
    ui = bench.do("refresh")
    assert ui.told == ["credit: no change of its columns, model version 1.\n1 row is stale here. Click Score again."]
    assert values(bench.book, "D2:G4") == [scores(20)[0], [*scores(21)[0][:3], STALE], scores(22)[0]]
    bench.host.version = "2"
    bench.made.time += 61
    bench.do("refresh")
    assert values(bench.book, "G2:G4") == [[STALE]] * 3
    assert bench.rows_sent == 3
    bench.do("score_again")
    assert values(bench.book, "D2:G4") == scores(20, 90, 22)


@in_memory
def test_score_again_without_a_scored_block(bench: Bench) -> None:
    """Says what to do first."""
    told = bench.do("score_again").told
    assert told == ["Nothing was scored here yet. Use Score selection first. Sheet unchanged."]


def test_auto_score_is_off_by_default_and_warns_when_switched_on(bench: Bench) -> None:
    """For one sheet; the second click switches it off."""
    bench.do("score_selection", BESIDE)
    assert names(bench.book, AUTO) == ()
    ui = bench.do("auto_score", SWITCH_ON)
    assert ui.asked == [(WARNING, (SWITCH_ON, "Cancel"))]
    assert "clears Excel's own undo" in WARNING
    assert len(names(bench.book, AUTO)) == 1
    bench.do("auto_score")
    assert names(bench.book, AUTO) == ()


def test_a_tick_scores_what_changed_with_one_call(bench: Bench) -> None:
    """And nothing when nothing changed: what is written is no input, so it can trigger nothing."""
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    calls = len(bench.host.fake.calls)
    bench.do("auto_score_tick")
    assert len(bench.host.fake.calls) == calls
    bench.book.sheets[0]["A2:A3"].value = [[41], [42]]
    ui = bench.do("auto_score_tick")
    assert (ui.asked, ui.told) == ([], [])
    assert len(bench.host.fake.calls) == calls + 1
    assert values(bench.book, "D2:G4") == scores(41, 42, 22)
    before = contents(bench.book)
    bench.do("auto_score_tick")
    assert len(bench.host.fake.calls) == calls + 1
    assert contents(bench.book) == before


@in_memory
def test_a_tick_leaves_sheets_alone_that_are_not_switched_on(bench: Bench) -> None:
    """Also the ones with scores."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["A2"].value = 41
    bench.do("auto_score_tick")
    assert values(bench.book, "D2:G2") == scores(20)


def test_a_tick_asks_nothing_and_puts_problems_into_status(bench: Bench) -> None:
    """No sheet of problems, no question: nobody asked for anything."""
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    bench.book.sheets[0]["A2"].value = "many"
    ui = bench.do("auto_score_tick")
    assert (ui.asked, ui.told, ui.windows) == ([], [], [])
    assert values(bench.book, "D2:G2") == [["#N/A", "#N/A", None, "'many' is not a number; age takes numbers"]]
    assert [sheet.name for sheet in bench.book.sheets] == ["Sheet1"]


@in_memory
def test_an_error_switches_auto_score_off_once(bench: Bench) -> None:
    """Not one message a second."""
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    bench.host.down = Unauthorized()
    bench.made.time += 61
    bench.book.sheets[0]["A2"].value = 41
    told = bench.do("auto_score_tick").told
    assert len(told) == 1
    assert told[0].endswith("Sheet unchanged. Auto-score is off for 'Sheet1'.")
    assert bench.do("auto_score_tick").told == []


@in_memory
def test_auto_score_stays_on_when_the_first_row_or_all_data_are_deleted(bench: Bench) -> None:
    """Until other rows are there."""
    sheet = bench.book.sheets[0]
    sheet["1:1"].insert("down")
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    sheet["1:1"].delete("up")
    sheet["A2:C4"].clear_contents()
    assert bench.do("auto_score_tick").told == []
    sheet["A2"].value = table(2)[1:]
    bench.do("auto_score_tick")
    assert values(bench.book, "D2:G4") == [*scores(20, 21), [None] * 4]


def test_auto_score_needs_a_scored_block(bench: Bench) -> None:
    """Or nobody could say what to score."""
    assert "Use Score selection first." in bench.do("auto_score").told[0]


@in_memory
def test_stop_calls_keeps_the_last_scores(bench: Bench) -> None:
    """In every workbook and process; the second click allows calls again."""
    bench.do("score_selection", BESIDE)
    assert "Calls are stopped" in bench.do("stop_calls").told[0]
    bench.book.sheets[0]["A2"].value = 41
    before = contents(bench.book)
    told = bench.do("score_again").told[0]
    assert told.startswith("Calls are stopped, and 1 ")
    assert told.endswith("Click Stop calls again to allow them. Sheet unchanged.")
    bench.do("auto_score_tick")
    assert contents(bench.book) == before
    bench.do("stop_calls")
    bench.do("score_again")
    assert values(bench.book, "D2:G2") == scores(41)


@in_memory
def test_freeze_turns_score_formulas_into_values_with_a_note(bench: Bench) -> None:
    """Other formulas stay."""
    sheet = bench.book.sheets[0]
    sheet["E2"].formula = '=SCORE(A2:C2,"credit")'
    sheet["F2"].formula = "=A2*2"
    bench.do("freeze_scores", None)
    assert sheet["E2"].formula.startswith("=SCORE(")
    ui = bench.do("freeze_scores", FREEZE)
    assert ui.asked[0][0] == "1 SCORE formula becomes a value that stays. This cannot be undone."
    assert sheet["E2"].formula == "#NAME?"
    assert sheet["F2"].formula == "=A2*2"
    assert sheet["E2"].note.text == (
        'Frozen 2026-05-03 12:00: endpoint credit, model version 1. Was =SCORE(A2:C2,"credit")'
    )
    assert bench.do("freeze_scores").told == ["There is no SCORE formula here."]


@in_memory
def test_new_sheets_scores_are_known_for_what_they_are(bench: Bench) -> None:
    """The sheet of scores is refilled when its block is scored again."""
    bench.do("score_selection", NEW_SHEET)
    front(bench)["A2"].value = 71
    bench.do("score_again")
    assert values(bench.book, "B2:E4", "Scores") == scores(71, 21, 22)


def with_fewer_outputs(bench: Bench) -> None:
    """The provider moves the endpoint to a contract with the first output alone."""
    bench.host.schema = bench.host.fake.schema = Schema(SCHEMA.inputs, SCHEMA.outputs[:1])
    bench.host.version = "2"
    bench.made.time += 61


@in_memory
def test_an_endpoint_with_fewer_outputs_than_before(bench: Bench) -> None:
    """Nothing is written under the wrong names, and the next click has the columns that the endpoint has now, at no
    call's cost.
    """
    bench.do("score_selection", BESIDE)
    before = values(bench.book, "A1:H5")
    with_fewer_outputs(bench)
    ui = bench.do("score_selection")
    assert ui.told == [
        "credit was given other results meanwhile. Sheet unchanged; score again, known rows cost nothing."
    ]
    assert (values(bench.book, "A1:H5"), len(bench.book.sheets), bench.rows_sent) == (before, 1, 6)
    bench.do("score_selection", NEW_SHEET)
    new = [["probability 2", "Status 2", None], *([row[0], "ok", None] for row in scores(20, 21, 22))]
    assert values(bench.book, "F1:H4", "Scores") == new  # behind the columns that the sheet has already
    assert bench.rows_sent == 6
