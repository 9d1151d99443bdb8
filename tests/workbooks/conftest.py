from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from tests.workbooks import unchanged
from tests.workbooks.smallest import packed, sheet_xml, smallest
from worker.scoring.schema import Column, ColumnType, Output, Schema


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real workbooks and schemas beside the checkout."""
    folder = Path(__file__).parents[3] / "shared"
    if not (folder / "corpora").is_dir():
        message = f"{folder} is not there: real workbooks and schemas are kept beside the checkout"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def schema() -> Schema:
    """Two inputs, one output."""
    inputs = (Column("Purpose", ColumnType.TEXT), Column("Amount", ColumnType.NUMBER))
    return Schema(inputs, (Output("Score", ColumnType.NUMBER),))


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """`book(fill)` or `book({"Sheet": {"B6": value}})`: a workbook made by XlsxWriter, as Excel would save it."""

    def make(
        content: Callable[[Any], None] | dict[str, dict[str, Any]], name: str = "book.xlsx", **options: Any
    ) -> Path:
        path = tmp_path / name
        made = xlsxwriter.Workbook(path, {"strings_to_formulas": False} | options)
        if callable(content):
            content(made)
        else:
            moment = made.add_format({"num_format": "yyyy-mm-dd"})
            for title, cells in content.items():
                sheet = made.add_worksheet(title)
                for at, value in cells.items():
                    sheet.write(at, value, *([moment] if hasattr(value, "year") else []))
        made.close()
        return path

    return make


@pytest.fixture
def openpyxl_book(tmp_path: Path) -> Callable[[Callable[[Any], None]], Path]:
    """A workbook made by openpyxl, which stores no values for formulas."""

    def make(fill: Callable[[Any], None]) -> Path:
        made = openpyxl.Workbook()
        fill(made)
        made.save(tmp_path / "openpyxl.xlsx")
        return tmp_path / "openpyxl.xlsx"

    return make


@pytest.fixture
def parts() -> dict[str, str | bytes]:
    """The parts of the smallest workbook with one sheet `Data`; change them, then `pack`."""
    return smallest()


@pytest.fixture
def sheet() -> Callable[[str], str]:
    """`sheet(rows)`: a worksheet part."""
    return sheet_xml


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """`pack(parts)`: a zip file of them."""

    def make(
        parts: dict[str, str | bytes], extra: Iterable[tuple[str, str | bytes]] = (), method: int = zipfile.ZIP_DEFLATED
    ) -> Path:
        return packed(tmp_path / "packed.xlsx", parts, extra, method)

    return make


@pytest.fixture(scope="session")
def changes() -> Callable[[Path, Path], list[str]]:
    """`changes(source, target)`: what of `source`, apart from the parts that list sheets and styles, is not in `target`
    byte for byte: local headers, compressed data, directory records (but for their places), order, comment.
    """
    return unchanged.changes


@pytest.fixture(scope="session")
def office() -> str:
    """LibreOffice's program."""
    found = shutil.which("soffice")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("soffice is not installed")
    return found or pytest.skip("soffice is not installed")
