"""Usage, quotas and logs of endpoints over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD, codes, question
from worker.endpoints import NewEndpoint, usage
from worker.endpoints.endpointlogs import EndpointLogs
from worker.endpoints.meter import Meter
from worker.endpoints.quotas import set_quota
from worker.host import Accounts

NOON = 1_793_966_400.0  # 2026-11-06 12:00 UTC
CANARY = "canary7d1f"


@pytest.fixture
def meter(store: Engine) -> Meter:
    return Meter(store, clock=lambda: NOON)


@pytest.fixture
def host(open_host: Open, meter: Meter, home: Path) -> Iterator[Host]:
    logs = EndpointLogs(home, 30, clock=lambda: NOON)
    yield open_host(accounts=Accounts(meter, logs))
    logs.close()


def lines(home: Path) -> list[dict[str, Any]]:
    file = home / "logs" / "endpoints" / "credit_main" / "2026-11-06.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_every_call_with_a_right_key_is_counted(host: Host, credit: NewEndpoint, meter: Meter, store: Engine) -> None:
    """Scored rows, rows that a refusal names, calls; wrong keys are nobody's."""
    host.execute(credit, question(*[["car", 1500, 12]] * 3))
    host.execute(credit, question(["plane", 1, 1], ["car", 1, 1], ["boat", "x", 1.5]))
    host.execute(credit, b"{")
    host.execute(credit, GOOD, key="wrong")
    meter.flush()
    assert usage.report(store, "2026-11", "door") == [{"door": "http", "rows": 3, "problems": 2, "calls": 3, "jobs": 0}]


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("None", []),
        ("Error", [("call", 400), ("call", 400)]),
        ("All", [("load", None), ("call", 200), ("call", 400), ("call", 400)]),
    ],
)
def test_each_level_tells_its_own(host: Host, credit: NewEndpoint, home: Path, level: str, told: list[Any]) -> None:
    """One line for each call and model load; none holds a value or a key."""
    host.registry.change_endpoint(credit.endpoint.id, logging_level=level)
    host.snapshots.refresh()
    host.execute(credit, GOOD)
    host.execute(credit, question([CANARY, 1, 1]))
    host.execute(credit, b"{")
    host.execute(credit, GOOD, key=CANARY)
    assert [(line["what"], line.get("status")) for line in lines(home)] == told
    for file in (home / "logs").rglob("*.log*"):
        assert not any(secret in file.read_text() for secret in (CANARY, credit.primary, "1500"))


def test_near_the_quota_answers_say_so_then_are_refused(
    host: Host, credit: NewEndpoint, meter: Meter, store: Engine
) -> None:
    """A header from 80 % on; at 100 % 403 QuotaExceeded with plain words, which scores nothing."""
    set_quota(store, "acme", 10)
    meter.look()
    seen = []
    for rows in (7, 1, 3):
        answer = host.execute(credit, question(*[["car", 1500, 12]] * rows))
        seen.append((answer.status_code, answer.headers.get("x-sheetscore-quota")))
    assert seen == [(200, None), (200, None), (200, "8 of 10")]
    refused = host.execute(credit, GOOD)
    assert codes(refused) == (403, "Forbidden", ["QuotaExceeded"])
    assert refused.headers["x-sheetscore-quota"] == "11 of 10"
    assert "again from 2026-12-01" in refused.json()["error"]["details"][0]["message"]
    meter.flush()
    assert usage.report(store, "2026-11")[0]["rows"] == 11


def test_another_customer_is_not_held_up(host: Host, credit: NewEndpoint, meter: Meter, store: Engine) -> None:
    """A quota is its customer's own; one that allows only says so."""
    host.registry.add_customer("other")
    free = host.registry.add_endpoint("credit", "other", "other")
    host.snapshots.refresh()
    set_quota(store, "acme", 1)
    set_quota(store, "other", 1, blocks=False)
    meter.look()
    host.execute(credit, GOOD)
    assert host.execute(credit, GOOD).status_code == 403
    answers = [host.execute(free, GOOD) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[-1].headers["x-sheetscore-quota"] == "2 of 1"


def test_a_quota_tells_nothing_to_whoever_has_no_key(
    host: Host, credit: NewEndpoint, meter: Meter, store: Engine
) -> None:
    """Without the key it is the same 401 as ever."""
    set_quota(store, "acme", 1)
    meter.look()
    host.execute(credit, GOOD)
    assert host.execute(credit, GOOD, key="wrong").status_code == 401
