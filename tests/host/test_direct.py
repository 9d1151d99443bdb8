"""The short way to one route passes by the application, and only that route is on it."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest
import requests
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from worker.host import HostServer
from worker.host.direct import Direct
from worker.host.refusals import not_found


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the application")(scope, receive, send)


async def score(request: Request) -> Response:
    if request.path_params["name"] == "gone":
        raise not_found("NoSuch", "There is none.")
    return PlainTextResponse(f"{request.path_params['name']}: {len(await request.body())} bytes")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    route = Route("/score/{name}", score, methods=["POST"])
    with HostServer(Direct(application, route), "127.0.0.1", 0) as server:
        yield server.url


def test_the_route_s_requests_go_to_its_handler(url: str) -> None:
    """With what its path says, and with their body."""
    assert requests.post(f"{url}/score/main", data=b"abc", timeout=5).text == "main: 3 bytes"


def test_what_the_handler_refuses_is_answered(url: str) -> None:
    """As the application's own handler of refusals would."""
    answer = requests.post(f"{url}/score/gone", timeout=5)
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (404, "NoSuch")


def test_all_else_goes_to_the_application(url: str) -> None:
    """Other methods, other addresses."""
    others = [("GET", "/score/main"), ("POST", "/score/main/more"), ("POST", "/score"), ("POST", "/v2")]
    answers = {requests.request(method, url + path, timeout=5).text for method, path in others}
    assert answers == {"the application"}


def test_long_paths_are_not_kept() -> None:
    """Nobody needs a key to send them, and a path may be as long as a request's head."""
    direct = Direct(application, Route("/score/{name}", score, methods=["POST"]))

    async def nothing(_message: object = None) -> None: ...

    async def main() -> None:
        for number in range(100):
            path = f"/score/{number}" + 60_000 * "\N{GRINNING FACE}"
            await direct({"type": "http", "method": "GET", "path": path, "root_path": ""}, nothing, nothing)  # type: ignore[arg-type]

    tracemalloc.start()
    asyncio.run(main())
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
