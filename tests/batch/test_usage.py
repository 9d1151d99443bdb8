"""Usage of batch is counted with the parts it pays for: nothing is lost or doubled, over any crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.batch.conftest import Bench
from worker.batch.ledger import Ledger
from worker.batch.service import BatchService
from worker.batch.targets import EndpointTargets
from worker.endpoints import Models, Registry, usage
from worker.endpoints.quotas import set_quota
from worker.store import tables

MONTH = "2026-11"
NOON = 1_793_966_400.0  # 2026-11-06 12:00 UTC


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@pytest.fixture
def ledger(store) -> Ledger:
    return Ledger(store, lambda: NOON)


def used(store, by: str = "customer") -> list[dict]:
    return usage.report(store, MONTH, by)


def test_a_job_is_counted_for_its_customer_endpoint_version_and_door(
    bench: Bench, book: Callable, tmp_path: Path, store
) -> None:
    """Rows that came back scored, rows that did not (also those never sent), calls, the job."""
    ended = bench.drive(bench.enter(book(tmp_path / "b.xlsx", 250, faults=True)))
    rows, problems = ended.rows_scored, ended.rows_with_problems
    assert (rows + problems, problems > 0) == (250, True)
    counts = {"rows": rows, "problems": problems, "calls": ended.calls, "jobs": 1}
    assert used(store) == [{"customer": "acme", **counts}]
    assert used(store, "endpoint") == [{"service": "loans", "endpoint": "acme", **counts}]
    assert used(store, "version") == [{"service": "loans", "version": 1, **counts}]
    assert used(store, "door") == [{"door": "folder", **counts}]
    assert used(store, "day") == [{"day": "2026-11-06", **counts}]
    assert usage.report(store, "2026-12", "day") == []


class EndsAt(Ledger):
    """Ends the process, as it were, after the n-th committed part."""

    def __init__(self, store, after: int) -> None:
        super().__init__(store, lambda: NOON)
        self.left = after

    def store_part(self, *args: Any) -> None:
        super().store_part(*args)
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_crash_neither_loses_nor_doubles(bench: Bench, book: Callable, tmp_path: Path, store, after: int) -> None:
    """Calls in usage are the calls of the ledger; rows are those of committed parts, once each."""
    job_id = bench.enter(book(tmp_path / "b.xlsx", 250))
    job = bench.ledger.claim("first", lambda name: False, only=job_id)
    with pytest.raises(KeyboardInterrupt):
        bench.runner("first", EndsAt(store, after)).drive(job)
    ended = bench.drive(job_id, "second")
    [line] = used(store)
    assert (ended.state, line["rows"], line["problems"], line["jobs"]) == ("done", 250, 0, 1)
    assert line["calls"] == ended.calls


def test_a_result_that_comes_twice_is_counted_once(ledger: Ledger, registry, store) -> None:
    """The second store of a part changes no row of usage."""
    job_id = "j" * 32
    ledger.add(job_id, None, registry.endpoint("loans/acme").id, "folder", "book.xlsx")
    ledger.claim("a", lambda name: False)
    assert ledger.begin_call(job_id, "a", 0)
    ledger.store_part(job_id, 0, b"x", 0, 50)
    ledger.store_part(job_id, 0, b"x", 0, 50)
    assert used(store) == [{"customer": "acme", "rows": 50, "problems": 0, "calls": 1, "jobs": 0}]


def test_a_cancelled_job_counts_what_was_paid(bench: Bench, book: Callable, tmp_path: Path, store) -> None:
    """Rows of committed parts stay counted."""
    job_id = bench.enter(book(tmp_path / "b.xlsx", 250))
    bench.transport.before = lambda columns: bench.ledger.ask_cancel(job_id) if bench.transport.calls == 2 else None
    ended = bench.drive(job_id)
    [line] = used(store)
    with store.connect() as db:
        stored = db.execute(select(func.count()).where(tables.part.c.state == "done")).scalar_one()
    assert (ended.state, line["rows"], line["jobs"], line["calls"]) == ("cancelled", 50 * stored, 1, ended.calls)


def test_a_job_of_a_blocked_customer_fails_before_anything_is_paid(
    bench: Bench, registry: Registry, book: Callable, tmp_path: Path, home: Path, store
) -> None:
    """Plain words in the reason file; not one call. A job that began below the quota is finished."""
    set_quota(store, "acme", 100)
    with BatchService(store, home, bench.settings, Models(store, home), serving=False, clock=lambda: NOON) as service:
        check = service._targets._check
        bench.target = EndpointTargets(  # type: ignore[method-assign]
            registry,
            Models(store, home),
            sleep=lambda seconds: None,
            transport=lambda job: ("http://127.0.0.1/workspaces/w/services/s", "", bench.transport),
            check=check,
        )
        first = bench.drive(bench.enter(book(tmp_path / "b.xlsx", 250)))
        paid = bench.transport.calls
        second = bench.drive(bench.enter(book(tmp_path / "c.xlsx", 250)))
    assert (first.state, first.rows_scored) == ("done", 250)
    assert (second.state, second.calls, bench.transport.calls) == ("failed", 0, paid)
    assert "quota of 100 rows for 2026-11 is used up (250 scored)" in (second.reason or "")


def test_a_job_of_an_expired_endpoint_fails_before_anything_is_paid(
    bench: Bench, registry: Registry, book: Callable, tmp_path: Path, home: Path, store
) -> None:
    """By folder, upload and command as over HTTP: nothing is scored after the last day; the reason says what to do."""
    with BatchService(store, home, bench.settings, Models(store, home), serving=False, clock=lambda: NOON) as service:
        bench.target = EndpointTargets(  # type: ignore[method-assign]
            registry,
            Models(store, home),
            sleep=lambda seconds: None,
            transport=lambda job: ("http://127.0.0.1/workspaces/w/services/s", "", bench.transport),
            check=service._targets._check,
        )
        states = []
        for left in (1.0, 0.0):
            registry.change_endpoint("loans/acme", expires_at=NOON + left)
            ended = bench.drive(bench.enter(book(tmp_path / f"{left}.xlsx", 60)))
            states.append((ended.state, ended.rows_scored or 0))
    assert states == [("done", 60), ("failed", 0)]
    assert (ended.calls, bench.transport.calls) == (0, 2)
    assert ended.reason == "The endpoint expired on 2026-11-06 12:00 UTC. Ask your provider for a longer term."


def test_a_job_leaves_a_line_in_its_endpoints_log(
    bench: Bench, registry: Registry, book: Callable, tmp_path: Path, home: Path, store
) -> None:
    """Counts and times at level All; a job that was done is no failure at level Error."""
    logged = home / "logs" / "endpoints" / "loans_acme" / "2026-11-06.log"
    for level in ("None", "Error", "All"):
        registry.change_endpoint("loans/acme", logging_level=level)
        with BatchService(store, home, bench.settings, Models(store, home), serving=False, clock=lambda: NOON) as s:
            bench.drive(bench.enter(book(tmp_path / f"{level}.xlsx", 60, faults=True)), ended=s._log_job)
        assert logged.exists() == (level == "All")
    [line] = map(json.loads, logged.read_text().splitlines())
    told = {"what": "job", "state": "done", "door": "folder", "rows": 56, "problems": 4, "level": "info"}
    assert told.items() <= line.items()
    assert not {"L-00000", "n/a", "plane"} & set(map(str, line.values()))
