"""Who drives a job. An owner is a process that holds a lock file; the operating system lets go of it when the process
dies, however it dies, so a dead owner is known at once and never by a clock.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from filelock import FileLock, Timeout


class Owner:
    """This process, as the ledger knows it. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = uuid.uuid4().hex
        self._lock = FileLock(self._file(self.name), mode=0o600)

    def _file(self, name: str) -> Path:
        return self._folder / f".owner-{name}.lock"

    def __enter__(self) -> Owner:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire(timeout=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self._file(self.name).unlink(missing_ok=True)

    def is_alive(self, name: str) -> bool:
        """Whether the owner called `name` still runs on this machine."""
        if name == self.name:
            return True
        file = self._file(name)
        if not file.exists():
            return False
        try:
            with FileLock(file, mode=0o600, timeout=0):
                pass
        except Timeout:
            return True
        file.unlink(missing_ok=True)
        return False
