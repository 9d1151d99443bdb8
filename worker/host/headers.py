"""One header of a request, found without making an object of all of them: a call of one row asks for five."""

from __future__ import annotations

from starlette.requests import Request


def header(request: Request, name: bytes) -> str:
    """The first header of this name, which is in lower case; "" where there is none."""
    for key, value in request.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""
