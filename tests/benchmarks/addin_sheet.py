"""(f) What scoring costs beyond the spreadsheet and HTTP: CPU seconds of our own code, of all threads.

20,000 rows of 9 numbers and 3 texts in a real LibreOffice, a real host in a process of its own, the cache a file, as on
a desktop. What is asked of the engine and of the HTTP session is timed on the way through and left out.

The first line counts what turns cells into scores: reading the block, frame, check, hashes, look-up, JSON out and in,
keeping the scores in the cache, results and reasons as rows. The second is all of one click on Score selection, with
one number and Status written beside the data: that, what xlwings converts, comparing before writing, marks, what the
workbook remembers, and the record for Undo scoring.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import MethodType
from typing import Any

import numpy as np
import requests
import xlwings as xw

from addin.actions.desk import Desk
from addin.actions.placing import BESIDE
from addin.actions.prepare import prepare
from addin.actions.results import Row, result_rows
from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.grid import read_selection
from addin.keystore import MemoryKeys
from addin.ribbon import Door
from addin.scorer import Scorer
from addin.settings import Settings
from addin.ui import RecordingUi, Ui
from tests.addin.lo_engine import host
from tests.benchmarks.addin import cpu_seconds
from tests.benchmarks.job import NUMBERS, ROOT, TEXTS, WORDS, contract, model
from tests.benchmarks.table import Benchmark
from worker.endpoints import Registry
from worker.scoring import HttpTransport
from worker.store import open_store

ROWS = 20_000
_ENGINE = host.__name__.rpartition(".")[0]


def benchmarks() -> list[Benchmark]:
    """Two lines. Without LibreOffice none at a desk; in CI that is a failure."""
    if why := host.missing():
        if os.environ.get("CI") == "true":
            raise RuntimeError(why)
        print(f"Score selection in LibreOffice: not measured. {why}", flush=True)
        return []
    size = f"{ROWS:,} x 12 in LibreOffice"
    return [
        Benchmark(
            f"Scoring, {size}: CPU of frame, check, JSON, cache",
            lambda: _measure(_Person.calculate),
            at_most=0.5,
            unit="s",
        ),
        Benchmark(f"Score selection, {size}: all of our CPU", lambda: _measure(_Person.click), unit="s"),
    ]


class Meter:
    """CPU seconds spent in what is not ours, by whatever clock fits it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = Lock()

    @contextmanager
    def running(self, clock: Callable[[], float]) -> Iterator[None]:
        """Count what the clock gains in this block."""
        started = clock()
        try:
            yield
        finally:
            with self._lock:
                self.seconds += clock() - started


class Session(requests.Session):
    """HTTP on the meter, the body of the answer included; the thread's own time, as calls run side by side."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def request(self, *args: Any, **given: Any) -> requests.Response:
        with self._meter.running(time.thread_time):
            response = super().request(*args, **given)
            _ = response.content
            return response


class Metered:
    """An object of the engine on the meter, and what it gives as well; all threads' time, as its bridge has some."""

    def __init__(self, inner: Any, meter: Meter) -> None:
        self.__dict__.update(_inner=inner, _meter=meter)

    def _do(self, work: Callable[..., Any], *args: Any, **given: Any) -> Any:
        args, given = tuple(map(_bare, args)), {name: _bare(value) for name, value in given.items()}
        with self._meter.running(time.process_time):
            found = work(*args, **given)
        if isinstance(found, MethodType):
            return lambda *args, **given: self._do(found, *args, **given)
        foreign = type(found).__module__.startswith(_ENGINE) and type(found).__name__ != "Engine"
        return Metered(found, self._meter) if foreign else found

    def __getattr__(self, name: str) -> Any:
        return self._do(getattr, self._inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._do(setattr, self._inner, name, value)

    def __call__(self, *args: Any, **given: Any) -> Any:
        return self._do(self._inner, *args, **given)

    def __getitem__(self, key: Any) -> Any:
        return self._do(self._inner.__getitem__, key)

    def __iter__(self) -> Iterator[Any]:
        return iter([self._do(lambda item=item: item) for item in self._do(list, self._inner)])

    def __len__(self) -> int:
        return int(self._do(len, self._inner))

    def __bool__(self) -> bool:
        return bool(self._do(bool, self._inner))

    def __contains__(self, key: Any) -> bool:
        return bool(self._do(self._inner.__contains__, key))

    def __eq__(self, other: object) -> bool:
        return bool(self._inner == _bare(other))

    __hash__ = None  # type: ignore[assignment]


def _bare(value: Any) -> Any:
    return value._inner if isinstance(value, Metered) else value


def _measure(work: Callable[[_Person, xw.Sheet], None]) -> float:
    with tempfile.TemporaryDirectory() as made, _endpoint(Path(made) / "home") as (url, key), _office() as app:
        meter = Meter()
        user = _Person(Path(made) / "user", url, key, meter)
        first, sheet = app.books[0].sheets[0], app.books.add().sheets[0]
        _put(first, 2)
        user.click(first)  # Excel's Python is resident: what it does once in its life does not count
        wanted = _put(sheet, ROWS)
        meter.seconds = 0.0
        seconds = cpu_seconds(lambda: work(user, sheet)) - meter.seconds
        user.close()
        scores = user.rows or sheet[f"M2:N{ROWS + 1}"].raw_value
        if not np.allclose([score for score, _ in scores], wanted, atol=1e-4) or {said for _, said in scores} != {"ok"}:
            raise AssertionError("not the scores")
        return seconds


@dataclass
class _Person:
    """Someone with an add-in and one endpoint."""

    folder: Path
    url: str
    key: str
    meter: Meter
    rows: Sequence[Row] = ()

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.transport = HttpTransport(session=Session(self.meter))
        self.catalogue = Catalogue(self.folder, MemoryKeys(), transport=self.transport)
        self.catalogue.add("sum", self.url, self.key)
        self.settings = Settings(self.folder, {})
        self.cache = Cache(self.folder / "scores.db", b"secret", self.settings.cache_mb * 1_000_000)
        self.scorer = Scorer(self.catalogue, self.cache)

    def click(self, sheet: xw.Sheet) -> None:
        """Click Score selection with one cell of the data selected, results beside them."""
        ui = RecordingUi(answers=[BESIDE])
        door = Door(
            self.folder,
            caller=lambda: self._book(sheet),
            open_ui=lambda _: ui,
            open_desk=lambda book, _ui, _folder: self._desk(book, ui),
        )
        door.dispatch("score_selection")
        if ui.told or ui.answers:
            raise AssertionError(f"{ui.told} {ui.answers}")

    def calculate(self, sheet: xw.Sheet) -> None:
        """Make `rows` of results for the data, as the click does, and write none."""
        desk, schema = self._desk(self._book(sheet), RecordingUi()), self.catalogue.endpoint("sum").schema
        prepared = prepare(desk, read_selection(desk.book), schema)
        if prepared is None:
            raise AssertionError
        outcome = self.scorer.score(
            "sum", prepared.frame, known=prepared.known, checked=(schema, prepared.checked), stop=lambda: False
        )
        self.rows = result_rows(prepared, outcome.frame, outcome.problems, schema)

    def _book(self, sheet: xw.Sheet) -> xw.Book:
        return xw.Book(impl=Metered(sheet.book.impl, self.meter))

    def _desk(self, book: xw.Book, ui: Ui) -> Desk:
        return Desk(book, ui, self.catalogue, self.scorer, self.cache, self.settings, self.folder, dt.datetime.now)

    def close(self) -> None:
        """Let go of files and connections."""
        self.transport.close()
        self.cache.close()


@contextmanager
def _office() -> Iterator[xw.App]:
    app = host.start()
    try:
        yield app
    finally:
        host.stop(app)


@contextmanager
def _endpoint(home: Path) -> Iterator[tuple[str, str]]:
    """Location and key of an endpoint on a host that runs meanwhile."""
    engine = open_store("", home)
    new = Registry(engine, home).add_service("sum", contract(), model())
    engine.dispose()
    command = [sys.executable, "-m", "tests.host.one_host", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        if process.stdout is None:
            raise AssertionError
        yield f"{process.stdout.readline().strip()}/workspaces/default/services/{new.endpoint.id}", new.primary
        process.communicate()


def _put(sheet: xw.Sheet, rows: int) -> list[float]:
    """Fill the sheet and select its first cell; returns the scores that the rows must get."""
    dice = np.random.default_rng(rows)
    numbers, words = dice.normal(size=(rows, len(NUMBERS))), dice.integers(0, len(WORDS), (rows, len(TEXTS)))
    texts = np.array(WORDS, object)[words]
    sheet.activate()
    sheet["A1"].value = [[*NUMBERS, *TEXTS], *map(list, np.hstack([numbers.astype(object), texts]))]
    sheet["A1"].select()
    return (numbers.sum(axis=1) + words.sum(axis=1)).tolist()
