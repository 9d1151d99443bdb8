"""Adding result sheets against loading, adding and saving with openpyxl: processor time, one workbook, one run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import xlsxwriter

from tests.benchmarks.table import Benchmark
from worker.workbooks import Sheet, append_sheets

_UNTOUCHED_ROWS = 200_000
_COLUMNS = 12
_SCORES = 1_000
_REPEATS = 20


def benchmarks() -> list[Benchmark]:
    """One figure: how many times the processor time openpyxl takes for the same result."""
    return [
        Benchmark("a: 1,000 scores onto a workbook of 200,000 x 12, openpyxl / append_sheets", measure, at_least=500)
    ]


def measure() -> float:
    """Processor seconds of openpyxl's load, add and save over those of append_sheets."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "book.xlsx"), Path(folder, "scored.xlsx")
        _author(source)
        frame = _scores()
        append_sheets(source, target, [Sheet("Warm", frame)])
        ours = _seconds(lambda: append_sheets(source, target, [Sheet("Scores", frame, status="Status")]), _REPEATS)
        theirs = _seconds(lambda: _with_openpyxl(source, target, frame), 1)
    return theirs / ours


def _seconds(work: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def _with_openpyxl(source: Path, target: Path, frame: pd.DataFrame) -> None:
    book = openpyxl.load_workbook(source)
    sheet = book.create_sheet("Scores")
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append(list(row))
    book.save(target)


def _author(path: Path) -> None:
    numbers = np.random.default_rng(1).integers(0, 100_000, (_UNTOUCHED_ROWS, _COLUMNS)).tolist()
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Applicants")
    for number, row in enumerate(numbers):
        sheet.write_row(number, 0, [f"case {row[0]}", *row[1:]])
    book.close()


def _scores() -> pd.DataFrame:
    random = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "Row": np.arange(2, _SCORES + 2),
            "Case": [f"case {n}" for n in range(_SCORES)],
            "Probability": random.random(_SCORES),
            "Decision": random.choice(["good", "bad"], _SCORES),
            "Status": ["ok"] * _SCORES,
        }
    )
