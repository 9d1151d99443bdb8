"""The engine of one machine: takes jobs from the ledger and drives them, until it is asked to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.owner import Owner
from worker.batch.runner import Runner

log = structlog.get_logger("sheetscore.engine")


FIRST_REST = 5.0
LONGEST_REST = 600.0


def rest_seconds(starts: int) -> float:
    """How long a job that was given back is left alone: longer after each start, half an hour in all for ten."""
    return min(LONGEST_REST, FIRST_REST * 2.0 ** min(starts - 1, 10))


class LocalEngine:
    """Drives jobs side by side: workbooks, at most `jobs_at_once`, and beside them tables of the batch API, at most
    `tables_per_endpoint` of one endpoint and twice as many in all, so that one endpoint cannot take every place.

    `wake` makes it look for work at once; else it looks every `idle_seconds`. A job that could not be driven to an end,
    because the disk or the store failed, rests; the others go on.
    """

    def __init__(
        self,
        ledger: Ledger,
        owner: Owner,
        runner: Callable[[], Runner],
        *,
        jobs_at_once: int,
        tables_per_endpoint: int,
        stop: threading.Event,
        idle_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._runner = runner
        self._per_endpoint = tables_per_endpoint
        self._stop = stop
        self._idle = idle_seconds
        self._clock = clock
        self._claiming = threading.Lock()
        self._driving: dict[str, threading.Thread] = {}
        self._resting: dict[str, float] = {}  # job -> until when
        self._lanes = [_Lane(jobs_at_once, tables=False), _Lane(2 * tables_per_endpoint, tables=True)]
        self._threads = [threading.Thread(target=self._loop, args=[lane], daemon=True) for lane in self._lanes]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is, or may be, work."""
        for lane in self._lanes:
            lane.work.set()

    def join(self, seconds: float) -> bool:
        """Wait for the jobs under way to be given back after `stop` is set; False when one was not in time."""
        self.wake()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        with self._claiming:
            driving = list(self._driving.values())
        for thread in driving:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in (*self._threads, *driving))

    def _loop(self, lane: _Lane) -> None:
        while not self._stop.is_set():
            lane.work.clear()  # before looking, so that what comes meanwhile is not missed
            try:
                if self._begin_one(lane):
                    continue
            except Exception:
                # The store or the disk failed. The job stays in the ledger as running and is taken up again.
                log.exception("the engine could not go on; it looks again shortly")
            lane.work.wait(self._idle)

    def _begin_one(self, lane: _Lane) -> bool:
        """Claim a job, if there is one and a place for it, and drive it in a thread of its own."""
        with self._claiming:
            if lane.driven >= lane.most:
                return False
            now = self._clock()
            self._resting = {job_id: until for job_id, until in self._resting.items() if until > now}
            job = self._ledger.claim(
                self._owner.name,
                self._owner.is_alive,
                driving=self._driving.keys() | self._resting.keys(),
                tables=lane.tables,
                per_endpoint=self._per_endpoint,
            )
            if job is None:
                return False
            thread = threading.Thread(target=self._drive, args=[lane, job], name=f"job-{job.id[:8]}", daemon=True)
            self._driving[job.id] = thread
            lane.driven += 1
        thread.start()
        return True

    def _drive(self, lane: _Lane, job: Job) -> None:
        state = "queued"
        try:
            state = self._runner().drive(job)
        except Exception:
            log.exception("a job could not be driven to an end; it stays in the ledger and is taken up again")
        finally:
            with self._claiming:
                del self._driving[job.id]
                lane.driven -= 1
                if state == "queued":
                    self._resting[job.id] = self._clock() + rest_seconds(job.starts)
            lane.work.set()


class _Lane:
    """Jobs of one kind, and how many of them are driven at once."""

    def __init__(self, most: int, *, tables: bool) -> None:
        self.most = most
        self.tables = tables
        self.driven = 0
        self.work = threading.Event()
