"""Check inputs: every problem is named with a link to its cell, texts in doubt are asked about, nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw

from addin import grid
from addin.actions.check import GOOD_ROWS, MARK, SHEET, STOP
from addin.actions.placing import BESIDE
from addin.grid import Area
from addin.memory.sheets import Sheet as MemorySheet
from tests.addin.acting import Bench, contents, front, in_memory, scores, table, values


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


@in_memory
def test_good_rows_are_said_to_be_good(bench: Bench) -> None:
    """And nothing is sent."""
    assert bench.do("check_inputs").told == ["All 3 rows can be scored."]
    assert bench.rows_sent == 0
    assert [sheet.name for sheet in bench.book.sheets] == ["Sheet1"]


def test_problems_are_listed_on_a_sheet_with_a_link_to_each_cell(bench: Bench) -> None:
    """Cell, column, value, what is wrong and how to mend it."""
    sheet = bench.book.sheets[0]
    sheet["A3"].value, sheet["C4"].value = "many", "A4O"
    ui = bench.do("check_inputs")
    assert ui.told == ["2 of 3 rows have problems and cannot be scored as they are."]
    assert values(bench.book, "A1:D3", SHEET) == [
        ["Cell", "Column", "Value", "Problem"],
        ["A3", "age", "many", "'many' is not a number; age takes numbers"],
        ["C4", "purpose", "A4O", "'A4O' is not a value of purpose. Allowed: A40, A41"],
    ]
    link = bench.book.sheets[SHEET]["A2"].formula
    assert link == '=HYPERLINK("#\'Sheet1\'!A3","A3")'
    assert bench.book.sheets.active.name == SHEET
    assert bench.rows_sent == 0


def test_the_sheet_of_problems_is_used_again_and_removed_when_there_are_none(bench: Bench) -> None:
    """There is never a second one."""
    sheet = bench.book.sheets[0]
    sheet["A2:A4"].value = [["many"], ["more"], ["most"]]
    bench.do("check_inputs")
    front(bench)["A2:A3"].value = [[20], [21]]
    bench.do("check_inputs")
    assert values(bench.book, "A2:A4", SHEET) == [["A4"], [None], [None]]
    front(bench)["A4"].value = 22
    bench.do("check_inputs")
    assert [sheet.name for sheet in bench.book.sheets] == ["Sheet1"]


def test_a_sheet_of_that_name_that_is_not_ours_is_left_alone(bench: Bench) -> None:
    """Its name is taken, so ours gets a number."""
    bench.book.sheets.add(SHEET)["A1"].value = "my notes"
    front(bench)["A3"].value = "many"
    bench.do("check_inputs")
    assert values(bench.book, "A1", SHEET) == [["my notes"]]
    assert values(bench.book, "A2", f"{SHEET} 2") == [["A3"]]
    front(bench)["A3"].value = 21
    bench.do("check_inputs")
    assert [sheet.name for sheet in bench.book.sheets if sheet.name != "Sheet1"] == [SHEET]


def test_where_sheets_cannot_be_added_problems_are_shown_in_a_window(bench: Bench) -> None:
    """With the same words."""
    bench.book.sheets[0]["A3"].value = "many"
    bench.book.api.Protect()
    ui = bench.do("check_inputs")
    assert ui.reports == [
        "1 of 3 rows has a problem and cannot be scored as it is.\n\nA3: 'many' is not a number; age takes numbers"
    ]
    bench.book.api.Unprotect()


def test_texts_in_doubt_are_asked_about_once_for_each_column(bench: Bench) -> None:
    """With both readings; the sheet is not changed, and what was said is remembered for the block."""
    sheet = bench.book.sheets[0]
    sheet["A2:B4"].value = [["'20", "'1.234"], [21, "'2.500"], [22, 7]]
    before = values(bench.book, "A1:C4")
    ui = bench.do("score_selection", {0: 0, 1: 1}, BESIDE)
    assert [(q.column, q.cell, q.cells, q.examples) for q in ui.questions[0]] == [
        ("age", "A2", 1, ("20",)),
        ("income", "B2", 2, ("1.234", "2.500")),
    ]
    assert [choice.values for choice in ui.questions[0][1].choices] == [("1.234", "2.5"), ("1234", "2500")]
    assert values(bench.book, "A1:C4") == before
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    assert bench.host.fake.calls[0]["income"].tolist() == [1234, 2500, 7]
    sheet["A4"].value = 30
    ui = bench.do("score_again")
    assert ui.questions == []
    assert values(bench.book, "D4:G4") == scores(30)


@in_memory
def test_texts_that_are_left_stay_problems(bench: Bench) -> None:
    """And closing the window stops."""
    bench.book.sheets[0]["A2"].value = "'20"
    ui = bench.do("score_selection", {}, STOP)
    assert ui.asked == [("1 of 3 rows has a problem and cannot be scored as it is.", (GOOD_ROWS, STOP))]
    front(bench)
    before = contents(bench.book)
    bench.do("score_selection", None)
    assert contents(bench.book) == before
    assert bench.rows_sent == 0


def test_error_cells_in_inputs_are_problems(bench: Bench) -> None:
    """Each with the error that it shows."""
    bench.book.sheets[0]["B3"].formula = "=1/0"
    bench.do("check_inputs")
    assert values(bench.book, "A2:D2", SHEET) == [
        ["B3", "income", "#DIV/0!", "The cell shows #DIV/0!; mend its formula (income)"]
    ]


def test_a_sheet_name_with_quotes_is_linked_to(bench: Bench) -> None:
    """And can do no harm in the formula of a link."""
    sheet = bench.book.sheets[0]
    sheet.name = 'It\'s "mine"'
    sheet["A3"].value = "many"
    bench.do("check_inputs")
    assert bench.book.sheets[SHEET]["A2"].value == "A3"


@pytest.mark.parametrize("change", ["renamed", "annotated", "edited", "drawn on", "mark moved"])
@pytest.mark.parametrize("mended", [False, True])
def test_a_sheet_of_problems_that_became_the_persons_own_is_left_alone(bench: Bench, change: str, mended: bool) -> None:
    """It is neither emptied nor deleted, and the sheet that the mark was moved to is not either."""
    bench.book.sheets[0]["A2:A3"].value = [["many"], ["more"]]
    bench.do("check_inputs")
    ours = bench.book.sheets[SHEET]
    match change:
        case "renamed":
            ours.name = "To do"
        case "annotated":
            ours["E2"].value = "ask Finance"
        case "edited":
            ours["D2"].value = "done"
        case "drawn on" if isinstance(ours.impl, MemorySheet):
            ours.impl.shapes.append("arrow")
        case "drawn on":
            ours.charts.add(10, 10)
        case "mark moved":
            grid.set_name(bench.book, MARK, Area("Sheet1", 9, 1, 1, 1))
    kept, name = ours["A1:E3"].formula, ours.name
    front(bench)["A2"].value = 20
    if mended:
        front(bench)["A3"].value = 21
    before = values(bench.book, "A1:C4")
    bench.do("check_inputs")
    assert bench.book.sheets[name]["A1:E3"].formula == kept
    assert values(bench.book, "A1:C4") == before
    others = [sheet.name for sheet in bench.book.sheets if sheet.name not in {"Sheet1", name}]
    assert len(others) == (0 if mended else 1)
    front(bench)["A3"].value = 21
    bench.do("check_inputs")
    assert {sheet.name for sheet in bench.book.sheets} == {"Sheet1", name}


def test_in_a_protected_structure_the_sheet_of_problems_is_emptied(bench: Bench) -> None:
    """It cannot be removed there; once it can, it is used again and taken away."""
    sheet = bench.book.sheets[0]
    sheet["A3"].value = "many"
    bench.do("check_inputs")
    sheet["A3"].value = 30
    front(bench)
    bench.book.api.Protect()
    assert bench.do("check_inputs").told == ["All 3 rows can be scored."]
    bench.book.api.Unprotect()
    assert values(bench.book, "A1:D2", SHEET) == [[None] * 4] * 2
    front(bench)
    bench.do("check_inputs")
    assert [found.name for found in bench.book.sheets] == ["Sheet1"]
