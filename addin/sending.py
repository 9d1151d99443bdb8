"""What goes on while rows are sent: scores are kept as they come in, versions noted, waits told."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from addin.cache import Cache, Refusal
from addin.known import KEYS
from worker.scoring import Answer, Columns, Endpoint, Limits, Rejected, Throttled, Transport
from worker.scoring.outputs import check_answer
from worker.scoring.schema import row_count


class Sending:
    """A Transport around another, for rows with their KEYS of one table; `rows` are its rows and how many of them are
    sent.

    What comes back goes into the cache under the version that scored it, even when nobody waits for it any more: it is
    paid for. Without a version it does not: nobody could tell later whether that is still the endpoint's model. A
    refusal does not say which version refused; it counts for `version`, the one told last. `report` and `stopped` are
    called in the caller's thread, the calls in others.
    """

    def __init__(
        self,
        inner: Transport,
        cache: Cache,
        version: str,
        rows: tuple[int, int],
        progress: Callable[[int, int, str], None] | None,
        stop: Callable[[], bool] | None,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self.versions: set[str] = set()
        self._inner = inner
        self._cache = cache
        self._version = version
        self._rows = rows[0]
        self._done = rows[0] - rows[1]
        self._progress = progress or (lambda done, rows, note: None)
        self._stop = stop or (lambda: False)
        self._limits = limits
        self._clock = clock
        self._allowed = 0
        self._busy_until: float | None = None
        self._note = ""

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        """Score rows. Raises EndpointError."""
        keys, columns = columns[KEYS].tolist(), {name: columns[name] for name in endpoint.schema.input_names}
        try:
            answer = self._inner(endpoint, columns)
        except Throttled as error:
            self._busy_until = self._clock() + min(error.retry_after or 0.0, self._limits.retry_after_cap)
            raise
        except Rejected as error:
            self._remember(keys, columns, error)
            raise
        check_answer(answer.columns, endpoint.schema, row_count(columns))
        self._busy_until = None
        self._allowed = answer.max_concurrent or 0
        self.versions.add(answer.model_version)
        if answer.model_version:
            if answer.model_version != self._version:
                keys = self._cache.hashes(columns, endpoint.url, answer.model_version, endpoint.schema)
            self._cache.put(keys, answer.columns, endpoint.schema)
        return answer

    def _remember(self, keys: Sequence[bytes], columns: Columns, error: Rejected) -> None:
        row = 0 if len(keys) == 1 else error.row
        if self._version and row is not None and row < len(keys):
            column = error.column if error.column in columns else None
            self._cache.refuse(keys[row], Refusal(column, error.message or error.code))

    def report(self, done: int, sent: int) -> None:
        """So many of the rows sent are done."""
        self._done = self._rows - sent + done
        self._tell()

    def stopped(self) -> bool:
        """Whether to stop; tells what is waited for, once a second."""
        if self._waiting() != self._note:
            self._tell()
        return self._stop()

    def _tell(self) -> None:
        self._note = self._waiting()
        self._progress(self._done, self._rows, self._note)

    def _waiting(self) -> str:
        until = self._busy_until
        if until is None:
            return ""
        at_once = f" ({self._allowed} at once)" if self._allowed else ""
        seconds = math.ceil(until - self._clock())
        wait = f"Continuing in {seconds} s" if seconds > 0 else "Trying again"
        return f"Endpoint busy{at_once}. {wait}; {self._done:,} of {self._rows:,} done."
