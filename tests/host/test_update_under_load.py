"""Endpoints move while they are called, 200 times a second: no call fails, none sees a mixture of contract and model,
every process follows within a second. A twin that takes contract and model one after the other is found out.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.host.load import Load, told
from worker.endpoints import Model, Models, NewEndpoint, Registry, Snapshots, Updates
from worker.host import HostServer, create_app
from worker.scoring.schema import Schema
from worker.settings import Settings

CALLS_PER_SECOND = 200
DRIVEN = 220
"""A tenth more, so that what is under way when the updates end does not count."""
UPDATES, MOST_SECONDS = 20, 60
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


def whole(seen: Iterable[tuple[str, str, float]]) -> bool:
    """Whether each answer (version told, output's name, score) is one version's own."""
    own = {(str(version), OUTPUTS[version], round(score(WEIGHTS[version]), 4)) for version in WEIGHTS}
    return own.issuperset(seen)


@pytest.fixture
def hosts(request: pytest.FixtureRequest, home: Path, made: NewEndpoint) -> Iterator[list[str]]:
    """Addresses of the endpoint at as many hosts as the test says, each a process of its own, on one store."""
    command = [sys.executable, "-m", "tests.host.one_host", str(home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **pipes) for _ in range(request.param)]  # type: ignore[call-overload]
    urls = [process.stdout.readline().strip() for process in running]
    yield [f"{url}/workspaces/w/services/{made.endpoint.id}/execute?api-version=2.0&format=swagger" for url in urls]
    for process in running:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@pytest.mark.parametrize("hosts", [1, 2], indirect=True)
def test_updates_under_load(store: Engine, home: Path, made: NewEndpoint, hosts: list[str]) -> None:
    """20 updates while one or two processes answer 200 calls a second: every answer is whole, and of the version that
    its header names.
    """
    registry, updates = Registry(store, home), Updates(store, Models(store, home))
    with Load(hosts, made.primary, ROWS, per_second=DRIVEN) as load:
        began, before, number = time.monotonic(), load.answered(), 0
        while (pace := (load.answered() - before) / (time.monotonic() - began)) < CALLS_PER_SECOND or number < UPDATES:
            assert time.monotonic() < began + MOST_SECONDS, f"{pace:.0f} calls a second"
            row = registry.endpoint("credit/main")
            if number % 2:
                updates.roll_back(row, 1, "test")
            else:
                updates.refresh(row, overwrite=True, who="test")
            number += 1
            time.sleep(0.25)
        time.sleep(1)
        last = registry.endpoint("credit/main").model_version
        headers = {"Authorization": f"Bearer {made.primary}"}
        settled = [requests.post(url, json=ROWS, headers=headers, timeout=30) for url in hosts]
    assert {status for status, *_ in load.seen} == {200}, load.seen
    answers = {tuple(answer) for _, *answer in load.seen}
    assert whole(answers), answers
    assert len(answers) == 2, "one version was never seen"
    assert {answer.headers["x-sheetscore-model-version"] for answer in settled} == {str(last)}


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
        seen: set[tuple[str, str, float]] = set()
        updates = Updates(store, Models(store, home))
        until = time.monotonic() + 20
        while whole(seen) and time.monotonic() < until:
            row = registry.endpoint("credit/main")
            updates.refresh(row, overwrite=True, who="test") or updates.roll_back(row, 1, "test")
            answer = requests.post(url, json=ROWS, headers=headers, timeout=30)
            seen.add(told(answer.headers, answer.json()["Results"]["output1"][0]))
    assert not whole(seen)
