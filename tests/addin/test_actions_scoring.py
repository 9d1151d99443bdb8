"""Scoring a range from the ribbon: what stands in the sheet afterwards, and what was asked on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from tests.addin.acting import HEADER, OUTPUTS, Bench, contents, scores, table, values


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def test_scores_go_beside_the_data(bench: Bench) -> None:
    """Outputs under the endpoint's names, then Status, right of the block around the selected cell."""
    ui = bench.do("score_selection", "Beside the data")
    assert values(bench.book, "D1:G4") == [OUTPUTS, *scores(20, 21, 22)]
    assert values(bench.book, "A1:C4") == table()
    assert ui.asked == [
        ("3 rows. Where should the scores go?", ("Beside the data", "New sheet", "Pick a cell", "Cancel"))
    ]
    assert ui.told == []
    assert ui.bars == ["Scoring 3 rows with credit…", None, None]
    assert ui.windows[0].updates[-1] == (3, 3, "")
