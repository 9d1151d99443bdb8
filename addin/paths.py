"""Where the add-in keeps one person's files, and how they are written: whole, and for this account alone."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

PROJECT = "sheetscore"
"""The name that the VBA project and its settings file go by."""

_SANDBOX = "Library/Containers/com.microsoft.Excel/Data"  # all that Excel for Mac may read without asking


def home(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The person's home folder."""
    named = environ.get("USERPROFILE" if platform == "win32" else "HOME")
    return Path(named) if named else Path.home()


def user_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder of the add-in's files: endpoints, settings, cache, log. It need not be there yet."""
    return home(environ, platform) / f".{PROJECT}"


def conf_file(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The file that the add-in's VBA reads, at the place that xlwings fixes."""
    folder = home(environ, platform) / _SANDBOX if platform == "darwin" else user_folder(environ, platform)
    return folder / f"{PROJECT}.conf"


def endpoints_file(folder: Path) -> Path:
    """The list of endpoints, one a line."""
    return folder / "endpoints.jsonl"


def settings_file(folder: Path) -> Path:
    """What the person set, where it differs from the defaults."""
    return folder / "settings.toml"


def cache_file(folder: Path) -> Path:
    """Scores already paid for."""
    return folder / "scores.db"


def log_file(folder: Path) -> Path:
    """What happened, for whoever helps."""
    return folder / f"{PROJECT}.log"


def stop_file(folder: Path) -> Path:
    """There while calls are stopped."""
    return folder / "calls-stopped"


def undo_file(folder: Path) -> Path:
    """What the last action wrote over."""
    return folder / "undo.json"


def private_folder(path: Path) -> Path:
    """Make a folder that only this account can enter; one that is there stays as it is. Returns `path`."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file (0600) so that nobody ever sees half of it. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=private_folder(path.parent))  # mkstemp makes 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(Path(name), path)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _replace(new: Path, path: Path) -> None:
    for _ in range(20):  # Windows refuses while another program, Excel say, has the old file open
        with suppress(PermissionError):
            new.replace(path)
            return
        time.sleep(0.05)
    new.replace(path)


@contextmanager
def only_one(folder: Path, seconds: float = 10.0) -> Iterator[None]:
    """One process at a time in here: the resident one, a window's, a command's. Raises OSError after so many
    seconds.

    The lock is SQLite's: it is the same on all systems, and let go when its process dies.
    """
    file = private_folder(folder) / "lock"
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(file, timeout=seconds, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise TimeoutError(errno.ETIMEDOUT, "another process does not let go", str(file)) from error
        yield
