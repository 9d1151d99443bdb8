"""Result columns are refilled unasked only while they are as they were written: what a person did there is not lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin.actions.auto import SWITCH_ON
from addin.actions.check import GOOD_ROWS
from addin.actions.placing import BESIDE, CANCEL, NEW_SHEET, OVERWRITE, PICK, SAME, WITH_HEADERS, WITHOUT_HEADERS
from addin.actions.prepare import ALL, VISIBLE
from addin.actions.scoring import WRITE
from addin.blocks import remembered
from addin.grid import Area
from addin.marks import STALE
from tests.addin.acting import HEADER, OUTPUTS, Bench, front, in_memory, scores, table, values
from tests.addin.desks import URL
from tests.scoring.conftest import KEY, SCHEMA
from worker.scoring import Schema, Unreachable


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def _swap(sheet: xw.Sheet) -> None:
    sheet["F1:G4"].value = [row[::-1] for row in sheet["F1:G4"].value]


def _own_data(sheet: xw.Sheet) -> None:
    sheet["D1"].value = [["budget", "spent", "left", "by"], *([[1.0, 2.0, 3.0, "me"]] * 3)]


def _delete(sheet: xw.Sheet) -> None:
    sheet["E:E"].delete("left")


def _insert(sheet: xw.Sheet) -> None:
    sheet["G:G"].insert("right")
    sheet["G1"].value = [["comment"], ["mine 1"], ["mine 2"], ["mine 3"]]


CHANGES = pytest.mark.parametrize("change", [_swap, _own_data, _delete, _insert])


@CHANGES
def test_columns_that_are_no_longer_ours_are_left_alone(bench: Bench, change: Callable[[xw.Sheet], None]) -> None:
    """Swapped, used for something else, deleted, parted by a column: asked as if nothing had been scored, before
    anything is paid for.
    """
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    change(sheet)
    sheet["A2"].value = 90
    stood = values(bench.book, "A1:H4")
    ui = bench.do("score_again", None)
    assert ui.asked[0][0] == "3 rows. Where should the scores go?"
    assert bench.rows_sent == 3
    assert values(bench.book, "A1:H4") == stood
    bench.do("score_again", NEW_SHEET)
    assert values(bench.book, "B2:E4", "Scores") == scores(90, 21, 22)
    assert values(bench.book, "A1:H4") == stood


@CHANGES
def test_auto_score_goes_off_once_where_columns_are_no_longer_ours(
    bench: Bench, change: Callable[[xw.Sheet], None]
) -> None:
    """Nobody is there to be asked; nothing is paid for or written."""
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    sheet = bench.book.sheets[0]
    change(sheet)
    sheet["A2"].value = 90
    stood = values(bench.book, "A1:H4")
    (told,) = bench.do("auto_score_tick").told
    assert told.startswith("Auto-score is off for 'Sheet1'. Somebody must answer first: ")
    assert bench.do("auto_score_tick").told == []
    assert values(bench.book, "A1:H4") == stood
    assert bench.rows_sent == 3


def test_a_column_of_the_table_that_was_deleted(bench: Bench) -> None:
    """As beside plain rows."""
    sheet = bench.book.sheets[0]
    made = sheet.tables.add(sheet["A1:C4"], name="Loans")
    sheet["B2"].select()
    bench.do("score_table", BESIDE)
    next(column for column in made.columns if column.name == "double age").delete()
    sheet["A2"].value = 90
    ui = bench.do("score_again", None)
    assert ui.asked[0][0] == "3 rows. Where should the scores go?"
    assert values(bench.book, "D2:F2") == [[0.02, "20-A40", "ok"]]


def test_a_sheet_of_scores_is_written_anew_as_a_whole(bench: Bench) -> None:
    """Row and the columns passed through are those of the scores beside them, whatever became of the rows."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [["Name"], ["Ann"], ["Ben"], ["Cem"]]
    bench.do("score_selection", NEW_SHEET)
    front(bench)
    sheet["A2:D4"].value = [*reversed(sheet["A2:D4"].value)]
    ui = bench.do("score_again")
    assert (ui.asked, ui.told) == ([], [])
    rows = [[2.0, "Cem", *scores(22)[0]], [3.0, "Ben", *scores(21)[0]], [4.0, "Ann", *scores(20)[0]]]
    assert values(bench.book, "A1:F4", "Scores") == [["Row", "Name", *OUTPUTS], *rows]
    sheet["1:1"].insert("down")
    sheet["4:4"].delete("up")
    bench.do("score_again")
    rows = [[3.0, "Cem", *scores(22)[0]], [4.0, "Ann", *scores(20)[0]], [None] * 6]
    assert values(bench.book, "A2:F4", "Scores") == rows
    assert bench.rows_sent == 3
    bench.do("undo_scoring")
    assert values(bench.book, "A3:B4", "Scores") == [[3.0, "Ben"], [4.0, "Ann"]]


@pytest.mark.parametrize("work", ["sort", "note"])
def test_a_sheet_of_scores_that_somebody_worked_in_is_left_alone(bench: Bench, work: str) -> None:
    """Sorted, or with a column of their own: the new scores go to a new sheet."""
    bench.do("score_selection", NEW_SHEET)
    made = bench.book.sheets["Scores"]
    if work == "sort":
        made["A2:E4"].value = [*reversed(made["A2:E4"].value)]
    else:
        made["F2"].value = "called"
    stood = values(bench.book, "A1:F4", "Scores")
    front(bench)["A2"].value = 90
    ui = bench.do("score_again")
    assert ui.told == ["The scores are on 'Scores 2'; 'Scores' was changed and is left as it is."]
    assert values(bench.book, "A1:F4", "Scores") == stood
    assert values(bench.book, "B2:E4", "Scores 2") == scores(90, 21, 22)
    front(bench)["A2"].value = 91
    assert bench.do("score_again").told == []
    assert values(bench.book, "B2:E4", "Scores 2") == scores(91, 21, 22)


@in_memory
def test_auto_score_never_adds_sheets(bench: Bench) -> None:
    """A sheet of scores that was changed switches it off."""
    bench.do("score_selection", NEW_SHEET)
    bench.book.sheets["Scores"]["B2"].value = 0.5
    front(bench)
    bench.do("auto_score", SWITCH_ON)
    bench.book.sheets["Sheet1"]["A2"].value = 90
    (told,) = bench.do("auto_score_tick").told
    assert told.startswith("Auto-score is off for 'Sheet1'. Somebody must answer")
    assert "The sheet 'Scores' was changed." in told
    assert [sheet.name for sheet in bench.book.sheets] == ["Sheet1", "Scores"]


def test_a_column_inserted_into_rows_without_headers_is_asked_about(book: xw.Book, tmp_path: Path) -> None:
    """The columns taken by position may be others now; alone nothing is sent."""
    sheet = book.sheets[0]
    sheet["A1"].value = table()[1:]
    sheet["A1:C3"].select()
    bench = Bench(book, tmp_path)
    bench.do("score_selection", True, BESIDE)
    bench.do("auto_score", SWITCH_ON)
    sheet["B:B"].insert("right")
    sheet["B1"].value = [[7], [8], [9]]
    (told,) = bench.do("auto_score_tick").told
    assert "Which columns are the inputs?" in told
    ui = bench.do("score_again", False)
    assert ui.paired[0][1] == ("Column B", "income", "7")
    assert bench.rows_sent == 3


def _two_endpoints(bench: Bench) -> None:
    bench.made.catalogue.add("other", URL.replace("e1", "e2"), KEY)
    bench.do("score_selection", BESIDE)
    bench.made.catalogue.select("other")


def test_a_second_endpoint_with_the_same_outputs_gets_columns_of_its_own(bench: Bench) -> None:
    """Each is refilled in its own ones from then on."""
    _two_endpoints(bench)
    ui = bench.do("score_selection", BESIDE)
    assert ui.asked == [
        (
            "D2:G4 holds the scores of credit.",
            ("Beside the data", "New sheet", "Overwrite", "Pick a cell", "Cancel"),
        )
    ]
    assert values(bench.book, "D1:K1") == [[*OUTPUTS, *(f"{name} 2" for name in OUTPUTS)]]
    assert values(bench.book, "H2:K4") == scores(20, 21, 22)
    assert sorted((block.facts.endpoint, block.scores.address) for block in remembered(bench.book)) == [
        ("credit", "D2:G4"),
        ("other", "H2:K4"),
    ]
    bench.book.sheets[0]["A2"].value = 90
    assert bench.do("score_selection").asked == []
    assert values(bench.book, "D2:K2") == [[*scores(20)[0], *scores(90)[0]]]


def test_a_part_scored_by_another_endpoint_leaves_the_rest_known(bench: Bench) -> None:
    """And is known itself."""
    _two_endpoints(bench)
    bench.book.sheets[0]["A3:C3"].select()
    bench.do("score_selection", OVERWRITE)
    assert sorted((block.facts.endpoint, block.data.address) for block in remembered(bench.book)) == [
        ("credit", "A2:C4"),
        ("other", "A3:C3"),
    ]


@in_memory
def test_score_again_scores_rows_that_have_no_score_yet(book: xw.Book, tmp_path: Path) -> None:
    """Those that the endpoint failed on."""
    down = [None, *([Unreachable("connection refused")] * 50)]
    bench = Bench(book, tmp_path, faults=down, max_concurrent=1)
    book.sheets[0]["A1"].value = table(20)
    book.sheets[0]["A1"].select()
    bench.do("score_selection", BESIDE, WRITE)
    bench.host.fake._faults = iter(())
    assert bench.do("score_again").told == []
    assert values(book, "D2:G21") == scores(*range(20, 40))
    assert bench.do("score_again").told[0].startswith("Nothing changed since")


def test_score_again_scores_rows_that_a_filter_hid_or_whose_scores_were_cleared(bench: Bench) -> None:
    """Nothing that has no score is said to be as it was."""
    sheet = bench.book.sheets[0]
    sheet["C3"].value = "A41"
    sheet["A1:C4"].autofilter.apply_values(3, ["A40"])
    bench.do("score_selection", VISIBLE, BESIDE)
    bench.do("score_again", ALL)
    assert values(bench.book, "G2:G4") == [["ok"]] * 3
    sheet["D3:G4"].clear_contents()
    assert bench.do("score_again", ALL).told == []
    assert values(bench.book, "G2:G4") == [["ok"]] * 3
    assert bench.rows_sent == 3


@in_memory
@pytest.mark.parametrize("content", ["Notes to keep", "=A1"])
def test_a_header_in_the_way_is_asked_about_before_anything_is_paid_for(bench: Bench, content: str) -> None:
    """A formula is never overwritten there either."""
    sheet = bench.book.sheets[0]
    sheet["E1"].formula = content
    ui = bench.do("score_selection", None)
    held = "D1:G1 holds 1 value." if content[0] != "=" else "D1:G4 holds formulas, which are never overwritten."
    assert ui.asked[0][0] == held
    assert (OVERWRITE in ui.asked[0][1]) == (content[0] != "=")
    assert bench.rows_sent == 0
    assert sheet["E1"].formula == content


@pytest.mark.parametrize(("address", "typed"), [("D3", 0.5), ("D3", "manual override"), ("G3", "called")])
def test_what_was_typed_over_a_score_is_asked_about(bench: Bench, address: str, typed: Any) -> None:
    """Whatever it looks like, and though only another row changed."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet[address].value = typed
    sheet["A2"].value = 90
    ui = bench.do("score_selection", None)
    assert ui.asked == [
        ("Scores in D2:G4 were changed or deleted by hand.", ("New sheet", "Overwrite", "Pick a cell", "Cancel"))
    ]
    assert sheet[address].value == typed
    bench.do("score_again", OVERWRITE)
    assert values(bench.book, "D2:G4") == scores(90, 21, 22)


def _part(sheet: xw.Sheet) -> None:
    sheet["A2:C2"].select()


def _filter(sheet: xw.Sheet) -> None:
    sheet["A1:C4"].autofilter.apply_values(3, ["A40"])


@pytest.mark.parametrize(
    ("leave_out", "some", "every"), [(_part, [OVERWRITE], []), (_filter, [VISIBLE, OVERWRITE], [ALL])]
)
def test_what_was_typed_over_a_score_of_a_row_left_out_is_asked_about_again(
    bench: Bench, leave_out: Callable[[xw.Sheet], None], some: list[str], every: list[str]
) -> None:
    """Overwriting was agreed to, but not done there: it did not become a score of ours."""
    sheet = bench.book.sheets[0]
    sheet["C3"].value = "A41"
    bench.do("score_selection", BESIDE)
    sheet["D3"].value = 0.5
    sheet["A2"].value = 90
    leave_out(sheet)
    bench.do("score_selection", *some)
    assert values(bench.book, "D2:F3") == [scores(90)[0][:3], [0.5, 42, "21-A41"]]
    sheet["A2"].value = 91
    ui = bench.do("score_again", *every, None)
    assert ui.asked[-1][0] == "Scores in D2:G4 were changed or deleted by hand."
    assert sheet["D3"].value == 0.5
    bench.do("score_again", *every, OVERWRITE)
    assert values(bench.book, "D2:G4") == [*scores(91), [0.021, 42, "21-A41", "ok"], *scores(22)]
    sheet["A2"].value = 92
    assert OVERWRITE not in str(bench.do("score_again", *every).asked)


@in_memory
def test_a_part_with_fewer_outputs_is_a_block_of_its_own(bench: Bench) -> None:
    """The endpoint has a new contract: its scores are narrower than those that the whole block has."""
    bench.do("score_selection", BESIDE)
    bench.host.schema = bench.host.fake.schema = Schema(SCHEMA.inputs, SCHEMA.outputs[:1])
    bench.made.time += 61
    bench.do("refresh")
    sheet = bench.book.sheets[0]
    sheet["A2:C2"].select()
    bench.ui.cells = [Area("Sheet1", 2, 4, 1, 1)]
    bench.do("score_selection", PICK, WITHOUT_HEADERS, OVERWRITE)
    assert values(bench.book, "D2:E2") == [[0.02, "ok"]]
    assert {block.scores.address for block in remembered(bench.book)} == {"D2:G4", "D2:E2"}


def test_what_stood_in_hidden_rows_before_the_first_scores_is_asked_about_again(bench: Bench) -> None:
    """It reads like a score, and is none of ours."""
    sheet = bench.book.sheets[0]
    sheet["C3"].value = "A41"
    sheet["D1"].value = [OUTPUTS, [None] * 4, [0.5, 1, "mine", "ok"]]
    sheet["A1:C4"].select()
    _filter(sheet)
    bench.do("score_selection", VISIBLE, OVERWRITE)
    assert values(bench.book, "D2:F3") == [scores(20)[0][:3], [0.5, 1, "mine"]]
    ui = bench.do("score_again", ALL, None)
    assert ui.asked[-1][0] == "Scores in D2:G4 were changed or deleted by hand."
    assert sheet["F3"].value == "mine"


def test_what_was_typed_beside_a_blank_row_stays(bench: Bench) -> None:
    """It is no score of ours."""
    sheet = bench.book.sheets[0]
    sheet["A6"].value = [30, 5, "A40"]
    sheet["A1:C6"].select()
    bench.do("score_selection", BESIDE)
    sheet["F5"].value = "subtotal"
    sheet["A2"].value = 90
    bench.do("score_again", OVERWRITE)
    assert values(bench.book, "D2:G6") == [*scores(90, 21, 22), [None, None, "subtotal", None], *scores(30)]
    sheet["A2"].value = 91
    assert bench.do("score_again").asked == []
    assert sheet["F5"].value == "subtotal"
    sheet["A5"].value = [40, 5, "A40"]
    ui = bench.do("score_again", None)
    assert ui.asked == [("D5:G5 holds 1 value.", (NEW_SHEET, OVERWRITE, PICK, CANCEL))]
    assert sheet["F5"].value == "subtotal"


def test_scores_at_a_cell_without_headers_are_known_by_what_stands_there(bench: Bench) -> None:
    """Own words there are asked about."""
    bench.ui.cells = [Area("Sheet1", 10, 2, 1, 1)]
    bench.do("score_selection", PICK, WITHOUT_HEADERS)
    sheet = bench.book.sheets[0]
    sheet["B10"].value = [["a", "b", "c", "d"]] * 3
    sheet["A2"].value = 90
    ui = bench.do("score_again", None)
    assert ui.asked[0][0] == "Scores in B10:E12 were changed or deleted by hand."
    assert values(bench.book, "B10:E10") == [["a", "b", "c", "d"]]


def test_a_number_typed_over_a_score_is_asked_about_though_rows_are_gone(bench: Bench) -> None:
    """Each score is known by itself; rows that were deleted or copied are no loss."""
    sheet = bench.book.sheets[0]
    sheet["A1"].value = table(6)
    bench.do("score_selection", BESIDE)
    sheet["4:4"].delete("up")
    sheet["A6:G6"].value = sheet["A5:G5"].value
    sheet["A2"].value = 90
    assert bench.do("score_again").asked == []
    assert values(bench.book, "D2:G6") == scores(90, 21, 23, 24, 24)
    sheet["D3"].value = 0.77
    sheet["4:4"].delete("up")
    ui = bench.do("score_again", None)
    assert ui.asked[0][0] == "Scores in D2:G5 were changed or deleted by hand."
    assert sheet["D3"].value == 0.77


def test_scores_at_a_cell_below_their_own_columns_stay_there(bench: Bench) -> None:
    """Below the place beside the data, in the same columns."""
    bench.ui.cells = [Area("Sheet1", 10, 4, 1, 1)]
    bench.do("score_selection", PICK, WITH_HEADERS)
    bench.book.sheets[0]["A2"].value = 90
    assert bench.do("score_again").asked == []
    assert values(bench.book, "D11:G13") == scores(90, 21, 22)
    assert values(bench.book, "D1:G4") == [[None] * 4] * 4


@pytest.fixture
def report(bench: Bench) -> xw.Sheet:
    """A sheet with names, and scores put beside them."""
    sheet = bench.book.sheets.add("Report", after=bench.book.sheets[0])
    sheet["B2"].value = [["Ann"], ["Ben"], ["Cem"]]
    front(bench)
    bench.ui.cells = [Area("Report", 1, 3, 1, 1)]
    bench.do("score_selection", PICK, WITH_HEADERS)
    return sheet


def test_scores_that_were_sorted_with_other_cells_are_asked_about(bench: Bench, report: xw.Sheet) -> None:
    """The rows of the data are in another order: refilled, each would stand beside another name."""
    report["B2:F4"].sort(2, ascending=False, has_headers=False)
    bench.book.sheets["Sheet1"]["A2"].value = 90
    ui = bench.do("score_again", None)
    assert ui.asked[0][0] == "Scores in C2:F4 were sorted."
    assert values(bench.book, "B2:F4", "Report") == [
        ["Cem", *scores(22)[0]],
        ["Ben", *scores(21)[0]],
        ["Ann", *scores(20)[0]],
    ]


def test_data_that_were_sorted_apart_from_their_scores_are_asked_about(bench: Bench, report: xw.Sheet) -> None:
    """Nobody can say whose names stand beside the scores now; a newer model alone leaves every row where it is."""
    bench.host.version = "2"
    bench.made.time += 61
    assert bench.do("score_again").asked == []
    bench.book.sheets["Sheet1"]["A1:C4"].sort(1, ascending=False, has_headers=True)
    ui = bench.do("score_again", None)
    assert ui.asked[0][0] == "Cells beside the scores in C2:F4 may belong to other rows now."
    assert values(bench.book, "B2:F2", "Report") == [["Ann", *scores(20)[0]]]


def test_columns_without_headers_are_followed_one_by_one(book: xw.Book, tmp_path: Path) -> None:
    """One inserted and another one deleted leave as many as before: they are asked about all the same."""
    sheet = book.sheets[0]
    sheet["A1"].value = [[*row, 5] for row in table()[1:]]
    sheet["A1:D3"].select()
    bench = Bench(book, tmp_path)
    bench.do("score_selection", True, BESIDE)
    sheet["A:A"].insert("right")
    sheet["B1"].value = 90
    assert bench.do("score_again").paired == []
    sheet["C:C"].insert("right")
    sheet["C1"].value = [[7], [8], [9]]
    sheet["D:D"].delete("left")
    stood = values(book, "A1:I3")
    bench.do("refresh")
    ui = bench.do("score_again", False)
    assert ui.paired[0][1] == ("Column C", "income", "7")
    assert values(book, "A1:I3") == stood


def test_a_row_inserted_under_the_header_is_scored_with_it(bench: Bench) -> None:
    """The header stays the header of the rows that moved down."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet["2:2"].insert("down")
    sheet["A2"].value = [30, 1, "A40"]
    sheet["A3"].value = 90
    ui = bench.do("score_again")
    assert (ui.asked, ui.told) == ([], [])
    assert values(bench.book, "A1:G1") == [[*HEADER, *OUTPUTS]]
    assert values(bench.book, "D3:G5") == scores(90, 21, 22)
    sheet["A2"].select()
    assert bench.do("score_selection").asked == []
    assert values(bench.book, "D2:G5") == scores(30, 90, 21, 22)


def test_refresh_writes_only_the_words_that_change(bench: Bench) -> None:
    """What somebody typed into Status stays what it is."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet["G2"].value = 5
    bench.host.version = "2"
    bench.made.time += 61
    bench.do("refresh")
    assert values(bench.book, "G2") == [[5.0]]
    assert str(values(bench.book, "G3")[0][0]).startswith("stale")


def test_scores_that_are_another_rows_are_marked_though_both_rows_are_known(bench: Bench) -> None:
    """Their data were exchanged; nothing is sent to find that out."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet["A2:C3"].value = sheet["A2:C3"].value[::-1]
    assert "2 rows are stale here" in bench.do("refresh").told[0]
    assert values(bench.book, "G2:G4") == [[STALE], [STALE], ["ok"]]
    assert bench.rows_sent == 3


def test_hidden_rows_that_are_left_out_do_not_keep_another_rows_score_unmarked(bench: Bench) -> None:
    """The data were sorted apart from the scores before a filter was set."""
    sheet = bench.book.sheets[0]
    sheet["A1"].value = table(5)
    sheet["C3"].value = "A41"
    bench.do("score_selection", BESIDE)
    sheet["A2:C6"].value = sheet["A2:C6"].value[::-1]
    sheet["A1:C6"].autofilter.apply_values(3, ["A40"])
    bench.do("score_again", VISIBLE)
    assert values(bench.book, "G2:G6") == [["ok"], ["ok"], ["ok"], [STALE], ["ok"]]
    bench.do("score_again", ALL)
    assert values(bench.book, "D5:G5") == [[0.021, 42, "21-A41", "ok"]]


@in_memory
def test_blocks_whose_scores_were_overwritten_are_forgotten(bench: Bench) -> None:
    """Until the overwriting is undone."""
    sheet = bench.book.sheets[0]
    sheet["A1"].value = table(6)
    for address in ("A2:C4", "A5:C7"):
        sheet[address].select()
        bench.do("score_selection", BESIDE)
    sheet["A1:C7"].select()
    bench.do("score_selection", OVERWRITE)
    assert [block.data.address for block in remembered(bench.book)] == ["A2:C7"]
    bench.do("undo_scoring")
    assert sorted(block.data.address for block in remembered(bench.book)) == ["A2:C4", "A5:C7"]


@in_memory
def test_rows_below_a_blank_one_stay_part_of_the_block(bench: Bench) -> None:
    """Though the rows above it were scored alone meanwhile, and their scores read with them."""
    bench.do("score_selection", BESIDE)
    sheet = bench.book.sheets[0]
    sheet["4:4"].insert("down")
    sheet["A2"].value = 90
    sheet["A2"].select()
    assert bench.do("score_selection").asked == []
    sheet["A5"].value = 91
    assert bench.do("score_again").told == []
    assert values(bench.book, "D2:G5") == [*scores(90, 21), [None] * 4, *scores(91)]


@in_memory
def test_a_chart_in_front_is_no_obstacle_to_scoring_again(bench: Bench) -> None:
    """Though rows have problems, and their sheet is shown."""
    sheet = bench.book.sheets[0]
    sheet["A3"].value = "unknown"
    bench.do("score_selection", GOOD_ROWS, BESIDE)
    sheet["A2"].value = 90
    bench.book.app.impl.chart = object()
    bench.do("score_again", GOOD_ROWS)
    assert values(bench.book, "D2:G2") == scores(90)


@in_memory
def test_stale_marks_on_a_sheet_of_scores_do_not_make_it_somebody_elses(bench: Bench) -> None:
    """It is refilled afterwards."""
    bench.do("score_selection", NEW_SHEET)
    front(bench)["A2"].value = 90
    assert "3 rows are stale here" in bench.do("refresh").told[0]
    ui = bench.do("score_again")
    assert (ui.asked, ui.told) == ([], [])
    assert values(bench.book, "B2:E4", "Scores") == scores(90, 21, 22)


@in_memory
def test_the_sheet_of_scores_is_offered_again(bench: Bench) -> None:
    """When the same rows are scored anew."""
    bench.do("score_selection", NEW_SHEET)
    front(bench)["A2"].value = 90
    bench.do("score_selection", SAME)
    assert values(bench.book, "B2:E4", "Scores") == scores(90, 21, 22)
