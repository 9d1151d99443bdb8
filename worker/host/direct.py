"""The shortest way to one route. Most requests score a row or two, and the layers of an application with dozens of
addresses would cost them as much as the model does.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.host.refusals import Refusal

MOST_LETTERS = 256
"""Of a path that is remembered, which takes no key to send: others may be as long as a request's head."""

Handler = Callable[[Request], Awaitable[Response]]


class Direct:
    """Answers the requests that are for `route` with its handler, and passes on all others.

    The route stays one of the application's own: what is not for it, such as another method, is told so there.
    """

    def __init__(self, app: ASGIApp, route: Route) -> None:
        """The parts of the route's path are plain text."""
        self._app = app
        self._handler: Handler = route.endpoint
        self._methods = route.methods or ()
        self._find = partial(_parameters, route.path_regex)
        self._known = lru_cache(maxsize=4096)(self._find)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = None
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope["root_path"])
            found = self._known(path) if len(path) <= MOST_LETTERS else self._find(path)
        if found is None or scope["method"] not in self._methods:
            await self._app(scope, receive, send)
            return
        scope["path_params"] = {**found}
        try:
            response = await self._handler(Request(scope, receive, send))
        except Refusal as refusal:
            response = refusal.response()
        await response(scope, receive, send)


def _parameters(pattern: re.Pattern[str], path: str) -> dict[str, str] | None:
    found = pattern.match(path)
    return found.groupdict() if found else None
