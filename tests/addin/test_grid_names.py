"""What a workbook remembers in hidden names."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings as xw

from addin import grid, memory
from addin.grid import Area


@pytest.mark.parametrize("text", ["", "v3", 'say "so"', '{"a": "=1+1", "b": [1, 2]}', '"x"' * 400, "Größe €"])
def test_a_text_is_kept_in_a_hidden_name(book: xw.Book, text: str) -> None:
    """Of any length that matters, with quotes."""
    grid.set_name(book, "sheetscore_block1", text)
    assert grid.get_name(book, "sheetscore_block1") == text
    assert book.names["sheetscore_block1"].api.Visible is False


def test_an_area_follows_inserted_rows(book: xw.Book, sheet: xw.Sheet) -> None:
    """And is gone with its sheet."""
    sheet.name = "It's 2024"
    grid.set_name(book, "sheetscore_area", Area(sheet.name, 3, 2, 4, 28))
    assert grid.get_name(book, "sheetscore_area") == Area(sheet.name, 3, 2, 4, 28)
    sheet["1:2"].insert("down")
    assert grid.get_name(book, "sheetscore_area") == Area(sheet.name, 5, 2, 4, 28)
    book.sheets.add("Other")
    sheet.delete()
    assert grid.get_name(book, "sheetscore_area") is None


def test_names_are_replaced_listed_and_deleted(book: xw.Book) -> None:
    """Only those that begin as asked; deleting what is not there is no fault."""
    for name in ("sheetscore_b", "sheetscore_a", "other"):
        grid.set_name(book, name, "1")
    grid.set_name(book, "sheetscore_a", "2")
    assert sorted(grid.names(book, "sheetscore_")) == ["sheetscore_a", "sheetscore_b"]
    assert grid.get_name(book, "sheetscore_a") == "2"
    grid.delete_name(book, "sheetscore_a")
    grid.delete_name(book, "sheetscore_a")
    assert grid.names(book, "sheetscore_") == ("sheetscore_b",)
    assert grid.get_name(book, "sheetscore_a") is None


class OneName:
    """A workbook that has one name beside the hidden ones of `book`, and gives it for each of these."""

    def __init__(self, book: xw.Book, name: str, refers_to: str, cells: xw.Range) -> None:
        self.names = self
        self._all = book.names
        self._given = SimpleNamespace(name=name, refers_to=refers_to, refers_to_range=cells)

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def __getitem__(self, name: str) -> Any:
        return self._given

    def __iter__(self) -> Iterator[xw.Name]:
        return iter(self._all)


def test_a_name_of_a_copied_sheet_is_not_taken_for_the_workbooks() -> None:
    """Excel gives the one of the sheet in front, where both read the same."""
    book = memory.book()
    grid.set_name(book, "sheetscore_a", Area("Sheet1", 2, 1, 1, 1))
    copy = "'Sheet1 (2)'"
    shadowed: Any = OneName(book, f"{copy}!sheetscore_a", f"={copy}!$A$1", book.sheets[0]["A1"])
    assert grid.get_name(shadowed, "sheetscore_a") == Area("Sheet1", 2, 1, 1, 1)
    grid.delete_name(shadowed, "sheetscore_a")
    assert grid.names(book, "sheetscore_a") == ()


def test_cells_of_another_workbook_are_none_of_this_one() -> None:
    """Though it has a sheet of that name."""
    book, other = memory.book(), memory.book()
    grid.set_name(book, "sheetscore_a", "")
    foreign: Any = OneName(book, "sheetscore_a", "='[Other.xlsx]Sheet1'!$A$1", other.sheets[0]["A1"])
    assert grid.get_name(foreign, "sheetscore_a") is None
