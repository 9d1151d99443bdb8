"""Scores rows together that come at one time, each in a call of its own, to one model. A run of a model costs several
times what a row in it costs: a host with many callers serves twice as many of them so.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

from worker.endpoints.models import OnnxModel, Pins
from worker.endpoints.rowwise import is_rowwise
from worker.endpoints.values import row_columns
from worker.host.formats import EachRow
from worker.host.pool import FairPool
from worker.scoring.errors import TimedOut
from worker.scoring.schema import Columns, Schema

MOST_CALLS = 32
"""In one run: whoever waits for it must not wait for much more than its own row."""

LOOK_SECONDS = 1.0
"""For looking at a model. One that needs more is not worth it: a run of it costs far more than what is around it."""

Told = tuple[bytes, float]
"""The body of an answer, and how many seconds of the run were this call's."""


class _Call(NamedTuple):
    row: list[Any]
    place: asyncio.Future[Told]


class _Turn(NamedTuple):
    """Calls to one model, in one format, that one turn of the event loop brings."""

    schema: Schema
    model: OnnxModel
    each: EachRow
    calls: list[_Call]


class Together:
    """Lives on the event loop. Only models that score each row for itself are run for several calls at once."""

    def __init__(self, pool: FairPool, seconds: float) -> None:
        """A run has `seconds`; models are looked at in a thread of `pool`."""
        self._pool = pool
        self._seconds = seconds
        self._rowwise: dict[Pins, bool] = {}
        self._turns: dict[tuple[Pins, int], _Turn] = {}

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
        """What becomes of one plain row, at the end of this turn. Raises what the model's `score` raises."""
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        key = pins, id(each)
        turn = self._turns.get(key)
        if turn is None or len(turn.calls) >= MOST_CALLS:
            turn = self._turns[key] = _Turn(schema, model, each, [])
            loop.call_soon(self._end, key, turn)
        turn.calls.append(_Call(row, place))
        return place

    def _look(self, pins: Pins, schema: Schema, model: OnnxModel) -> None:
        until = time.monotonic() + LOOK_SECONDS

        def score(columns: Columns, schema: Schema) -> Columns:
            if time.monotonic() > until:
                raise TimedOut(LOOK_SECONDS)
            return model.session.score(columns, schema, self._seconds)

        self._rowwise[pins] = is_rowwise(score, schema)

    def _end(self, key: tuple[Pins, int], turn: _Turn) -> None:
        if self._turns.get(key) is turn:
            del self._turns[key]
        self._run(turn, [call for call in turn.calls if not call.place.done()])

    def _run(self, turn: _Turn, calls: list[_Call]) -> None:
        try:
            self._answer(turn, calls)
        except Exception as error:  # noqa: BLE001 - whatever it is, every call waits for an end
            if len(calls) > 1 and not isinstance(error, TimedOut):  # of one of them: each hears of its own row
                for call in calls:
                    self._run(turn, [call])
            else:
                for call in calls:
                    call.place.set_exception(error)

    def _answer(self, turn: _Turn, calls: list[_Call]) -> None:
        began = time.perf_counter()
        columns = row_columns([row for row, _ in calls], turn.schema)
        scores = turn.model.session.score(columns, turn.schema, self._seconds)
        bodies = turn.each.write(scores, turn.schema)
        seconds = (time.perf_counter() - began) / len(calls)
        for (_, place), body in zip(calls, bodies, strict=True):
            place.set_result((body, seconds))
