"""The local engine: what cannot be finished now rests, and keeps no other job waiting."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from worker.batch.engines.local import LONGEST_REST, LocalEngine, rest_seconds
from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.owner import Owner

SICK = "0" * 32


class Driver:
    """Stands for a runner: drives every job to its end but the sick one."""

    def __init__(self, ledger: Ledger, owner: Owner, *, raises: bool) -> None:
        self.ledger, self.owner, self.raises = ledger, owner, raises
        self.driven: Counter[str] = Counter()

    def drive(self, job: Job) -> str:
        self.driven[job.id] += 1
        if job.id != SICK:
            self.ledger.finish(job.id, self.owner.name, "done")
            return "done"
        if self.raises:
            raise OSError("the disk failed")
        self.ledger.give_back(job.id, self.owner.name, counts=True)
        return "queued"


@pytest.mark.parametrize("raises", [False, True], ids=["given back", "fell out"])
def test_a_job_that_cannot_be_finished_rests_and_the_others_go_on(
    ledger: Ledger, owner: Owner, registry, raises: bool
) -> None:
    """It is the oldest, so without a rest it would be taken again and again, before all others."""
    endpoint = registry.endpoint("loans/acme").id
    for job_id in (SICK, *(f"{n:032x}" for n in range(1, 6))):
        ledger.add(job_id, None, endpoint, "folder", "book.xlsx")
    stop, now, driver = threading.Event(), [0.0], Driver(ledger, owner, raises=raises)
    engine = LocalEngine(
        ledger,
        owner,
        lambda: driver,
        jobs_at_once=1,
        tables_per_endpoint=1,
        stop=stop,
        idle_seconds=0.01,
        clock=lambda: now[0],
    )
    engine.start()
    wait_for(lambda: sum(driver.driven.values()) == 6)
    time.sleep(0.1)
    assert driver.driven[SICK] == 1
    now[0] += rest_seconds(1)
    wait_for(lambda: driver.driven[SICK] == 2)
    stop.set()
    assert engine.join(5)
    assert {job.state for job in ledger.jobs() if job.id != SICK} == {"done"}


def test_rests_grow_and_end() -> None:
    """Seconds at first, at most ten minutes."""
    assert [rest_seconds(starts) for starts in (1, 2, 3, 10, 1000)] == [5, 10, 20, LONGEST_REST, LONGEST_REST]


def wait_for(true) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)
