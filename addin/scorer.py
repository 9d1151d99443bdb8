"""Scoring that pays once: rows that the cache knows are not sent, each other row is sent once, and kept at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.errors import AddinError
from addin.known import Known, look_up
from addin.sending import Sending
from worker.scoring import (
    Checked,
    Endpoint,
    EndpointError,
    Limits,
    Problem,
    ProxySignIn,
    Schema,
    Scored,
    ScoringClient,
    Transport,
    Unavailable,
    Unreachable,
)
from worker.scoring.retry import Retry

Progress = Callable[[int, int, str], None]

VERSION_SECONDS = 60.0


class CallsStopped(AddinError):
    """Calls are stopped by the person's own switch, and `rows` different rows would have to be sent."""

    def __init__(self, rows: int) -> None:
        super().__init__("calls are stopped")
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Plan:
    """What scoring a table will take: `cached` rows are known, `to_send` different rows are not, in `calls` calls at
    best. `rows` less both are bad or repeat another.
    """

    rows: int
    cached: int
    to_send: int
    calls: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scored table, as `Scored`: `frame` has the outputs under the index that was given, rows with a problem blank.

    `from_cache` rows were known; `sent` different rows were not. `versions` are the model versions that the scores come
    from, in one text in `model_version`. More than one: the model changed meanwhile. `offline`: the endpoint could not
    be asked which version it has now; all scores are those of the version it told last.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    calls: int
    seconds: float
    endpoint: str
    from_cache: int
    sent: int
    versions: tuple[str, ...]
    stopped: bool = False
    offline: bool = False

    @property
    def model_version(self) -> str:
        """The versions in one text."""
        return ", ".join(self.versions)


class Scorer:
    """Scores tables against the endpoints of one person.

    `stopped` says whether calls are stopped. `transport_for` is what carries the calls of an endpoint, else the
    catalogue's. A version that an endpoint told is believed for `version_seconds`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        cache: Cache,
        *,
        transport_for: Callable[[Endpoint], Transport] | None = None,
        limits: Limits | None = None,
        version_seconds: float = VERSION_SECONDS,
        stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._transport_for = transport_for or (lambda _: catalogue.transport)
        self._limits = limits or Limits()
        self._version_seconds = version_seconds
        self._stopped = stopped
        self._clock = clock
        self._sleep = sleep
        self._told: dict[str, tuple[str, float]] = {}

    def model_version(self, name: str) -> str:
        """The model version an endpoint has now, asked at most once in `version_seconds`; blank where it does not tell.

        While calls are stopped it is the one seen last. Raises UnknownEndpoint, NoKey, KeyStoreError, EndpointError.
        """
        entry = self._catalogue.entry(name)
        version, at = self._told.get(entry.url, ("", -math.inf))
        if self._clock() - at < self._version_seconds:
            return version
        if self._stopped():
            return entry.last_seen_version
        ask = Retry(replace(self._limits, call_attempts=2), self._sleep)
        _, version = ask(lambda: self._catalogue.look(entry.name), self._stopped)
        self._told[entry.url] = version, self._clock()
        return version

    def plan(self, name: str, frame: pd.DataFrame, known: Sequence[Problem] = ()) -> Plan:
        """What scoring a table will take; nothing is sent but the question for the version. Raises as `score`."""
        found, _ = self._look_up(name, frame, known)
        to_send = len(found.unknown)
        return Plan(len(frame), found.from_cache, to_send, -(-to_send // self._limits.part_rows))

    def is_known(self, name: str, frame: pd.DataFrame, known: Sequence[Problem] = ()) -> npt.NDArray[np.bool_]:
        """For each row whether scoring it now would need no call: its score is kept, or why it can have none, under
        the model version that the endpoint has now. Rows with a problem of their own are not known. Raises as `score`.
        """
        found, _ = self._look_up(name, frame, known)
        there = np.zeros(len(frame), bool)
        there[found.good] = [found.has(key) for key in found.hashes]
        return there

    def recall(self, name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
        """Outputs and problems of rows that are all known; nothing is sent but the question for the version. Raises as
        `score`, and RowsLost when a row is not known.
        """
        return self._look_up(name, frame, ())[0].together(None)

    def score(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        known: Sequence[Problem] = (),
        checked: tuple[Schema, Checked] | None = None,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Score a table as `ScoringClient.score` does, sending only rows that the cache does not know.

        `checked` is what the check of a schema said of the table already; it counts while that is the endpoint's.
        `progress(rows done, rows, note)`: the note is a sentence while the endpoint lets us wait, else blank. Scores
        are kept as they come in, whatever becomes of the rest. Raises UnknownEndpoint, NoKey, KeyStoreError,
        TableError, CallsStopped; EndpointError when the endpoint scored none of what had to be sent.
        """
        started = self._clock()
        found, failure = self._look_up(name, frame, known, checked)
        sent, versions = None, {found.version} if found.from_cache else set()
        if len(found.unknown):
            if self._stopped():
                raise CallsStopped(len(found.unknown))
            if isinstance(failure, Unreachable | ProxySignIn):
                raise failure
            sent, answered = self._send(found, progress, stop)
            versions |= answered
        result, problems = found.together(sent)
        return Outcome(
            result,
            problems,
            sent.calls if sent else 0,
            self._clock() - started,
            found.endpoint.name,
            found.from_cache,
            len(found.unknown),
            tuple(sorted(version for version in versions if version)),
            stopped=sent is not None and sent.stopped,
            offline=failure is not None,
        )

    def _look_up(
        self,
        name: str,
        frame: pd.DataFrame,
        problems: Sequence[Problem],
        checked: tuple[Schema, Checked] | None = None,
    ) -> tuple[Known, EndpointError | None]:
        """What is known of a table, and why the endpoint did not tell its version, if it did not."""
        failure = None
        try:
            version = self.model_version(name)
        except (Unavailable, ProxySignIn) as error:
            version, failure = self._catalogue.entry(name).last_seen_version, error
        return look_up(self._cache, self._catalogue.endpoint(name), version, frame, problems, checked), failure

    def _send(
        self, found: Known, progress: Progress | None, stop: Callable[[], bool] | None
    ) -> tuple[Scored, set[str]]:
        endpoint, rows = found.endpoint, (len(found.frame), len(found.unknown))
        carrier = self._transport_for(endpoint)
        sending = Sending(carrier, self._cache, found.version, rows, progress, stop, self._limits, self._clock)
        client = ScoringClient(endpoint, sending, limits=self._limits, clock=self._clock, sleep=self._sleep)
        try:
            scored = client.score_checked(*found.to_send(), progress=sending.report, stop=sending.stopped)
        finally:
            self._note(endpoint, found.version, set(sending.versions))
        return scored, set(sending.versions)

    def _note(self, endpoint: Endpoint, version: str, answered: set[str]) -> None:
        """An answer knows the version better than a question did; two at once, and the next run asks again."""
        if answered == {version} or not answered - {""}:
            return
        self._told.pop(endpoint.url, None)
        if len(answered) == 1:
            (newer,) = answered
            self._told[endpoint.url] = newer, self._clock()
            self._catalogue.saw(endpoint.name, newer)
