"""Scores rows that come in a request, whatever they are written in: key, throttle, limits, and where it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from worker.endpoints import EndpointRow, Model, Snapshots
from worker.endpoints.models import OnnxModel
from worker.host.access import authorised
from worker.host.accounts import Accounts
from worker.host.atonce import Answered, AtOnce, Question
from worker.host.body import read_body
from worker.host.formats import Choose, classic
from worker.host.limits import HostLimits
from worker.host.pool import FairPool
from worker.host.refusals import Refusal, model_failed, throttled, timed_out
from worker.host.throttle import Throttle
from worker.scoring.errors import EndpointError
from worker.scoring.schema import Schema, row_count

VERSION_HEADER = "x-sheetscore-model-version"
CONCURRENCY_HEADER = "x-sheetscore-max-concurrent"


class _Scores(Response):
    """An answer whose headers are made already: for one row they would cost as much to make as the scores do."""

    def __init__(self, content: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code, self.background = 200, None
        self.body, self.raw_headers = content, headers


class Execute:
    """The handler of `execute`."""

    def __init__(
        self,
        snapshots: Snapshots,
        limits: HostLimits,
        log: Any,  # noqa: ANN401 - any structlog logger
        clock: Callable[[], float],
        accounts: Accounts,
    ) -> None:
        self._snapshots = snapshots
        self._models = snapshots.models
        self._limits = limits
        self._log = log
        self._clock = clock
        self._accounts = accounts
        self._throttle = Throttle()
        self._here = FairPool(limits.model_threads, "score")
        self._away = FairPool(limits.remote_threads, "remote")
        self._at_once = AtOnce(snapshots.models, limits, self._here)

    async def answer(self, request: Request, choose: Choose = classic) -> Response:
        """One call in the format that `choose` finds for it; every outcome is an answer and a line in the log."""
        began = self._clock()
        endpoint: EndpointRow | None = None
        rows, problems, status = 0, 0, 500
        try:
            endpoint = authorised(request, self._snapshots)
            headers = self._accounts.admit(endpoint)
            content, rows, media_type = await self._admitted(request, endpoint, choose)
            status = 200
            return _Scores(content, _headers(endpoint, media_type, content, headers))
        except Refusal as refusal:
            status, problems = refusal.status, refusal.rows
            raise
        except ClientDisconnect:
            status = 499
            raise
        finally:
            ms, request_id = round((self._clock() - began) * 1000, 2), request.scope["state"]["request_id"]
            self._log.info(
                "execute",
                endpoint=endpoint.id if endpoint else None,
                rows=rows,
                status=status,
                ms=ms,
                request=request_id,
            )
            if endpoint is not None:
                self._accounts.called(endpoint, status, rows=rows, problems=problems, ms=ms, request_id=request_id)

    async def _admitted(self, request: Request, endpoint: EndpointRow, choose: Choose) -> tuple[bytes, int, str]:
        until = asyncio.get_running_loop().time() + self._limits.seconds
        self._enter(endpoint)
        try:
            body = await read_body(request, self._limits.body_bytes, until)
            question = Question(endpoint, body, choose(request, endpoint))
        except TimeoutError:
            raise timed_out(self._limits.seconds) from None
        finally:
            self._throttle.leave(endpoint.id)
        # On the loop calls follow one another, however many share a run: none of them counts as one more at once.
        answered = await self._at_once.answer(question) or await self._in_thread(question, until)
        return *answered, question.format.media_type

    def _enter(self, endpoint: EndpointRow) -> None:
        if not self._throttle.enter(endpoint.id, endpoint.max_concurrent_calls):
            raise throttled(f"{endpoint.service}/{endpoint.name}", endpoint.max_concurrent_calls)

    async def _in_thread(self, question: Question, until: float) -> Answered:
        """The answer by `until`, by the loop's clock. Raises Refusal."""
        endpoint = question.endpoint
        work: list[Future[Any]] = []
        self._enter(endpoint)
        try:
            async with asyncio.timeout_at(until):
                return await self._given(question, work)
        except TimeoutError:
            raise timed_out(self._limits.seconds) from None
        finally:
            self._leave(endpoint.id, work)

    async def _given(self, question: Question, work: list[Future[Any]]) -> Answered:
        """What was given to a thread is added to `work`."""
        endpoint = question.endpoint
        loaded = self._models.in_memory(*endpoint.pins)
        if loaded is None:
            work.append(self._here.submit(endpoint.id, lambda: self._accounts.load(self._models, endpoint)))
            loaded = cast("tuple[Schema, Model]", await asyncio.wrap_future(work[-1]))
        schema, model = loaded
        pool = self._here if isinstance(model, OnnxModel) else self._away
        work.append(pool.submit(endpoint.id, lambda: self._score(question, schema, model)))
        return await asyncio.wrap_future(cast("Future[Answered]", work[-1]))

    def _leave(self, endpoint_id: str, work: list[Future[Any]]) -> None:
        """Work that was given up runs on in its thread; its call counts until that ends."""
        if not work or work[-1].done():
            self._throttle.leave(endpoint_id)
            return
        loop = asyncio.get_running_loop()

        def leave(_: Future[Any]) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(self._throttle.leave, endpoint_id)

        work[-1].add_done_callback(leave)

    def _score(self, question: Question, schema: Schema, model: Model) -> Answered:
        """Raises Refusal."""
        began = time.perf_counter()
        columns, parameters = question.format.read(question.body, schema)
        try:
            scores = model.score(columns, schema.given(parameters))
        except EndpointError as error:
            raise model_failed(error) from None
        content = question.format.write(scores, schema)
        self._at_once.took(question, time.perf_counter() - began)
        return Answered(content, row_count(columns))


def _headers(
    endpoint: EndpointRow, media_type: str, content: bytes, more: Mapping[str, str]
) -> list[tuple[bytes, bytes]]:
    fixed = _fixed_headers(endpoint.model_version, endpoint.max_concurrent_calls, media_type)
    made = [*fixed, (b"content-length", b"%d" % len(content))]
    return made + _raw(more) if more else made


@lru_cache(maxsize=1024)
def _fixed_headers(model_version: int, most_calls: int, media_type: str) -> list[tuple[bytes, bytes]]:
    named = {VERSION_HEADER: str(model_version), CONCURRENCY_HEADER: str(most_calls), "content-type": media_type}
    return _raw(named)


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def endpoint_headers(endpoint: EndpointRow) -> dict[str, str]:
    """What every answer of an endpoint says of it: the add-in's cache and the client's pool need them."""
    return {
        VERSION_HEADER: str(endpoint.model_version),
        CONCURRENCY_HEADER: str(endpoint.max_concurrent_calls),
    }
