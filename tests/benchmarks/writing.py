"""Writing: result sheets against the writers there are, and a graft against merely unpacking: processor time."""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import openpyxl
import pandas as pd
import xlsxwriter

from tests.benchmarks.table import Benchmark
from worker.workbooks import Sheet, append_sheets
from worker.workbooks.frames import pages
from worker.workbooks.package import Package
from worker.workbooks.page import Page
from worker.workbooks.splice import write
from worker.workbooks.verify import verify

_ROWS = 20_000
_REPEATS = 5
_SHEETS, _SHEET_ROWS = 6, 110_000


def benchmarks() -> list[Benchmark]:
    """The goals of the issue. The others look at nothing that they wrote; what our look costs is told beside it."""
    return [
        Benchmark(f"writing {_ROWS:,} x 12: CPU of openpyxl write-only / ours", over_openpyxl, at_least=15),
        Benchmark("  CPU of XlsxWriter constant_memory / ours", over_xlsxwriter, at_least=12),
        Benchmark("  written and read back / only written", read_back),
        Benchmark("graft onto a workbook of 100 MB: CPU / CPU of inflating it", over_inflating, at_most=0.15),
    ]


def over_openpyxl() -> float:
    """Processor seconds of openpyxl's write-only mode over ours, for the same cells."""
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(lambda: _with_openpyxl(Path(folder)), 1) / _seconds(_ours(Path(folder), write), _REPEATS)


def over_xlsxwriter() -> float:
    """Processor seconds of XlsxWriter with constant_memory over ours, for the same cells."""
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(lambda: _with_xlsxwriter(Path(folder)), 1) / _seconds(_ours(Path(folder), write), _REPEATS)


def read_back() -> float:
    """What the look at every cell costs."""
    with tempfile.TemporaryDirectory() as folder:
        both, alone = _ours(Path(folder), _write_and_verify), _ours(Path(folder), write)
        return _seconds(both, _REPEATS) / _seconds(alone, _REPEATS)


def over_inflating() -> float:
    """Processor seconds of adding 1,000 scores over those of unpacking every part."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "book.xlsx"), Path(folder, "scored.xlsx")
        _author(source)
        drawn = pages([Sheet("Scores", _frame().iloc[:1000], status="Status")])

        def graft() -> None:
            with Package(source) as package, target.open("w+b") as out:
                write(package, out, drawn)

        graft()
        return _seconds(graft, 3) / _seconds(lambda: _inflate(source), 1)


def _ours(folder: Path, work: Callable[[Package, BinaryIO, list[Page]], object]) -> Callable[[], None]:
    """The same sheet, from the frame to the file, once done."""
    source, frame = folder / "book.xlsx", _frame()
    book = xlsxwriter.Workbook(source)
    book.add_worksheet("Data")
    book.close()

    def once() -> None:
        with Package(source) as package, (folder / "scored.xlsx").open("w+b") as out:
            work(package, out, pages([Sheet("Scores", frame, status="Status")]))

    once()
    return once


def _write_and_verify(package: Package, out: BinaryIO, drawn: list[Page]) -> None:
    verify(package.archive, out, write(package, out, drawn)[1])


def _seconds(work: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def _frame() -> pd.DataFrame:
    """A row number, an id, five scores, a whole number, a day, a truth value, a word and a status."""
    dice = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "Row": np.arange(_ROWS) + 2,
            "Case": [f"case {n}" for n in range(_ROWS)],
            **{f"Score {n}": dice.random(_ROWS) for n in range(5)},
            "Amount": dice.integers(0, 10**6, _ROWS),
            "Day": pd.Timestamp("2024-01-01") + pd.to_timedelta(dice.integers(0, 1000, _ROWS), "D"),
            "Flag": dice.random(_ROWS) > 0.5,
            "Risk": dice.choice(["good", "bad"], _ROWS),
            "Status": ["ok"] * _ROWS,
        }
    )


def _with_openpyxl(folder: Path) -> None:
    frame = _frame()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Scores")
    sheet.append(list(frame.columns))
    for row in frame.astype(object).to_numpy().tolist():
        sheet.append(row)
    book.save(folder / "openpyxl.xlsx")


def _with_xlsxwriter(folder: Path) -> None:
    frame = _frame()
    book = xlsxwriter.Workbook(
        folder / "xlsxwriter.xlsx", {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    )
    sheet = book.add_worksheet("Scores")
    sheet.write_row(0, 0, list(frame.columns))
    for number, row in enumerate(frame.astype(object).to_numpy().tolist(), 1):
        sheet.write_row(number, 0, row)
    book.close()


def _author(path: Path) -> None:
    """Sheets of numbers that do not shrink much, about 100 MB packed."""
    dice = np.random.default_rng(1)
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Cover")
    book.close()
    for number in range(_SHEETS):
        columns = {f"Column {n}": dice.random(_SHEET_ROWS) for n in range(12)}
        append_sheets(path, path, {f"Data {number}": pd.DataFrame(columns)})


def _inflate(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            with file.open(info) as stream:
                while stream.read(1 << 20):
                    pass
