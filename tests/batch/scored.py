"""Looking at what the runner gives back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook


def sheet(file: Path, name: str = "Scores") -> list[list[Any]]:
    return CalamineWorkbook.from_path(file).get_sheet_by_name(name).to_python()


def check_scores(file: Path, risk: Callable[[float], float], rows: int) -> None:
    """Every row once, in order, with its own score."""
    header, *lines = sheet(file)
    assert header == ["Id", "Row", "Risk", "Label", "Status"]
    assert [line[1] for line in lines] == [5 + n for n in range(rows)]
    for n, line in enumerate(lines):
        assert [line[0], *line[2:]] == [f"L-{n:05d}", pytest.approx(risk(1000 + n)), "low", "ok"]
