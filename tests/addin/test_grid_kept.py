"""What stood in cells comes back exactly, and every change of a block is seen."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import xlwings as xw

from addin import excelfacts, grid
from addin.errors import GridError, GridFault
from addin.grid import Area


def test_restore_gives_back_formulas_values_and_formats(sheet: xw.Sheet) -> None:
    """Exactly: text that looks like a formula, numbers with all digits, dates, errors, blanks, numbers kept as text."""
    sheet["A1:C1"].value = ["=2*21", "'=2*21", "'007"]
    sheet["A2:C2"].value = [0.1 + 0.2, dt.datetime(2024, 2, 29), True]
    sheet["A3:C3"].value = ["#N/A", None, "two words"]
    sheet["A4:C4"].value = [0.123456, 12.0, 5.0]
    sheet["A2"].number_format = "0.000"
    sheet["A4"].number_format = "$#,##0.00"
    sheet["C4"].number_format = "@"
    area = Area(sheet.name, 1, 1, 4, 3)

    def state() -> list[object]:
        formats = [cell.number_format for cell in sheet["A1:C4"]]
        return [sheet["A1:C4"].formula, sheet["A1:C4"].api.Value2, formats]

    before, kept = state(), grid.snapshot(sheet.book, area)
    sheet["A1"].value = None
    grid.write(sheet.book, area, [["x", grid.NA, 1.0]] * 4, ("0.0", "0%", "0"))
    assert state() != before
    grid.restore(sheet.book, area, json.loads(json.dumps(kept)))
    assert state() == before
    assert grid.snapshot(sheet.book, area) == kept
    assert [excelfacts.has_formula(sheet[cell]) for cell in ("A1", "B1", "C1")] == [True, False, False]


def test_restore_does_not_overwrite_a_formula_that_came_since(sheet: xw.Sheet) -> None:
    """It is the user's, and newer."""
    area = Area(sheet.name, 1, 1, 1, 2)
    kept = grid.snapshot(sheet.book, area)
    sheet["B1"].value = "=1+1"
    with pytest.raises(GridError) as caught:
        grid.restore(sheet.book, area, kept)
    assert caught.value.fault is GridFault.FORMULAS
    assert sheet["B1"].formula == "=1+1"


def test_occupied_counts_what_would_be_lost(sheet: xw.Sheet) -> None:
    """Values, errors and formulas, even one that shows nothing."""
    sheet["A1"].value = [[1, None, "#N/A"], ["x", '=""', None]]
    assert grid.occupied(sheet.book, Area(sheet.name, 1, 1, 3, 4)) == 4
    assert grid.occupied(sheet.book, Area(sheet.name, 1, 2, 1, 1)) == 0


def test_has_formulas_sees_one_among_many(sheet: xw.Sheet) -> None:
    """Text that looks like one is none."""
    sheet["A1"].value = [["'=1+1", 2], [3, 4]]
    area = Area(sheet.name, 1, 1, 2, 2)
    assert grid.has_formulas(sheet.book, area) is False
    sheet["B2"].value = "=1+1"
    assert grid.has_formulas(sheet.book, area) is True


@pytest.fixture
def block(sheet: xw.Sheet) -> grid.Block:
    """Three rows under headers, read."""
    sheet["A1"].value = [["age", "purpose"], [30, "A40"], [20, "A41"], [10, "A42"]]
    sheet["A1"].select()
    return grid.read_selection(sheet.book)


def test_a_block_nobody_touched_is_unchanged(sheet: xw.Sheet, block: grid.Block) -> None:
    """Cells beside it may change, and results may be written there."""
    assert grid.is_unchanged(sheet.book, block)
    sheet["C1"].value = [["Status"], ["ok"]]
    assert grid.is_unchanged(sheet.book, block)


@pytest.mark.parametrize("change", ["edit", "edit header", "sort", "insert row", "insert column", "delete row", "type"])
def test_every_change_of_a_block_is_seen(sheet: xw.Sheet, block: grid.Block, change: str) -> None:
    """Or scores would stand beside other rows."""
    match change:
        case "edit":
            sheet["A3"].value = 21
        case "edit header":
            sheet["A1"].value = "years"
        case "sort":
            sheet["A1:B4"].sort(1, has_headers=True)
        case "insert row":
            sheet["3:3"].insert("down")
        case "insert column":
            sheet["A:A"].insert("right")
        case "delete row":
            sheet["2:2"].delete()
        case "type":
            sheet["A3"].value = "'20"
    assert not grid.is_unchanged(sheet.book, block)


def test_a_deleted_sheet_and_a_closed_workbook_are_changes(book: xw.Book, sheet: xw.Sheet, block: grid.Block) -> None:
    """There is nowhere to write."""
    book.sheets.add("Other")
    sheet.delete()
    assert not grid.is_unchanged(book, block)
    book.close()
    assert not grid.is_unchanged(book, block)


def test_a_renamed_sheet_is_a_change(sheet: xw.Sheet, block: grid.Block) -> None:
    """It is found by its name."""
    sheet.name = "Renamed"
    assert not grid.is_unchanged(sheet.book, block)
