"""Counts calls in memory and writes them to the store about once a second, so that no call waits for a disk.

A process that is killed loses what it counted since it last wrote: a second's worth, and what the writing took.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Self

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from worker.endpoints import usage
from worker.endpoints.quotas import Allowance, allowances
from worker.endpoints.rows import EndpointRow

FLUSH_SECONDS = 1.0
LOOK_SECONDS = 5.0
"""How old what is known of quotas, and of rows that other processes scored, may be."""

DAY_SECONDS = 86_400
DOOR = "http"

Key = tuple[str, str, str, int, int]
"""Customer, service, endpoint, version of the model, day since 1970."""

log = structlog.get_logger("sheetscore.usage")


class Meter:
    """Use as a context manager: a thread writes while it is open, and once more at its end."""

    def __init__(
        self, engine: Engine, *, clock: Callable[[], float] = time.time, flush_seconds: float = FLUSH_SECONDS
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._seconds = flush_seconds
        self._lock = threading.Lock()
        self._counts: dict[Key, list[int]] = {}
        self._looked = 0.0
        self._told: set[tuple[str, str, bool]] = set()
        self._allowed: dict[str, Allowance] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.flush()

    def allowance(self, endpoint: EndpointRow) -> Allowance | None:
        """The quota of the endpoint's customer, if there is one."""
        return self._allowed.get(endpoint.customer or "")

    def count(self, endpoint: EndpointRow, rows: int, problems: int) -> None:
        """One call. Costs about a microsecond."""
        name = endpoint.customer or ""
        key = (name, endpoint.service, endpoint.name, endpoint.model_version, int(self._clock() // DAY_SECONDS))
        with self._lock:
            counted = self._counts.get(key)
            if counted is None:
                counted = self._counts[key] = [0, 0, 0]
            counted[0] += rows
            counted[1] += problems
            counted[2] += 1
            if (allowed := self._allowed.get(name)) is not None:
                allowed.rows += rows

    def flush(self) -> None:
        """Write what was counted, in one transaction; what cannot be written is kept for the next time.

        Raises SQLAlchemyError.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            with self._engine.begin() as db:
                usage.add(db, [_line(key, counted) for key, counted in sorted(counts.items())])
        except BaseException:
            with self._lock:
                for key, counted in counts.items():
                    since = self._counts.get(key, [0, 0, 0])
                    self._counts[key] = [a + b for a, b in zip(counted, since, strict=True)]
            raise

    def look(self) -> None:
        """Learn quotas and what of them is used from the store. Raises SQLAlchemyError."""
        found = allowances(self._engine, self._clock())
        with self._lock:
            for (name, *_), (rows, _, _) in self._counts.items():
                if name in found:
                    found[name].rows += rows
            self._allowed = found
        self._tell(found)

    def _tell(self, found: dict[str, Allowance]) -> None:
        for allowed in found.values():
            told = (allowed.customer, allowed.month, allowed.is_used_up)
            if allowed.is_near and told not in self._told:
                self._told.add(told)
                words = "quota used up" if allowed.is_used_up else "quota nearly used up"
                log.warning(
                    words, customer=allowed.customer, rows=allowed.rows, quota=allowed.quota, blocks=allowed.blocks
                )

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self.flush()
                if abs(self._clock() - self._looked) >= LOOK_SECONDS:
                    self._looked = self._clock()
                    self.look()
            except SQLAlchemyError:
                log.exception("usage cannot be written; it is kept and written when the store answers")


def _line(key: Key, counted: list[int]) -> dict[str, object]:
    customer, service, endpoint, version, day = key
    rows, problems, calls = counted
    named = {"customer": customer, "service": service, "endpoint": endpoint, "version": version, "door": DOOR}
    counts = {"rows": rows, "problems": problems, "calls": calls, "jobs": 0}
    return {"day": usage.day_of(day * DAY_SECONDS), **named, **counts}
