"""`/readyz`: whether the host can do its work, in words that tell a stranger nothing of what it holds."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from worker.endpoints import Snapshots

FREE_BYTES = 200_000_000
FRESH_SECONDS = 5.0

log = structlog.get_logger("sheetscore.host")


class Ready:
    """Looks at store, disk and the newest default model at most every five seconds, however often it is asked."""

    def __init__(
        self,
        snapshots: Snapshots,
        home: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        free_bytes: Callable[[Path], int] = lambda home: shutil.disk_usage(home).free,
    ) -> None:
        self._snapshots = snapshots
        self._home = home
        self._clock = clock
        self._free_bytes = free_bytes
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._found: dict[str, str] = {}

    def look(self) -> dict[str, str]:
        """`store`, `disk` and `models`, each "ok" or what is wrong."""
        with self._lock:
            now = self._clock()
            if self._looked is None or now - self._looked >= FRESH_SECONDS:
                self._found = {
                    "store": _tried(self._look_at_store, "does not answer"),
                    "disk": _tried(self._look_at_disk, "is nearly full"),
                    "models": _tried(self._look_at_models, "do not load"),
                }
                self._looked = now
            return self._found

    def _look_at_store(self) -> None:
        self._snapshots.refresh()

    def _look_at_disk(self) -> None:
        if self._free_bytes(self._home) < FREE_BYTES:
            raise OSError

    def _look_at_models(self) -> None:
        defaults = [row for row in self._snapshots.current().endpoints.values() if row.name == "default"]
        if defaults:
            newest = max(defaults, key=lambda row: row.changed_at)
            self._snapshots.models.get(newest.service, newest.contract_version, newest.model_version)


def _tried(look: Callable[[], None], otherwise: str) -> str:
    try:
        look()
    except Exception:  # whatever it is, the host is not ready
        log.exception("not ready")
        return otherwise
    return "ok"
