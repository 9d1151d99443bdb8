"""How what the add-in writes looks: like its neighbours, and plain again after undo."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw

from addin.grid import Area
from addin.grid.look import ACCENT, LINK, WHITE, dress_header
from tests.addin.acting import Bench, front, table

NAVY, PALE = (24, 62, 94), (240, 248, 255)


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    """Rows under a header that is white on navy."""
    bench = Bench(book, tmp_path)
    sheet = book.sheets["Sheet1"]
    sheet["A1"].value = table()
    header = sheet["A1:C1"]
    header.color, header.font.color, header.font.bold = NAVY, PALE, True
    front(bench)
    return bench


def test_new_headers_look_like_the_person_s_own_until_they_are_undone(bench: Bench) -> None:
    """The columns are wide enough for their names; undo brings plain cells and widths back."""
    sheet = bench.book.sheets["Sheet1"]
    before = sheet["D1"].column_width
    bench.do("score_selection", "Beside the data")
    cells = sheet["D1:G1"]
    assert (cells.color, cells.font.color, cells.font.bold) == (NAVY, PALE, True)
    assert sheet["D1"].column_width >= len("probability")
    assert (sheet["D2"].color, sheet["D2"].font.bold) == (None, False)
    bench.do("undo_scoring")
    assert (sheet["D1"].color, sheet["D1"].font.bold) == (None, False)
    assert sheet["D1"].column_width == pytest.approx(before, abs=0.3)


def test_a_look_that_somebody_chose_stays(bench: Bench) -> None:
    """Cells that are not plain are not dressed, so nothing has to be taken back."""
    sheet = bench.book.sheets["Sheet1"]
    sheet["D1:G1"].color = WHITE
    assert dress_header(bench.book, Area("Sheet1", 1, 4, 1, 4), ("a", "b", "c", "d")) == ()
    assert (sheet["D1"].color, sheet["D1"].font.bold) == (WHITE, False)


def test_headers_in_the_first_column_have_no_neighbour(bench: Bench) -> None:
    """Nothing stands left of column A."""
    assert dress_header(bench.book, Area("Sheet1", 9, 1, 1, 2), ("a", "b")) == ()


def test_sheets_of_our_own_have_a_header_that_stands_out(bench: Bench) -> None:
    """Problems with links that look like links, results on a new sheet, the schema."""
    bench.book.sheets["Sheet1"]["C3"].value = "A99"
    front(bench)
    bench.do("score_selection", "Score the good rows", "New sheet")
    for name in ("Sheetscore problems", "Scores"):
        header = bench.book.sheets[name]["A1"]
        assert (header.color, header.font.color, header.font.bold) == (ACCENT, WHITE, True)
    assert bench.book.sheets["Sheetscore problems"]["A2"].font.color == LINK
