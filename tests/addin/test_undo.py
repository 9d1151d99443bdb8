"""Undo scoring puts back what the last action wrote over, and nothing that was changed since."""

from __future__ import annotations

import gzip
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin.actions.again import EVERY
from addin.actions.placing import BESIDE, NEW_SHEET, OVERWRITE, PICK, WITH_HEADERS
from addin.blocks import remembered
from addin.grid import Area
from addin.memory.errors import ComError
from addin.memory.sheets import Sheet as MemorySheet
from addin.paths import undo_file
from tests.addin.acting import OUTPUTS, Bench, contents, in_memory, scores, table, values


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def blank(bench: Bench, address: str = "D1:G4") -> bool:
    return all(cell is None for row in values(bench.book, address) for cell in row)


def test_new_columns_vanish(bench: Bench) -> None:
    """And the workbook no longer knows the block."""
    bench.do("score_selection", BESIDE)
    assert len(remembered(bench.book)) == 1
    assert bench.do("undo_scoring").told == []
    assert blank(bench)
    assert values(bench.book, "A1:C4") == table()
    assert remembered(bench.book) == []
    assert bench.do("undo_scoring").told == ["There is nothing to undo in this workbook. Sheet unchanged."]


def test_values_that_were_overwritten_come_back(bench: Bench) -> None:
    """With their number formats and without becoming formulas."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS, [0.5, 2, "'=1+1", "ok"], ["'007", None, None, None]]
    sheet["D2"].number_format = "0.00%"
    before = contents(bench.book)
    bench.do("score_selection", OVERWRITE)
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    bench.do("undo_scoring")
    assert contents(bench.book) == before
    assert sheet["D2"].number_format == "0.00%"


def test_cells_changed_since_are_kept_and_listed(bench: Bench) -> None:
    """With their whole row and the header; a formula typed over a score, too."""
    sheet = bench.book.sheets[0]
    bench.do("score_selection", BESIDE)
    sheet["D3"].value = 0.99
    sheet["E4"].formula = "=A4*3"
    ui = bench.do("undo_scoring")
    assert ui.told == ["Changed since, so left as they are: Sheet1!D3:G4."]
    assert values(bench.book, "D1:G4") == [
        OUTPUTS,
        [None] * 4,
        [0.99, *scores(21)[0][1:]],
        [0.022, 66, *scores(22)[0][2:]],
    ]
    assert sheet["E4"].formula == "=A4*3"


def test_a_second_scoring_is_undone_to_the_first(bench: Bench) -> None:
    """One step, and what the workbook remembers goes back with it."""
    sheet = bench.book.sheets[0]
    bench.do("score_selection", BESIDE)
    first = remembered(bench.book)
    sheet["A2"].value = 60
    bench.do("score_again")
    assert remembered(bench.book) != first
    bench.do("undo_scoring")
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    assert remembered(bench.book) == first


def test_a_table_shrinks_again(book: xw.Book, tmp_path: Path) -> None:
    """Its new columns are taken out."""
    book.sheets[0]["A1"].value = table()
    made = book.sheets[0].tables.add(book.sheets[0]["A1:C4"], name="Loans")
    bench = Bench(book, tmp_path)
    bench.do("score_table", BESIDE)
    bench.do("undo_scoring")
    assert made.range.address == "$A$1:$C$4"
    assert blank(bench)


def test_a_new_sheet_is_removed_unless_it_was_changed(bench: Bench) -> None:
    """The person's own notes on it stay."""
    bench.do("score_selection", NEW_SHEET)
    bench.do("undo_scoring")
    assert [sheet.name for sheet in bench.book.sheets] == ["Sheet1"]
    bench.do("score_selection", NEW_SHEET)
    bench.book.sheets["Scores"]["A9"].value = "note"
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Scores."]
    assert values(bench.book, "A9", "Scores") == [["note"]]


def test_scores_at_a_picked_cell_are_undone_with_their_headers(bench: Bench) -> None:
    """And sample rows as well."""
    bench.ui.cells = [Area("Sheet1", 10, 2, 1, 1)]
    bench.do("score_selection", PICK, WITH_HEADERS)
    bench.do("undo_scoring")
    assert blank(bench, "B10:E13")


@in_memory
def test_the_record_is_private_and_used_once(bench: Bench) -> None:
    """It holds cells of the workbook."""
    bench.do("score_selection", BESIDE)
    file = undo_file(bench.folder)
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    bench.do("undo_scoring")
    assert not file.exists()


@in_memory
def test_a_record_that_cannot_be_written_is_said(bench: Bench) -> None:
    """The scores are there all the same."""
    undo_file(bench.folder).mkdir()
    told = bench.do("score_selection", BESIDE).told
    assert len(told) == 1
    assert told[0].startswith("It is done, but cannot be undone: ")
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)


def test_another_workbook_of_the_same_name_is_not_undone(app: xw.App, bench: Bench, tmp_path: Path) -> None:
    """The record belongs to one workbook, whatever its name or path."""
    bench.do("score_selection", BESIDE)
    first = bench.book
    bench.book = app.books.add()
    bench.book.sheets[0]["D1"].value = [OUTPUTS, *scores(20, 21, 22)]
    assert bench.do("undo_scoring").told == ["There is nothing to undo in this workbook. Sheet unchanged."]
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    bench.book = first
    bench.do("undo_scoring")
    assert blank(bench)


def test_a_deleted_sheet_is_no_obstacle(bench: Bench) -> None:
    """It is named."""
    bench.book.sheets.add("Other")
    bench.book.sheets["Sheet1"].impl.activate()
    bench.do("score_selection", BESIDE)
    bench.book.sheets["Sheet1"].delete()
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Sheet1."]


@in_memory
def test_undo_works_in_a_process_of_its_own(bench: Bench) -> None:
    """As on macOS, where each click is one: nothing but the files and the workbook is needed."""
    bench.do("score_selection", BESIDE)
    later = Bench.__new__(Bench)
    later.__dict__.update(bench.__dict__)
    later.scorer = bench.made.new_scorer()
    later.do("undo_scoring")
    assert blank(bench)


def test_rows_are_followed_when_a_row_is_inserted(bench: Bench) -> None:
    """What stood beside a row comes back beside that row."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS, *([f"old {n}"] * 4 for n in range(3))]
    bench.do("score_selection", OVERWRITE)
    sheet["3:3"].insert("down")
    assert bench.do("undo_scoring").told == []
    assert [row[0] for row in values(bench.book, "D1:D5")] == [OUTPUTS[0], "old 0", None, "old 1", "old 2"]


def test_rows_are_followed_through_a_sort(bench: Bench) -> None:
    """Their old values are those of the row, not of the place."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS, *([f"old {n}"] * 4 for n in range(3))]
    bench.do("score_selection", OVERWRITE)
    before = values(bench.book, "A2:C4")
    sheet["A1:G4"].sort(1, ascending=False, has_headers=True)
    assert values(bench.book, "A2:C4") == before[::-1]
    assert bench.do("undo_scoring").told == []
    assert [row[0] for row in values(bench.book, "D2:D4")] == ["old 2", "old 1", "old 0"]


def test_scores_that_a_sort_left_behind_are_not_touched(bench: Bench) -> None:
    """They stand beside other rows now: nothing is put back, and neither the step nor the block is forgotten."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS, *([f"old {n}"] * 4 for n in range(3))]
    bench.do("score_selection", OVERWRITE)
    original, written = values(bench.book, "A1:C4"), values(bench.book, "D1:G4")
    sheet["A2:C4"].value = original[:0:-1]
    sheet["A3"].value = 99
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Sheet1!D1:G4."]
    assert values(bench.book, "D1:G4") == written
    assert len(remembered(bench.book)) == 1
    sheet["A1:C4"].value = original
    assert bench.do("undo_scoring").told == []
    assert [row[0] for row in values(bench.book, "D2:D4")] == ["old 0", "old 1", "old 2"]


def test_a_row_whose_data_changed_is_left(bench: Bench) -> None:
    """The old score was another row's."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["B3"].value = 7
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Sheet1!D3:G3."]
    assert values(bench.book, "D3:G3") == scores(21)


def test_rows_that_look_alike_are_never_mixed_up(bench: Bench) -> None:
    """Once they moved nobody can say which old value was whose."""
    sheet = bench.book.sheets[0]
    row = [20.0, 1.0, "A40"]
    sheet["D1"].value = OUTPUTS
    sheet["A2"].value = [[*row, *["first"] * 4], [*row, *["second"] * 4], [30.0, 1.0, "A40", *["third"] * 4]]
    bench.do("score_selection", OVERWRITE)
    sheet["A1:G4"].sort(1, ascending=False, has_headers=True)
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Sheet1!D3:G4."]
    assert values(bench.book, "D2:D4") == [["third"], [0.02], [0.02]]


def test_a_column_inserted_before_the_scores_is_no_change_of_theirs(bench: Bench) -> None:
    """They are found where they went."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["D:D"].insert("right")
    assert bench.do("undo_scoring").told == []
    assert blank(bench, "D1:H4")


@pytest.fixture
def loans(book: xw.Book, tmp_path: Path) -> Bench:
    """A table with words of somebody else beside it."""
    book.sheets[0]["A1"].value = table()
    book.sheets[0].tables.add(book.sheets[0]["A1:C4"], name="Loans")
    book.sheets[0]["D2"].value = [["x"], ["y"], ["z"], ["below"]]
    book.sheets[0]["I3"].value = "far"
    return Bench(book, tmp_path)


def test_what_stood_beside_a_table_is_given_back(loans: Bench) -> None:
    """Where it stood; nothing else has moved in between."""
    sheet = loans.book.sheets[0]
    before = contents(loans.book)
    loans.do("score_table", OVERWRITE)
    assert values(loans.book, "D1:G4") == [OUTPUTS, *scores(20, 21, 22)]
    assert (sheet["D5"].value, sheet["I3"].value) == ("below", "far")
    assert sheet.tables["Loans"].range.address == "$A$1:$G$4"
    assert loans.do("undo_scoring").told == []
    assert contents(loans.book) == before
    assert sheet.tables["Loans"].range.address == "$A$1:$C$4"


@pytest.mark.parametrize("thing", ["chart", "table", "note"])
def test_a_sheet_on_which_something_was_put_stays(bench: Bench, thing: str) -> None:
    """Its cells are as they were, but it is the person's now."""
    bench.do("score_selection", NEW_SHEET)
    sheet = bench.book.sheets["Scores"]
    if thing == "table":
        sheet.tables.add(sheet["A1:E4"], name="Mine")
    elif thing == "note":
        sheet["A2"].add_note("seen")
    elif isinstance(sheet.impl, MemorySheet):
        sheet.impl.charts.append("Chart 1")
    else:
        sheet.charts.add(10, 10)
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Scores."]
    assert "Scores" in [each.name for each in bench.book.sheets]


def test_headers_written_above_rows_without_any_vanish_too(bench: Bench) -> None:
    """They stood in the row above the block."""
    sheet = bench.book.sheets[0]
    sheet["A1"].value = [[None] * 3, [20.0, 0.0, "A40"], [21.0, 1000.0, "A40"], [22.0, 2000.0, "A40"]]
    sheet["A2"].select()
    bench.do("score_selection", True, BESIDE)
    assert values(bench.book, "D1:G4") == [OUTPUTS, *scores(20, 21, 22)]
    assert bench.do("undo_scoring").told == []
    assert blank(bench)


def test_what_the_workbook_remembers_goes_back_to_where_its_cells_are_now(bench: Bench) -> None:
    """Rows inserted above and a sheet renamed since do not leave it pointing at other cells."""
    sheet = bench.book.sheets[0]
    bench.do("score_selection", BESIDE)
    sheet["A2"].value = 60
    bench.do("score_again")
    sheet["1:1"].insert("down")
    sheet.name = "Loans"
    assert bench.do("undo_scoring").told == []
    assert values(bench.book, "D3:G5", "Loans") == scores(20, 21, 22)
    (block,) = remembered(bench.book)
    assert (block.data, block.scores) == (Area("Loans", 3, 1, 3, 3), Area("Loans", 3, 4, 3, 4))
    assert bench.do("score_again").told == []
    assert values(bench.book, "D3:G5", "Loans") == scores(60, 21, 22)


def test_a_look_that_was_chosen_since_is_no_change(bench: Bench) -> None:
    """Nor is a score that Refresh marked as stale."""
    bench.do("score_selection", BESIDE)
    bench.book.sheets[0]["D2:D4"].number_format = "0%"
    bench.host.version = "2"
    bench.made.time += 61
    bench.do("refresh")
    assert str(values(bench.book, "G2")[0][0]).startswith("stale")
    assert bench.do("undo_scoring").told == []
    assert blank(bench)


def test_all_blocks_that_were_scored_again_at_once_are_undone_at_once(bench: Bench) -> None:
    """One click, one step."""
    sheet = bench.book.sheets[0]
    sheet["A10"].value = table()
    bench.do("score_selection", BESIDE)
    sheet["A10"].select()
    bench.do("score_selection", BESIDE)
    sheet["A2"].value, sheet["A11"].value = 90, 91
    bench.do("score_again", EVERY)
    assert bench.do("undo_scoring").told == []
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    assert values(bench.book, "D11:G13") == scores(20, 21, 22)


def test_a_sheet_that_was_renamed_stays_and_is_named(bench: Bench) -> None:
    """Somebody made it theirs."""
    bench.do("score_selection", NEW_SHEET)
    bench.book.sheets["Scores"].name = "Report"
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Report."]


def test_a_sheet_that_formulas_refer_to_stays(bench: Bench) -> None:
    """They would show #REF! for ever."""
    bench.do("score_selection", NEW_SHEET)
    bench.book.sheets["Sheet1"]["J1"].formula = "=Scores!B2"
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Scores."]


def test_the_only_sheet_left_stays(bench: Bench) -> None:
    """The data were deleted since."""
    bench.do("score_selection", NEW_SHEET)
    bench.book.sheets["Sheet1"].delete()
    assert bench.do("undo_scoring").told == ["Changed since, so left as they are: Scores."]


@in_memory
def test_a_protected_structure_keeps_its_new_sheet(bench: Bench) -> None:
    """Until the protection is off."""
    bench.do("score_selection", NEW_SHEET)
    bench.book.impl.structure_protected = True
    (told,) = bench.do("undo_scoring").told
    assert "protected" in told
    bench.book.impl.structure_protected = False
    assert bench.do("undo_scoring").told == []
    assert [sheet.name for sheet in bench.book.sheets] == ["Sheet1"]


def test_a_merged_cell_is_met_before_anything_is_put_back(bench: Bench) -> None:
    """Though the rows above it could be: what is said of the sheet is true."""
    sheet = bench.book.sheets[0]
    sheet["D1"].value = [OUTPUTS, *([f"old {n}"] * 4 for n in range(3))]
    bench.do("score_selection", OVERWRITE)
    sheet["D3"].value = 0.99
    sheet["D4:E4"].merge()
    before = contents(bench.book)
    (told,) = bench.do("undo_scoring").told
    assert told.endswith("Sheet unchanged.")
    assert contents(bench.book) == before


@in_memory
@pytest.mark.parametrize("layout", [lambda record: {"token": record["token"]}, list])
def test_a_record_of_another_release_is_none(bench: Bench, layout: Callable[[dict[str, Any]], object]) -> None:
    """It may be laid out in another way."""
    bench.do("score_selection", BESIDE)
    file = undo_file(bench.folder)
    file.write_bytes(gzip.compress(json.dumps(layout(json.loads(gzip.decompress(file.read_bytes())))).encode()))
    assert bench.do("undo_scoring").told == ["There is nothing to undo in this workbook. Sheet unchanged."]


class Refusing(dict[str, Any]):
    """Names of a workbook that takes none for Undo scoring."""

    def __setitem__(self, name: str, value: Any) -> None:
        if "undo" in name:
            raise ComError("1004")
        super().__setitem__(name, value)


@in_memory
def test_a_name_that_excel_refuses_is_said(bench: Bench) -> None:
    """The scores are there all the same."""
    bench.book.impl.all_names = Refusing(bench.book.impl.all_names)
    told = bench.do("score_selection", BESIDE).told
    assert told == ["It is done, but cannot be undone: the workbook could not note it."]
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
