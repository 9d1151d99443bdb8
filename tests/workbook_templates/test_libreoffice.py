"""Templates in LibreOffice: formulas recalculate to what is stored, wrong entries are flagged, marks show."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.addin.lo_engine import bridge, office
from tests.addin.lo_engine.office import Office
from workbook_templates.look import AMBER, RED
from workbook_templates.plan import FILLED, FIRST, HEADER, INCOMPLETE

ROW = FIRST + 5


@pytest.fixture(scope="module")
def calc() -> Iterator[Office]:
    """A LibreOffice of our own."""
    if reason := bridge.missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    started = office.launch()
    yield started
    office.end(started)


def opened(calc: Office, path: Path) -> Any:
    """The workbook, hidden."""
    hidden = bridge.uno().createUnoStruct("com.sun.star.beans.PropertyValue")
    hidden.Name, hidden.Value = "Hidden", True
    return calc.desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, (hidden,))


@pytest.fixture
def book(calc: Office, made: dict[str, Path]) -> Iterator[Any]:
    """The template with every kind of column."""
    document = opened(calc, made["every"])
    yield document
    document.close(True)


def entry(document: Any) -> Any:
    """The Input sheet."""
    return document.Sheets.getByName("Input")


def columns(document: Any) -> dict[str, int]:
    """Place of each column, from 0, by its header."""
    sheet = entry(document)
    return {sheet.getCellByPosition(place, HEADER - 1).String: place for place in range(10)}


def put(document: Any, column: str, value: object, row: int = ROW) -> Any:
    """Put a value as if it were pasted over the validation."""
    cell = entry(document).getCellByPosition(columns(document)[column], row - 1)
    if value is None:
        cell.setString("")
    elif isinstance(value, bool):
        cell.setFormula("=TRUE()" if value else "=FALSE()")
    elif isinstance(value, str) and value.startswith("="):
        cell.setFormula(value)
    elif isinstance(value, str):
        cell.setString(value)
    else:
        cell.setValue(value)
    return cell


def unlike(calc: Office, path: Path) -> list[str]:
    """Cells that have an error after recalculation, or a formula whose value is not the stored one."""
    stored, formulas = load_workbook(path, data_only=True), load_workbook(path)
    document = opened(calc, path)
    document.calculateAll()
    found, seen = [], 0
    for sheet in formulas.worksheets:
        cells = document.Sheets.getByName(sheet.title)
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            there = cells.getCellByPosition(cell.column - 1, cell.row - 1)
            differs = cell.data_type == "f" and there.getValue() != stored[sheet.title][cell.coordinate].value
            seen += cell.data_type == "f"
            if there.getError() or differs:
                found.append(f"{sheet.title}!{cell.coordinate}")
    document.close(True)
    assert seen == 4
    return found


def test_recalculated_values_are_the_stored_ones_and_no_cell_has_an_error(calc: Office, made: dict[str, Path]) -> None:
    assert {name: unlike(calc, path) for name, path in made.items()} == {name: [] for name in made}


def test_a_twin_with_another_stored_value_is_found(calc: Office, made: dict[str, Path], tmp_path: Path) -> None:
    twin = tmp_path / "twin.xlsx"
    with zipfile.ZipFile(made["every"]) as old, zipfile.ZipFile(twin, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b"</f><v>2</v>", b"</f><v>3</v>") if "sheet2" in name else data)
    assert unlike(calc, twin) == ["Input!A3"]


def test_the_counts_follow_what_is_filled_in_and_blank_rows_are_not_incomplete(book: Any) -> None:
    def counts() -> tuple[float, float]:
        sheet = entry(book)
        return tuple(sheet.getCellByPosition(0, row - 1).getValue() for row in (FILLED, INCOMPLETE))

    assert counts() == (2, 1)
    put(book, "It's #1 @ home", 3.5, FIRST + 1)
    assert counts() == (2, 0)
    put(book, "Our number", "A-1")
    assert counts() == (3, 1)
    full = {"Purpose": "a, b", "Age [years]": 20, "It's #1 @ home": 1, "Count": 3, "Member": True, "Due": 46000}
    for column, value in full.items():
        put(book, column, value)
    assert counts() == (3, 0)  # Ratio and Nickname may be blank
    put(book, "Count", "=NA()")
    assert counts() == (3, 0)  # an error is marked, and does not spoil the count
    put(book, "Due", None)
    assert counts() == (3, 1)
    put(book, "Our number", "last", FIRST + 39)
    assert counts() == (4, 2)


WRONG = [
    ("Age [years]", 17, 18),
    ("Age [years]", 101, 100),
    ("Age [years]", 20.5, 20),
    ("Age [years]", "twenty", 20),
    ("It's #1 @ home", 0.2, 0.25),
    ("It's #1 @ home", "x", 1e6),
    ("Ratio", "x", -1e6),
    ("Count", 10, 9),
    ("Count", 1.5, -5),
    ("Plain", 0.5, -7),
    ("Member", "yes", True),
    ("Purpose", "kind 99", "kind 59"),
    ("Purpose", "a", "a, b"),
    ("Due", "tomorrow", 46000),
    ("Due", 0.5, 2),
]
"""Of each rule an entry that breaks it, and one at its edge that does not."""


@pytest.mark.parametrize(("column", "wrong", "right"), WRONG)
def test_libreoffice_flags_the_wrong_entry_and_not_the_right_one(
    book: Any, column: str, wrong: object, right: object
) -> None:
    sheet = entry(book)
    put(book, column, right)
    assert not sheet.showInvalid()
    put(book, column, wrong)
    assert sheet.showInvalid()


@pytest.mark.parametrize(("column", "wrong", "right"), WRONG)
def test_the_marks_show_what_is_not_allowed(
    book: Any, made: dict[str, Path], column: str, wrong: object, right: object
) -> None:
    put(book, column, right)
    assert not marked(book, made["every"], column, RED)
    put(book, column, wrong)
    assert marked(book, made["every"], column, RED)
    put(book, column, "=NA()")
    assert marked(book, made["every"], column, RED)
    put(book, column, None)
    assert not marked(book, made["every"], column, RED)


def test_the_marks_show_what_is_missing_in_a_row_that_has_anything(book: Any, made: dict[str, Path]) -> None:
    needed = ("Purpose", "Age [years]", "It's #1 @ home", "Count", "Member", "Due")
    assert not any(marked(book, made["every"], column, AMBER) for column in needed)
    put(book, "Our number", "A-1")
    assert all(marked(book, made["every"], column, AMBER) for column in needed)
    put(book, "Count", "   ")
    assert marked(book, made["every"], "Count", AMBER)
    put(book, "Count", 0)
    assert not marked(book, made["every"], "Count", AMBER)


def marked(document: Any, path: Path, column: str, color: str) -> bool:
    """Whether the column's mark of that colour shows in ROW: its formula, calculated by LibreOffice for that row."""
    place = columns(document)[column]
    letter = "ABCDEFGHIJ"[place]
    sheet = load_workbook(path)["Input"]
    formulas = [
        rule.formula[0]
        for formats in sheet.conditional_formatting
        if str(formats.sqref).startswith(f"{letter}{FIRST}:{letter}")
        for rule in formats.rules
        if rule.dxf.fill.fgColor.rgb.endswith(color)
    ]
    (formula,) = formulas
    moved = re.sub(rf"(?<=[A-Z]){FIRST}\b", str(ROW), formula).replace(",", ";")
    cell = entry(document).getCellByPosition(40, ROW - 1)
    cell.setFormula(f"={moved}")
    return cell.getError() == 0 and bool(cell.getValue())
