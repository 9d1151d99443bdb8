"""The host's addresses. Those that score are bare Starlette routes: neither pandas nor pydantic stands between a
request and its scores. FastAPI carries management.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.batch.templates import Templates
from worker.endpoints import Snapshots
from worker.host import openapi
from worker.host.accounts import Accounts
from worker.host.addresses import host_names, public_url
from worker.host.area import Area
from worker.host.areadoor import AreaDoor
from worker.host.crossorigin import CrossOrigin, origins
from worker.host.described import Described
from worker.host.direct import Direct
from worker.host.execute import Execute
from worker.host.exposure import Forwarded, trusted_proxies
from worker.host.guard import Guard
from worker.host.help import Help
from worker.host.inference import Inference
from worker.host.jobs import Jobs, Tables
from worker.host.limits import HostLimits
from worker.host.management import Management
from worker.host.monitoring import Monitoring
from worker.host.ready import Ready
from worker.host.refusals import Refusal, internal, not_found
from worker.host.templates import TemplatesDoor
from worker.host.throttle import Failures
from worker.host.workbooks import Uploads, Workbooks
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
    wall_clock: Callable[[], float] = time.time,
    log: Any = None,  # noqa: ANN401 - any structlog logger
    limits: HostLimits | None = None,
    accounts: Accounts | None = None,
    jobs: Callable[[], Mapping[str, int]] = dict,
    area: Area | None = None,
    tables: Tables | None = None,
    templates: Callable[[], Templates] | None = None,
) -> FastAPI:
    """The whole host as an ASGI application. Without `uploads` there are no `workbooks` addresses, without `management`
    no `webservices`, without `area` no `uploads`, without `area` and `tables` no `jobs`, and none without `templates`;
    without `accounts` no usage is counted and no quota holds. `jobs` counts those in each state.
    """
    log = log or structlog.get_logger("sheetscore.host").bind()
    limits, accounts = limits or HostLimits(), accounts or Accounts()
    described = Described(snapshots, accounts)
    failures = Failures(clock)
    ready = Ready(snapshots, settings.home, clock=clock)
    execute = Execute(snapshots, limits, log, clock, accounts)
    score = Route(f"{LOCATION}/execute", execute.answer, methods=["POST"])
    routes: list[BaseRoute] = [
        score,
        Route(f"{LOCATION}/swagger.json", described.answer, methods=["GET"]),
        *Inference(snapshots, execute, accounts).routes(),
        *Monitoring(snapshots, accounts.metrics, failures, ready, jobs).routes(),
        Route(openapi.PATH, openapi.answer, methods=["GET"]),
        *Help(snapshots, described.spec).routes(),
    ]
    if uploads is not None:
        routes += Workbooks(snapshots, uploads, settings.max_upload_mb * 2**20).routes(LOCATION)
    if area is not None:
        routes += AreaDoor(snapshots, area).routes(LOCATION)
    if area is not None and tables is not None:
        routes += Jobs(snapshots, area, tables, described.contract, limits).routes(LOCATION)
    if templates is not None:
        routes += TemplatesDoor(snapshots, templates).routes(LOCATION)
    handlers: dict[int | type[Exception], Callable[..., Any]] = {
        Refusal: _refused,
        HTTPException: _no_such_address,
        Exception: _fault,
    }
    app = _Host(
        title="Sheetscore",
        routes=routes,
        exception_handlers=handlers,
        redirect_slashes=False,  # a redirect would name this machine, not the public URL
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the environment could send them elsewhere
    )
    if management is not None:
        management.add_to(app)
    app.state.public_url, app.state.wall_clock = public_url(settings), wall_clock
    root_path = urlsplit(app.state.public_url).path
    outer: ASGIApp = Direct(app.build_middleware_stack(), score)
    if pages := origins(settings):
        outer = CrossOrigin(outer, pages)
    outer = Guard(outer, log, failures, host_names(settings), root_path)
    if proxies := trusted_proxies(settings):
        outer = Forwarded(outer, proxies)
    app.outer = outer
    return app


class _Host(FastAPI):
    """What stands around every address stands around FastAPI's own layers too: `execute` needs none of those."""

    outer: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope["app"] = self
        await self.outer(scope, receive, send)


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101 - Starlette's handlers are typed for any exception
    return refusal.response()


async def _fault(_: Request, _error: Exception) -> Response:
    return internal().response()


async def _no_such_address(request: Request, error: Exception) -> Response:
    if getattr(error, "status_code", 404) == 405:
        here = [r for r in request.app.routes if isinstance(r, Route) and r.matches(request.scope)[0] is not Match.NONE]
        allowed = {"Allow": ", ".join(sorted({method for route in here for method in route.methods or ()}))}
        return Refusal(405, "MethodNotAllowed", "The address is not for this method.", headers=allowed).response()
    return not_found("AddressNotFound", "There is nothing at this address.").response()
