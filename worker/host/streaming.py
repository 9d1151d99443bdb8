"""Bodies that are files: written to disk as they come, up to a limit, given up when the sender falls silent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from worker.host.refusals import empty, timed_out, too_large

SILENCE_SECONDS = 60.0
"""How long an upload may send nothing before it is given up."""

_WRITE_BYTES = 2**20


def check_told_size(request: Request, most_bytes: int) -> int:
    """How many bytes may come: as many as the body says itself, else `most_bytes`. Raises Refusal when it says more,
    before room is made for it.
    """
    told = request.headers.get("content-length", "")
    size = int(told) if told.isdecimal() else most_bytes
    if size > most_bytes:
        raise too_large(most_bytes)
    return size


async def stream_to(request: Request, file: Path, most_bytes: int, silence_seconds: float = SILENCE_SECONDS) -> None:
    """Write the request's body to a file. Raises Refusal when it is empty, too large or stops coming; OSError."""
    size = 0
    waiting = bytearray()
    chunks = request.stream()
    with file.open("wb") as opened:
        while chunk := await _next(chunks, silence_seconds):
            size += len(chunk)
            if size > most_bytes:
                raise too_large(most_bytes)
            waiting += chunk
            if len(waiting) >= _WRITE_BYTES:
                await to_thread.run_sync(opened.write, bytes(waiting))
                waiting.clear()
        await to_thread.run_sync(opened.write, bytes(waiting))
    if not size:
        raise empty("The file is empty.")


async def _next(chunks: Any, silence_seconds: float) -> bytes:  # noqa: ANN401 - an asynchronous iterator of bytes
    try:
        async with asyncio.timeout(silence_seconds):
            return await anext(chunks, b"")
    except TimeoutError:
        raise timed_out(silence_seconds) from None
