"""Refusals that no body could avoid, as they stand in `golden/states/`: keys, limits, a model's server that fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.host import golden
from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD
from tests.host.test_formats import post
from tests.host.test_throttle import Far, X, publish
from worker.endpoints import NewEndpoint
from worker.host import HostLimits
from worker.scoring.errors import BadAnswer, EndpointError, Rejected, ServerFailed, Throttled, TooLarge, Unauthorized

SHOWN = ("Accept-Encoding", "Retry-After", "WWW-Authenticate")


def check(name: str, answer: requests.Response) -> None:
    """Status, body and headers that a client acts on, to the letter."""
    told = {header: answer.headers[header] for header in SHOWN if header in answer.headers}
    wanted = golden.read(golden.FOLDER / "states" / f"{name}.json")
    assert {"status": answer.status_code, "headers": told, "answer": answer.json()} == wanted


def expired(host: Host, credit: NewEndpoint) -> requests.Response:
    host.registry.change_endpoint("credit/main", expires_at=1_700_000_000.0)
    host.snapshots.refresh()
    return host.execute(credit, GOOD)


SIMPLE: dict[str, Callable[[Host, NewEndpoint], requests.Response]] = {
    "wrong-key": lambda host, credit: host.execute(credit, GOOD, key="wrong"),
    "expired": expired,
    "too-large": lambda host, credit: host.execute(credit, b" " * (4 * 2**20 + 1)),
    "another-charset": lambda host, credit: post(host, credit, b"", Content_Type="text/csv; charset=latin1"),
    "another-encoding": lambda host, credit: post(host, credit, b"", Content_Encoding="br"),
    "no-such-address": lambda host, credit: host.session.post(f"{host.location(credit)}/score"),
    "no-such-method": lambda host, credit: host.session.get(f"{host.location(credit)}/execute"),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_states_of_host_and_endpoint(name: str, host: Host, credit: NewEndpoint) -> None:
    """Keys, dates, sizes, kinds of bodies, addresses."""
    check(name, SIMPLE[name](host, credit))


FAILURES: dict[str, Exception] = {
    "backend-rejects-a-row": Rejected("InputParseError", "a secret", 0, "x"),
    "backend-rejects": Rejected("", "a secret"),
    "backend-says-too-large": TooLarge(),
    "backend-throttled": Throttled(503, 7.2),
    "backend-failed": ServerFailed(500),
    "backend-answers-nonsense": BadAnswer("a secret"),
    "backend-refuses-the-host": Unauthorized(),
    "fault": ZeroDivisionError("a secret"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_of_a_model(name: str, open_host: Open) -> None:
    """What its server says is not repeated."""
    far = Far()
    host = open_host(transport=far)
    made = publish(host)
    error = FAILURES[name]
    assert isinstance(error, EndpointError) is (name != "fault")
    far.error = error  # type: ignore[assignment]
    far.go.set()
    check(name, host.execute(made, X))


def test_too_slow_and_too_many(open_host: Open) -> None:
    """408 after the limit; 503 for one call more than the endpoint takes at once."""
    far = Far()
    host = open_host(HostLimits(seconds=1), transport=far)
    made = publish(host)
    with ThreadPoolExecutor(4) as threads:
        held = [threads.submit(host.execute, made, X) for _ in range(4)]
        for _ in held:
            assert far.entered.acquire(timeout=20)
        check("throttled", host.execute(made, X))
        for each in held:
            check("timed-out", each.result())
    far.go.set()


def test_every_file_is_used() -> None:
    """No state is written down that nothing reaches."""
    files = {file.stem for file in (golden.FOLDER / "states").glob("*.json")}
    assert files == {*SIMPLE, *FAILURES, "throttled", "timed-out"}
