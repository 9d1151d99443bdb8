"""(e) What SCORE costs beyond Excel and HTTP: against the conversion that xlwings itself does of the same cells.

5,000 rows of 12 columns (8 numbers, 3 % blank, 1 whole number, 3 texts of 5, 8 and 12 categories) as COM hands them
over, one number and one text back, through xlwings' own `call_udf`; the endpoint answers in this process, the cache is
a file, as on a desktop. CPU time, so that a busy machine counts less.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.addin.com_sheet import ComBook, ComRange, ComSheet
from tests.addin.desks import FakeHost, MadeDesk
from tests.addin.sheets import Sheet
from tests.addin.win_shim import Windows, windows
from tests.benchmarks.table import Benchmark
from worker.scoring import Answer, Column, Columns, ColumnType, Endpoint, Limits, Output, Schema

ROWS = 5_000
CATEGORIES = {"texture": 5, "area": 8, "band": 12}
SCHEMA = Schema(
    (
        *(Column(f"x{n}", ColumnType.NUMBER, nullable=True) for n in range(8)),
        Column("age", ColumnType.INTEGER, minimum=0),
        *(Column(n, ColumnType.TEXT, categories=tuple(f"{n} {i}" for i in range(k))) for n, k in CATEGORIES.items()),
    ),
    (Output("probability", ColumnType.NUMBER), Output("decision", ColumnType.TEXT)),
)


def benchmarks() -> list[Benchmark]:
    """The first time, and with every row in the cache."""
    return [
        Benchmark(f"SCORE, {ROWS:,} x 12: time, of xlwings' own conversion", lambda: _measure(fresh=True), at_most=3),
        Benchmark(f"SCORE, {ROWS:,} x 12, from the cache: time, of the same", lambda: _measure(fresh=False), at_most=2),
    ]


class Host(FakeHost):
    """Answers without making JSON first, which is the work of a transport."""

    calls = 0

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        self.calls += 1
        return Answer(_score(columns), "1")


class Read(ComRange):
    """A range whose values Excel has at hand."""

    def __init__(self, sheet: ComSheet, raw: tuple[tuple[Any, ...], ...]) -> None:
        super().__init__(sheet, 1, 1, len(raw), len(raw[0]))
        self._raw = raw

    @property
    def Value(self) -> Any:  # noqa: N802 - the name is Excel's
        return self._raw


def _measure(*, fresh: bool) -> float:
    with windows() as excel, _sheet(excel) as sheet:
        raw = _cells()
        data = Read(sheet.sheet, raw)
        convert = _conversion(excel, raw)
        convert()
        sheet.score(raw[:2])  # Excel's Python is resident: what it does once in its life does not count
        if not fresh:
            sheet.score(data)
        ours = cpu_seconds(lambda: sheet.score(data))
        host: Any = sheet.desk.host
        if host.calls != 6:
            raise AssertionError(f"{host.calls} calls")
        return ours / min(cpu_seconds(convert) for _ in range(3))


@contextmanager
def _sheet(excel: Windows) -> Iterator[Sheet]:
    with tempfile.TemporaryDirectory() as folder:
        desk = MadeDesk(Path(folder), Host(SCHEMA, _score), Limits())
        yield Sheet(excel, desk, sheet=ComBook().add())
        desk.cache.close()


def _conversion(excel: Windows, raw: Any) -> Callable[[], Any]:
    """What a plain xlwings function does with the same cells: a DataFrame in, a DataFrame of its size out."""
    read, write = excel.udfs.conversion.read, excel.udfs.conversion.write
    out = pd.DataFrame({"probability": np.linspace(0, 1, ROWS), "decision": ["accept"] * ROWS})

    def convert() -> Any:
        read(None, raw, {"convert": pd.DataFrame, "header": True, "index": False, "ndim": 2})
        return write(out, None, {"index": False})

    return convert


def _score(columns: Columns) -> Columns:
    numbers = np.nan_to_num(columns["x0"])
    return {"probability": 1 / (1 + np.exp(-numbers)), "decision": np.where(numbers > 0.5, "accept", "refuse")}


@cache
def _cells() -> tuple[tuple[Any, ...], ...]:
    random = np.random.default_rng(1)
    numbers = random.normal(size=(ROWS, 8)).astype(object)
    numbers[random.random((ROWS, 8)) < 0.03] = None
    texts = [[f"{name} {i}" for i in random.integers(0, k, ROWS)] for name, k in CATEGORIES.items()]
    ages = random.integers(18, 90, ROWS).astype(float).tolist()
    rows = zip(*numbers.T.tolist(), ages, *texts, strict=True)
    return (SCHEMA.input_names, *rows)


def cpu_seconds(work: Callable[[], Any]) -> float:
    """CPU time of all threads. What was made before is not looked through for garbage: that is not ours to pay."""
    gc.collect()
    gc.freeze()
    started = time.process_time()
    work()
    return time.process_time() - started
