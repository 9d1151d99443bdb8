"""Put a finished file where the customer sees it: whole or not at all, never over another file."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

from worker.files import sync_file, sync_folder

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?")
_LONGEST = 120
# Another filesystem, one without hard links, or as many names as a file can have.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK}


def safe_name(name: str, suffix: str | None = None) -> str:
    """A file name that every system takes, as close to `name` as can be; `suffix` replaces its ending."""
    name = name.encode("utf-8", "replace").decode()
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot and stem else (name, "")
    stem = _FORBIDDEN.sub("_", stem).strip(" .") or "workbook"
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    ending = _FORBIDDEN.sub("_", ending if suffix is None else suffix).rstrip(" .")
    while len(f"{stem}{ending}".encode()) > _LONGEST and len(stem) > 1:
        stem = stem[:-1]
    return f"{stem}{ending}"


def numbered(name: str, number: int) -> str:
    """`book.xlsx` -> `book (2).xlsx`."""
    if number == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"


def free_name(folder: Path, name: str) -> str:
    """The first of name, `name (2)`, ... for which neither a file nor a reason file is there."""
    number = 1
    while (folder / numbered(name, number)).exists() or (folder / reason_name(numbered(name, number))).exists():
        number += 1
    return numbered(name, number)


def reason_name(name: str) -> str:
    """`book.xlsx` -> `book.reason.txt`."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot and stem else name}.reason.txt"


def place(file: Path, folder: Path, name: str, *, again: bool = False) -> bool:
    """Make `file` appear in `folder` as `name`, at once and only if that name is free; False if it is taken.

    `file` keeps its first name until the caller removes it. A file that was placed before is found to
    be there; with `again`, also one that had to be copied, by its bytes.
    """
    target = folder / name
    if again and place_again(file, target):
        return True
    try:
        os.link(file, target)
    except FileExistsError:
        return target.exists() and file.samefile(target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        return _place_by_copy(file, target)
    sync_folder(folder)
    return True


def place_again(file: Path, target: Path) -> bool:
    """Whether `file` was placed as `target` before."""
    if not (file.exists() and target.exists()):
        return False
    return file.samefile(target) or _same_bytes(file, target)


def _place_by_copy(file: Path, target: Path) -> bool:
    hidden = target.with_name(f".{file.parent.name}.part")
    shutil.copyfile(file, hidden)
    sync_file(hidden)
    try:
        os.link(hidden, target)
    except FileExistsError:
        return False
    except OSError:
        if target.exists():
            return False
        hidden.rename(target)
    finally:
        hidden.unlink(missing_ok=True)
    sync_folder(target.parent)
    return True


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while block := left.read(1 << 20):
            if block != right.read(1 << 20):
                return False
    return True
