"""Where results go."""

from __future__ import annotations

import pytest
import xlwings as xw

from addin import grid, memory
from addin.errors import GridError, GridFault
from addin.grid import Area

NAMES = ("probability", "Status")


@pytest.fixture
def people(sheet: xw.Sheet) -> xw.Sheet:
    """Three rows under headers, from B2 on."""
    sheet["B2"].value = [["age", "purpose"], [30, "A40"], [20, "A41"], [10, "A42"]]
    sheet["B3"].select()
    return sheet


def read(sheet: xw.Sheet) -> grid.Block:
    """What is selected."""
    return grid.read_selection(sheet.book)


def fill(sheet: xw.Sheet, block: grid.Block) -> Area:
    """Write a score and a status for each row, as an action does."""
    area = grid.add_columns(sheet.book, block, NAMES)
    grid.write(sheet.book, area, [[i / 10, "ok"] for i in range(area.rows)])
    return area


def test_results_go_right_of_the_data_with_headers(people: xw.Sheet) -> None:
    """Asking where changes nothing."""
    block = read(people)
    assert grid.results_area(people.book, block, NAMES).address == "D3:E5"
    assert people["D2:E5"].value == [[None, None]] * 4
    assert fill(people, block).address == "D3:E5"
    assert people["D2:E3"].value == [["probability", "Status"], [0.0, "ok"]]


def test_results_of_some_columns_go_right_of_the_whole_block(people: xw.Sheet) -> None:
    """The columns between are the user's."""
    people["B3:B4"].select()
    assert grid.results_area(people.book, read(people), NAMES).address == "D3:E4"


def test_own_columns_are_filled_again_and_never_doubled(people: xw.Sheet) -> None:
    """Whether the selection holds them, as one cell in the block does, or not."""
    fill(people, read(people))
    assert read(people).area.address == "B3:E5"
    assert fill(people, read(people)).address == "D3:E5"
    people["B2:C5"].select()
    assert fill(people, read(people)).address == "D3:E5"
    assert people.used_range.address == "$B$2:$E$5"


def test_own_columns_are_found_after_a_column_was_inserted(people: xw.Sheet) -> None:
    """They are known by their headers."""
    fill(people, read(people))
    people["D:D"].insert("right")
    people["D2"].value = [["note"], ["x"]]
    people["B2:C5"].select()
    assert grid.results_area(people.book, read(people), NAMES).address == "E3:F5"


def test_own_columns_follow_a_sort(people: xw.Sheet) -> None:
    """They are part of the rows."""
    fill(people, read(people))
    people["B2:E5"].sort(1, has_headers=True)
    assert people["D3:D5"].value == [0.2, 0.1, 0.0]


def test_columns_of_another_set_of_names_are_not_own(people: xw.Sheet) -> None:
    """All names must be there, side by side."""
    people["D2:E2"].value = ["probability", "remark"]
    assert grid.results_area(people.book, read(people), NAMES).address == "F3:G5"


def test_a_table_grows(people: xw.Sheet) -> None:
    """The columns become its own, with headers."""
    table = people.tables.add(source=people["B2:C5"], name="People")
    area = fill(people, read(people))
    assert (area.address, table.range.address) == ("D3:E5", "$B$2:$E$5")
    assert [column.name for column in people.tables["People"].columns] == ["age", "purpose", *NAMES]
    assert read(people).headers == ("age", "purpose", *NAMES)
    assert fill(people, read(people)).address == "D3:E5"


def test_what_stands_right_of_a_table_does_not_move(people: xw.Sheet) -> None:
    """What lies in the new columns is overwritten, as was asked; the rest stays where it is."""
    people["D3"].value = [["mine"], [None], [None], ["below"]]
    people["F4"].value = "far"
    people.tables.add(source=people["B2:C5"], name="People")
    fill(people, read(people))
    assert people["D2:F6"].value == [
        [*NAMES, None],
        [0.0, "ok", None],
        [0.1, "ok", "far"],
        [0.2, "ok", None],
        ["below", None, None],
    ]


def test_a_table_with_a_totals_row_does_not_grow(people: xw.Sheet) -> None:
    """Its totals would be lost: there is no room, before anything is paid for."""
    people.tables.add(source=people["B2:C5"], name="People").show_totals = True
    if not people.tables["People"].show_totals:
        pytest.skip("LibreOffice has no totals row")
    with pytest.raises(GridError) as caught:
        grid.results_area(people.book, read(people), NAMES)
    assert caught.value.fault is GridFault.NO_ROOM


@pytest.mark.parametrize("merged", ["D4:D5", "E2:F2"])
@pytest.mark.parametrize("in_table", [False, True])
def test_merged_cells_are_told_before_anything_is_paid_for(people: xw.Sheet, merged: str, in_table: bool) -> None:
    """In the header as well; and nothing is written into them."""
    if in_table:
        people.tables.add(source=people["B2:C5"], name="People")
    people[merged].merge()
    with pytest.raises(GridError) as caught:
        grid.results_area(people.book, read(people), NAMES)
    assert (caught.value.fault, caught.value.address) == (GridFault.MERGED, merged.partition(":")[0])
    with pytest.raises(GridError) as caught:
        grid.write(people.book, Area(people.name, 2, 4, 4, 2), [[1.0, "x"]] * 4)
    assert caught.value.fault is GridFault.MERGED


def test_names_too_long_for_a_table_are_known_again(people: xw.Sheet) -> None:
    """Cut and numbered, as the table holds them."""
    people.tables.add(source=people["B2:C5"], name="People")
    names = ("n" * 300, "N" * 300, "Status")
    first = grid.add_columns(people.book, read(people), names)
    assert [len(header) for header in people["D2:F2"].value] == [255, 255, 6]
    assert (
        grid.add_columns(people.book, read(people), names)
        == first
        == grid.results_area(people.book, read(people), names)
    )


def test_a_name_that_a_table_has_already_gets_a_number(people: xw.Sheet) -> None:
    """Headers of a table are unique; the numbered ones are known again."""
    people["C2"].value = "Status"
    people.tables.add(source=people["B2:C5"], name="People")
    assert fill(people, read(people)).address == "D3:E5"
    assert people["D2:E2"].value == ["probability", "Status 2"]
    assert fill(people, read(people)).address == "D3:E5"


def test_a_table_in_the_way_is_told(people: xw.Sheet) -> None:
    """Excel will not push one table into another."""
    people.tables.add(source=people["B2:C5"], name="People")
    people["E2"].value = [["x"], [1]]
    people.tables.add(source=people["E2:E3"], name="Other")
    with pytest.raises(GridError) as caught:
        grid.add_columns(people.book, read(people), NAMES)
    assert (caught.value.fault, caught.value.address) == (GridFault.NO_ROOM, "D2:E5")
    assert people["D2:E5"].value == [[None, "x"], [None, 1.0], [None, None], [None, None]]


def test_added_columns_of_a_table_are_taken_out_again(people: xw.Sheet) -> None:
    """Only as long as they are there under their names."""
    people.tables.add(source=people["B2:C5"], name="People")
    area = fill(people, read(people))
    assert grid.remove_columns(people.book, area, ("other", "Status")) is False
    assert grid.remove_columns(people.book, area, NAMES) is True
    assert people.tables["People"].range.address == "$B$2:$C$5"
    assert grid.remove_columns(people.book, area, NAMES) is False


def test_without_headers_the_row_above_takes_them_if_it_is_free(sheet: xw.Sheet) -> None:
    """And then the columns are known again."""
    sheet["B2"].value = [[30, 1.5], [20, 2.5]]
    sheet["B2"].select()
    block = read(sheet)
    assert block.headers is None
    assert fill(sheet, block).address == "D2:E3"
    assert sheet["D1:E1"].value == list(NAMES)
    assert grid.results_area(sheet.book, block, NAMES).address == "D2:E3"


def test_without_headers_and_without_a_row_above_there_are_none(sheet: xw.Sheet) -> None:
    """Scores begin beside the first row."""
    sheet["A1"].value = [[30, 1.5], [20, 2.5]]
    sheet["A1"].select()
    assert fill(sheet, read(sheet)).address == "C1:D2"
    assert sheet["C1:D1"].value == [0.0, "ok"]


def test_new_columns_do_not_look_like_their_neighbour(people: xw.Sheet) -> None:
    """A score shown as a date helps nobody."""
    people["D2:D5"].number_format = "yyyy-mm-dd"
    fill(people, read(people))
    assert people["D3:D5"].number_format == "General"


def test_columns_are_not_added_over_formulas_or_protection(people: xw.Sheet) -> None:
    """Not even their headers."""
    people["E7"].value = 1
    people["D4"].value = "=1+1"
    people["B2:C5"].select()
    block = grid.read_block(people.book, Area(people.name, 3, 2, 3, 2), 2)
    assert grid.results_area(people.book, block, NAMES).address == "E3:F5"
    people.api.Protect()
    with pytest.raises(GridError) as caught:
        grid.add_columns(people.book, block, NAMES)
    assert caught.value.fault is GridFault.SHEET_PROTECTED


def test_there_is_an_end_to_columns() -> None:
    """Excel's last one is XFD."""
    sheet = memory.book({"XFD1": [["x"], [1]]}).sheets[0]
    sheet["XFD1"].select()
    with pytest.raises(GridError) as caught:
        grid.results_area(sheet.book, read(sheet), NAMES)
    assert (caught.value.fault, caught.value.address) == (GridFault.NO_ROOM, "XFD2")


def test_a_new_sheet_has_a_free_name_and_stays_behind(book: xw.Book, sheet: xw.Sheet) -> None:
    """The user's sheet stays in front."""
    assert [grid.add_sheet(book, "Scores") for _ in range(3)] == ["Scores", "Scores 2", "Scores 3"]
    assert [each.name for each in book.sheets] == [sheet.name, "Scores", "Scores 2", "Scores 3"]
    assert book.sheets.active.name == sheet.name
    assert grid.add_sheet(book, "Scores of [A/B]: " + "x" * 40) == "Scores of  A B   xxxxxxxxxxxxxx"


def test_a_protected_structure_takes_no_sheet(book: xw.Book) -> None:
    """It is told before Excel refuses."""
    book.api.Protect()
    with pytest.raises(GridError) as caught:
        grid.add_sheet(book, "Scores")
    assert caught.value.fault is GridFault.STRUCTURE_PROTECTED
    book.api.Unprotect()


def test_cells_are_brought_to_the_front(book: xw.Book, sheet: xw.Sheet) -> None:
    """From another sheet too."""
    book.sheets.add("Other")
    grid.goto(book, Area(sheet.name, 3, 2, 2, 2))
    assert grid.active_area(book) == Area(sheet.name, 3, 2, 2, 2)
