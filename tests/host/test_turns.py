"""Calls that one turn of the event loop brings to the application, whatever they are: each has its own answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
import structlog
from sqlalchemy import Engine
from starlette.types import ASGIApp, Message
from structlog.testing import LogCapture

from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.endpoints import NewEndpoint, Updates
from worker.endpoints.meter import Meter
from worker.endpoints.onnxmodel import OnnxSession
from worker.endpoints.quotas import set_quota
from worker.host import Accounts, HostLimits, atonce, create_app
from worker.host.throttle import Throttle
from worker.host.together import Together
from worker.scoring.errors import TimedOut
from worker.scoring.schema import Columns, row_count
from worker.settings import Settings

NAMES = ["Purpose", "Amount", "Months"]
Told = tuple[int, str, bytes]
"""Status, version of the model, body."""


@dataclass
class Called:
    """One call of the application, as a server makes it."""

    made: NewEndpoint
    body: bytes
    query: str = ""
    kind: str = "application/json"

    async def answered(self, app: ASGIApp) -> Told:
        headers = {
            "host": "localhost",
            "authorization": f"Bearer {self.made.primary}",
            "content-length": str(len(self.body)),
            "content-type": self.kind,
        }
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": f"/workspaces/default/services/{self.made.endpoint.id}/execute",
            "query_string": f"api-version=2.0{self.query}".encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": self.body}

        async def send(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, send)
        start, end = messages
        return start["status"], dict(start["headers"]).get(b"x-sheetscore-model-version", b"").decode(), end["body"]


def listed(*rows: list[Any], **more: Any) -> bytes:
    return orjson.dumps({"Inputs": {"input1": {"ColumnNames": NAMES, "Values": rows}}, **more})


def row(at: int) -> list[Any]:
    return ["car", 1000.0 + at, at]


def make(host: Host, **given: Any) -> ASGIApp:
    log = structlog.wrap_logger(None, processors=[LogCapture()])
    return create_app(host.snapshots, Settings(Path(), {}), log=log, **given)


async def all_at_once(calls: list[Called], app: ASGIApp) -> list[Told]:
    return await asyncio.gather(*(call.answered(app) for call in calls))


@pytest.fixture
def throttles(monkeypatch: pytest.MonkeyPatch) -> list[Throttle]:
    """Every throttle that is made."""
    made: list[Throttle] = []
    monkeypatch.setattr("worker.host.execute.Throttle", lambda: made.append(Throttle()) or made[-1])
    return made


async def shares(app: ASGIApp, *ends: NewEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the model of each was looked at."""
    said: dict[Any, bool] = {}
    takes = Together.takes
    monkeypatch.setattr(Together, "takes", lambda self, pins, *more: said.setdefault(pins, takes(self, pins, *more)))
    for made in ends:
        for _ in range(500):
            said.clear()
            await Called(made, listed(row(0))).answered(app)
            if said and all(said.values()):
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail("the model is not shared")
    monkeypatch.setattr(Together, "takes", takes)


def test_calls_at_one_time_share_a_run_and_none_is_throttled(
    host: Host, credit: NewEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty rows of one endpoint that may have four calls at once: a quick model scores them on the event loop, so
    none of them waits beside another.
    """
    host.registry.change_endpoint(credit.endpoint.id, throttle_level="Low")
    host.snapshots.refresh()
    runs, score = list[int](), OnnxSession.score

    def counted(self: OnnxSession, columns: Columns, *given: Any) -> Columns:
        runs.append(row_count(columns))
        return score(self, columns, *given)

    async def main() -> tuple[list[Told], list[Told]]:
        app = make(host)
        await shares(app, credit, monkeypatch=monkeypatch)
        alone = [await Called(credit, listed(row(at))).answered(app) for at in range(20)]
        monkeypatch.setattr(OnnxSession, "score", counted)
        return alone, await all_at_once([Called(credit, listed(row(at))) for at in range(20)], app)

    alone, together = asyncio.run(main())
    assert together == alone
    assert {status for status, *_ in alone} == {200}
    assert runs == [20, 1], "one of them is checked"


def test_those_who_shared_a_run_with_a_slow_row_are_answered_all_the_same(
    host: Host, credit: NewEndpoint, throttles: list[Throttle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a thread; and the model is kept off the event loop for a while, lest others wait for such rows again."""
    score, on_loop = OnnxSession.score, list[int]()

    def slow(self: OnnxSession, columns: Columns, schema: Any, seconds: float) -> Columns:
        if seconds <= HostLimits().inline_end:
            on_loop.append(row_count(columns))
            if 1007.0 in columns["Amount"]:
                raise TimedOut(seconds)
        return score(self, columns, schema, seconds)

    async def main() -> None:
        app = make(host)
        await shares(app, credit, monkeypatch=monkeypatch)
        alone = [await Called(credit, listed(row(at))).answered(app) for at in range(15)]
        monkeypatch.setattr(OnnxSession, "score", slow)
        assert await all_at_once([Called(credit, listed(row(at))) for at in range(15)], app) == alone
        assert on_loop == [15]
        assert await Called(credit, listed(row(1))).answered(app) == alone[1]
        assert on_loop == [15]
        monkeypatch.setattr(atonce, "AWAY_SECONDS", 0.0)
        assert await all_at_once([Called(credit, listed(row(at))) for at in range(15)], app) == alone

    asyncio.run(main())
    assert throttles[0]._running == {}


def test_calls_are_counted_exactly_and_a_quota_ends_the_next(
    host: Host, credit: NewEndpoint, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was under way goes over it, as README says; each row is counted once."""
    set_quota(store, "acme", 1_000, blocks=True)
    meter = Meter(store)
    meter.look()

    async def main() -> None:
        app = make(host, accounts=Accounts(meter))
        await shares(app, credit, monkeypatch=monkeypatch)
        allowed = meter.allowance(credit.endpoint)
        assert allowed is not None
        allowed.rows = 995
        calls = [Called(credit, listed(row(at) if at % 4 else ["car", -1, 1])) for at in range(20)]
        assert [status for status, *_ in await all_at_once(calls, app)] == [200 if at % 4 else 400 for at in range(20)]
        assert allowed.rows == 995 + 15
        assert [status for status, *_ in await all_at_once([Called(credit, listed(row(1)))] * 2, app)] == [403, 403]
        assert allowed.rows == 995 + 15

    asyncio.run(main())


def test_a_call_that_is_cancelled_takes_nothing_with_it(
    host: Host, credit: NewEndpoint, throttles: list[Throttle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each step of its way: the others are answered, and it no longer counts."""

    async def main() -> None:
        app = make(host)
        await shares(app, credit, monkeypatch=monkeypatch)
        alone = [await Called(credit, listed(row(at))).answered(app) for at in range(6)]
        for steps in range(8):
            for query in ("", "&format=swagger"):  # the latter is refused in a turn of its own
                stay = [asyncio.ensure_future(Called(credit, listed(row(at))).answered(app)) for at in range(6)]
                gone = asyncio.ensure_future(Called(credit, listed(row(9)), query).answered(app))
                for _ in range(steps):
                    await asyncio.sleep(0)
                gone.cancel()
                assert await asyncio.gather(*stay) == alone
                await asyncio.gather(gone, return_exceptions=True)

    asyncio.run(main())
    assert throttles[0]._running == {}


def asked(random: Random, made: NewEndpoint) -> Called:
    """A call in any form, of plain rows, of rows that are read with care, and of some that are refused."""
    one = [random.choice(["car", "house", "boat"]), random.choice([None, 0.0, 1e30, random.uniform(0, 5e3)]), 7]
    one[2] = random.choice([random.randrange(-50, 50), "12", 3.0, 2**60, 1.5]) if random.random() < 0.4 else 7
    one = random.choice([one] * 6 + [["plane", 1.0, 1], ["car", -1.0, 1], ["car", "x", 1], ["car", 1.0]])
    details, kind = random.choice(["", "&details=true"]), random.randrange(8)
    if kind < 4:
        return Called(made, listed(one, **random.choice([{}, {"GlobalParameters": {}}])), details)
    if kind < 6:
        record = dict(zip(NAMES, one, strict=False))
        return Called(made, orjson.dumps({"Inputs": {"input1": [record]}}), "&format=swagger" + details)
    if kind == 6:
        return Called(made, listed(*[one] * random.randrange(4)), details)
    text = ",".join(NAMES) + "\n" + ",".join("" if cell is None else str(cell) for cell in one) + "\n"
    return Called(made, text.encode(), "", "text/csv")


@pytest.mark.parametrize("seed", range(3))
def test_any_calls_at_one_time_have_the_answers_that_each_has_alone(
    host: Host, store: Engine, throttles: list[Throttle], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Byte for byte; of several endpoints and versions, while one endpoint is moved from one to another and back."""
    random, registry = Random(seed), host.registry
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    ends = [registry.add_endpoint("credit", name, "acme") for name in ("one", "two")]
    registry.publish("credit", tiny.contract(), tiny.credit(0.5))
    ends += [registry.add_endpoint("credit", name, "acme") for name in ("three", "moved")]
    registry.add_service("other", tiny.contract(), tiny.credit(0.7))
    ends.append(registry.add_endpoint("other", "one", "acme"))
    updates = Updates(store, host.snapshots.models)
    for made in ends:
        registry.change_endpoint(made.endpoint.id, max_concurrent_calls=200)
    host.snapshots.refresh()

    def move() -> None:
        moved = host.snapshots.current().endpoints[ends[3].endpoint.id]
        updates.set_model(moved, 3 - moved.model_version, "ops")
        host.snapshots.refresh()

    async def one_by_one(calls: list[Called], app: ASGIApp) -> list[Told]:
        return [await call.answered(app) for call in calls]

    async def main() -> int:
        careful, shared = make(host, limits=HostLimits(inline_bytes=0)), make(host)
        await shares(shared, *ends, monkeypatch=monkeypatch)
        quick = 0
        for _ in range(40):
            calls = [asked(random, random.choice(ends)) for _ in range(random.randint(1, 80))]
            before = await one_by_one(calls, careful)
            under_way = asyncio.ensure_future(all_at_once(calls, shared))
            for _ in range(random.randint(0, 3)):
                await asyncio.sleep(0)
            move()
            told, after = await under_way, await one_by_one(calls, careful)
            others = zip(told, before, after, calls, strict=True)
            assert [(other, call) for *other, call in others if other[0] not in other[1:]] == []
            assert sum(old == new for old, new in zip(before, after, strict=True)) >= len(calls) / 4
            quick += sum(status == 200 for status, *_ in told)
        return quick

    assert asyncio.run(main()) > 500
    assert [throttle._running for throttle in throttles] == [{}, {}]
