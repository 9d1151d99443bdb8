"""Scores a call on the event loop where that is sooner done than the way to a thread and back."""

from __future__ import annotations

import time
from typing import NamedTuple

from worker.endpoints import EndpointRow, Models
from worker.endpoints.models import OnnxModel, Pins
from worker.host.formats import Format
from worker.host.limits import HostLimits
from worker.host.pool import FairPool
from worker.host.refusals import model_failed
from worker.host.together import MOST_CALLS, Together
from worker.scoring.errors import EndpointError, TimedOut
from worker.scoring.schema import Schema, row_count

_SMALL_CALL_BYTES = 2_000
"""A call has a cost of its own; this many bytes are added to its size before its speed is judged."""

AWAY_SECONDS = 10.0
"""A model that was too slow here stays away for so long: whoever sends slow rows among quick ones, on purpose, has no
more of the event loop than a twentieth.
"""


class Question(NamedTuple):
    """A call: whose, and the rows as they came."""

    endpoint: EndpointRow
    body: bytes
    format: Format

    @property
    def size(self) -> int:
        """In bytes, with those that stand for the cost of any call."""
        return len(self.body) + _SMALL_CALL_BYTES


class Answered(NamedTuple):
    """The body of an answer and its number of rows."""

    content: bytes
    rows: int


class AtOnce:
    """How long a call will take is judged by the last one to the same versions."""

    def __init__(self, models: Models, limits: HostLimits, pool: FairPool) -> None:
        self._models = models
        self._limits = limits
        self._together = Together(pool, limits.inline_end)
        self._seconds_per_byte: dict[Pins, float] = {}
        self._away_since: dict[Pins, float] = {}

    def took(self, question: Question, seconds: float) -> None:
        """What a call took, here or in a thread."""
        pins = question.endpoint.pins
        since = self._away_since.get(pins)
        if since is None or time.monotonic() - since >= AWAY_SECONDS:
            self._seconds_per_byte[pins] = seconds / question.size

    async def answer(self, question: Question) -> Answered | None:
        """None where it is for a thread. Raises Refusal."""
        endpoint, body, format_ = question
        pins = endpoint.pins
        seconds = self._seconds_per_byte.get(pins, self._limits.seconds) * question.size
        if seconds >= self._limits.inline_seconds or len(body) > self._limits.inline_bytes:
            return None
        loaded = self._models.in_memory(*pins)
        if loaded is None:
            return None
        schema, model = loaded
        if not isinstance(model, OnnxModel):
            return None
        try:
            each = format_.each if seconds * MOST_CALLS < self._limits.inline_seconds else None
            if each is not None and self._together.takes(pins, schema, model):
                row = each.read(body, schema)
                if row is not None:
                    content, seconds = await self._together.answer(pins, row, schema, model, each)
                    self.took(question, seconds)
                    return Answered(content, 1)
            return self._alone(question, schema, model)
        except TimedOut:  # quick for the last rows, slow for these: nobody else shall wait for them
            self._seconds_per_byte.pop(pins, None)  # others of the same run may have been here before
            self._away_since[pins] = time.monotonic()
            return None
        except EndpointError as error:
            raise model_failed(error) from None

    def _alone(self, question: Question, schema: Schema, model: OnnxModel) -> Answered:
        began = time.perf_counter()
        columns, parameters = question.format.read(question.body, schema)
        scores = model.session.score(columns, schema.given(parameters), self._limits.inline_end)
        content = question.format.write(scores, schema)
        self.took(question, time.perf_counter() - began)
        return Answered(content, row_count(columns))
