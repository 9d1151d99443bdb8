"""How management's addresses are put into the application: what each answers, and whose bodies are read at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Scope

from worker.endpoints import Snapshot, Snapshots
from worker.host.access import bearer_key
from worker.host.body import read_body
from worker.host.refusals import not_managing, timed_out, wrong_body

BODY_BYTES = 4 * 2**20
BODY_SECONDS = 60.0

Handler = Callable[[Request], Awaitable[Response]]


class Router:
    """Puts addresses of management into an application. Of a stranger, whose key opens nothing, no body is read."""

    def __init__(self, app: FastAPI, snapshots: Snapshots) -> None:
        self._app = app
        app.router.route_class = _guarded(snapshots)

    def add(self, method: str, path: str, handler: Callable[..., Response], **answers: object) -> None:
        """`answers` are the types of what is answered, by status as `ok200`; None where there is no body."""
        given = {int(name[-3:]): kind for name, kind in answers.items()}
        told: dict[int | str, dict[str, Any]] = {
            status: {"description": _SAID[status], **({"model": kind} if kind is not None else {})}
            for status, kind in given.items()
        }
        self._app.add_api_route(
            path,
            handler,
            methods=[method],
            status_code=min(given),
            response_model=None,
            responses=told,
            operation_id=handler.__name__,
        )


_SAID = {200: "Done.", 201: "Made.", 204: "Nothing there, or nothing left.", 304: "Nothing changed."}


def _guarded(snapshots: Snapshots) -> type[APIRoute]:
    class Guarded(APIRoute):
        def get_route_handler(self) -> Any:  # noqa: ANN401 - FastAPI's own type is a coroutine function
            inner: Handler = super().get_route_handler()

            async def answer(request: Request) -> Response:
                if not _is_known(snapshots.current(), bearer_key(request)):
                    raise not_managing()
                bounded = _Bounded(_json(request.scope), request.receive)
                await bounded.body()
                try:
                    return await inner(bounded)
                except HTTPException as error:  # FastAPI's word for JSON that Python cannot read
                    raise wrong_body("it is not JSON in UTF-8") from error

            return answer

    return Guarded


def _is_known(snapshot: Snapshot, key: str) -> bool:
    return snapshot.bearer(key) is not None or snapshot.owner(key) is not None or snapshot.may_be_code(key)


def _json(scope: Scope) -> Scope:
    """A body is JSON whatever Content-Type says, as in `execute`: FastAPI would read no other."""
    others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    return {**scope, "headers": [*others, (b"content-type", b"application/json")]}


class _Bounded(Request):
    """A request whose body has an end in size and time."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    self._body = await read_body(self, BODY_BYTES)
            except TimeoutError:
                raise timed_out(BODY_SECONDS) from None
        return self._body
