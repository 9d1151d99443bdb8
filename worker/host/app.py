"""The host's addresses. Those that score are bare Starlette routes: neither pandas nor pydantic stands between a
request and its scores. FastAPI carries management.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from anyio import to_thread
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.endpoints import Snapshots
from worker.host.access import authorised
from worker.host.accounts import Accounts
from worker.host.execute import Execute, endpoint_headers
from worker.host.limits import HostLimits
from worker.host.management import Management
from worker.host.refusals import Detail, Refusal, bad_argument, internal, not_found
from worker.host.swagger import swagger
from worker.host.workbooks import Uploads, Workbooks
from worker.scoring.endpoint import is_loopback
from worker.settings import Settings

LOCATION = "/workspaces/{ws}/services/{endpoint_id}"
"""Path of an endpoint's location; the workspace is any word, `default` in the addresses we hand out."""


def create_app(
    snapshots: Snapshots,
    settings: Settings,
    uploads: Uploads | None = None,
    management: Management | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    log: Any = None,  # noqa: ANN401 - any structlog logger
    limits: HostLimits | None = None,
    accounts: Accounts | None = None,
) -> FastAPI:
    """The whole host as an ASGI application. Without `uploads` there are no `workbooks` addresses, without `management`
    no `webservices`; without `accounts` no usage is counted and no quota holds.
    """
    log = log or structlog.get_logger("sheetscore.host").bind()
    limits, accounts = limits or HostLimits(), accounts or Accounts()

    async def describe(request: Request) -> Response:
        endpoint = authorised(request, snapshots)
        pins = endpoint.service, endpoint.contract_version, endpoint.model_version
        loaded = snapshots.models.in_memory(*pins)
        if loaded is None:
            loaded = await to_thread.run_sync(accounts.load, snapshots.models, endpoint)
        schema = loaded[0]
        body = orjson.dumps(swagger(endpoint, schema, request.url.path.removesuffix("/swagger.json")))
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**endpoint_headers(endpoint), "ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    async def healthy(_: Request) -> Response:
        return Response(b"ok", media_type="text/plain")

    execute = Execute(snapshots, limits, log, clock, accounts)
    routes: list[BaseRoute] = [
        Route(f"{LOCATION}/execute", execute.answer, methods=["POST"]),
        Route(f"{LOCATION}/swagger.json", describe, methods=["GET"]),
        Route("/healthz", healthy, methods=["GET"]),
    ]
    if uploads is not None:
        routes += Workbooks(snapshots, uploads, settings.max_upload_mb * 2**20).routes(LOCATION)
    handlers: dict[int | type[Exception], Callable[..., Any]] = {Refusal: _refused, HTTPException: _no_such_address}
    app = FastAPI(
        title="Sheetscore", routes=routes, exception_handlers=handlers, docs_url=None, redoc_url=None, openapi_url=None
    )
    if management is not None:
        management.add_to(app)
    app.add_middleware(Guard, log=log)
    return app


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101 - Starlette's handlers are typed for any exception
    return refusal.response()


async def _no_such_address(_: Request, error: Exception) -> Response:
    if getattr(error, "status_code", 404) == 405:
        return Refusal(405, "MethodNotAllowed", "The address is not for this method.").response()
    return not_found("AddressNotFound", "There is nothing at this address.").response()


class Guard:
    """Around everything: an id for each request, no host names but this machine's, an answer whatever fails."""

    def __init__(self, app: ASGIApp, log: Any) -> None:  # noqa: ANN401 - any structlog logger
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (b"x-ms-request-id", request_id.encode())]
            await send(message)

        try:
            if _is_this_machine(scope):
                await self._app(scope, receive, with_id)
            else:
                wrong = bad_argument(Detail("InvalidHost", "This host answers to the name of this machine only."))
                await wrong.response()(scope, receive, with_id)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever failed, the caller gets an answer
            self._log.error("request failed", request=request_id, error=_where(error))
            if not started:
                await internal().response()(scope, receive, with_id)


def _is_this_machine(scope: Scope) -> bool:
    """A page from elsewhere whose name was made to point here (DNS rebinding) sends its own name as Host."""
    name = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
    host, _, port = name.rpartition(":") if not name.endswith("]") else (name, "", "")
    return is_loopback((host if port.isdecimal() else name).strip("[]"))


def _where(error: BaseException) -> str:
    """Type and place of a fault. Its text stays out of the log: it can hold a customer's values."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    at = f" at {place.tb_frame.f_code.co_qualname}:{place.tb_lineno}" if place else ""
    return type(error).__name__ + at
