"""An endpoint in memory, for tests of whatever scores tables. It keeps the same contract as an endpoint over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from worker.scoring.codecs import CLASSIC
from worker.scoring.endpoint import Endpoint
from worker.scoring.errors import EndpointError, Rejected, Unauthorized
from worker.scoring.schema import Columns, Schema, row_count
from worker.scoring.transport import Answer


class FakeEndpoint:
    """A Transport that scores in this process.

    `score(columns)` gives the outputs. `faults` are used up one a call: an error is raised, None lets the call through;
    once they are used up every call goes through. `refuses(row)` gives the reason why a row (input name to value) is
    refused, or None; a table with such a row is refused as a whole, and the first one is named if `names_row`.
    A wrong `key` is refused. `calls` are the tables received, refused ones too; `most_at_once` how many calls ran
    together.
    """

    def __init__(
        self,
        schema: Schema,
        score: Callable[[Columns], Columns],
        *,
        faults: Iterable[EndpointError | None] = (),
        refuses: Callable[[Mapping[str, Any]], str | None] | None = None,
        names_row: bool = True,
        key: str = "",
        model_version: str = "1",
        max_concurrent: int | None = None,
    ) -> None:
        self.schema = schema
        self.calls: list[Columns] = []
        self.most_at_once = 0
        self._score = score
        self._faults = iter(faults)
        self._refuses = refuses
        self._names_row = names_row
        self._key = key
        self._answer = (model_version, max_concurrent)
        self._lock = Lock()
        self._running = 0

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        """Score rows as the endpoint would. Raises EndpointError."""
        CLASSIC.encode(columns, self.schema)  # what cannot be sent over HTTP is not taken here either
        with self._lock:
            self.calls.append(columns)
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            fault = next(self._faults, None)
        try:
            if fault is not None:
                raise fault
            if endpoint.key != self._key:
                raise Unauthorized
            self._refuse(columns)
            return Answer(self._score(columns), *self._answer)
        finally:
            with self._lock:
                self._running -= 1

    @property
    def rows(self) -> int:
        """Rows received over all calls."""
        return sum(map(row_count, self.calls))

    def _refuse(self, columns: Columns) -> None:
        if self._refuses is None:
            return
        for number, values in enumerate(zip(*columns.values(), strict=True)):
            reason = self._refuses(dict(zip(columns, values, strict=True)))
            if reason is not None:
                raise Rejected("InputParseError", reason, number if self._names_row else None)
