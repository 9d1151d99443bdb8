"""The term of endpoints: its end, and a line 30, 7 and 1 days before, in the host's log and in the endpoint's own."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Self

import structlog

from worker.endpoints.endpointlogs import EndpointLogs
from worker.endpoints.rules import RuleError
from worker.endpoints.snapshot import Snapshot

WARNED_DAYS = (30, 7, 1)
DAY_SECONDS = 86_400
LOOK_SECONDS = 60.0

log = structlog.get_logger("sheetscore.endpoints")


class EndpointExpired(RuleError):
    """The endpoint's last day is past, so that nothing is scored any more. Its words are for the customer."""

    def __init__(self, at: float) -> None:
        day = dt.datetime.fromtimestamp(at, dt.UTC)
        super().__init__(f"The endpoint expired on {day:%Y-%m-%d %H:%M} UTC. Ask your provider for a longer term.")
        self.at = at


def check_term(expires_at: float | None, now: float) -> None:
    """Raises EndpointExpired."""
    if expires_at is not None and expires_at <= now:
        raise EndpointExpired(expires_at)


def due(expires_at: float | None, now: float) -> int | None:
    """The warning that holds at a moment: the fewest days of WARNED_DAYS that are not over."""
    if expires_at is None or expires_at <= now:
        return None
    return min((days for days in WARNED_DAYS if expires_at - now <= days * DAY_SECONDS), default=None)


class ExpiryWatch:
    """Use as a context manager: a thread looks each minute. A process says each warning once, so that the first look
    after a start repeats the one that holds.
    """

    def __init__(
        self,
        current: Callable[[], Snapshot],
        logs: EndpointLogs | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._current = current
        self._logs = logs
        self._clock = clock
        self._told: set[tuple[str, float | None, int]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="expiry", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Say what has become due since the last look."""
        now = self._clock()
        for row in self._current().endpoints.values():
            days = due(row.expires_at, now)
            if row.expires_at is None or days is None or (row.id, row.expires_at, days) in self._told:
                continue
            self._told.add((row.id, row.expires_at, days))
            left, end = (row.expires_at - now) / DAY_SECONDS, dt.datetime.fromtimestamp(row.expires_at, dt.UTC)
            facts = {"days": round(left, 1), "expires_at": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
            log.warning("endpoint expires", endpoint=f"{row.service}/{row.name}", customer=row.customer, **facts)
            if self._logs:
                self._logs.write(row, "expiry", failed=False, **facts)

    def _run(self) -> None:
        self.look()
        while not self._over.wait(LOOK_SECONDS):
            self.look()
