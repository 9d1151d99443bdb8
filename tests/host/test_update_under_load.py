"""Endpoints move while they are called: no call fails, none sees a mixture, every process follows within a second."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import Models, NewEndpoint, Registry, Updates

CALLS_PER_SECOND = 200
UPDATES = 20
WEIGHTS = {1: 0.1, 2: 0.5}
ROWS = {"Inputs": {"input1": [{"Purpose": "car", "Amount": 1000, "Months": 3}]}, "GlobalParameters": {}}


@pytest.fixture
def made(store: Engine, home: Path) -> NewEndpoint:
    """An endpoint of a service whose two versions score the same row differently."""
    registry = Registry(store, home)
    registry.add_service("credit", tiny.contract(), tiny.credit(WEIGHTS[1]))
    registry.publish("credit", tiny.contract(), tiny.credit(WEIGHTS[2]))
    registry.add_customer("acme")
    return registry.add_endpoint("credit", "main", "acme", 1)


@pytest.fixture
def hosts(home: Path, made: NewEndpoint) -> Iterator[list[str]]:
    """Addresses of the endpoint at two hosts, each a process of its own, on one store."""
    command = [sys.executable, "-m", "tests.host.one_host", str(home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    urls = [process.stdout.readline().strip() for process in running]
    yield [f"{url}/workspaces/w/services/{made.endpoint.id}/execute?api-version=2.0&format=swagger" for url in urls]
    for process in running:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


class Caller(threading.Thread):
    """Calls the hosts in turn at a fixed pace; keeps what came back."""

    def __init__(self, urls: list[str], key: str, stop: threading.Event, pause: float) -> None:
        super().__init__(daemon=True)
        self.urls, self.stop, self.pause = urls, stop, pause
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"
        self.seen: list[tuple[int, str, str]] = []

    def run(self) -> None:
        due = time.monotonic()
        with self.session:
            while not self.stop.is_set():
                answer = self.session.post(self.urls[len(self.seen) % 2], json=ROWS, timeout=30)
                scores = answer.json()["Results"]["output1"][0] if answer.ok else {}
                version = answer.headers.get("x-sheetscore-model-version", "")
                self.seen.append((answer.status_code, version, scores.get("Scored Probabilities", "")))
                due = max(due + self.pause, time.monotonic() - self.pause)
                time.sleep(max(0.0, due - time.monotonic()))


def test_updates_under_load(store: Engine, home: Path, made: NewEndpoint, hosts: list[str]) -> None:
    """20 updates while two processes are called: every answer is whole, and of the version that its header names."""
    registry, updates = Registry(store, home), Updates(store, Models(store, home))
    stop, callers = threading.Event(), 8
    threads = [Caller(hosts, made.primary, stop, callers / CALLS_PER_SECOND) for _ in range(callers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for number in range(UPDATES):
        row = registry.endpoint("credit/main")
        if number % 2:
            updates.roll_back(row, 1, "test")
        else:
            updates.set_model(row, 2, "test")
        time.sleep(0.25)
    time.sleep(1)
    last = registry.endpoint("credit/main").model_version
    settled = [requests.post(url, json=ROWS, headers=threads[0].session.headers, timeout=30) for url in hosts]
    stop.set()
    for thread in threads:
        thread.join(30)
    seen = [answer for thread in threads for answer in thread.seen]
    pace = len(seen) / (time.monotonic() - began)
    assert {status for status, _, _ in seen} == {200}
    assert len({(version, score) for _, version, score in seen}) == 2, "a mixture, or one version was never seen"
    assert {answer.headers["x-sheetscore-model-version"] for answer in settled} == {str(last)}
    assert pace > CALLS_PER_SECOND / 4, "hardly any load"
