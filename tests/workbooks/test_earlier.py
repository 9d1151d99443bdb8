"""Sheets of ours that nobody changed get new contents; one that a person changed is kept."""

from __future__ import annotations

import datetime as dt
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from worker.workbooks import Cell, Chart, Sheet, append_apart, append_sheets
from worker.workbooks.fingerprint import fingerprint
from worker.workbooks.package import Package

Book = Callable[..., Path]


def _sheets(first: float, rows: int = 3) -> list[Sheet]:
    frame = pd.DataFrame(
        {
            "Id": [f"L-{n}" for n in range(rows)],
            "Score": [first, *[None] * (rows - 1)],
            "When": [pd.Timestamp("2024-02-29 12:30:15.25")] * rows,
            "Flag": pd.array([True, None, False][:rows], dtype="boolean") if rows <= 3 else [True] * rows,
            "Odd": pd.Series([1, "two\nlines", dt.time(3, 4), *["=1"] * rows][:rows], dtype=object),
            "Status": ["ok"] * rows,
        }
    )
    summary = pd.DataFrame({"What": ["Rows", "Note"], "Value": pd.Series([rows, "x"], dtype=object)})
    return [
        Sheet("Scores", frame, status="Status"),
        Sheet(
            "Scores summary",
            summary,
            title="A sentence",
            table="Sheetscore_Summary",
            cells=[Cell("D10", "low"), Cell("E10", rows)],
            charts=[Chart("Rows", "D10:D10", "E10:E10", "D12:H20")],
        ),
    ]


@pytest.fixture
def scored(book: Book) -> Path:
    """A workbook that was scored once."""
    path = book({"Data": {"A1": "x"}, "More": {"A1": "y"}}, name="scored.xlsx")
    append_sheets(path, path, _sheets(0.25))
    return path


@pytest.mark.parametrize("append", [append_sheets, append_apart])
def test_unchanged_sheets_are_replaced(scored: Path, tmp_path: Path, append: Callable[..., Any]) -> None:
    """Same names, tables and parts, new contents; everything else is as it was."""
    out = tmp_path / "again.xlsx"
    done = append(scored, out, _sheets(0.5, rows=5), replace=True)
    assert done.sheets == ("Scores", "Scores summary")
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Data", "More", "Scores", "Scores summary"]
    assert (book["Scores"]["B2"].value, book["Scores"].max_row) == (0.5, 6)
    assert book["Scores"].tables["Sheetscore_Scores"].ref == "A1:F6"
    with zipfile.ZipFile(scored) as old, zipfile.ZipFile(out) as new:
        assert new.namelist() == old.namelist()
        changed = {name for name in old.namelist() if old.getinfo(name).CRC != new.getinfo(name).CRC}
    ours = ("sheet3", "sheet4", "table1", "table2", "chart1", "drawing1")
    assert all(name.startswith("xl/styles") or any(part in name for part in ours) for name in changed)
    assert append_sheets(out, out, _sheets(0.75), replace=True).sheets == done.sheets


def test_without_being_asked_sheets_are_added(scored: Path) -> None:
    """As ever; then the first of the unchanged ones is the one that is replaced."""
    assert append_sheets(scored, scored, _sheets(0.5)).sheets == ("Scores 2", "Scores summary 2")
    assert append_sheets(scored, scored, _sheets(0.75), replace=True).sheets == ("Scores", "Scores summary")
    values = [openpyxl.load_workbook(scored)[name]["B2"].value for name in ("Scores", "Scores 2")]
    assert values == [0.75, 0.5]


def _with(path: Path, change: Callable[[Any], None]) -> None:
    """What a person does in a spreadsheet program, here by openpyxl, which keeps all that our sheets hold."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)


def test_a_sheet_that_a_program_saved_again_is_still_unchanged(scored: Path) -> None:
    """Its bytes are others then; what it holds is not. The chart is one that openpyxl can save."""
    _with(scored, lambda book: book["Data"].cell(5, 5, "the person's own"))
    assert append_sheets(scored, scored, _sheets(0.5), replace=True).sheets[0] == "Scores"
    assert openpyxl.load_workbook(scored)["Data"]["E5"].value == "the person's own"


def test_libreoffice_saves_no_comment_of_tables(scored: Path, tmp_path: Path, office: str) -> None:
    """So what it saved counts as changed, and is kept."""
    options = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*options, "--outdir", str(tmp_path / "saved"), str(scored)], check=True, capture_output=True)
    saved = tmp_path / "saved" / "scored.xlsx"
    assert append_sheets(saved, saved, _sheets(0.5), replace=True).sheets == ("Scores 2", "Scores summary 2")


def _comment(sheet: Any) -> None:
    sheet["B2"].comment = openpyxl.comments.Comment("check this", "reader")


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet.cell(2, 2, 0.3),
        lambda sheet: sheet.cell(2, 1, "L-9"),
        lambda sheet: sheet.cell(2, 9, "my remark"),
        lambda sheet: sheet.cell(3, 2, "=1+1"),
        lambda sheet: sheet.cell(40, 1, 7),
        lambda sheet: sheet.delete_rows(3),
        lambda sheet: sheet.cell(1, 2, "Risk"),
        _comment,
    ],
    ids=["score", "id", "remark", "formula", "below", "row deleted", "header", "note"],
)
def test_a_sheet_that_a_person_changed_is_kept(scored: Path, change: Callable[[Any], None]) -> None:
    """Whatever was changed, added or noted: the new scores come beside it."""
    _with(scored, lambda book: change(book["Scores"]))
    before = [[cell.value for cell in row] for row in openpyxl.load_workbook(scored)["Scores"].iter_rows()]
    done = append_sheets(scored, scored, _sheets(0.5), replace=True)
    assert done.sheets == ("Scores 2", "Scores summary")
    after = [[cell.value for cell in row] for row in openpyxl.load_workbook(scored)["Scores"].iter_rows()]
    assert after == before


def test_no_sheet_gets_the_rows_of_another_input(book: Book) -> None:
    """Of several pages each knows its sheet by its name; where one was changed, the next is not taken for it."""
    path = book({"Data": {"A1": "x"}}, name="several.xlsx")
    long = [f"Scores {'x' * 30} {which}" for which in "ab"]
    for names in (["Scores Loans", "Scores More"], long):
        for value in (0.25, 0.5):
            two = [replace(_sheets(value + n / 10)[0], name=name) for n, name in enumerate(names)]
            assert len(set(append_sheets(path, path, two, replace=True).sheets)) == 2
    listed = ["Data", "Scores Loans", "Scores More", long[0][:31], f"{long[0][:29]} 2"]
    assert openpyxl.load_workbook(path).sheetnames == listed
    _with(path, lambda book: book["Scores Loans"].cell(2, 2, 0.3))
    two = [replace(_sheets(0.75 + n / 10)[0], name=name) for n, name in enumerate(["Scores Loans", "Scores More"])]
    assert append_sheets(path, path, two, replace=True).sheets == ("Scores Loans 2", "Scores More")
    values = {name: openpyxl.load_workbook(path)[name]["B2"].value for name in ("Scores Loans", "Scores Loans 2")}
    assert values == {"Scores Loans": 0.3, "Scores Loans 2": 0.75}
    assert append_sheets(path, path, _sheets(0.9)[:1], replace=True).sheets == ("Scores",)


def _of(source: str, value: float, begins: str = "", name: str = "Scores") -> Sheet:
    return replace(_sheets(value)[0], name=name, source=source, begins=begins)


@pytest.fixture
def both(book: Book) -> Path:
    """A workbook with two inputs, each with its scores."""
    path = book({"Loans": {"A1": "x"}, "More": {"A1": "y"}}, name="both.xlsx")
    append_sheets(path, path, [_of("Loans", 0.25, name="Scores Loans"), _of("More", 0.75, name="Scores More")])
    return path


def test_a_sheet_is_renewed_by_its_own_input_alone(both: Path) -> None:
    """Also where that comes alone, and its own sheet was changed by a person, removed, or has another name."""
    assert append_sheets(both, both, [_of("More", 0.8)], replace=True).sheets == ("Scores More",)
    _with(both, lambda book: book["Scores More"].cell(2, 2, 0.3))
    assert append_sheets(both, both, [_of("More", 0.9)], replace=True).sheets == ("Scores",)
    _with(both, lambda book: (book.remove(book["Scores"]), book.remove(book["Scores More"])))
    assert append_sheets(both, both, [_of("More", 0.9, name="Scores Loans")], replace=True).sheets == (
        "Scores Loans 2",
    )
    assert openpyxl.load_workbook(both)["Scores Loans"]["B2"].value == 0.25


def test_two_inputs_of_one_sheet_are_told_apart_by_where_they_begin(book: Book) -> None:
    """By then their result sheets may be called anything."""
    path = book({"Data": {"A1": "x"}}, name="blocks.xlsx")
    two = [_of("Data", 0.25, "A1", "Scores Data"), _of("Data", 0.75, "F1", "Scores Data")]
    assert append_sheets(path, path, two).sheets == ("Scores Data", "Scores Data 2")
    _with(path, lambda book: book["Scores Data"].cell(2, 2, 0.3))
    assert append_sheets(path, path, [_of("Data", 0.9, "A1")], replace=True).sheets == ("Scores",)
    assert append_sheets(path, path, [_of("Data", 0.9, "F1")], replace=True).sheets == ("Scores Data 2",)


def test_the_scores_of_an_input_whose_sheet_was_renamed_are_renewed(book: Book) -> None:
    """What was March is April: no other input could be meant, and the scores of March are nobody's."""
    path = book({"March": {"A1": "x"}}, name="month.xlsx")
    append_sheets(path, path, [_of("March", 0.25)])
    _with(path, lambda book: setattr(book["March"], "title", "April"))
    assert append_sheets(path, path, [_of("April", 0.5)], replace=True).sheets == ("Scores",)
    assert append_sheets(path, path, [_of("APRIL", 0.5)], replace=True).sheets == ("Scores",)


def test_a_renamed_sheet_keeps_its_name(scored: Path) -> None:
    """It is known by its table."""
    _with(scored, lambda book: setattr(book["Scores"], "title", "March"))
    assert append_sheets(scored, scored, _sheets(0.5), replace=True).sheets == ("March", "Scores summary")
    with Package(scored) as package:
        assert [sheet.name for sheet in package.sheets] == ["Data", "More", "March", "Scores summary"]


def test_a_fingerprint_is_of_values_however_they_lie_in_memory() -> None:
    """Pieces of other sizes, 2 and 2.0, and blank and empty text make no difference; any other value does."""
    whole = [pa.chunked_array([["a", "", None, "b"]]), pa.chunked_array([[1.0, 2.0, None, 4.0]])]
    pieces = [
        pa.chunked_array([["a", None], [], [None, "b"]], pa.string()),
        pa.chunked_array([[1.0], [2.0, None, 4.0]]),
    ]
    marks = {"A1": "x", "B1": 2, "C1": None}
    same = fingerprint(whole, marks, 1)
    assert fingerprint(pieces, {"B1": 2.0, "A1": "x", "D1": ""}, 1) == same
    assert fingerprint([whole[1], whole[0]], marks, 1) != same
    assert fingerprint([pa.chunked_array([["a", "b", None, ""]]), whole[1]], marks, 1) != same
    assert fingerprint(whole, marks, 0) != same
