"""The meter, quotas, and reports of usage."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.endpoints import tiny
from worker.endpoints import EndpointRow, Registry, rules, usage
from worker.endpoints.meter import Meter
from worker.endpoints.quotas import QuotaReached, allowances, set_quota

NOON = dt.datetime(2026, 11, 6, 12, tzinfo=dt.UTC).timestamp()
LAST_SECOND = dt.datetime(2026, 11, 30, 23, 59, 59, tzinfo=dt.UTC).timestamp()


class Clock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def row(registry: Registry) -> EndpointRow:
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    return registry.add_endpoint("credit", "main", "acme").endpoint


def line(**counts: Any) -> dict[str, Any]:
    return {"customer": "acme", "rows": 0, "problems": 0, "calls": 0, "jobs": 0, **counts}


def test_a_call_that_is_counted_while_others_are_written_is_not_lost(store: Engine, row: EndpointRow) -> None:
    """Writing waits for the count under way, however it falls."""
    meter = Meter(store, clock=Clock())
    meter.count(row, 0, 0)
    writers: list[threading.Thread] = []

    class Interrupted(int):
        """Half-way through being added, a thread that writes has half a second."""

        def __radd__(self, other: int) -> int:
            writers.append(threading.Thread(target=meter.flush))
            writers[-1].start()
            writers[-1].join(0.5)
            return other + int(self)

    meter.count(row, Interrupted(3), 1)
    for writer in writers:
        writer.join()
    meter.flush()
    assert usage.report(store, "2026-11") == [line(rows=3, problems=1, calls=2)]


def test_what_cannot_be_written_is_written_later(store: Engine, row: EndpointRow) -> None:
    """A store that fails costs no count."""
    meter = Meter(store, clock=Clock())
    meter.count(row, 10, 0)
    refuse = lambda *_: (_ for _ in ()).throw(OperationalError("insert", {}, Exception("disk full")))  # noqa: E731
    event.listen(store, "before_execute", refuse)
    with pytest.raises(OperationalError):
        meter.flush()
    event.remove(store, "before_execute", refuse)
    meter.count(row, 5, 2)
    meter.flush()
    meter.flush()
    assert usage.report(store, "2026-11") == [line(rows=15, problems=2, calls=2)]


def test_a_call_belongs_to_its_own_day_version_and_customer(store: Engine, row: EndpointRow) -> None:
    """The second before midnight and the one after are two months; an update is a line of its own."""
    clock = Clock(LAST_SECOND)
    meter = Meter(store, clock=clock)
    meter.count(row, 1, 0)
    clock.now += 1
    meter.count(row, 2, 0)
    meter.count(replace(row, model_version=2), 4, 0)
    meter.count(replace(row, customer=None, name="default"), 8, 0)
    meter.flush()
    assert [r["rows"] for r in usage.report(store, "2026-11", "day")] == [1]
    assert [(r["version"], r["rows"]) for r in usage.report(store, "2026-12", "version")] == [(1, 10), (2, 4)]
    assert [(r["customer"], r["rows"]) for r in usage.report(store, "2026-12")] == [("", 8), ("acme", 6)]
    assert [(r["endpoint"], r["rows"]) for r in usage.report(store, "2026-12", "endpoint")] == [
        ("default", 8),
        ("main", 6),
    ]


KILLED = """
import sys, time
from pathlib import Path
from worker.endpoints import Registry
from worker.endpoints.meter import Meter
from worker.store.engine import open_store
engine = open_store("", Path(sys.argv[1]))
row = Registry(engine, Path(sys.argv[1])).endpoint("credit/main")
with Meter(engine) as meter:
    while True:
        meter.count(row, 1, 0)
        print(time.monotonic(), flush=True)
        time.sleep(0.01)
"""


def test_kill_loses_at_most_what_was_not_yet_written(home: Path, store: Engine, row: EndpointRow) -> None:
    """After kill -9 all counts are there but those of the last second and of the writing."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    times = []
    try:
        for said in process.stdout:
            times.append(float(said))
            if times[-1] - times[0] > 2.9:
                break
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    month = dt.datetime.fromtimestamp(time.time(), dt.UTC).strftime("%Y-%m")
    kept = usage.report(store, month)[0]["rows"]
    early = sum(moment < times[-1] - 2.0 for moment in times)
    assert early <= kept <= len(times) + 1


def test_quota_is_warned_then_blocks_then_starts_anew(store: Engine, row: EndpointRow) -> None:
    """Near at 80 %, used up at 100 %, free again next month."""
    set_quota(store, "acme", 100)
    clock = Clock(LAST_SECOND)
    meter = Meter(store, clock=clock)
    meter.look()
    seen = []
    for rows in (79, 1, 19, 1):
        meter.count(row, rows, 0)
        allowed = meter.allowance(row)
        assert allowed is not None
        seen.append((allowed.rows, allowed.is_near, allowed.is_used_up))
    assert seen == [(79, False, False), (80, True, False), (99, True, False), (100, True, True)]
    with pytest.raises(QuotaReached, match=r"100 rows for 2026-11 .* again from 2026-12-01"):
        allowed.check()
    clock.now += 1
    meter.flush()
    meter.look()
    fresh = meter.allowance(row)
    assert fresh is not None
    assert (fresh.rows, fresh.month) == (0, "2026-12")


def test_rows_not_yet_written_count_against_the_quota_once(store: Engine, row: EndpointRow) -> None:
    """Looking again, before or after writing, changes nothing; rows of other processes come in."""
    set_quota(store, "acme", 100)
    meter, other = Meter(store, clock=Clock()), Meter(store, clock=Clock())
    meter.look()
    meter.count(row, 10, 0)
    found = []
    for step in (meter.look, meter.flush, meter.look, meter.look):
        step()
        found.append(meter.allowance(row).rows)  # type: ignore[union-attr]
    other.count(row, 7, 0)
    other.flush()
    meter.look()
    assert (found, meter.allowance(row).rows) == ([10, 10, 10, 10], 17)  # type: ignore[union-attr]


def test_a_quota_that_allows_never_refuses(store: Engine, row: EndpointRow) -> None:
    """It only warns."""
    set_quota(store, "acme", 1, blocks=False)
    meter = Meter(store, clock=Clock())
    meter.count(row, 5, 0)
    meter.look()
    allowances(store, NOON)["acme"].check()
    assert meter.allowance(row).is_used_up  # type: ignore[union-attr]


def test_a_quota_can_be_taken_away(store: Engine, row: EndpointRow, registry: Registry) -> None:
    """None is no quota."""
    set_quota(store, "acme", 5, blocks=False)
    assert (registry.customers()[0].quota_rows, registry.customers()[0].quota_blocks) == (5, False)
    set_quota(store, "acme", None)
    assert allowances(store, NOON) == {}


@pytest.mark.parametrize("rows", [0, -1, True, 1.5, 10**13])
def test_a_quota_is_a_whole_number(store: Engine, row: EndpointRow, rows: Any) -> None:
    with pytest.raises(rules.NumberInvalid):
        set_quota(store, "acme", rows)


def test_what_does_not_exist_is_said(store: Engine) -> None:
    """A customer, an axis, a month."""
    with pytest.raises(rules.Unknown):
        set_quota(store, "nobody", 5)
    with pytest.raises(rules.ChoiceInvalid):
        usage.report(store, "2026-11", "key")
    for month in ("2026-13", "2026", "", "2026-11-01", "9999-12"):
        with pytest.raises(rules.ChoiceInvalid):
            usage.report(store, month)
