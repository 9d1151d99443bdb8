"""The file through which Python and the add-in's VBA speak: lines of "KEY","VALUE"."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping
from pathlib import Path

from addin.paths import write_whole

_ENCODING = "mbcs" if sys.platform == "win32" else "utf-8"  # VBA reads files in the system's code page


def read_conf(file: Path) -> dict[str, str]:
    """What stands in the file, keys in capitals; nothing when it is not there."""
    try:
        text = file.read_text(_ENCODING, errors="replace")
    except FileNotFoundError:
        return {}
    rows = csv.reader(io.StringIO(text))
    return {row[0].strip().upper(): row[1] for row in rows if len(row) == 2}


def update_conf(file: Path, changes: Mapping[str, str | None]) -> None:
    """Set some keys, take away those whose value is None, and keep the others. Raises OSError.

    A value must hold neither a quotation mark nor a line break: VBA's `Input #` has no way to write them.
    """
    before = read_conf(file)
    after = {**before, **{key.upper(): value for key, value in changes.items()}}
    kept = {key: value for key, value in after.items() if value is not None}
    if kept == before:
        return
    lines = [f'"{key}","{value}"\r\n' for key, value in kept.items()]
    write_whole(file, "".join(lines).encode(_ENCODING, errors="replace"))
