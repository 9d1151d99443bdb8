"""The add-in's log: one line of JSON for each action, in a file of bounded size that only this account can read.

It says which action, endpoint, how many rows and calls, how long and how it ended. It never holds a value of a sheet or
a key, nor the text of an error that nobody foresaw, which can hold anything: of that its kind and where it arose.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from addin.paths import log_file, private_folder

MOST_BYTES = 1_000_000
"""How large the file grows; the one before it is kept, too."""
_OLDER = ".1"


def write_line(folder: Path, at: datetime, facts: Mapping[str, object]) -> None:
    """Add a line. Raises OSError."""
    file = log_file(private_folder(folder))
    line = json.dumps({"at": at.isoformat(timespec="seconds"), **facts}, default=str) + "\n"
    if file.exists() and file.stat().st_size + len(line) > MOST_BYTES:
        file.replace(file.with_name(file.name + _OLDER))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as lines:
        lines.write(line)


class LogHandler(logging.Handler):
    """Puts what other parts of the add-in log (worksheet functions, say) into the same file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line; a file that cannot be written is no reason to fail."""
        facts: dict[str, object] = {"action": record.name, "outcome": record.msg}
        if record.exc_info and record.exc_info[1]:
            facts["where"] = where(record.exc_info[1])
        with suppress(OSError):
            write_line(self._folder, datetime.fromtimestamp(record.created), facts)  # noqa: DTZ006 - local time


def attach(folder: Path) -> None:
    """Let the add-in's loggers write here; once for a process."""
    root = logging.getLogger("addin")
    if not any(isinstance(handler, LogHandler) for handler in root.handlers):
        root.addHandler(LogHandler(folder))


def where(error: BaseException) -> list[str]:
    """The kind of an error and the places it came through, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return [type(error).__qualname__, *places[-12:]]
