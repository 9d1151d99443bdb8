"""Which pages of other origins may score from a browser (CORS): none, until the operator lists them.

Only the addresses that score, and those that describe them. No cookies are ever involved: a page needs a key like
everybody else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.settings import SettingError, Settings

_OPEN = re.compile(r"/workspaces/[^/]+/services/[^/]+/(execute|swagger\.json)|/v2(/.*)?")
_SENT = ("Authorization", "Content-Encoding", "Content-Type", "If-None-Match", "x-ms-client-request-id")
_SHOWN = (
    "ETag",
    "Retry-After",
    "x-ms-request-id",
    "x-sheetscore-expires",
    "x-sheetscore-max-concurrent",
    "x-sheetscore-model-version",
    "x-sheetscore-quota",
)


def origins(settings: Settings) -> tuple[str, ...]:
    """The setting as a list. Raises SettingError."""
    listed = tuple(part.strip().rstrip("/").lower() for part in settings.cors_origins.split(",") if part.strip())
    for origin in listed:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}"):
            raise SettingError(f"cors_origins: {origin!r} is no origin such as https://app.example.com")
    return listed


class CrossOrigin:
    """Answers browsers' questions for the open addresses and marks their answers; leaves all others alone."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app, allow_origins=origins, allow_methods=("GET", "POST"), allow_headers=_SENT, expose_headers=_SHOWN
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        await (self._open if _OPEN.fullmatch(path) else self._app)(scope, receive, send)
