"""Let a file appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from worker.files import sync_folder


@contextlib.contextmanager
def whole_file(target: Path, like: Path) -> Iterator[BinaryIO]:
    """A file to write; `target` gets its contents when the block ends well, with the permissions of `like`."""
    handle, name = tempfile.mkstemp(prefix=".sheetscore-", suffix=".tmp", dir=target.absolute().parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
        publish(Path(name), target, like)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def publish(made: Path, target: Path, like: Path) -> None:
    """Rename the finished file `made` over `target`, on the same file system, flushed to disk before and after: whoever
    looks sees the old file or the new one, never a part.
    """
    with made.open("r+b") as file:
        os.fsync(file.fileno())
    # only now: it may say that nobody writes
    shutil.copymode(like, made)
    made.replace(target)
    sync_folder(target.absolute().parent)
