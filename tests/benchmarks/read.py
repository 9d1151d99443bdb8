"""Reading 100,000 x 12 into the table that is scored, child and checks included, against pandas with openpyxl.

Ours: a look at every byte, the fast reader, true addresses, hidden faults, in a child with limits; then the check
of every cell against the contract. Theirs: `pandas.read_excel(engine="openpyxl")`, without any check. CPU of all
processes; each in a process of its own, imports taken off.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.job import ROOT
from tests.benchmarks.large import make_book
from tests.benchmarks.table import Benchmark

ROWS = 100_000

_CLOCK = """
import os, sys
def cpu():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
"""
_OURS = """
from pathlib import Path
import pyarrow, pandas
from tests.benchmarks.job import contract
from worker.batch.slabs import Work
from worker.scoring.readings import NOTHING_SAID
from worker.workbooks import read_inputs_apart
schema, before = contract(), cpu()
work = Work(read_inputs_apart(sys.argv[1], schema, Path(sys.argv[2])), schema, 1000, NOTHING_SAID)
good = sum(int(slab.checked.good.sum()) for slab in work.slabs())
print(cpu() - before, good)
"""
_THEIRS = """
import openpyxl, pandas
before = cpu()
frame = pandas.read_excel(sys.argv[1], engine="openpyxl")
print(cpu() - before, len(frame))
"""


def _seconds(code: str, book: Path, folder: Path) -> float:
    command = [sys.executable, "-c", _CLOCK + code, str(book), str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    if int(told[1]) != ROWS:
        raise RuntimeError(f"{told[1]} rows")
    return float(told[0])


def _ratio() -> float:
    with tempfile.TemporaryDirectory() as made:
        book = Path(made) / "book.xlsx"
        make_book(book, ROWS)
        ours = _seconds(_OURS, book, Path(made))
        return _seconds(_THEIRS, book, Path(made)) / ours


def benchmarks() -> list[Benchmark]:
    """See the goal of the issue."""
    return [Benchmark(f"read {ROWS:,} x 12 and check: CPU of pandas + openpyxl / ours", _ratio, at_least=3.5)]
