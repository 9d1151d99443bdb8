"""Rows 51, 52 and 72 of the table of what the classic service did: logs of endpoints, and more calls than one takes."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.host.batching import Batch
from tests.host.conftest import Open
from tests.host.operating import ONE, Operator, code
from tests.host.test_execute import GOOD
from worker.batch.service import BatchService
from worker.endpoints import Access, Models, NewEndpoint
from worker.endpoints.endpointlogs import EndpointLogs
from worker.host import Accounts
from worker.settings import Settings

LOADS = [("load", "info")] * 2  # by the host, and by the engine, which has a memory of its own here
README = Path(__file__).parents[2] / "README.md"


def lines(home: Path, endpoint: str) -> list[tuple[str, str]]:
    """What happened and at which level, in order."""
    files = sorted((home / "logs" / "endpoints").glob(f"{endpoint}/*.log"))
    found = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [(line["what"], line["level"]) for line in found]


@pytest.fixture
def engine(store: Engine, home: Path) -> Iterator[BatchService]:
    with BatchService(store, home, Settings(home, {}, poll_seconds=0.05), Models(store, home)) as service:
        yield service


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("None", []),
        ("Error", [("call", "error"), ("job", "error")]),
        ("All", [("call", "error"), ("call", "info"), ("job", "error"), ("job", "info"), *LOADS]),
    ],
)
def test_row_51_calls_jobs_and_loads_by_level(
    open_host: Open, engine: BatchService, home: Path, level: str, told: list[tuple[str, str]]
) -> None:
    """A record for each, under the endpoint's own prefix; a level holds from the call after it was set."""
    host = open_host(tables=engine.tables, accounts=Accounts(logs=EndpointLogs(home, 30)))
    ask = Operator(host, Access(host.registry._engine).add_token("ops"))
    host.registry.add_service("credit", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    made = ask("PUT", ONE, {"DiagnosticsTraceLevel": "All" if level == "None" else "None"}).json()
    ask("PATCH", ONE, {"DiagnosticsTraceLevel": level})
    endpoint = NewEndpoint(host.registry.endpoint("credit/acme1"), made["PrimaryKey"], made["SecondaryKey"])
    batch = Batch(host, endpoint)
    assert host.execute(endpoint, GOOD).status_code == 200
    assert host.execute(endpoint, b"{").status_code == 400
    states = [batch.wait(batch.started(table))["StatusCode"] for table in (tiny_table(), b"Other\r\n1\r\n")]
    assert states == ["Finished", "Failed"]
    until = time.monotonic() + 10
    while sorted(lines(home, "credit_acme1")) != told and time.monotonic() < until:
        time.sleep(0.05)  # a job's line follows its end
    assert sorted(lines(home, "credit_acme1")) == told
    assert lines(home, "*") == lines(home, "credit_acme1")


def tiny_table() -> bytes:
    return b"Purpose,Amount,Months\r\ncar,1200.5,12\r\n"


def test_row_52_logging_ends_at_its_moment(open_host: Open, home: Path, store: Engine) -> None:
    """What is past is refused; a line a second before, none from then on; an empty text is for ever."""
    now = [time.time()]
    host = open_host(accounts=Accounts(logs=EndpointLogs(home, 30, clock=lambda: now[0])))
    ask = Operator(host, Access(store).add_token("ops"))
    host.registry.add_service("credit", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    made = ask("PUT", ONE, {"DiagnosticsTraceLevel": "Error"}).json()
    past = ask("PATCH", ONE, {"DiagnosticsExpiry": moment(now[0] - 1)})
    assert (past.status_code, code(past)) == (400, "ExpiryTimeInThePast")
    end = int(now[0]) + 3600
    told = ask("PATCH", ONE, {"DiagnosticsExpiry": moment(end)}).json()["DiagnosticsExpiry"]
    assert dt.datetime.fromisoformat(told).timestamp() == end
    seen = []
    for later, expiry in ((end - 1, None), (end, None), (end + 9, None), (end + 9, "")):
        if expiry is not None:
            ask("PATCH", ONE, {"DiagnosticsExpiry": expiry})
        now[0] = later
        assert bad_call(ask, made) == 400
        seen.append(len(lines(home, "credit_acme1")))
    assert seen == [1, 1, 1, 2]


def moment(at: float) -> str:
    return dt.datetime.fromtimestamp(int(at), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def bad_call(ask: Operator, made: dict[str, Any]) -> int:
    headers = {"Authorization": f"Bearer {made['PrimaryKey']}"}
    return ask.host.session.post(f"{made['ApiLocation']}/execute", data=b"{", headers=headers).status_code


def test_row_72_more_calls_than_one_endpoint_takes_are_spread_over_several(ask: Operator) -> None:
    """Two endpoints of one customer and one version score alike and have a throttle each, as README says."""
    made = [
        ask("PUT", f"/credit/endpoints/acme{n}", {"Customer": "acme", "MaxConcurrentCalls": 200}).json() for n in (1, 2)
    ]
    scores: list[Callable[[], Any]] = [ask.scores(each).json for each in made]
    assert scores[0]() == scores[1]()
    assert [each["MaxConcurrentCalls"] for each in made] == [200, 200]
    assert made[0]["ApiLocation"] != made[1]["ApiLocation"]
    assert "spread its calls over them" in " ".join(README.read_text("utf-8").split())
