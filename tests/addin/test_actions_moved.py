"""Rows and scores that were sorted, moved, hidden or deleted: no score stands unmarked beside another row."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw

from addin.actions.check import GOOD_ROWS
from addin.actions.placing import BESIDE, NEW_SHEET, OVERWRITE, PICK, SAME, WITH_HEADERS
from addin.actions.prepare import ALL, VISIBLE
from addin.blocks import remembered
from addin.grid import Area
from addin.marks import STALE
from tests.addin.acting import HEADER, OUTPUTS, Bench, front, in_memory, scores, table, values


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


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
