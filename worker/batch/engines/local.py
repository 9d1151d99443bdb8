"""The engine of one machine: a few threads that take jobs from the ledger until they are asked to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

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
    """Drives jobs side by side. `wake` makes it look for work at once; else it looks every `idle_seconds`.

    A job that could not be driven to an end, because the disk or the store failed, rests; the others go on.
    """

    def __init__(
        self,
        ledger: Ledger,
        owner: Owner,
        runner: Callable[[], Runner],
        *,
        jobs_at_once: int,
        stop: threading.Event,
        idle_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._runner = runner
        self._stop = stop
        self._idle = idle_seconds
        self._clock = clock
        self._work = threading.Condition()
        self._claiming = threading.Lock()
        self._driving: set[str] = set()
        self._resting: dict[str, float] = {}  # job -> until when
        self._threads = [threading.Thread(target=self._loop, name=f"job-{n}", daemon=True) for n in range(jobs_at_once)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is, or may be, work."""
        with self._work:
            self._work.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the jobs under way to be given back after `stop` is set; False when one was not in time."""
        self.wake()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _loop(self) -> None:
        runner = self._runner()
        while not self._stop.is_set():
            try:
                if self._drive_one(runner):
                    continue
            except Exception:
                # The store or the disk failed. The job stays in the ledger as running and is taken up again.
                log.exception("the engine could not go on; it looks again shortly")
            with self._work:
                self._work.wait(self._idle)

    def _drive_one(self, runner: Runner) -> bool:
        with self._claiming:
            now = self._clock()
            self._resting = {job_id: until for job_id, until in self._resting.items() if until > now}
            left_alone = self._driving | self._resting.keys()
            job = self._ledger.claim(self._owner.name, self._owner.is_alive, driving=left_alone)
            if job is None:
                return False
            self._driving.add(job.id)
        state = "queued"
        try:
            state = runner.drive(job)
        finally:
            with self._claiming:
                self._driving.discard(job.id)
                if state == "queued":
                    self._resting[job.id] = self._clock() + rest_seconds(job.starts)
        return True
