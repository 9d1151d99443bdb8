"""Alive, ready, and in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.endpoints import tiny
from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD, question
from worker.endpoints import Access, NewEndpoint
from worker.host.metrics import SECONDS, Metrics
from worker.host.ready import FREE_BYTES, FRESH_SECONDS, Ready


def numbers(page: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, these in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_metrics_count_calls_and_name_nobody(host: Host, credit: NewEndpoint, store: Any) -> None:
    """By service and status; no customer, endpoint, key or value is in the page; only an operator's token opens it."""
    token = Access(store).add_token("ann")
    customers = Access(store).add_token("acmes", "acme")
    host.snapshots.refresh()
    host.execute(credit, GOOD)
    host.execute(credit, question(["car", 1, 1], ["canary7d1f", 1, 1]))
    host.execute(credit, GOOD, key="wrong")
    for key in ("", "wrong", credit.primary, customers):
        assert host.session.get(f"{host.url}/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    page = host.session.get(f"{host.url}/metrics", headers={"Authorization": f"Bearer {token}"}).text
    found = numbers(page)
    assert found["sheetscore_calls_total", "credit", "200"] == 1
    assert found["sheetscore_calls_total", "credit", "400"] == 1
    assert found["sheetscore_rows_total", "refused", "credit"] == 1
    assert found["sheetscore_call_seconds_count", "credit"] == 2
    assert found["sheetscore_keys_refused",] == 5
    assert found["sheetscore_models_in_memory",] == 1
    assert found["sheetscore_endpoints",] == 2
    for secret in ("acme", "main", credit.endpoint.id, credit.primary, token, "canary7d1f", "1500"):
        assert secret not in page


def test_the_page_says_jobs_and_times() -> None:
    """Buckets add up from the fastest on; the process is told where the system tells it."""
    metrics = Metrics()
    for seconds in (0.001, 0.0011, 500.0):
        metrics.called("credit", 200, rows=2, problems=0, seconds=seconds)
    found = numbers(metrics.page({}, {"queued": 3, "running": 1}).decode())
    assert [found["sheetscore_call_seconds_bucket", end, "credit"] for end in ("0.001", "0.0025", "100.0", "+Inf")] == [
        1,
        2,
        2,
        3,
    ]
    assert found["sheetscore_jobs", "queued"] == 3
    assert found["sheetscore_rows_total", "scored", "credit"] == 6
    assert len(set(SECONDS)) == len(SECONDS)


def test_ready_says_what_is_wrong_and_no_more(host: Host, credit: NewEndpoint, home: Path) -> None:
    """200 when all is well; a full disk and a damaged model are each named in words that tell a stranger nothing."""
    answer = host.session.get(f"{host.url}/readyz")
    assert (answer.status_code, answer.json()) == (200, {"store": "ok", "disk": "ok", "models": "ok"})
    now, free = [0.0], [FREE_BYTES]
    ready = Ready(host.snapshots, home, clock=lambda: now[0], free_bytes=lambda _: free[0])
    assert set(ready.look().values()) == {"ok"}
    free[0] -= 1
    assert set(ready.look().values()) == {"ok"}
    now[0] += FRESH_SECONDS
    assert ready.look() == {"store": "ok", "disk": "is nearly full", "models": "ok"}


def test_a_default_model_that_does_not_load_is_not_ready(open_host: Open, store: Any, home: Path) -> None:
    """503, and nothing of where or which."""
    host = open_host()
    host.registry.add_service("credit", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    for file in (home / "models").iterdir():
        file.write_bytes(b"damaged")
    answer = host.session.get(f"{host.url}/readyz")
    assert (answer.status_code, answer.json()) == (503, {"store": "ok", "disk": "ok", "models": "do not load"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_watching_needs_no_key(host: Host, path: str) -> None:
    """Also before there is any service."""
    assert host.session.get(f"{host.url}{path}").status_code == 200
