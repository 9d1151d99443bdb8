"""What stands around every request leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.host.guard import Guard
from worker.host.throttle import Failures


class Client:
    """One request's connection."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b""}

    async def send(self, message: Message) -> None:
        self.messages.append(message)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("done")(scope, receive, send)


def keeping(guarded: ASGIApp) -> ASGIApp:
    """The broken twin: a function that knows itself and the request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def passing(message: Message) -> None:
            assert passing is not None
            await send(message)

        await guarded(scope, receive, passing)

    return app


def is_let_go(app: ASGIApp) -> bool:
    """Whether a request is gone with its answer, without help of the garbage collector."""
    client = Client()
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(app(scope, client.receive, client.send))
    assert [message.get("status") for message in client.messages] == [200, None]
    known = weakref.ref(client)
    del client, scope
    return known() is None


def test_a_request_is_no_garbage() -> None:
    """Its memory serves the next one at once."""
    guard = Guard(application, structlog.get_logger(), Failures(lambda: 0.0))
    gc.collect()
    gc.disable()
    try:
        assert is_let_go(guard)
        assert not is_let_go(keeping(guard))
    finally:
        gc.enable()
