"""Calls of one row that come at one time share a run of the model, and nobody can tell by the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import requests
import structlog
from onnx import TensorProto as T
from onnx import helper
from starlette.types import ASGIApp, Message
from structlog.testing import LogCapture

from tests.endpoints import greedy, tiny
from tests.host.conftest import Host
from worker.endpoints import NewEndpoint
from worker.endpoints.models import OnnxModel
from worker.endpoints.onnxmodel import OnnxSession
from worker.host import create_app, together
from worker.host.formats import classic_json
from worker.host.pool import FairPool
from worker.host.together import MOST_CALLS, Together
from worker.scoring.errors import Rejected, TimedOut
from worker.scoring.schema import Columns, Schema, row_count
from worker.settings import Settings

PINS = ("credit", 1, 1)
EACH = classic_json(records=False, details=False).each
assert EACH is not None


class Watched:
    """A session that counts its runs and may refuse."""

    def __init__(self, refuse: Callable[[Columns], Exception | None] = lambda _: None) -> None:
        self.session, self.refuse, self.runs = OnnxSession(tiny.credit()), refuse, []

    def score(self, columns: Columns, schema: Schema, seconds: float) -> Columns:
        self.runs.append(row_count(columns))
        error = self.refuse(columns)
        if error is not None:
            raise error
        return self.session.score(columns, schema, seconds)


def row(at: int) -> list[Any]:
    return ["car", 1000.0 + at, at]


def alone(at: int) -> bytes:
    """What the row's own run gives."""
    columns: Columns = {
        "Purpose": np.array(["car"], object),
        "Amount": np.array([1000.0 + at]),
        "Months": np.array([at]),
    }
    return EACH.write(OnnxSession(tiny.credit()).score(columns, tiny.contract()), tiny.contract())[0]


def answers(watched: Watched, rows: int, cls: type[Together] = Together) -> list[Any]:
    """Bodies, or the errors, of so many calls in one turn."""

    async def main() -> list[Any]:
        shared = cls(FairPool(1, "look"), 5.0)
        model = OnnxModel(watched, "1")  # type: ignore[arg-type]
        places = [shared.answer(PINS, row(at), tiny.contract(), model, EACH) for at in range(rows)]
        return await asyncio.gather(*places, return_exceptions=True)

    return [told if isinstance(told, Exception) else told[0] for told in asyncio.run(main())]


def test_a_turn_is_one_run_and_each_call_gets_its_own_row() -> None:
    watched = Watched()
    assert answers(watched, 20) == [alone(at) for at in range(20)]
    assert watched.runs == [20]


class Shifted(Together):
    """The broken twin gives every call its neighbour's answer."""

    def _answer(self, turn: Any, calls: Any) -> None:
        super()._answer(turn, [call._replace(place=calls[at - 1].place) for at, call in enumerate(calls)])


def test_an_answer_to_another_call_would_be_noticed() -> None:
    assert answers(Watched(), 20, Shifted) != [alone(at) for at in range(20)]


def test_nobody_waits_for_more_than_a_few() -> None:
    watched = Watched()
    assert answers(watched, 2 * MOST_CALLS + 5) == [alone(at) for at in range(2 * MOST_CALLS + 5)]
    assert watched.runs == [MOST_CALLS, MOST_CALLS, 5]


def test_each_hears_of_its_own_row_only() -> None:
    """The model refuses one of five: the other four have their scores."""
    refused = Rejected("ModuleExecutionError", "No.")
    watched = Watched(lambda columns: refused if 3 in columns["Months"] else None)
    assert answers(watched, 5) == [refused if at == 3 else alone(at) for at in range(5)]


@pytest.mark.parametrize("error", [TimedOut(1.0), ZeroDivisionError("a fault of ours")])
def test_every_call_has_an_end(error: Exception) -> None:
    """What takes too long together is not tried one by one; what nobody thought of ends the calls too."""
    watched = Watched(lambda _: error)
    assert answers(watched, 3) == [error] * 3
    assert watched.runs == ([3] if isinstance(error, TimedOut) else [3, 1, 1, 1])


def test_a_call_that_was_given_up_is_not_scored() -> None:
    watched = Watched()

    async def main() -> bytes:
        shared, model = Together(FairPool(1, "look"), 5.0), OnnxModel(watched, "1")  # type: ignore[arg-type]
        gone, stays = (shared.answer(PINS, row(at), tiny.contract(), model, EACH) for at in range(2))
        gone.cancel()
        return (await stays)[0]

    assert asyncio.run(main()) == alone(1)
    assert watched.runs == [1]


def test_a_model_is_looked_at_before_it_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread; a look that takes too long is a no."""
    model = OnnxModel(Watched(), "1")  # type: ignore[arg-type]
    pool = FairPool(1, "look")

    def said() -> bool:
        shared = Together(pool, 5.0)
        assert not shared.takes(PINS, tiny.contract(), model)
        pool.submit("", lambda: None).result(10)
        return shared.takes(PINS, tiny.contract(), model)

    assert said()
    monkeypatch.setattr(together, "LOOK_SECONDS", -1.0)
    assert not said()


def test_a_model_that_mixes_rows_is_not_shared() -> None:
    """As one does that looks at the mean of what it is given."""
    mixing = [
        helper.make_node("ReduceMean", ["x"], ["mean"]),
        helper.make_node("Sub", ["x", "mean"], ["y"]),
    ]
    session = OnnxSession(tiny.model(mixing, [("x", T.FLOAT)], [("y", T.FLOAT, [None, 1])]))
    pool, model = FairPool(1, "look"), OnnxModel(session, "1")
    shared = Together(pool, 5.0)
    assert not shared.takes(PINS, greedy.contract(), model)
    pool.submit("", lambda: None).result(10)
    assert not shared.takes(PINS, greedy.contract(), model)


class Called:
    """One call of the application, as a server makes it."""

    def __init__(self, made: NewEndpoint, body: bytes) -> None:
        self.body, self.messages = body, list[Message]()
        headers = {"host": "localhost", "authorization": f"Bearer {made.primary}", "content-length": str(len(body))}
        path = f"/workspaces/default/services/{made.endpoint.id}/execute"
        self.scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "query_string": b"api-version=2.0",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self.body}

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    async def answered(self, app: ASGIApp) -> tuple[int, bytes]:
        await app(self.scope, self.receive, self.send)
        return self.messages[0]["status"], self.messages[1]["body"]


def test_calls_at_one_time_share_a_run_and_none_is_throttled(
    host: Host, credit: NewEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty rows of one endpoint that may have four calls at once: a quick model scores them on the event loop, so
    none of them waits beside another.
    """
    host.registry.change_endpoint(credit.endpoint.id, throttle_level="Low")
    snapshots, runs = host.snapshots, list[int]()
    snapshots.refresh()
    score = OnnxSession.score

    def counted(self: OnnxSession, columns: Columns, *given: Any) -> Columns:
        runs.append(row_count(columns))
        return score(self, columns, *given)

    def body(at: int) -> bytes:
        names = ["Purpose", "Amount", "Months"]
        return orjson.dumps({"Inputs": {"input1": {"ColumnNames": names, "Values": [row(at)]}}})

    async def main() -> list[tuple[int, bytes]]:
        app = create_app(snapshots, Settings(Path(), {}), log=structlog.wrap_logger(None, processors=[LogCapture()]))
        for at in range(50):  # until it was looked at
            await Called(credit, body(at)).answered(app)
            await asyncio.sleep(0.02)
        monkeypatch.setattr(OnnxSession, "score", counted)
        return await asyncio.gather(*(Called(credit, body(at)).answered(app) for at in range(20)))

    told = asyncio.run(main())
    monkeypatch.undo()
    assert told == [(200, alone(at)) for at in range(20)]
    assert runs == [20]


def test_many_callers_over_http(host: Host, credit: NewEndpoint) -> None:
    """Fifteen people, three hundred different rows: each has the scores of its own."""
    address = f"{host.location(credit)}/execute?api-version=2.0"
    headers = {"Authorization": f"Bearer {credit.primary}"}

    def call(at: int) -> str:
        body = {"Inputs": {"input1": {"ColumnNames": ["Purpose", "Amount", "Months"], "Values": [row(at)]}}}
        answer = requests.post(address, json=body, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    with ThreadPoolExecutor(15) as pool:
        assert [*pool.map(call, range(300))] == [alone(at).decode() for at in range(300)]
