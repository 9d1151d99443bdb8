"""A model that is quick for most rows and endless for some keeps nobody else waiting, and keeps no thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import greedy
from tests.endpoints.trials import remembered
from worker.endpoints import Models, NewEndpoint, Registry, Snapshots
from worker.host import HostServer, create_app
from worker.scoring import Limits
from worker.settings import Settings


@pytest.fixture
def made(store: Engine, home: Path) -> NewEndpoint:
    return Registry(store, home, trial=remembered).add_service("loop", greedy.contract(), greedy.loop())


@pytest.fixture
def url(store: Engine, home: Path, made: NewEndpoint) -> Iterator[str]:
    """The endpoint's address on a host whose models have two seconds for a call."""
    models = Models(store, home, Limits(call_seconds=2.0))
    with (
        Snapshots(store, home, models) as snapshots,
        HostServer(create_app(snapshots, Settings(home, {})), "127.0.0.1", 0) as server,
    ):
        yield f"{server.url}/workspaces/default/services/{made.endpoint.id}/execute?api-version=2.0"


def call(url: str, key: str, value: float) -> requests.Response:
    body = {"Inputs": {"input1": {"ColumnNames": ["x"], "Values": [[value]]}}, "GlobalParameters": {}}
    return requests.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=20)


def test_an_endless_row_costs_nobody_else(url: str, made: NewEndpoint) -> None:
    """After calls that made it look quick: the endless call is refused in time, others are answered meanwhile, and
    afterwards as many endless calls as there are threads leave room for the next.
    """
    for _ in range(3):
        assert call(url, made.primary, 1).status_code == 200
    answers: list[tuple[int, float]] = []

    def endless() -> None:
        began = time.monotonic()
        answers.append((call(url, made.primary, 11).status_code, time.monotonic() - began))

    threads = [threading.Thread(target=endless) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    while len(answers) < len(threads):
        began = time.monotonic()
        assert requests.get(url.split("/workspaces", maxsplit=1)[0] + "/healthz", timeout=20).status_code == 200
        assert time.monotonic() - began < 0.9
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [504, 504]
    assert max(seconds for _, seconds in answers) < 8
    assert call(url, made.primary, 1).status_code == 200
