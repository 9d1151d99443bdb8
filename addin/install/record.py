"""What was installed: so that it can be taken out exactly, and a file that vanished is missed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from addin.paths import write_whole


@dataclass(frozen=True, slots=True)
class Record:
    """`version` is this package's; `sha256` the add-in file's; `signed` says that it was the company's own copy, handed
    in at installing; `made` are the other files that were not there before.
    """

    version: str
    sha256: str
    signed: bool
    made: tuple[str, ...] = ()

    def save(self, file: Path) -> None:
        """Write it down."""
        write_whole(file, (json.dumps(asdict(self), indent=2) + "\n").encode())


def load(file: Path) -> Record | None:
    """What was written down; None if nothing was, or it cannot be read."""
    try:
        stored = json.loads(file.read_text("utf-8"))
        return Record(
            str(stored["version"]), str(stored["sha256"]), bool(stored["signed"]), tuple(map(str, stored["made"]))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
