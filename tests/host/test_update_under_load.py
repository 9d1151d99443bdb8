"""Endpoints move while they are called: no call fails, none sees a mixture of contract and model, every process follows
within a second. A twin that takes contract and model one after the other is found out.
"""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import Model, Models, NewEndpoint, Registry, Snapshots, Updates
from worker.host import HostServer, create_app
from worker.scoring.schema import Schema
from worker.settings import Settings

CALLS_PER_SECOND = 200
UPDATES = 20
WEIGHTS = {1: 0.1, 2: 0.5}
OUTPUTS = {1: "Scored Probabilities", 2: "Probability"}
ROWS = {"Inputs": {"input1": [{"Purpose": "car", "Amount": 1000, "Months": 3}]}, "GlobalParameters": {}}


@pytest.fixture
def made(store: Engine, home: Path) -> NewEndpoint:
    """An endpoint of a service whose two versions score the same row differently, under another name."""
    registry = Registry(store, home)
    registry.add_service("credit", contract(1), tiny.credit(WEIGHTS[1]))
    registry.publish("credit", contract(2), tiny.credit(WEIGHTS[2]))
    registry.add_customer("acme")
    return registry.add_endpoint("credit", "main", "acme", 1)


def contract(version: int) -> Schema:
    label, probability = tiny.CONTRACT["outputs"]
    return tiny.contract(outputs=[label, {**probability, "name": OUTPUTS[version]}])


def score(weight: float) -> float:
    """What the row scores: see tiny.credit."""
    return 1 / (1 + math.exp(2 - 0.5 - 1 - weight * 3))


def whole(seen: set[tuple[str, str, float]]) -> bool:
    """Whether each answer (version told, output's name, score) is one version's own."""
    own = {(str(version), OUTPUTS[version], round(score(WEIGHTS[version]), 4)) for version in WEIGHTS}
    return seen <= own


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
        self.seen: list[tuple[int, str, str, float]] = []

    def run(self) -> None:
        due = time.monotonic()
        with self.session:
            while not self.stop.is_set():
                answer = self.session.post(self.urls[len(self.seen) % 2], json=ROWS, timeout=30)
                scores = answer.json()["Results"]["output1"][0] if answer.ok else {}
                self.seen.append((answer.status_code, *told(answer.headers, scores)))
                due = max(due + self.pause, time.monotonic() - self.pause)
                time.sleep(max(0.0, due - time.monotonic()))


def told(headers: Mapping[str, str], scores: dict[str, str]) -> tuple[str, str, float]:
    """Version, name of the probability, probability."""
    name, value = next(((n, v) for n, v in scores.items() if n != "Scored Labels"), ("", "nan"))
    return headers.get("x-sheetscore-model-version", ""), name, round(float(value), 4)


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
            updates.refresh(row, overwrite=True, who="test")
        time.sleep(0.25)
    time.sleep(1)
    last = registry.endpoint("credit/main").model_version
    settled = [requests.post(url, json=ROWS, headers=threads[0].session.headers, timeout=30) for url in hosts]
    stop.set()
    for thread in threads:
        thread.join(30)
    seen = [answer for thread in threads for answer in thread.seen]
    pace = len(seen) / (time.monotonic() - began)
    assert {status for status, *_ in seen} == {200}
    answers = {(version, name, value) for _, version, name, value in seen}
    assert whole(answers), answers
    assert len(answers) == 2, "one version was never seen"
    assert {answer.headers["x-sheetscore-model-version"] for answer in settled} == {str(last)}
    assert pace > CALLS_PER_SECOND / 2, "half the load"


class Careless(Models):
    """The twin: takes whatever model the store says now, not the one that the call's endpoint pins."""

    registry: Registry

    def in_memory(self, service: str, contract_version: int, model_version: int) -> tuple[Schema, Model] | None:
        now = self.registry.endpoint("credit/main")
        return self.get(service, contract_version, now.model_version)


def test_a_mixture_would_be_seen(store: Engine, home: Path, made: NewEndpoint) -> None:
    """With the twin the same look at the answers finds what is neither the old pair nor the new one."""
    models, registry = Careless(store, home), Registry(store, home)
    models.registry = registry
    snapshots = Snapshots(store, home, models)
    with snapshots, HostServer(create_app(snapshots, Settings(home, {})), "127.0.0.1", 0) as server:
        url = f"{server.url}/workspaces/w/services/{made.endpoint.id}/execute?api-version=2.0&format=swagger"
        headers = {"Authorization": f"Bearer {made.primary}"}
        updates, seen = Updates(store, Models(store, home)), set()
        until = time.monotonic() + 20
        while whole(seen) and time.monotonic() < until:
            row = registry.endpoint("credit/main")
            updates.refresh(row, overwrite=True, who="test") or updates.roll_back(row, 1, "test")
            answer = requests.post(url, json=ROWS, headers=headers, timeout=30)
            seen.add(told(answer.headers, answer.json()["Results"]["output1"][0]))
    assert not whole(seen)
