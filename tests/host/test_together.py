"""Calls of one row that come at one time share a run of the model, and nobody can tell by the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import requests
from onnx import TensorProto as T
from onnx import helper

from tests.endpoints import greedy, tiny
from tests.host.conftest import Host
from worker.endpoints import NewEndpoint
from worker.endpoints.models import OnnxModel
from worker.endpoints.onnxmodel import OnnxSession
from worker.host import together
from worker.host.formats import classic_json
from worker.host.pool import FairPool
from worker.host.together import CHECKED, MOST_CALLS, MOST_WAITS, Together
from worker.scoring.errors import Rejected, TimedOut
from worker.scoring.schema import Columns, Schema, row_count

PINS = ("credit", 1, 1)
EACH = classic_json(records=False, details=False).each
assert EACH is not None


class Watched:
    """A session that counts its runs and may refuse."""

    def __init__(self, refuse: Callable[[Columns], Exception | None] = lambda _: None) -> None:
        self.session, self.refuse, self.runs, self.seconds = OnnxSession(tiny.credit()), refuse, [], list[float]()

    def score(self, columns: Columns, schema: Schema, seconds: float) -> Columns:
        self.runs.append(row_count(columns))
        self.seconds.append(round(seconds, 3))
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
        shared._runs[PINS] = CHECKED + 1
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

    def _answer(self, turn: Any, calls: Any, until: float) -> None:
        super()._answer(turn, [call._replace(place=calls[at - 1].place) for at, call in enumerate(calls)], until)


def test_an_answer_to_another_call_would_be_noticed() -> None:
    assert answers(Watched(), 20, Shifted) != [alone(at) for at in range(20)]


def test_nobody_waits_for_more_than_a_few() -> None:
    watched = Watched()
    assert answers(watched, 2 * MOST_CALLS + 5) == [alone(at) for at in range(2 * MOST_CALLS + 5)]
    assert watched.runs == [MOST_CALLS, MOST_CALLS, 5]


def test_calls_that_come_a_turn_later_share_the_run_and_nobody_waits_for_ever() -> None:
    """One more call with each turn of the loop, twenty times: the first ones are run after a few."""
    watched = Watched()

    async def main() -> list[bytes]:
        shared, model = Together(FairPool(1, "look"), 5.0), OnnxModel(watched, "1")  # type: ignore[arg-type]
        shared._runs[PINS] = CHECKED + 1
        places = []
        for at in range(20):
            places.append(shared.answer(PINS, row(at), tiny.contract(), model, EACH))
            await asyncio.sleep(0)
        return [body for body, _ in await asyncio.gather(*places)]

    assert asyncio.run(main()) == [alone(at) for at in range(20)]
    assert watched.runs == [MOST_WAITS + 1] * 4


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


class Clock:
    """Goes on by `step` seconds with each run of `watched`."""

    def __init__(self, step: float) -> None:
        self.watched, self.step, self.refused = Watched(self.run), step, set[int]()
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def run(self, columns: Columns) -> Exception | None:
        self.now += self.step
        return Rejected("ModuleExecutionError", "No.") if self.refused & {*columns["Months"].tolist()} else None


def timed(clock: Clock, rows: int) -> list[Any]:
    """What becomes of so many calls in one turn that has a second."""

    async def main() -> list[Any]:
        shared = Together(FairPool(1, "look"), 1.0, clock)
        shared._runs[PINS] = CHECKED + 1  # what is checked beside is another test's
        model = OnnxModel(clock.watched, "1")  # type: ignore[arg-type]
        places = [shared.answer(PINS, row(at), tiny.contract(), model, EACH) for at in range(rows)]
        return await asyncio.gather(*places, return_exceptions=True)

    return asyncio.run(main())


def test_a_turn_has_no_more_time_than_one_run() -> None:
    """However many calls it brings: those for whom none is left hear so at once, and are not run."""
    clock = Clock(0.4)
    told = timed(clock, 500)
    assert [answer[0] for answer in told[: 3 * MOST_CALLS]] == [alone(at) for at in range(3 * MOST_CALLS)]
    assert {type(answer) for answer in told[3 * MOST_CALLS :]} == {TimedOut}
    assert clock.watched.runs == [MOST_CALLS] * 3
    assert clock.watched.seconds == [1.0, 0.6, 0.2]


def test_rows_that_are_tried_one_by_one_share_the_time_of_their_turn() -> None:
    """One row that is refused does not give each of the others a second."""
    clock = Clock(0.3)
    clock.refused = {30}
    told = timed(clock, 31)
    assert [answer[0] for answer in told[:3]] == [alone(at) for at in range(3)]
    assert {type(answer) for answer in told[3:]} == {TimedOut}
    assert clock.watched.runs == [31, 1, 1, 1]


def test_calls_in_each_form_share_a_run_and_get_their_own_form() -> None:
    watched, forms = Watched(), [classic_json(*form).each for form in ((False, False), (False, True), (True, False))]
    schema, model = tiny.contract(), OnnxModel(watched, "1")  # type: ignore[arg-type]

    async def main(rows: list[int], shared: Together) -> list[bytes]:
        asked = [shared.answer(PINS, row(at), schema, model, forms[at % 3]) for at in rows]  # type: ignore[arg-type]
        return [told[0] for told in await asyncio.gather(*asked)]

    def made() -> Together:
        return Together(FairPool(1, "look"), 5.0)

    one_by_one = [asyncio.run(main([at], made()))[0] for at in range(30)]
    shared = made()
    shared._runs[PINS] = CHECKED + 1
    assert asyncio.run(main([*range(30)], shared)) == one_by_one
    assert watched.runs == [1] * 30 + [30]
    assert len({body[:60] for body in one_by_one}) > 1


class Mixing(Watched):
    """Scores that hang on how many rows there are, as the look at the model did not see."""

    def score(self, columns: Columns, schema: Schema, seconds: float) -> Columns:
        scores = super().score(columns, schema, seconds)
        scores["Scored Probabilities"] = scores["Scored Probabilities"] + (row_count(columns) > 1) * 2.0**-60
        return scores


def test_real_rows_show_what_made_up_ones_did_not() -> None:
    """Of a shared run one row is scored alone too; where a bit differs, each is, from then on."""

    async def main() -> list[Any]:
        shared = Together(FairPool(1, "look"), 5.0)
        shared._rowwise[PINS] = True
        model = OnnxModel(Mixing(), "1")  # type: ignore[arg-type]
        places = [shared.answer(PINS, ["car", 1e-30, -1000 + at], tiny.contract(), model, EACH) for at in range(5)]
        told = [body for body, _ in await asyncio.gather(*places)]
        assert not shared.takes(PINS, tiny.contract(), model)
        return told

    session, schema = OnnxSession(tiny.credit()), tiny.contract()
    wanted = []
    for at in range(5):
        columns: Columns = {
            "Purpose": np.array(["car"], object),
            "Amount": np.array([1e-30]),
            "Months": np.array([-1000 + at]),
        }
        wanted += EACH.write(session.score(columns, schema), schema)
    assert asyncio.run(main()) == wanted


def test_some_runs_of_a_model_that_has_proved_itself_are_checked() -> None:
    """All of the first, then one in so many."""
    watched = Watched()

    async def main() -> None:
        shared, model = Together(FairPool(1, "look"), 5.0), OnnxModel(watched, "1")  # type: ignore[arg-type]
        for _ in range(2 * CHECKED):
            await asyncio.gather(*(shared.answer(PINS, row(at), tiny.contract(), model, EACH) for at in range(2)))

    asyncio.run(main())
    assert watched.runs == [2, 1] * CHECKED + [2, 1] + [2] * (CHECKED - 1)


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
