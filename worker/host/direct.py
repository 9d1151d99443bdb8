"""The shortest way to one route. Most requests score a row or two, and the layers of an application with dozens of
addresses would cost them as much as the model does.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.host.refusals import Refusal


class Direct:
    """Answers the requests that are for `route` with its handler, and passes on all others.

    The route stays one of the application's own: what is not for it, such as another method, is told so there.
    """

    def __init__(self, app: ASGIApp, route: Route) -> None:
        self._app = app
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        match, found = self._route.matches(scope)
        if match is not Match.FULL:
            await self._app(scope, receive, send)
            return
        scope.update(found)
        try:
            response = await self._route.endpoint(Request(scope, receive, send))
        except Refusal as refusal:
            response = refusal.response()
        await response(scope, receive, send)
