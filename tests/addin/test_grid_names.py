"""What a workbook remembers in hidden names."""

from __future__ import annotations

import pytest
import xlwings as xw

from addin import grid
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
