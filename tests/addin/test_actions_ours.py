"""Result columns are refilled unasked only while they are as they were written: what a person did there is not lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw

from addin.actions.auto import SWITCH_ON
from addin.actions.placing import BESIDE, NEW_SHEET, OVERWRITE
from addin.actions.prepare import ALL, VISIBLE
from addin.actions.scoring import WRITE
from addin.blocks import remembered
from tests.addin.acting import OUTPUTS, Bench, front, in_memory, scores, table, values
from tests.addin.desks import URL
from tests.scoring.conftest import KEY
from worker.scoring import Unreachable


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
