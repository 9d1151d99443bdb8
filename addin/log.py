"""The add-in's log: one line of JSON for each action, in a file of bounded size that only this account can read.

It says which action, endpoint, how many rows and calls, how long and how it ended. It never holds a value of a sheet or
a key, nor the text of an error that nobody foresaw, which can hold anything: of that its kind and where it arose.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from addin.paths import log_file, private_folder

_OLDER = ".1"


def write_line(folder: Path, at: datetime, facts: Mapping[str, object], most_mb: int) -> None:
    """Add a line. A file that grew beyond its size is kept once more under another name. Raises OSError."""
    file = log_file(private_folder(folder))
    line = json.dumps({"at": at.isoformat(timespec="seconds"), **facts}, default=str) + "\n"
    if file.exists() and file.stat().st_size + len(line) > most_mb * 500_000:
        file.replace(file.with_name(file.name + _OLDER))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as lines:
        lines.write(line)


def where(error: BaseException) -> list[str]:
    """The kind of an error and the places it came through, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return [type(error).__qualname__, *places[-12:]]
