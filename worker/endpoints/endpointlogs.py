"""A log for each endpoint, at the level it is set to: one JSON line for each call, job and model load.

`<home>/logs/endpoints/SERVICE_ENDPOINT/DAY.log`. Level None writes nothing here, Error what failed, All everything,
until the endpoint's `logging_until`. Lines hold counts, times and ids, never values or keys. A day has at most two
files of 1 MB, the older its `.1`; days past the retention go.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson

from worker.endpoints.models import Model, Models
from worker.endpoints.rows import EndpointRow
from worker.endpoints.usage import day_of
from worker.files import private_folder
from worker.logs import BoundedFile
from worker.scoring.schema import Schema

MOST_BYTES = 1_000_000
MOST_FILES = 2
MOST_OPEN = 64
DAY_SECONDS = 86_400


class EndpointLogs:
    """Used by any thread of any process of the home. A line that the disk does not take is lost."""

    def __init__(self, home: Path, days: int, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = home / "logs" / "endpoints"
        self._days = days
        self._clock = clock
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._open: OrderedDict[Path, BoundedFile] = OrderedDict()

    def write(self, endpoint: EndpointRow, what: str, *, failed: bool, **facts: object) -> None:
        """A line about a `call`, `job` or `load`, if the endpoint's level wants it."""
        level = endpoint.logging_level
        if level == "None" or (level == "Error" and not failed):
            return
        now = self._clock()
        if endpoint.logging_until is not None and endpoint.logging_until <= now:
            return
        line = {
            "time": dt.datetime.fromtimestamp(now, dt.UTC).isoformat(timespec="milliseconds"),
            "what": what,
            "level": "error" if failed else "info",
            "endpoint": f"{endpoint.service}/{endpoint.name}",
            "id": endpoint.id,
            "customer": endpoint.customer,
            **facts,
        }
        file = self._folder / f"{endpoint.service}_{endpoint.name}" / f"{day_of(now)}.log"
        with self._lock, suppress(OSError):
            self._file(file).write(orjson.dumps(line) + b"\n")

    def load(self, models: Models, endpoint: EndpointRow, contract: int, model: int) -> tuple[Schema, Model]:
        """A contract and a model of the endpoint's service; a line if they had to be loaded. Raises as Models.get."""
        pins = (endpoint.service, contract, model)
        with self._loading:
            if (found := models.in_memory(*pins)) is not None:
                return found
            began, failed = time.perf_counter(), True
            try:
                found, failed = models.get(*pins), False
            finally:
                ms = round((time.perf_counter() - began) * 1000, 2)
                self.write(endpoint, "load", failed=failed, contract=contract, model=model, ms=ms)
            return found

    def sweep(self) -> int:
        """Remove the days whose retention has ended; returns how many files."""
        oldest = day_of(self._clock() - self._days * DAY_SECONDS)
        over = [file for file in self._folder.glob("*/*.log*") if file.name[: len(oldest)] < oldest]
        for file in over:
            with suppress(OSError):
                file.unlink()
                file.parent.rmdir()
        return len(over)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _file(self, path: Path) -> BoundedFile:
        if path not in self._open:
            private_folder(path.parent)
            self._open[path] = BoundedFile(path, MOST_BYTES, MOST_FILES)
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(path)
        return self._open[path]
