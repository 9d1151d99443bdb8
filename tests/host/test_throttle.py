"""The throttle, time-outs and the sharing of threads, with a model that answers when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.host.conftest import Host, Open
from worker.endpoints import NewEndpoint, Remote
from worker.host import HostLimits
from worker.host.pool import FairPool
from worker.scoring import Answer, Columns, Endpoint
from worker.scoring.errors import (
    BadAnswer,
    EndpointError,
    Rejected,
    ServerFailed,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthorized,
)
from worker.scoring.schema import Schema

X = {"Inputs": {"input1": {"ColumnNames": ["x"], "Values": [[1.5]]}}}
Call = Callable[[], requests.Response]


class Far:
    """A remote scoring server that answers once it is let go, or raises."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.entered = threading.Semaphore(0)
        self.error: EndpointError | None = None

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        self.entered.release()
        self.go.wait(20)
        if self.error:
            raise self.error
        return Answer(dict(columns))


@pytest.fixture
def far() -> Iterator[Far]:
    server = Far()
    yield server
    server.go.set()


def publish(host: Host) -> NewEndpoint:
    """An endpoint of a remote model, four calls at once."""
    plain = [{"name": "x", "type": "number"}]
    host.registry.add_service(
        "far",
        Schema.from_dict({"inputs": plain, "outputs": plain}),
        Remote("http://127.0.0.1:9/workspaces/w/services/s"),
    )
    host.registry.add_customer("bolt")
    made = host.registry.add_endpoint("far", "main", "bolt", throttle_level="Low")
    host.snapshots.refresh()
    return made


def test_a_call_given_up_counts_until_its_model_ends(far: Far, open_host: Open) -> None:
    """408 after the limit; the threads still at work keep their places in the throttle, then give them back."""
    host = open_host(HostLimits(seconds=0.3), transport=far)
    made = publish(host)
    with ThreadPoolExecutor(4) as threads:
        answers = [each.result() for each in [threads.submit(host.execute, made, X) for _ in range(4)]]
    assert [answer.status_code for answer in answers] == [408] * 4
    assert answers[0].json()["error"]["details"][0]["code"] == "ScoreRequestTimeout"
    assert host.execute(made, X).status_code == 503
    far.go.set()
    deadline = time.monotonic() + 5
    while host.execute(made, X).status_code == 503:
        assert time.monotonic() < deadline
    assert host.execute(made, X).status_code == 200


ERRORS: list[tuple[EndpointError, int, str]] = [
    (Rejected("InputParseError", "a secret", 0, "x"), 400, "BadUserArgument"),
    (Rejected("", ""), 400, "ModuleExecutionError"),
    (Rejected("LibraryExecutionError", "a secret"), 400, "LibraryExecutionError"),
    (TooLarge(), 413, "MemoryQuotaViolation"),
    (Throttled(503, 7.2), 503, "ServiceUnavailable"),
    (TimedOut(5), 504, "GatewayTimeout"),
    (ServerFailed(500), 504, "GatewayTimeout"),
    (BadAnswer("a secret"), 502, "BadGateway"),
    (Unauthorized(), 502, "BadGateway"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_what_a_remote_server_does_wrong(
    error: EndpointError, status: int, code: str, far: Far, open_host: Open
) -> None:
    """Each of its errors has an answer, which repeats none of its words."""
    host = open_host(transport=far)
    made = publish(host)
    far.error = error
    far.go.set()
    answer = host.execute(made, X)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "secret" not in answer.text
    if isinstance(error, Throttled):
        assert answer.headers["retry-after"] == "7"


def test_a_fault_of_ours_is_answered_and_logged_without_values(far: Far, open_host: Open) -> None:
    """500 with the id that stands in the log beside type and place, never the text of the fault."""
    host = open_host(transport=far)
    made = publish(host)
    far.error = ZeroDivisionError("a secret")  # type: ignore[assignment]
    far.go.set()
    answer = host.execute(made, X)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "InternalError")
    (line,) = [line for line in host.lines if line["event"] == "request failed"]
    assert line["request"] == answer.headers["x-ms-request-id"]
    assert line["error"].startswith("ZeroDivisionError at Far.__call__")
    assert "secret" not in str(host.lines) + answer.text


def test_endpoints_take_turns() -> None:
    """One thread, a hundred tasks of one owner waiting: another owner's task runs second, not last."""
    pool = FairPool(1, "test")
    begin, order = threading.Event(), []
    first = pool.submit("busy", lambda: begin.wait(20))
    tasks: list[Any] = [pool.submit("busy", lambda: order.append("busy")) for _ in range(100)]
    tasks.append(pool.submit("calm", lambda: order.append("calm")))
    begin.set()
    for task in [first, *tasks]:
        task.result(20)
    assert order.index("calm") <= 1
    assert len(order) == 101


def test_a_pool_uses_its_threads_and_passes_errors_on() -> None:
    """Tasks run side by side; an error is raised where the result is wanted; a cancelled task never runs."""
    pool = FairPool(3, "test")
    meet = threading.Barrier(3)
    assert sorted(f.result(20) for f in [pool.submit("a", lambda: meet.wait(20)) for _ in range(3)]) == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        pool.submit("a", lambda: 1 // 0).result(20)
    hold = threading.Event()
    blocked = [pool.submit("a", lambda: hold.wait(20)) for _ in range(3)]
    given_up = pool.submit("a", hold.clear)
    assert given_up.cancel()
    hold.set()
    assert [f.result(20) for f in blocked] == [True] * 3
    assert pool.submit("a", hold.is_set).result(20)
