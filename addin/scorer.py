"""Scoring that pays once: rows that the cache knows are not sent, each other row is sent once, and kept at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from addin.cache import Cache, outputs_of
from addin.catalogue import Catalogue
from addin.errors import AddinError
from addin.sending import Sending
from worker.scoring import (
    Checked,
    Endpoint,
    EndpointError,
    Limits,
    Problem,
    ProxySignIn,
    Scored,
    ScoringClient,
    Transport,
    Unavailable,
    Unreachable,
    match_columns,
    to_frame,
)
from worker.scoring.check import check
from worker.scoring.outputs import empty_outputs
from worker.scoring.retry import Retry
from worker.scoring.schema import take

Rows = npt.NDArray[np.intp]
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


@dataclass(frozen=True, slots=True)
class _Known:
    """A checked table beside what the cache knows of it. `hashes` go with the good rows, `good`; `unknown` are the
    places of those to be sent, the first of each kind.
    """

    endpoint: Endpoint
    version: str
    failure: EndpointError | None
    checked: Checked
    good: Rows
    hashes: list[bytes]
    cached: dict[bytes, list[object]]
    unknown: Rows

    @property
    def from_cache(self) -> int:
        return sum(key in self.cached for key in self.hashes)


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
        version, at = self._told.get(entry.url, ("", -np.inf))
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
        found = self._look_up(name, frame, known)
        to_send = len(found.unknown)
        return Plan(len(frame), found.from_cache, to_send, -(-to_send // self._limits.part_rows))

    def score(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        known: Sequence[Problem] = (),
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Score a table as `ScoringClient.score` does, sending only rows that the cache does not know.

        `progress(rows done, rows, note)`: the note is a sentence while the endpoint lets us wait, else blank. Scores
        are kept as they come in, whatever becomes of the rest. Raises UnknownEndpoint, NoKey, KeyStoreError,
        TableError, CallsStopped; EndpointError when the endpoint scored none of what had to be sent.
        """
        started = self._clock()
        found = self._look_up(name, frame, known)
        sent, versions = None, {found.version} if found.from_cache else set()
        if len(found.unknown):
            if self._stopped():
                raise CallsStopped(len(found.unknown))
            if isinstance(found.failure, Unreachable | ProxySignIn):
                raise found.failure
            sent, answered = self._send(found, frame, progress, stop)
            versions |= answered
        result, problems = _together(found, sent, frame)
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
            offline=found.failure is not None,
        )

    def _look_up(self, name: str, frame: pd.DataFrame, known: Sequence[Problem]) -> _Known:
        failure = None
        try:
            version = self.model_version(name)
        except (Unavailable, ProxySignIn) as error:
            version, failure = self._catalogue.entry(name).last_seen_version, error
        endpoint = self._catalogue.endpoint(name)
        checked = check(frame, endpoint.schema, known)
        good = np.flatnonzero(checked.good)
        hashes = self._cache.hashes(take(checked.columns, good), endpoint.url, version, endpoint.schema)
        first = dict(zip(reversed(hashes), reversed(good), strict=True))
        # Without a version nobody could tell whether the scores are still those of the endpoint's model.
        cached = self._cache.get(list(first)) if version else {}
        unknown = np.array(sorted(row for key, row in first.items() if key not in cached), np.intp)
        return _Known(endpoint, version, failure, checked, good, hashes, cached, unknown)

    def _send(
        self, found: _Known, frame: pd.DataFrame, progress: Progress | None, stop: Callable[[], bool] | None
    ) -> tuple[Scored, set[str]]:
        endpoint, rows = found.endpoint, found.unknown
        inner = self._transport_for(endpoint)
        sending = Sending(inner, self._cache, len(frame), len(rows), progress, stop, self._limits, self._clock)
        client = ScoringClient(endpoint, sending, limits=self._limits, clock=self._clock, sleep=self._sleep)
        checked = Checked(take(found.checked.columns, rows), np.ones(len(rows), bool), (), found.checked.pass_through)
        try:
            scored = client.score_checked(frame.iloc[rows], checked, progress=sending.report, stop=sending.stopped)
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


def _together(found: _Known, sent: Scored | None, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Outputs and problems of all rows, in their order: from the cache, from the calls, blank."""
    schema = found.endpoint.schema
    keys = dict.fromkeys(key for key in found.hashes if key in found.cached)
    cached = to_frame(outputs_of([found.cached[key] for key in keys], schema), schema)
    parts = [cached, *([sent.frame] if sent else []), to_frame(empty_outputs(schema, 1), schema)]
    pool = pd.concat(parts, ignore_index=True)
    place_of = {key: place for place, key in enumerate(keys)}
    row_key = dict(zip(found.good.tolist(), found.hashes, strict=True))
    place_of |= {row_key[row]: len(keys) + place for place, row in enumerate(found.unknown.tolist())}
    places = np.full(len(frame), len(pool) - 1)
    places[found.good] = [place_of[key] for key in found.hashes]
    result = pool.iloc[places].set_axis(frame.index, axis="index")
    problems = [*found.checked.problems]
    if sent and sent.problems:
        problems += _repeated(sent.problems, found, places - len(keys), frame)
    return result, tuple(sorted(problems, key=lambda problem: problem.row))


def _repeated(problems: Sequence[Problem], found: _Known, places: Rows, frame: pd.DataFrame) -> list[Problem]:
    """Problems of rows that were sent, for every row that is the same, each with what stands in its own cell."""
    names = list(map(str, frame.columns))
    used = {names[place]: place for place in match_columns(names, found.endpoint.schema).values()}
    told = []
    for problem in problems:
        for row in np.flatnonzero(places == problem.row).tolist():
            place = used.get(problem.column or "")
            value = problem.value if place is None else frame.iat[row, place]
            told.append(replace(problem, row=row, value=value))
    return told
