"""Scores a table against an endpoint: check, split, call, and put every row back where it was."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from worker.scoring.check import Checked, check
from worker.scoring.endpoint import Endpoint
from worker.scoring.errors import EndpointError, Problem
from worker.scoring.isolation import PartScores, Rows, score_part
from worker.scoring.limits import Limits
from worker.scoring.outputs import check_answer, to_frame
from worker.scoring.retry import Retry
from worker.scoring.run import RowsLost, Run, Tally
from worker.scoring.schema import Columns, row_count, take
from worker.scoring.transport import Answer, Transport

__all__ = ["Answer", "PartScores", "RowsLost", "Scored", "ScoringClient", "Transport"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored table: `frame` has the outputs only, under the index of the table that was given; rows with a problem
    are blank in it. `calls` counts every attempt. `stopped` says that scoring was cancelled.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    calls: int
    seconds: float
    model_version: str
    stopped: bool = False


class ScoringClient:
    """Scores tables against one endpoint; may be used from several threads.

    Without a `transport` it makes an HttpTransport of its own. Clock, sleep and random are for tests.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        transport: Transport | None = None,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.endpoint = endpoint
        self.limits = limits or Limits()
        self._transport = transport or _over_http(self.limits)
        self._retry = Retry(self.limits, sleep, random)
        self._clock = clock
        self._allowed: int | None = None

    @property
    def concurrency(self) -> int:
        """How many calls may run at once, as far as is known: the endpoint says its own limit with each answer."""
        return min(self.limits.concurrency, self._allowed or self.limits.concurrency)

    def score(
        self,
        frame: pd.DataFrame,
        *,
        parameters: Mapping[str, Any] | None = None,
        known: Sequence[Problem] = (),
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Scored:
        """Score a table. A bad row gets its reason and the others their scores, in the order of the rows.

        `parameters` go in place of the endpoint's defaults, the same for all rows; ContractError when it has no such
        parameter or the value is not of its kind. `known` are problems found earlier; `progress(rows done, rows)` is
        called here, in the caller's thread. When `stop` turns true the call returns at once; rows without a score then
        have the problem CALL_FAILED. Raises TableError before any call; EndpointError when the endpoint scored nothing
        at all.
        """
        client = self._given(parameters) if parameters else self
        checked = check(frame, client.endpoint.schema, known)
        return client.score_checked(frame, checked, progress=progress, stop=stop)

    def score_checked(
        self,
        frame: pd.DataFrame,
        checked: Checked,
        *,
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Scored:
        """Score a table that went through `check` already; else as `score`."""
        started = self._clock()
        run = Run(frame, checked, self.endpoint.schema, progress)
        calls = Tally()

        def score(rows: Rows) -> PartScores:
            return self._score_part(take(checked.columns, rows), calls.add, run.over.is_set)

        run.score(score, self.limits, lambda: self.concurrency, stop)
        problems = run.settle()
        return Scored(
            to_frame(run.outputs, self.endpoint.schema, frame.index),
            problems,
            calls.count,
            self._clock() - started,
            ", ".join(sorted(run.versions)),
            run.stopped,
        )

    def _given(self, parameters: Mapping[str, Any]) -> ScoringClient:
        client = copy(self)
        client.endpoint = replace(self.endpoint, schema=self.endpoint.schema.given(parameters))
        return client

    def score_part(self, columns: Columns) -> PartScores:
        """Score rows that passed the check, in this thread: one call, and more when it fails or a row is refused.

        Raises EndpointError when the endpoint itself fails: Unauthorized, NotFound, Unavailable after all attempts,
        BadAnswer twice.
        """
        return self._score_part(columns, _nothing, lambda: False)

    def _score_part(self, columns: Columns, called: Callable[[], None], stopped: Callable[[], bool]) -> PartScores:
        calls = Tally()

        def attempt(rows: Columns) -> Answer:
            calls.add()
            called()
            answer = self._transport(self.endpoint, rows)
            check_answer(answer.columns, self.endpoint.schema, row_count(rows))
            self._allowed = answer.max_concurrent
            return answer

        def call(rows: Columns) -> Answer:
            return self._retry(lambda: attempt(rows), stopped)

        def wait(failures: int, error: EndpointError) -> bool:
            return self._retry.wait(failures, error, stopped)

        try:
            return replace(score_part(columns, self.endpoint.schema, call, wait), calls=calls.count)
        except EndpointError as error:
            error.calls = calls.count
            raise


def _over_http(limits: Limits) -> Transport:
    from worker.scoring.http import HttpTransport  # noqa: PLC0415 - brings requests, 7 MB that not every client needs

    return HttpTransport(limits=limits)


def _nothing() -> None:
    """Nobody counts along."""
