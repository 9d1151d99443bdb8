"""Which rows a selection means, and what they are called."""

from __future__ import annotations

import pytest
import xlwings as xw

from addin import grid
from addin.errors import GridError, GridFault

HEADERS = ["age", "income", "purpose"]
ROWS = [[30, 1000.5, "A40"], [41, 2000, "A41"], [52, 3000, "A40"]]


@pytest.fixture
def people(sheet: xw.Sheet) -> xw.Sheet:
    """Three rows under headers, from C4 on."""
    sheet["C4"].value = [HEADERS, *ROWS]
    return sheet


def read(sheet: xw.Sheet, address: str) -> grid.Block:
    """What selecting these cells means."""
    sheet[address].select()
    return grid.read_selection(sheet.book)


def test_one_cell_means_its_current_region(people: xw.Sheet) -> None:
    """The whole block around it, with the sheet's row numbers as index; leading blanks shift nothing."""
    block = read(people, "D6")
    assert (block.area.address, block.header_row, block.headers) == ("C5:E7", 4, tuple(HEADERS))
    assert block.frame.to_numpy().tolist() == [[30.0, 1000.5, "A40"], [41.0, 2000.0, "A41"], [52.0, 3000.0, "A40"]]
    assert list(block.frame.index) == [5, 6, 7]
    assert not block.blank.any()
    assert not block.filtered.any()
    assert (block.table, block.problems) == (None, ())


def test_a_selection_with_its_headers_is_itself(people: xw.Sheet) -> None:
    """The first row reads like headers, so it is not data."""
    block = read(people, "C4:D6")
    assert (block.area.address, block.headers) == ("C5:D6", ("age", "income"))


def test_a_selection_without_headers_takes_those_of_its_block(people: xw.Sheet) -> None:
    """Also when there is text in its first row, which is data."""
    block = read(people, "D6:E7")
    assert (block.area.address, block.header_row, block.headers) == ("D6:E7", 4, ("income", "purpose"))
    assert read(people, "E6:E7").headers == ("purpose",)
    assert read(people, "E6:E7").area.address == "E6:E7"


def test_headers_are_found_under_a_title(people: xw.Sheet) -> None:
    """A title above the headers is neither."""
    people["C3"].value = "Customers of May"
    assert read(people, "C6:E7").headers == tuple(HEADERS)
    assert (read(people, "C3:E7").area.address, read(people, "C3:E7").header_row) == ("C5:E7", 4)
    assert read(people, "D5").area.address == "C5:E7"


def test_no_headers_at_all_are_none(sheet: xw.Sheet) -> None:
    """Columns are then called by their number, so that they can be paired by position."""
    sheet["B2"].value = ROWS
    block = read(sheet, "B2")
    assert (block.headers, block.header_row, block.area.address) == (None, None, "B2:D4")
    assert list(block.frame.columns) == ["Column 1", "Column 2", "Column 3"]
    assert read(sheet, "B3:D4").headers is None


def test_a_blank_header_is_called_by_its_number(people: xw.Sheet) -> None:
    """The column of row numbers that some programs write has none."""
    people["C4"].value = None
    block = read(people, "C4:E7")
    assert (block.headers, list(block.frame.columns)) == (("", "income", "purpose"), ["Column 1", "income", "purpose"])


def test_a_whole_column_means_its_used_part(people: xw.Sheet) -> None:
    """And so do several whole columns."""
    people["H30"].value = "far away"
    block = read(people, "D:D")
    assert (block.area.address, block.headers, len(block.frame)) == ("D5:D7", ("income",), 3)
    assert read(people, "C:E").area.address == "C5:E7"


def test_a_whole_row_means_its_used_part(people: xw.Sheet) -> None:
    """The headers are those of the block."""
    block = read(people, "6:6")
    assert (block.area.address, block.headers) == ("C6:E6", tuple(HEADERS))


def test_the_whole_sheet_selected_is_its_used_part(people: xw.Sheet) -> None:
    """Excel cannot even count so many cells."""
    assert read(people, "1:1048576").area.address == "C5:E7"


def test_blank_rows_inside_stay(people: xw.Sheet) -> None:
    """They are marked; blank edges are cut off."""
    people["C10"].value = [[63, 4000, "A40"]]
    block = read(people, "A1:G20")
    assert (block.area.address, block.blank.tolist()) == ("C5:E10", [False, False, False, True, True, False])
    assert block.frame.loc[8].tolist() == [None, None, None]


def test_one_column_and_one_data_cell(sheet: xw.Sheet) -> None:
    """Engines give one column and one cell in shapes of their own."""
    sheet["A1"].value = [["age"], [30], [41]]
    assert read(sheet, "A1").frame["age"].tolist() == [30.0, 41.0]
    assert read(sheet, "A3:A3").area.address == "A2:A3"
    sheet["A3"].value = None
    assert read(sheet, "A1").frame.to_dict() == {"age": {2: 30.0}}


def test_one_number_alone_is_a_block_without_headers(sheet: xw.Sheet) -> None:
    """One cell, nothing around it."""
    sheet["C3"].value = 7
    block = read(sheet, "C3")
    assert (block.area.address, block.headers, block.frame.iat[0, 0]) == ("C3", None, 7.0)


def test_headers_twice_are_both_kept(sheet: xw.Sheet) -> None:
    """Whether that matters is for the check to say."""
    sheet["A1"].value = [["age", "age"], [1, 2]]
    block = read(sheet, "A1")
    assert (list(block.frame.columns), block.frame.iloc[0].tolist()) == (["age", "age"], [1.0, 2.0])


def test_hidden_rows_are_data_and_filtered_rows_are_marked(people: xw.Sheet) -> None:
    """A row hidden by hand is scored like any other; only a filter asks for a decision."""
    people["6:6"].row_hidden = True
    assert read(people, "C5").filtered.tolist() == [False, False, False]
    people["6:6"].row_hidden = False
    people["C4:E7"].autofilter.apply_values(3, ["A40"])
    block = read(people, "C5")
    assert (block.filtered.tolist(), len(block.frame)) == ([False, True, False], 3)


def test_rows_hidden_by_hand_beside_a_filter_are_not_filtered(people: xw.Sheet) -> None:
    """What lies outside the filter's range was hidden by hand."""
    people["C10"].value = [[63, 4000, "A40"], [64, 5000, "A41"]]
    people["C4:E7"].autofilter.apply_values(3, ["A40"])
    people["10:10"].row_hidden = True
    filtered = read(people, "C5:E11").filtered
    assert filtered.tolist() == [False, True, False, False, False, False, False]


def test_a_table_is_read_from_any_of_its_cells(people: xw.Sheet) -> None:
    """One cell means all data rows; more cells mean their columns; the header is never data."""
    people.tables.add(source=people["C4:E7"], name="People")
    block = read(people, "D5")
    assert (block.table, block.area.address, block.headers) == ("People", "C5:E7", tuple(HEADERS))
    block = read(people, "D4:E6")
    assert (block.area.address, block.headers, block.header_row) == ("D5:E6", ("income", "purpose"), 4)
    assert read(people, "C:C").area.address == "C5:C7"
    people["C12"].select()
    assert grid.read_table(people.book).area.address == "C5:E7"


def test_a_filtered_table_marks_its_rows(people: xw.Sheet) -> None:
    """A table has a filter of its own."""
    people.tables.add(source=people["C4:E7"], name="People").autofilter.apply_values(3, ["A41"])
    assert read(people, "D5").filtered.tolist() == [True, False, True]


def test_blank_rows_at_the_end_of_a_table_are_left_out(people: xw.Sheet) -> None:
    """But blank columns are not: they may be inputs."""
    people.tables.add(source=people["C4:E9"], name="People")
    people["E5:E7"].value = [[None], [None], [None]]
    assert read(people, "D5").area.address == "C5:E7"


def test_a_table_that_hides_its_header_row_keeps_its_names(book: xw.Book, sheet: xw.Sheet) -> None:
    """Only Excel has such tables."""
    if book.app.engine.name == "libreoffice":
        pytest.skip("LibreOffice has no tables without a header row")
    sheet["A1"].value = [HEADERS, *ROWS]
    sheet.tables.add(source=sheet["A1:C4"], name="People").show_headers = False
    block = read(sheet, "B3")
    assert (block.headers, block.header_row, block.area.address) == (tuple(HEADERS), None, "A2:C4")


def test_the_only_table_of_a_sheet_needs_no_selection(people: xw.Sheet) -> None:
    """Two need one, and none is a fault."""
    people["A20"].select()
    with pytest.raises(GridError) as caught:
        grid.read_table(people.book)
    assert caught.value.fault is GridFault.NO_TABLE
    people.tables.add(source=people["C4:E7"], name="People")
    people["C20"].value = [["a"], [1]]
    people.tables.add(source=people["C20:C21"], name="Others")
    with pytest.raises(GridError) as caught:
        grid.read_table(people.book)
    assert caught.value.fault is GridFault.SEVERAL_TABLES
    people["C21"].select()
    assert grid.read_table(people.book).table == "Others"


def test_a_sheet_is_its_used_block(people: xw.Sheet) -> None:
    """Whatever is selected in it."""
    people["A1"].select()
    block = grid.read_sheet(people.book)
    assert (block.area.address, block.headers) == ("C5:E7", tuple(HEADERS))


def test_a_block_is_read_again_as_it_was_meant(people: xw.Sheet) -> None:
    """By its area and header row; its fingerprint is the same."""
    first = read(people, "D6")
    again = grid.read_block(people.book, first.area, first.header_row)
    assert again.fingerprint == first.fingerprint
    assert again.frame.equals(first.frame)


def test_of_two_header_rows_the_selected_one_counts(sheet: xw.Sheet) -> None:
    """It is not data under the one above."""
    sheet["A1"].value = [["Customer", "Customer", "Loan"], HEADERS, [31, 2500, "A40"], [41, 1500, "A41"]]
    block = read(sheet, "A2:C4")
    assert (block.area.address, block.header_row, block.headers) == ("A3:C4", 2, tuple(HEADERS))


def test_a_row_of_texts_that_was_not_selected_as_header_is_data(sheet: xw.Sheet) -> None:
    """One column of texts among numbers is no second header."""
    sheet["A1"].value = [HEADERS, ["many", 2500, "A40"], [41, 1500, "A41"]]
    assert read(sheet, "A2:A3").header_row == 1
    assert read(sheet, "A2:C3").header_row == 1


@pytest.mark.parametrize(("cell", "header"), [(None, ""), (2019, "2019"), (0.5, "0.5")])
@pytest.mark.parametrize("address", ["A1", "A1:D3", "A2:D3"])
def test_one_header_that_is_no_text_is_a_header_all_the_same(
    sheet: xw.Sheet, cell: object, header: str, address: str
) -> None:
    """The others are known by their names; a blank one has none."""
    sheet["A1"].value = [["age", cell, "income", "purpose"], [31, 1, 2500, "A40"], [41, 2, 1500, "A41"]]
    block = read(sheet, address)
    assert (block.header_row, block.headers) == (1, ("age", header, "income", "purpose"))
    assert block.area.address == "A2:D3"


def test_a_row_of_data_with_more_texts_than_numbers_is_no_header(sheet: xw.Sheet) -> None:
    """What is below is like it."""
    sheet["A1"].value = [["A40", "x", 5], ["A41", "y", 6]]
    assert read(sheet, "A1").headers is None
