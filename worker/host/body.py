"""The body of a call: no more of it than the limit, whatever its length is said to be and however it is packed; and the
JSON in it.
"""

from __future__ import annotations

import asyncio
import zlib
from codecs import BOM_UTF8
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from worker.host.headers import raw_header
from worker.host.refusals import too_large, unsupported, wrong_body

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that gzip's header and checksum stand around the data


async def read_body(request: Request, limit: int, until: float | None = None) -> bytes:
    """The body, unpacked. Raises Refusal when it is larger than `limit` bytes, packed or not, or packed otherwise, and
    TimeoutError when it began to come and is not there at `until`, by the event loop's clock. One that never begins is
    the connection's to end.
    """
    unpack = _unpacker(request, limit)
    message = await request.receive()
    body: bytes = message.get("body", b"")
    if unpack is None and message["type"] == "http.request" and not message.get("more_body") and len(body) <= limit:
        return body
    async with asyncio.timeout_at(until):
        return await _read_on(message, request.receive, limit, unpack)


def _unpacker(request: Request, limit: int) -> _Gzip | None:
    told = raw_header(request, b"content-length")
    if told.isdigit() and int(told) > limit:
        raise too_large(limit)
    encoding = raw_header(request, b"content-encoding").strip().lower()
    if encoding not in {b"", b"identity", b"gzip", b"x-gzip"}:
        raise unsupported("The only Content-Encoding is gzip.", {"Accept-Encoding": "gzip, identity"})
    return _Gzip(limit) if encoding.endswith(b"gzip") else None


async def _read_on(message: Message, receive: Receive, limit: int, unpack: _Gzip | None) -> bytes:
    size, packed, chunks, more = 0, 0, [], True
    while more:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        packed += len(chunk)
        part = unpack(chunk) if unpack else chunk
        size += len(part)
        if max(size, packed) > limit:
            raise too_large(limit)
        chunks.append(part)
        if more:
            message = await receive()
    if unpack and packed and not unpack.is_whole:
        raise wrong_body("it ends before what is packed in it does")
    return b"".join(chunks)


def read_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What a body says; a byte order mark before it is passed over. Raises Refusal."""
    try:
        return orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise wrong_body(_why(body) or f"not JSON, at character {error.pos}") from None


def json_object(text: bytes) -> dict[str, Any]:
    """What a text says if it is a JSON object, else an empty one."""
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def _why(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8, at byte {error.start}"
    return ""


class _Gzip:
    """Unpacks gzip as it comes, one member after the other (RFC 1952, 2.2), and stops one byte over the limit."""

    def __init__(self, limit: int) -> None:
        self._left = limit + 1
        self._member = zlib.decompressobj(_GZIP)

    def __call__(self, chunk: bytes) -> bytes:
        parts = []
        while chunk and self._left:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                part = self._member.decompress(chunk, self._left)
            except zlib.error:
                raise wrong_body("it is not gzip") from None
            chunk = self._member.unused_data
            self._left -= len(part)
            parts.append(part)
        return b"".join(parts)

    @property
    def is_whole(self) -> bool:
        """Whether the last member has ended."""
        return self._member.eof
