"""What a person typed over scores, or beside them, is never overwritten unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin.actions.placing import BESIDE, CANCEL, NEW_SHEET, OVERWRITE, PICK, WITH_HEADERS, WITHOUT_HEADERS
from addin.actions.prepare import ALL, VISIBLE
from addin.blocks import remembered
from addin.grid import Area
from tests.addin.acting import OUTPUTS, Bench, in_memory, scores, table, values
from tests.scoring.conftest import SCHEMA
from worker.scoring import Schema


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


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
