"""Put a finished file where the customer sees it: whole or not at all, never over another file."""

from __future__ import annotations

import errno
import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from worker.folder import Folder, NotPlain

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?")
_LONGEST = 120
_PIECE = 1 << 20
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


def free_name(folder: Folder, name: str, *beside: Callable[[str], str]) -> str:
    """The first of name, `name (2)`, ... for which neither a file nor a reason file is there, nor one that is called
    what one of `beside` makes of it. Names that differ only by case, or by how an accent is written, are one: some
    systems could not keep them apart.
    """
    taken = {_key(entry.name) for entry in folder.entries()}
    number = 1
    while True:
        made = numbered(name, number)
        wanted = {made, reason_name(made), *(named(made) for named in beside)}
        if not {_key(one) for one in wanted} & taken:
            return made
        number += 1


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def scored_name(name: str) -> str:
    """`loans.xls` -> `loans.scored.xlsx`: a workbook of scores alone, which stands beside its file."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot and stem else name}.scored.xlsx"


def original_name(name: str, ending: str) -> str:
    """`loans.scored (2).xlsx` -> `loans (2).xls`: the file that such a workbook stands beside."""
    return "".join(name.removesuffix(".xlsx").rsplit(".scored", 1)) + ending


def template_name(name: str) -> str:
    """`book.xlsx` -> `book.new-template.xlsx`."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot and stem else name}.new-template.xlsx"


def reason_name(name: str) -> str:
    """`book.xlsx` -> `book.reason.txt`."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot and stem else name}.reason.txt"


def place(file: Path, folder: Folder, name: str, *, again: bool = False) -> bool:
    """Make `file` appear in `folder` as `name`, at once and only if that name is free; False if it is taken.

    `file` keeps its first name until the caller removes it. A file that was placed before is found to
    be there; with `again`, also one that had to be copied, by its bytes.
    """
    if again and place_again(file, folder, name):
        return True
    try:
        folder.link(file, name)
    except FileExistsError:
        return _is_same(file, folder, name)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        return _place_by_copy(file, folder, name)
    folder.sync()
    return True


def place_again(file: Path, folder: Folder, name: str) -> bool:
    """Whether `file` was placed in `folder` as `name` before."""
    return file.exists() and (_is_same(file, folder, name) or _same_bytes(file, folder, name))


def _is_same(file: Path, folder: Folder, name: str) -> bool:
    try:
        return os.path.samestat(file.lstat(), folder.lstat(name))
    except FileNotFoundError:
        return False


def _place_by_copy(file: Path, folder: Folder, name: str) -> bool:
    hidden = f".{file.parent.name}.part"
    with suppress(FileNotFoundError):
        folder.remove(hidden)  # left by a crash
    with file.open("rb") as source, folder.create(hidden) as made:
        shutil.copyfileobj(source, made, _PIECE)
        made.flush()
        os.fsync(made.fileno())
    try:
        return _name_copy(folder, hidden, name)
    finally:
        with suppress(FileNotFoundError):
            folder.remove(hidden)
        folder.sync()


def _name_copy(folder: Folder, hidden: str, name: str) -> bool:
    try:
        folder.link_within(hidden, name)
    except FileExistsError:
        return False
    except OSError:
        if any(entry.name == name for entry in folder.entries()):
            return False
        folder.rename(hidden, name)
    return True


def _same_bytes(file: Path, folder: Folder, name: str) -> bool:
    try:
        there = folder.file(name)
    except (FileNotFoundError, NotPlain):
        return False
    with file.open("rb") as here, there:
        if os.fstat(here.fileno()).st_size != os.fstat(there.fileno()).st_size:
            return False
        while block := here.read(_PIECE):
            if block != there.read(_PIECE):
                return False
    return True
