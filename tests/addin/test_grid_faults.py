"""What cannot be read: each with a fault of its own, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import xlwings as xw

from addin import excelfacts, grid, memory
from addin.errors import AddinError, GridError, GridFault

READERS = (grid.read_selection, grid.read_table, grid.read_sheet)


def fault(call: Callable[[], object]) -> tuple[GridFault, str | None]:
    """The fault that a call ends in, with its address."""
    with pytest.raises(GridError) as caught:
        call()
    assert isinstance(caught.value, AddinError)
    return caught.value.fault, caught.value.address


def test_no_workbook_open(app: xw.App) -> None:
    """There is nothing to work with."""
    assert fault(lambda: grid.workbook(app)) == (GridFault.NO_WORKBOOK, None)


def test_only_a_workbook_in_protected_view(app: xw.App) -> None:
    """Programs do not see it at all."""
    app.impl.protected_views = 1
    assert fault(lambda: grid.workbook(app)) == (GridFault.PROTECTED_VIEW, None)


def test_the_workbook_in_front_is_the_one(app: xw.App, book: xw.Book) -> None:
    """Even while another is in Protected View."""
    app.impl.protected_views = 1
    assert grid.workbook(app).name == book.name


def test_a_chart_selected(sheet: xw.Sheet) -> None:
    """No cells are selected then."""
    sheet["A1"].value = [["x"], [1]]
    sheet.book.app.impl.chart = object()
    assert fault(lambda: grid.read_selection(sheet.book))[0] is GridFault.CHART_SELECTED
    assert fault(lambda: grid.active_area(sheet.book))[0] is GridFault.CHART_SELECTED


def test_nothing_selected() -> None:
    """Neither cells nor a chart: a picture, say."""
    book = memory.book({"A1": [["x"], [1]]})
    book.impl.selected = []
    assert fault(lambda: grid.read_selection(book)) == (GridFault.NOTHING_SELECTED, None)


def test_several_areas_selected(sheet: xw.Sheet) -> None:
    """Their address is told."""
    sheet["A1"].value = [["x", "y", "z"], [1, 2, 3]]
    sheet.range("A1:A2,C1:C2").select()
    assert fault(lambda: grid.read_selection(sheet.book)) == (GridFault.SEVERAL_AREAS, "A1:A2,C1:C2")


@pytest.mark.parametrize(("merged", "told"), [("B3:B4", "B3"), ("B1:C1", "B1"), ("A5:C5", "A5")])
def test_merged_cells_in_the_data_or_its_header(sheet: xw.Sheet, merged: str, told: str) -> None:
    """The first of them is told."""
    sheet["A1"].value = [["x", "y", "z"], [1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 2, 3]]
    sheet[merged].merge()
    sheet["A1:C5"].select()
    found, address = fault(lambda: grid.read_block(sheet.book, grid.Area(sheet.name, 2, 1, 4, 3), 1))
    assert (found, address) == (GridFault.MERGED, told)


def test_a_merged_title_above_does_not_matter(sheet: xw.Sheet) -> None:
    """Only cells that are read do."""
    sheet["A1"].value = [["Customers", None, None], ["x", "y", "z"], [1, 2, 3]]
    sheet["A1:C1"].merge()
    sheet["B3"].select()
    assert grid.read_selection(sheet.book).headers == ("x", "y", "z")


def test_a_header_without_rows_and_an_empty_sheet(sheet: xw.Sheet) -> None:
    """There is nothing to score."""
    sheet["B2"].select()
    assert fault(lambda: grid.read_selection(sheet.book)) == (GridFault.NO_DATA, "B2")
    assert fault(lambda: grid.read_sheet(sheet.book))[0] is GridFault.NO_DATA
    sheet["A1"].value = [["x", "y"]]
    sheet["A1:B1"].select()
    assert fault(lambda: grid.read_selection(sheet.book)) == (GridFault.NO_DATA, "A1:B1")
    sheet["D9:E12"].select()
    assert fault(lambda: grid.read_selection(sheet.book)) == (GridFault.NO_DATA, "D9:E12")


def test_only_the_header_of_a_table_selected(sheet: xw.Sheet) -> None:
    """Its data rows are not meant."""
    sheet["A1"].value = [["x", "y"], [1, 2]]
    sheet.tables.add(source=sheet["A1:B2"], name="T")
    sheet["A1:B1"].select()
    assert fault(lambda: grid.read_selection(sheet.book)) == (GridFault.NO_DATA, "A1:B1")


def test_a_deleted_sheet_and_a_closed_workbook(book: xw.Book, sheet: xw.Sheet) -> None:
    """Each is told apart."""
    area = grid.Area(sheet.name, 1, 1, 1, 1)
    book.sheets.add("Other")
    sheet.delete()
    assert fault(lambda: grid.read_block(book, area, None))[0] is GridFault.SHEET_GONE
    book.close()
    assert fault(lambda: grid.read_block(book, area, None))[0] is GridFault.NO_WORKBOOK


@pytest.mark.parametrize("reader", READERS)
def test_excel_busy_in_a_cell_edit_is_waited_for(sheet: xw.Sheet, reader: Callable[..., grid.Block]) -> None:
    """And then the block is read."""
    sheet["A1"].value = [["x"], [1]]
    sheet.tables.add(source=sheet["A1:A2"], name="T")
    sheet["A1"].select()
    slept: list[float] = []
    sheet.book.app.impl.busy = 4
    assert reader(sheet.book, sleep=slept.append).frame["x"].tolist() == [1.0]
    assert slept == [0.25] * 3


@pytest.mark.parametrize("reader", READERS)
def test_excel_busy_for_long_is_a_fault(sheet: xw.Sheet, reader: Callable[..., grid.Block]) -> None:
    """After half a minute; no cell was asked for."""
    slept: list[float] = []
    sheet.book.app.impl.busy = 10_000
    try:
        assert fault(lambda: reader(sheet.book, sleep=slept.append))[0] is GridFault.BUSY
    finally:
        sheet.book.app.impl.busy = 0
    assert sum(slept) == excelfacts.PATIENCE


def test_writing_waits_too(sheet: xw.Sheet) -> None:
    """A person may have begun to type while rows were scored."""
    slept: list[float] = []
    sheet.book.app.impl.busy = 3
    grid.write(sheet.book, grid.Area(sheet.name, 1, 1, 1, 1), [[1.0]], sleep=slept.append)
    assert sheet["A1"].value == 1.0
    assert len(slept) == 2


def test_a_chart_sheet_in_front_is_no_sheet_of_cells() -> None:
    """Excel calls it the active sheet all the same."""
    book = memory.book()
    book.impl.front = memory.book().sheets[0].impl
    book.impl.front.name = "Chart1"
    assert fault(lambda: grid.read_sheet(book))[0] is GridFault.CHART_SELECTED
