"""Scores rows together that come at one time, each in a call of its own, to one model. A run of a model costs several
times what a row in it costs: a host with many callers serves twice as many of them so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from worker.endpoints.models import OnnxModel, Pins
from worker.endpoints.rowwise import MOST_ROWS, are_same, is_rowwise
from worker.endpoints.values import row_columns
from worker.host.formats import EachRow
from worker.host.pool import FairPool
from worker.scoring.errors import TimedOut
from worker.scoring.schema import Columns, Schema, take

MOST_CALLS = MOST_ROWS
"""In one run: whoever waits for it must not wait for much more than its own row."""

MOST_WAITS = 4
"""How often the event loop is asked for more calls before they are run: each time is another few microseconds for the
first, or as long as others' calls take that are in between.
"""

CHECKED = 64
"""So many shared runs of a model are checked, and then one in so many."""

LOOK_SECONDS = 1.0
"""For looking at a model. One that needs more is not worth it: a run of it costs far more than what is around it."""

Told = tuple[bytes, float]
"""The body of an answer, and how many seconds of the run were this call's."""


class _Call(NamedTuple):
    row: list[Any]
    each: EachRow
    place: asyncio.Future[Told]


class _Turn(NamedTuple):
    """Calls to one model that the event loop brings at one time."""

    pins: Pins
    schema: Schema
    model: OnnxModel
    calls: list[_Call]


class Together:
    """Lives on the event loop. Only models that score each row for itself are run for several calls at once. They are
    looked at before; and of some runs one row, which differs from what was made up to look, is scored alone as well.
    """

    def __init__(self, pool: FairPool, seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        """The calls of a turn have `seconds`, all of them; models are looked at in a thread of `pool`."""
        self._pool = pool
        self._seconds = seconds
        self._clock = clock
        self._rowwise: dict[Pins, bool] = {}
        self._runs: dict[Pins, int] = {}
        self._turns: dict[Pins, _Turn] = {}

    def takes(self, pins: Pins, schema: Schema, model: OnnxModel) -> bool:
        """Whether calls to this model may share a run. False until it was looked at."""
        known = self._rowwise.get(pins)
        if known is None:
            known = self._rowwise[pins] = False
            self._pool.submit("", lambda: self._look(pins, schema, model))
        return known

    def answer(
        self, pins: Pins, row: list[Any], schema: Schema, model: OnnxModel, each: EachRow
    ) -> asyncio.Future[Told]:
        """What becomes of one plain row, in a moment. Raises what the model's `score` raises."""
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        turn = self._turns.get(pins)
        if turn is None:
            turn = self._turns[pins] = _Turn(pins, schema, model, [])
            loop.call_soon(self._end, turn)
        turn.calls.append(_Call(row, each, place))
        return place

    def _look(self, pins: Pins, schema: Schema, model: OnnxModel) -> None:
        until = time.monotonic() + LOOK_SECONDS

        def score(columns: Columns, schema: Schema) -> Columns:
            if time.monotonic() > until:
                raise TimedOut(LOOK_SECONDS)
            return model.session.score(columns, schema, self._seconds)

        self._rowwise[pins] = is_rowwise(score, schema)

    def _end(self, turn: _Turn, seen: int = 0, left: int = MOST_WAITS) -> None:
        """Run once the loop has brought no more: what came while the first were read is there a moment later."""
        count = len(turn.calls)
        if seen < count < MOST_CALLS and left:
            asyncio.get_running_loop().call_soon(self._end, turn, count, left - 1)
            return
        del self._turns[turn.pins]
        until = self._clock() + self._seconds
        calls = [call for call in turn.calls if not call.place.done()]
        for start in range(0, len(calls), MOST_CALLS):
            self._run(turn, calls[start : start + MOST_CALLS], until)

    def _run(self, turn: _Turn, calls: list[_Call], until: float) -> None:
        try:
            self._answer(turn, calls, until)
        except Exception as error:  # noqa: BLE001 - whatever it is, every call waits for an end
            if len(calls) > 1 and not isinstance(error, TimedOut):  # of one of them: each hears of its own row
                for call in calls:
                    self._run(turn, [call], until)
            else:
                for call in calls:
                    call.place.set_exception(error)

    def _answer(self, turn: _Turn, calls: list[_Call], until: float) -> None:
        began = self._clock()
        scores = self._score(turn, calls, until)
        bodies = {each: each.write(scores, turn.schema) for each in {call.each for call in calls}}
        seconds = (self._clock() - began) / len(calls)
        if len(calls) > 1:
            self._check(turn, calls, scores, until)
        for at, call in enumerate(calls):
            call.place.set_result((bodies[call.each][at], seconds))

    def _check(self, turn: _Turn, calls: list[_Call], scores: Columns, until: float) -> None:
        """Now and then. Raises _Mixed where a row's scores are others than those that it has alone."""
        number = self._runs[turn.pins] = self._runs.get(turn.pins, -1) + 1
        if number >= CHECKED and number % CHECKED:
            return
        at = number % len(calls)
        if not are_same(self._score(turn, calls[at : at + 1], until), take(scores, slice(at, at + 1))):
            self._rowwise[turn.pins] = False
            raise _Mixed

    def _score(self, turn: _Turn, calls: list[_Call], until: float) -> Columns:
        left = until - self._clock()
        if left <= 0:
            raise TimedOut(self._seconds)
        return turn.model.session.score(row_columns([call.row for call in calls], turn.schema), turn.schema, left)


class _Mixed(Exception):
    """The model does not score each row for itself."""
