"""The classic batch API: a table is submitted by reference, started, watched, and its scores fetched by a link."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.batch.tablejobs import CannotStart, TableRequest, TableState, UnknownJob
from worker.endpoints import EndpointRow, Snapshots
from worker.host.access import authorised
from worker.host.addresses import base_url
from worker.host.area import Area
from worker.host.body import read_body
from worker.host.jobrequest import JobRequest, check_ending, read_request
from worker.host.limits import HostLimits
from worker.host.parameters import read_parameters
from worker.host.refusals import Detail, Refusal, bad_argument, not_found, timed_out
from worker.scoring.codecs.classic import OUTPUT
from worker.scoring.schema import Schema

_HEADERS = {"Cache-Control": "no-store"}


class Tables(Protocol):
    """What scores tables as jobs. A missing job and a foreign one are the same to it."""

    def submit(self, endpoint: EndpointRow, source: Path, name: str, request: TableRequest) -> str:
        """Make a job that waits to be started; returns its id, 32 hex digits."""

    def start(self, endpoint_id: str, job_id: str) -> None:
        """Raises CannotStart unless the job waits for it, UnknownJob."""

    def state(self, endpoint_id: str, job_id: str) -> TableState | None:
        """How far it is; None when there is no such job."""

    def cancel(self, endpoint_id: str, job_id: str) -> bool:
        """Whether the job will be cancelled."""


class Jobs:
    """The handlers of `jobs`. None of them uses the endpoint's throttle: batch has a limit of its own."""

    def __init__(
        self,
        snapshots: Snapshots,
        area: Area,
        tables: Tables,
        contract: Callable[[EndpointRow], Awaitable[Schema]],
        limits: HostLimits,
    ) -> None:
        self._snapshots = snapshots
        self._area = area
        self._tables = tables
        self._contract = contract
        self._limits = limits

    def routes(self, location: str) -> list[Route]:
        """Routes under an endpoint's location."""
        return [
            Route(f"{location}/jobs", self.submit, methods=["POST"]),
            Route(f"{location}/jobs/{{job_id}}/start", self.start, methods=["POST"]),
            Route(f"{location}/jobs/{{job_id}}", self.show, methods=["GET"]),
            Route(f"{location}/jobs/{{job_id}}", self.cancel, methods=["DELETE"]),
        ]

    async def submit(self, request: Request) -> Response:
        """Make a job of a table in the upload area; the answer is its id. It does nothing before it is started."""
        endpoint = self._opened(request)
        try:
            async with asyncio.timeout(self._limits.seconds):
                asked = read_request(await read_body(request, self._limits.body_bytes))
        except TimeoutError:
            raise timed_out(self._limits.seconds) from None
        parameters = read_parameters(asked.parameters, await self._contract(endpoint))
        return JSONResponse(await to_thread.run_sync(self._submit, endpoint, asked, parameters))

    def _submit(self, endpoint: EndpointRow, asked: JobRequest, parameters: Mapping[str, Any]) -> str:
        with self._area.file(asked.source, endpoint.id) as source:
            check_ending(source.name)
            return self._tables.submit(endpoint, source, source.name, TableRequest(asked.output, dict(parameters)))

    async def start(self, request: Request) -> Response:
        """Start a job."""
        endpoint = self._opened(request)
        try:
            await to_thread.run_sync(self._tables.start, endpoint.id, request.path_params["job_id"])
        except CannotStart as refused:
            raise _cannot_start(refused.state) from None
        except UnknownJob:
            raise _no_such_job() from None
        return Response(status_code=204)

    async def show(self, request: Request) -> Response:
        """The state of a job, and its scores' place under a fresh link once there is one."""
        endpoint, job_id = self._opened(request), request.path_params["job_id"]
        state = await to_thread.run_sync(self._state, endpoint, job_id)
        results = None
        if state.result is not None:
            place = base_url(request), endpoint.id, job_id, state.output
            reference = await to_thread.run_sync(self._area.lend, *place, state.result)
            results = {OUTPUT: {"ConnectionString": None, **reference}}
        told = {"StatusCode": state.status, "Results": results, "Details": state.details or None}
        return JSONResponse(told, headers=_HEADERS)

    async def cancel(self, request: Request) -> Response:
        """Cancel a job; one that has ended stays as it is."""
        endpoint, job_id = self._opened(request), request.path_params["job_id"]
        await to_thread.run_sync(self._state, endpoint, job_id)
        await to_thread.run_sync(self._tables.cancel, endpoint.id, job_id)
        return Response(status_code=204)

    def _opened(self, request: Request) -> EndpointRow:
        endpoint = authorised(request, self._snapshots)
        if request.query_params.get("api-version", "2.0") != "2.0":
            raise bad_argument(Detail("BadVersionCall", "The only api-version is 2.0."))
        return endpoint

    def _state(self, endpoint: EndpointRow, job_id: str) -> TableState:
        state = self._tables.state(endpoint.id, job_id)
        if state is None:
            raise _no_such_job()
        return state


def _no_such_job() -> Refusal:
    return not_found("JobNotFound", "There is no such job.")


def _cannot_start(state: str) -> Refusal:
    detail = Detail("CannotStartJob", f"The job cannot be started because it is in {state} state.")
    return Refusal(400, "InvalidOperation", "The job is in another state.", [detail])
