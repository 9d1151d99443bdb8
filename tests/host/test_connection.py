"""Clients that are slow, silent or endless, on raw sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from worker.host import HostServer
from worker.host.connection import HEAD_BYTES, Connection


class Hasty(Connection):
    """The same rules, sooner."""

    head_seconds = 0.5
    silence_seconds = 0.5
    look_seconds = 0.05


ENDED = threading.Event()


async def take(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def refuse(_: Request) -> Response:
    return PlainTextResponse("no", 401)


async def pour(_: Request) -> Response:
    async def forever() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 2**16
                await asyncio.sleep(0)
        finally:
            ENDED.set()

    return StreamingResponse(forever())


APP = Starlette(
    routes=[
        Route("/take", take, methods=["GET", "POST"]),
        Route("/refuse", refuse, methods=["POST"]),
        Route("/pour", pour),
    ]
)


@pytest.fixture
def server() -> Iterator[HostServer]:
    with HostServer(APP, "127.0.0.1", 0, connection=Hasty) as running:
        yield running


@pytest.fixture
def client(server: HostServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as made:
        yield made


def rest(client: socket.socket) -> bytes:
    """All that comes until the host closes."""
    found = b""
    with suppress(ConnectionResetError):
        while part := client.recv(2**16):
            found += part
    return found


def trickle(client: socket.socket, data: bytes) -> None:
    """A byte each 50 ms until the host has had enough."""
    with suppress(ConnectionError):
        for at in range(len(data)):
            client.sendall(data[at : at + 1])
            time.sleep(0.05)


@pytest.mark.parametrize("start", [b"", b"GET /take HTTP/1.1\r\nHost: localhost\r\nA: "], ids=["nothing", "half"])
def test_a_head_is_waited_for_so_long_and_no_longer(client: socket.socket, start: bytes) -> None:
    """408, however busily its bytes come one by one."""
    began = time.monotonic()
    client.sendall(start)
    trickle(client, b"a" * 100 if start else b"")
    assert rest(client).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 8


def test_blank_lines_between_two_requests_do_not_hold_a_connection(client: socket.socket) -> None:
    """What is no head counts as one that does not end."""
    client.sendall(b"GET /take HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.recv(2**16).startswith(b"HTTP/1.1 200 ")
    client.sendall(b"\r\n")
    assert b"HTTP/1.1 408 " in rest(client)


@pytest.mark.parametrize("part", [b"a" * 1000, b"a: b\r\n" * 200], ids=["one header", "many headers"])
def test_a_head_has_a_largest_size(client: socket.socket, part: bytes) -> None:
    """431 soon after 64 KB, and nothing more is read."""
    client.sendall(b"GET /take HTTP/1.1\r\nx: ")
    with suppress(ConnectionError):
        for _ in range(4 * HEAD_BYTES // len(part)):
            client.sendall(part)
    assert rest(client)[:13] in {b"HTTP/1.1 431 ", b""}


def test_a_silent_body_ends_the_connection(client: socket.socket) -> None:
    """Without an answer: there is nobody to read it."""
    client.sendall(b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc")
    assert rest(client) == b""


def test_a_slow_body_that_comes_is_taken(client: socket.socket) -> None:
    """Longer than the silence that is allowed, without ever being silent so long."""
    client.sendall(b"POST /take HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 20\r\n\r\n")
    trickle(client, b"a" * 20)
    assert rest(client).endswith(b"20")


def test_the_body_of_a_refused_request_is_not_taken_for_ever(client: socket.socket) -> None:
    """The refusal can be read meanwhile."""
    client.sendall(b"POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n")
    assert client.recv(2**16).startswith(b"HTTP/1.1 401 ")
    began = time.monotonic()
    trickle(client, b"a" * 400)
    assert time.monotonic() - began < 8


def test_an_answer_that_is_not_taken_is_given_up(client: socket.socket) -> None:
    """What was made for it is let go."""
    ENDED.clear()
    client.sendall(b"GET /pour HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert ENDED.wait(20)


def test_requests_one_after_the_other_are_not_disturbed(client: socket.socket) -> None:
    """Two in one packet, each answered, though the second's head began with the first's body."""
    one = b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
    client.sendall(one + one[:-3])
    time.sleep(0.2)
    client.sendall(b"abc")
    time.sleep(0.2)
    client.sendall(one.replace(b"Content-Length", b"Connection: close\r\nContent-Length"))
    assert rest(client).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: -3",
    ],
    ids=["length and chunks", "two lengths", "less than nothing"],
)
def test_a_body_has_one_length(client: socket.socket, lengths: bytes) -> None:
    """Else a proxy and the host could see different requests (smuggling): 400, and nothing more is read."""
    client.sendall(b"POST /take HTTP/1.1\r\nHost: localhost\r\n" + lengths + b"\r\n\r\nabc")
    found = rest(client)
    assert found.startswith(b"HTTP/1.1 400 ")
    assert found.count(b"HTTP/1.1 ") == 1


def test_two_hundred_half_requests_hold_nobody_up() -> None:
    """Slowloris: a call of somebody else is answered at once."""
    with HostServer(APP, "127.0.0.1", 0) as server, ExitStack() as held:
        for _ in range(200):
            made = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            made.sendall(b"GET /take HTTP/1.1\r\nHost: local")
        began = time.monotonic()
        assert requests.get(f"{server.url}/take").text == "0"
        assert time.monotonic() - began < 5


def test_more_connections_than_there_is_room_for_are_told_so() -> None:
    """503, which a client tries again."""
    with HostServer(APP, "127.0.0.1", 0, most_connections=5) as server, ExitStack() as held:
        for _ in range(5):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert requests.get(f"{server.url}/take").status_code == 503
