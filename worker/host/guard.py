"""Around everything: an id for each request, no host names but the host's own, an answer whatever fails."""

from __future__ import annotations

import random
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.host.addresses import host_of
from worker.host.headers import look_through
from worker.host.refusals import Detail, bad_argument, internal, too_many_failures
from worker.host.throttle import MOST_FAILURES, Failures
from worker.scoring.endpoint import is_loopback

EXPIRES_HEADER = b"x-sheetscore-expires"


class Guard:
    """`names` are those that a request may give as Host besides this machine's; `root_path` is where a public URL has
    this host, whether or not a proxy takes that part off.
    """

    def __init__(
        self,
        app: ASGIApp,
        log: Any,  # noqa: ANN401 - any structlog logger
        failures: Failures,
        names: Collection[str] = (),
        root_path: str = "",
    ) -> None:
        self._app = app
        self._log = log
        self._failures = failures
        self._names = names
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        scope["root_path"] = self._root_path
        headers = look_through(scope)
        answer = _Answer(self, scope, receive, send)
        try:
            if self._is_own_name(headers.get(b"host", b"")):
                await self._app(scope, receive, answer.send)
            else:
                wrong = bad_argument(Detail("InvalidHost", "This host does not answer to that name."))
                await wrong.response()(scope, receive, answer.send)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever failed, the caller gets an answer
            self._log.error("request failed", request=request_id, error=_where(error))
            if not answer.started:
                await internal().response()(scope, receive, answer.send)

    def failed(self, scope: Scope) -> float:
        """Counts a request without a right key; in how many seconds to try again, 0 while there were few."""
        address = (scope.get("client") or ("",))[0]
        count, seconds = self._failures.add(address)
        if count == MOST_FAILURES + 1:
            self._log.warning("many wrong keys", address=address, seconds=round(seconds))
        return seconds if count > MOST_FAILURES else 0.0

    def _is_own_name(self, host: bytes) -> bool:
        """A page from elsewhere whose name was made to point here (DNS rebinding) sends its own name as Host."""
        name, loopback = _named(host)
        return loopback or name in self._names


class _Answer:
    """One answer on its way out. A class: a function that knows itself would be garbage for the collector, and with it
    all that belongs to the request.
    """

    __slots__ = ("_ended", "_guard", "_receive", "_scope", "_send", "started")

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self._guard = guard
        self._scope = scope
        self._receive = receive
        self._send = send
        self.started = self._ended = False

    async def send(self, message: Message) -> None:
        """Passes a message on, the first with the headers that every answer has."""
        if self._ended:
            return
        if message["type"] == "http.response.start":
            self.started = True
            state = self._scope["state"]
            # whoever has a key that was revoked is told so, however often it is sent: there is nothing to guess
            if message["status"] == 401 and (wait := self._guard.failed(self._scope)) and "revoked" not in state:
                await too_many_failures(wait).response()(self._scope, self._receive, self.send)
                self._ended = True
                return
            expires = state.get("expires")
            told = [(EXPIRES_HEADER, expires.encode())] if expires else []
            message["headers"] = [*message["headers"], (b"x-ms-request-id", state["request_id"].encode()), *told]
        await self._send(message)


def _new_id() -> str:
    """A random UUID. It tells requests apart and opens nothing, so it needs no entropy from the system, which would
    cost a call of one row as much as its authorisation.
    """
    digits = f"{_random(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


_random = random.Random().getrandbits  # noqa: S311


@lru_cache(maxsize=256)
def _named(host: bytes) -> tuple[str, bool]:
    """The name in a Host header, and whether it can only mean this machine."""
    name = host_of(host.decode("latin-1"))
    return name, is_loopback(name)


def _where(error: BaseException) -> str:
    """Type and place of a fault. Its text stays out of the log: it can hold a customer's values."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    at = f" at {place.tb_frame.f_code.co_qualname}:{place.tb_lineno}" if place else ""
    return type(error).__name__ + at
