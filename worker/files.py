"""Files that only this product's user may read, and that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Make a folder (0700) with the folders above it, of which `mkdir` itself would make the others open to all; one
    that is there stays as it is. Returns `path`.
    """
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    return path


def write_whole(path: Path, data: bytes, *, replace: bool = True) -> bool:
    """Write a file (0600) so that nobody ever sees half of it, and it survives a power cut once this returns.

    With `replace` false an existing file stays, and of several writers exactly one wins. Returns whether `data` is
    what stands there because of this call. Raises OSError.
    """
    handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)  # mkstemp makes 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(path)
        else:
            os.link(name, path)
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    sync_folder(path.parent)
    return True


def sync_file(file: Path) -> None:
    """Make a file's content last through a power cut."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    if os.name == "nt":  # Windows cannot open a folder; NTFS journals the rename
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
