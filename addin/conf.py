"""The file through which Python and the add-in's VBA speak: lines of "KEY","VALUE"."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
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


def drop_down(names: Sequence[str], selected: str, encoding: str = _ENCODING) -> dict[str, str]:
    """What the ribbon shows of the endpoints: ENDPOINTS, and as SELECTED the place of the one in use, from 0; blank
    where there is none. A name that the file cannot hold gets its place, from 1, as two such may look alike.
    """
    labels = [_label(name, place, encoding) for place, name in enumerate(names, 1)]
    return {"ENDPOINTS": ";".join(labels), "SELECTED": str(names.index(selected)) if selected in names else ""}


def _label(name: str, place: int, encoding: str) -> str:
    try:
        name.encode(encoding)
    except UnicodeEncodeError:
        return f"{name.encode(encoding, errors='replace').decode(encoding)} ({place})"
    return name


def update_conf(file: Path, changes: Mapping[str, str | None], platform: str = sys.platform) -> None:
    """Set some keys, take away those whose value is None, and keep the others. Raises OSError.

    Lines end as those that xlwings writes there: in a line feed alone on macOS. A value must hold neither a quotation
    mark nor a line break: VBA's `Input #` has no way to write them.
    """
    before = read_conf(file)
    after = {**before, **{key.upper(): value for key, value in changes.items()}}
    kept = {key: value for key, value in after.items() if value is not None}
    if kept == before:
        return
    end = "\n" if platform == "darwin" else "\r\n"
    lines = [f'"{key}","{value}"{end}' for key, value in kept.items()]
    write_whole(file, "".join(lines).encode(_ENCODING, errors="replace"))
