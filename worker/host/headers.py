"""The headers of a request as the host asks for them: looked through once, since a call of one row asks for six."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Scope


def look_through(scope: Scope) -> dict[bytes, bytes]:
    """The headers by name, in lower case; of several of one name the first. Kept for `header`."""
    headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
    scope["state"]["headers"] = headers
    return headers


def raw_header(request: Request, name: bytes) -> bytes:
    """The first header of this name, which is in lower case; b"" where there is none."""
    headers: dict[bytes, bytes] = request.scope["state"]["headers"]
    return headers.get(name, b"")


def header(request: Request, name: bytes) -> str:
    """As `raw_header`, as text."""
    return str(raw_header(request, name), "latin-1")
