"""Workbooks over HTTP: streamed to disk as they come, scored as jobs, fetched when done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from worker.endpoints import Sender, Snapshots
from worker.endpoints.passwords import MOST_CHARACTERS
from worker.host.access import authorised, customer
from worker.host.addresses import own_url
from worker.host.refusals import Detail, Refusal, bad_argument, not_found
from worker.host.streaming import SILENCE_SECONDS, check_told_size, stream_to

_OWN = "/workspaces/{ws}"
_NAME_LENGTH = 200
SHEET_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
}
PASSWORD_HEADER = "x-sheetscore-password"  # noqa: S105 - its name
"""What opens the workbook that is sent, percent-encoded as in an address."""

_NO_RESULT = {
    "failed": "The job failed: it has no result.",
    "cancelled": "The job was cancelled: it has no result.",
}


class Incoming(Protocol):
    """An upload under way."""

    @property
    def job_id(self) -> str:
        """Id of the job that it becomes."""

    @property
    def path(self) -> Path:
        """The file to write to."""


class Uploads(Protocol):
    """What takes workbooks and knows their jobs. None and False stand for a missing job and for a foreign one alike."""

    def begin(self, sender: Sender, name: str) -> Incoming:
        """Make room for a file; nothing counts before `commit`."""

    def commit(self, incoming: Any, password: str = "") -> str:  # noqa: ANN401 - what its own `begin` gave
        """The file is whole: enter the job; returns its id. `password` opens the workbook."""

    def abort(self, incoming: Any) -> None:  # noqa: ANN401 - what its own `begin` gave
        """The upload broke off: keep nothing."""

    def state(self, sender: Sender, job_id: str) -> dict[str, Any] | None:
        """The job as plain JSON values."""

    def result(self, sender: Sender, job_id: str) -> Path | None:
        """The scored workbook, once there is one."""

    def template(self, sender: Sender, job_id: str) -> Path | None:
        """The new template for a workbook from one that was too old, once the job has ended."""

    def cancel(self, sender: Sender, job_id: str) -> bool:
        """Whether the job will be cancelled."""


class Workbooks:
    """The handlers of `workbooks`. None of them uses the endpoint's throttle: batch has a limit of its own."""

    def __init__(
        self, snapshots: Snapshots, uploads: Uploads, most_bytes: int, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._snapshots = snapshots
        self._uploads = uploads
        self._most_bytes = most_bytes
        self._silence_seconds = silence_seconds

    def routes(self, location: str) -> list[Route]:
        """Routes under an endpoint's location for its keys, and others for customers' tokens: there the workbook says
        which endpoint it is for.
        """
        return [
            Route(f"{place}/workbooks{rest}", handler, methods=[method])
            for place in (location, _OWN)
            for method, rest, handler in (
                ("POST", "", self.add),
                ("GET", "/{job_id}", self.show),
                ("DELETE", "/{job_id}", self.cancel),
                ("GET", "/{job_id}/result", self.result),
                ("GET", "/{job_id}/template", self.template),
            )
        ]

    async def add(self, request: Request) -> Response:
        """Take a workbook (the raw body) and enter its job."""
        sender = self._sender(request)
        name = _file_name(request.query_params.get("name", ""))
        password = _password(request)
        check_told_size(request, self._most_bytes)
        incoming = await to_thread.run_sync(self._uploads.begin, sender, name)
        try:
            await stream_to(request, incoming.path, self._most_bytes, self._silence_seconds)
            job_id = await to_thread.run_sync(self._uploads.commit, incoming, password)
        except BaseException:
            await to_thread.run_sync(self._uploads.abort, incoming)
            raise
        state = await to_thread.run_sync(self._uploads.state, sender, job_id)
        url = f"{own_url(request)}/{job_id}"
        answer = {"id": job_id, "state": (state or {}).get("state", "queued"), "url": url}
        return JSONResponse(answer, 202, {"Location": url})

    async def show(self, request: Request) -> Response:
        """The state of a job."""
        sender = self._sender(request)
        return JSONResponse(await self._state(request, sender))

    async def result(self, request: Request) -> Response:
        """The scored workbook. The name is given as RFC 5987 wants where it is not plain ASCII."""
        sender = self._sender(request)
        state = await self._state(request, sender)
        file = await to_thread.run_sync(self._uploads.result, sender, request.path_params["job_id"])
        if file is None:
            found = str(state.get("state"))
            raise _conflict(
                "ResultNotReady", _NO_RESULT.get(found, f"The job is {found}; there is no workbook to fetch.")
            )
        kind = SHEET_TYPES.get(file.suffix.lower(), "application/octet-stream")
        return FileResponse(file, media_type=kind, filename=file.name)

    async def template(self, request: Request) -> Response:
        """The new template for a workbook that came from one older than its endpoint."""
        sender = self._sender(request)
        await self._state(request, sender)
        file = await to_thread.run_sync(self._uploads.template, sender, request.path_params["job_id"])
        if file is None:
            raise not_found("TemplateNotFound", "No new template was made for this job.")
        return FileResponse(file, media_type=SHEET_TYPES[".xlsx"], filename=file.name)

    async def cancel(self, request: Request) -> Response:
        """Ask for a job to be cancelled."""
        sender = self._sender(request)
        await self._state(request, sender)
        if not await to_thread.run_sync(self._uploads.cancel, sender, request.path_params["job_id"]):
            raise _conflict("CannotCancelJob", "The job has ended already.")
        return JSONResponse(await self._state(request, sender))

    def _sender(self, request: Request) -> Sender:
        """Whose key or token it is. Raises Refusal."""
        if "endpoint_id" not in request.path_params:
            return Sender(customer(request, self._snapshots))
        endpoint = authorised(request, self._snapshots)
        return Sender(endpoint.customer_id, endpoint.id)

    async def _state(self, request: Request, sender: Sender) -> dict[str, Any]:
        state = await to_thread.run_sync(self._uploads.state, sender, request.path_params["job_id"])
        if state is None:
            raise not_found("JobNotFound", "There is no such job.")
        return state


def _conflict(code: str, message: str) -> Refusal:
    return Refusal(409, "Conflict", "The job is in another state.", [Detail(code, message)])


def _password(request: Request) -> str:
    """The workbook's password, "" when none is given. Raises Refusal."""
    try:
        password = unquote(request.headers.get(PASSWORD_HEADER, ""), errors="strict")
    except UnicodeDecodeError:
        password = "?" * (MOST_CHARACTERS + 1)
    if len(password) > MOST_CHARACTERS:
        words = (
            f"{PASSWORD_HEADER} must be the workbook's password, percent-encoded, at most {MOST_CHARACTERS} characters."
        )
        raise bad_argument(Detail("InvalidWorkbookPassword", words))
    return password


def _file_name(name: str) -> str:
    """The last part of the name, without what could not stand in a file name of any system. Raises Refusal."""
    plain = re.split(r"[/\\]", name)[-1]
    plain = "".join(c for c in plain if c.isprintable() and c not in '<>:"|?*').strip(" .")
    if not plain or len(plain) > _NAME_LENGTH:
        raise bad_argument(Detail("InvalidQueryParameter", "name must be the workbook's file name, as book.xlsx."))
    return plain
