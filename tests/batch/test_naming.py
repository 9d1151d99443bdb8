"""The name under which a result appears is chosen and taken in one step, as systems see it that know no case."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.outbox import Outbox


@pytest.fixture
def two(bench, book, tmp_path: Path) -> list[Job]:
    """Two jobs with a result each, whose files' names differ by case."""
    jobs = []
    for name in ("loans.xlsx", "Loans.xlsx"):
        (tmp_path / name).write_bytes(b"x")
        job = bench.ledger.claim("me", lambda name: False, only=bench.enter(tmp_path / name))
        Outbox(bench.ledger, bench.folders, "me").made(job).write_text(name)
        jobs.append(job)
    return jobs


class _Between(Ledger):
    """Does something between the choice of a name and its being taken."""

    def __init__(self, ledger: Ledger, act: Callable[[], object]) -> None:
        self._engine, self._clock = ledger._engine, ledger._clock
        self._act = act

    def pin(self, *given: Any, **values: Any) -> None:
        super().pin(*given, **values)
        self._act()


def test_two_at_the_same_moment_do_not_differ_by_case_alone(bench, two: list[Job]) -> None:
    """The second may not choose before the first is there: on the customer's computer one would hide the other."""
    second = threading.Thread(target=Outbox(bench.ledger, bench.folders, "me").publish_result, args=(two[1],))

    def start_and_wait_a_little() -> None:
        second.start()
        second.join(0.5)  # it waits for us, if all is well

    between = _Between(bench.ledger, start_and_wait_a_little)
    Outbox(between, bench.folders, "me").publish_result(two[0])
    second.join()
    assert bench.boxes().done == ["Loans (2).xlsx", "loans.xlsx"]


class _Crash(BaseException):
    """The process ends."""


def test_a_name_that_was_chosen_before_a_crash_is_chosen_again_if_another_took_it(bench, two: list[Job]) -> None:
    """While nothing was there it was free for others; what is there already keeps its name."""

    def crash() -> None:
        raise _Crash

    with pytest.raises(_Crash):
        Outbox(_Between(bench.ledger, crash), bench.folders, "me").publish_result(two[0])
    outbox = Outbox(bench.ledger, bench.folders, "me")
    outbox.publish_result(two[1])
    outbox.publish_result(bench.ledger.get(two[0].id))
    assert bench.boxes().done == ["Loans.xlsx", "loans (2).xlsx"]
    outbox.publish_result(bench.ledger.get(two[0].id))
    assert bench.boxes().done == ["Loans.xlsx", "loans (2).xlsx"]
