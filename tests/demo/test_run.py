"""The demonstration: README's first command, run twice, as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from python_calamine import CalamineWorkbook

from worker.demo import material


def demo(folder: Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "worker", "demo"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "160"},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    return ran.stdout


def test_the_demonstration_runs_twice(tmp_path: Path) -> None:
    """Same workbook, two customers, two versions: different scores, counts that add up, files where it says."""
    first = demo(tmp_path)
    files = [tmp_path / found for found in re.findall(r"^\s+(\S+\.xlsx)$", first, re.MULTILINE)]
    assert [file.name for file in files] == [*["applicants.xlsx"] * 2, "credit-meadow.xlsx", "flights-runway.xlsx"]
    assert "60 rows read, 59 scored, 1 with problems" in first
    assert "120 rows read, 119 scored, 1 with problems" in first
    files = files[:2]
    assert first.count("1,000 rows read, 980 scored, 20 with problems") == 2
    rows = [CalamineWorkbook.from_path(file).get_sheet_by_name("Scores").to_python() for file in files]
    at = rows[0][0].index(material.contract().output_names[0])
    pairs = [(a[at], b[at]) for a, b in zip(rows[0][1:], rows[1][1:], strict=True)]
    assert sum(a != b for a, b in pairs) > 900
    second = demo(tmp_path)
    assert "applicants (2).xlsx" in second
