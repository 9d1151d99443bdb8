"""Freeze scores takes SCORE formulas and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw

from addin.actions.freeze import FREEZE
from tests.addin.acting import Bench, in_memory, table


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


@in_memory
@pytest.mark.parametrize(
    "formula",
    ['="use =SCORE(A1) here"&A2', "=CREDIT.SCORE(A2)", "=MY_SCORE(A2)", "='SCORE(1)'!A1", '="a""SCORE(""b"&A2'],
)
def test_what_only_looks_like_score_stays(bench: Bench, formula: str) -> None:
    """Texts, sheets, and functions of other names."""
    bench.book.sheets[0]["E2"].formula = formula
    assert bench.do("freeze_scores").told == ["There is no SCORE formula here."]
    assert bench.book.sheets[0]["E2"].formula == formula


@in_memory
@pytest.mark.parametrize(
    ("formula", "endpoint"),
    [
        ('=SCORE(A2:C2,"credit")', "credit"),
        ('=ROUND(score(CHOOSE({1,2},A2,B2), "a ""b"", c" ,1),2)', 'a "b", c'),
        ('="x"&SCORE(A2:C2)&"y,z"', "credit"),
        ("=SCORE(A2:C2,,D1)", "credit"),
        ("=SCORE(A2:C2,$H$1)", "$H$1"),
        ("='my, book.xlsm'!SCORE(A2:C2)", "credit"),
    ],
)
def test_the_note_names_the_endpoint_of_the_formula(bench: Bench, formula: str, endpoint: str) -> None:
    """The chosen one where the formula names none."""
    sheet = bench.book.sheets[0]
    sheet["E2"].formula = formula
    bench.do("freeze_scores", FREEZE)
    version = ", model version 1" if endpoint == "credit" else ""
    assert sheet["E2"].note.text == f"Frozen 2026-05-03 12:00: endpoint {endpoint}{version}. Was {formula}"


def test_a_protected_sheet_is_told_before_anything_is_frozen(bench: Bench) -> None:
    """Not even cells that could be written: no note fits on them."""
    sheet = bench.book.sheets[0]
    sheet["E2"].formula = "=SCORE(A2:C2)"
    sheet.api.Protect()
    assert bench.do("freeze_scores").told == [
        "The sheet is protected (Sheet1). Unprotect it (Review, Unprotect Sheet) and try again. Sheet unchanged."
    ]
    assert sheet["E2"].formula == "=SCORE(A2:C2)"
    sheet.api.Unprotect()
