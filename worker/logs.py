"""One JSON line for each unit of work, to <home>/logs/sheetscore.log; never cell values, never keys."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

MOST_BYTES = 10_000_000
MOST_FILES = 5
_CLOSED = -1


class BoundedFile:
    """A log file that only this account can read. When full it becomes `.1`, `.1` becomes `.2`, and the oldest goes.

    Several threads and processes may write to one; whoever finds it renamed opens the new one.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._lock = threading.RLock()
        self._handle = self._open()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: bytes) -> None:
        """Add a line, whole. It is lost where the disk fails: what it tells of must not end with it."""
        with self._lock, suppress(OSError):
            if self._handle == _CLOSED or os.lseek(self._handle, 0, os.SEEK_END) + len(line) > self._most_bytes:
                self._turn()
            os.write(self._handle, line)

    def msg(self, line: bytes) -> None:
        """As `write`, and the line ends here."""
        self.write(line + b"\n")

    debug = info = warning = error = critical = exception = msg  # what structlog calls a logger by

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._handle != _CLOSED:
            handle, self._handle = self._handle, _CLOSED  # its number may be another file's at once
            os.close(handle)

    def _turn(self) -> None:
        full = os.fstat(self._handle).st_ino if self._handle != _CLOSED else None
        self._let_go()
        if self._path.exists() and self._path.stat().st_ino == full:
            for number in range(self._most_files - 1, 0, -1):
                older = self._path.with_name(f"{self._path.name}.{number}")
                newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
                if newer.exists():
                    newer.replace(older)
        self._handle = self._open()


class TurnFile(BoundedFile):
    """Lines that an event loop writes in one of its turns are added together at the end of it, all others at once: with
    many callers each line's way to the disk would cost a tenth of the call that it tells of. Lines keep their order.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._held: list[bytes] = []
        self._adds: asyncio.AbstractEventLoop | None = None

    def write(self, line: bytes) -> None:
        """As in other files, if perhaps a moment later."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            with self._lock:
                self._add()
                super().write(line)
            return
        with self._lock:
            if not self._held or self._adds is not loop:  # another loop may have ended before it added them
                loop.call_soon(self._add)
                self._adds = loop
            self._held.append(line)

    def close(self) -> None:
        """What is still held is added first: its loop may have ended."""
        self._add()
        super().close()

    def _add(self) -> None:
        with self._lock:
            held, self._held, self._adds = self._held, [], None
            if held:
                super().write(b"".join(held))


def _add_fault(event: EventDict) -> None:
    """An exception as its types and places. Its text stays out: it can hold a customer's values."""
    if event.pop("exc_info") and (error := sys.exc_info()[1]) is not None:
        event["fault"] = [*_chain(error)]
        event["trace"] = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]


def _chain(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        number = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
        yield f"{type(error).__qualname__} {number}".strip()
        error = error.__cause__ or error.__context__


def _line(logger: Any, method: str, event: EventDict) -> bytes:  # noqa: ANN401 - any structlog logger
    """An event as JSON, made in one go: every call writes a line."""
    event = structlog.processors.add_log_level(logger, method, event)
    if "exc_info" in event:
        _add_fault(event)
    event["timestamp"] = now = dt.datetime.now(dt.UTC)
    event["message"] = event.pop("event")
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    except TypeError:  # half a character, or a number beyond 64 bits
        event["timestamp"] = now.isoformat().replace("+00:00", "Z")
        return json.dumps(event, default=str).encode()


class _Logger(structlog.make_filtering_bound_logger("info")):  # type: ignore[misc]
    """Every call writes a line, and all that is done to it is `_line`: structlog's own way through any number of steps
    costs as much again.
    """

    def info(self, event: str, *values: object, **facts: object) -> None:
        """Write a line, or what else the only processor does with it. `values` are for the places in `event`."""
        if values:
            super().info(event, *values, **facts)
            return
        with suppress(structlog.DropEvent):
            self._logger.info(self._processors[0](self._logger, "info", {**self._context, **facts, "event": event}))


def to_file(home: Path) -> BoundedFile:
    """Send every log line of this process to the home's log file, bounded in size; returns the file."""
    folder = home / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = TurnFile(folder / "sheetscore.log")
    structlog.configure(
        processors=[
            _line,
        ],
        wrapper_class=_Logger,
        logger_factory=lambda *_: file,
        cache_logger_on_first_use=False,
    )
    return file
