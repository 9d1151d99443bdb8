"""One client's connection, with the limits that uvicorn's own lacks: the size of a request's head, the time it may
take, and how long a client may neither send what it owes nor take what it asked for.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 64 * 2**10


class _Reading(Enum):
    """What comes next from the client."""

    HEAD = 1
    BODY = 2
    NOTHING = 3


class Connection(HttpToolsProtocol):
    """A connection is looked at every `look_seconds`. One whose head is not there `head_seconds` after it began, or
    that has been silent for `silence_seconds` where it is the client's turn, is ended. So is one that still sends the
    body of a request answered that long ago. Between two requests uvicorn's keep-alive rules.
    """

    head_seconds: ClassVar[float] = 20.0
    silence_seconds: ClassVar[float] = 75.0
    look_seconds: ClassVar[float] = 5.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The head of the first request is due from now on."""
        super().connection_made(transport)
        self._moved = self._answered = self.loop.time()
        self._left_to_send = 0
        self._expect_head()
        self._look = self.loop.call_later(self.look_seconds, self._look_at_it)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is looked at any more."""
        self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head are counted; those of a body are the application's to limit."""
        self._moved = self.loop.time()
        if self._reading is _Reading.NOTHING:
            self._expect_head()
        super().data_received(data)
        if self._reading is _Reading.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._reading = _Reading.BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there."""
        self._reading = _Reading.NOTHING
        super().on_message_complete()

    def on_message_begin(self) -> None:
        """A head begins, perhaps in the same packet as the end of a body."""
        if self._reading is _Reading.NOTHING:
            self._expect_head()
        super().on_message_begin()

    def on_response_complete(self) -> None:
        """The answer is given, whether or not all of the request was wanted for it."""
        self._answered = self.loop.time()
        super().on_response_complete()

    def _expect_head(self) -> None:
        self._reading, self._head_bytes, self._head_since = _Reading.HEAD, 0, self._moved

    def _look_at_it(self) -> None:
        if self.transport.is_closing():
            return
        now, left = self.loop.time(), self.transport.get_write_buffer_size()
        if left != self._left_to_send:
            self._left_to_send, self._moved = left, now
        if self._reading is _Reading.HEAD and now - self._head_since > self.head_seconds:
            self._refuse(408)
        elif self._is_given_up(now):
            self.transport.abort()
        else:
            self._look = self.loop.call_later(self.look_seconds, self._look_at_it)

    def _is_given_up(self, now: float) -> bool:
        since = self._moved
        if self._reading is _Reading.BODY and self.cycle.response_complete:
            since = self._answered
        elif not self._left_to_send and (self._reading is not _Reading.BODY or self.flow.read_paused):
            return False
        return now - since > self.silence_seconds

    def _refuse(self, status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()
