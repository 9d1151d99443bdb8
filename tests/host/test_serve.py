"""Listening: where, on which port, and how it ends."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from worker.host import HostServer, NotSafe, PortTaken
from worker.host.exposure import Exposure
from worker.host.serve import NotOurs


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::", "example.com", ""])
def test_other_hosts_are_refused(host: str) -> None:
    """Only this machine can reach it, unless its exposure makes that safe."""
    with pytest.raises(NotSafe):
        HostServer(APP, host, 0)


def test_a_free_port_is_taken_and_given_back() -> None:
    """Port 0; answers while the block runs; afterwards nobody listens, and the port can be taken again."""
    with HostServer(APP, "127.0.0.1", 0) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert requests.get(server.url).text == "hello"
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url)
    with HostServer(APP, "127.0.0.1", server.port) as again:
        assert requests.get(again.url).text == "hello"


def test_a_taken_port_is_named() -> None:
    """The error carries host and port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            HostServer(APP, "127.0.0.1", port)
    assert (caught.value.host, caught.value.port) == ("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "a name of none", "a..b"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    """And what may be given: the system's own words would not say which address it means."""
    elsewhere = Exposure(proxies=("10.0.0.7",))
    with pytest.raises(NotOurs, match=f"{re.escape(host)} is no address of this machine"):
        HostServer(APP, host, 0, elsewhere)


def test_calls_under_way_are_answered_before_it_stops() -> None:
    """`stop` waits for them."""
    entered = threading.Event()

    async def slow(_: Request) -> PlainTextResponse:
        entered.set()
        await asyncio.sleep(0.3)
        return PlainTextResponse("done")

    server = HostServer(Starlette(routes=[Route("/", slow)]), "127.0.0.1", 0)
    server.start()
    with ThreadPoolExecutor(1) as threads:
        answer: Any = threads.submit(requests.get, server.url)
        assert entered.wait(20)
        server.stop()
        assert answer.result().text == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="on_exit is of Linux")
def test_one_never_stopped_ends_with_the_program() -> None:
    """The program's own exit code: a timer of uvloop that fires after Python has gone down is a segmentation fault."""
    code = (
        "import ctypes, sys; from tests.host.test_serve import APP, HostServer\n"
        "server = HostServer(APP, '127.0.0.1', 0); server.start()\n"
        "while not server._server.started: pass\n"
        "libc = ctypes.CDLL(None); libc.on_exit(libc.sleep, None)  # sleeps as many seconds as the exit code says\n"
        "sys.exit(1)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, cwd=Path(__file__).parents[2], timeout=60
    )
    assert ran.returncode == 1
