"""The copy of a customer's file that is read, and kept: its bytes are those that were hashed, whatever becomes of the
file that was dropped.
"""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from worker.batch.errors import HardLink, NotAFile, NotReadable, OriginalChanged
from worker.batch.folders import JobFolders
from worker.batch.job import Job
from worker.files import sync_folder
from worker.folder import NotPlain, open_file

_PIECE = 1 << 20


def keep(job: Job, folders: JobFolders) -> str:
    """See that the job's original is a file that nobody else has open; returns its SHA-256.

    What was dropped may have a writer still, so it is copied, once; what came otherwise was written by us. Raises
    NotAFile, HardLink, NotReadable, OriginalChanged, OSError.
    """
    original, arrived = folders.original(job.id, job.file_name), folders.arrived(job.id, job.file_name)
    if job.door == "folder" and os.path.lexists(original) and not os.path.lexists(arrived):
        original.rename(arrived)
    if os.path.lexists(arrived) and not original.exists():
        _copy(arrived, original)
    digest = sha256(original)
    if job.sha256 not in ("", digest):
        raise OriginalChanged
    return digest


def check_unchanged(job: Job, folders: JobFolders, digest: str) -> None:
    """Raises OriginalChanged when what was dropped was written to since."""
    arrived = folders.arrived(job.id, job.file_name)
    if sha256(arrived if arrived.exists() else folders.original(job.id, job.file_name)) != digest:
        raise OriginalChanged


def copied(source: BinaryIO, target: Path) -> str:
    """Copy an open file to `target`, whole or not at all, lasting; returns its SHA-256. Raises OriginalChanged when it
    was written to meanwhile.
    """
    before, hashed = os.fstat(source.fileno()), hashlib.sha256()
    half = target.with_name(f"{target.name}.part")
    with half.open("wb") as made:
        while piece := source.read(_PIECE):
            hashed.update(piece)
            made.write(piece)
        made.flush()
        # the result gets the permissions of what was sent
        half.chmod(before.st_mode & 0o666 | 0o600)
        os.fsync(made.fileno())
    after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        half.unlink()
        raise OriginalChanged
    half.replace(target)
    sync_folder(target.parent)
    return hashed.hexdigest()


def sha256(file: Path) -> str:
    """Raises NotAFile, NotReadable, OSError."""
    with _opened(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy(arrived: Path, original: Path) -> None:
    with _opened(arrived) as source:
        if os.fstat(source.fileno()).st_nlink > 1:
            raise HardLink
        copied(source, original)


def _opened(file: Path) -> BufferedReader:
    try:
        return open_file(file)
    except PermissionError:
        raise NotReadable from None
    except (NotPlain, FileNotFoundError):
        raise NotAFile from None
