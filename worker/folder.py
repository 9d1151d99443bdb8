"""An open folder: what is done in it is done there, wherever its name leads to meanwhile, and no link is followed.

Whoever may write to a shared folder can put a link in place of a file or a folder between two looks at it. A
descriptor stays with what was looked at. Windows has no such descriptors: there names are used, and links are refused
by a look before.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Self

_BY_DESCRIPTOR = {os.open, os.stat, os.rename, os.link, os.unlink, os.mkdir} <= os.supports_dir_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class NotPlain(OSError):
    """What is there is a link, a folder, a device, a pipe or a socket, not a file."""

    def __init__(self, name: str) -> None:
        super().__init__(errno.EINVAL, "not a plain file", name)


class Folder:
    """Use as a context manager. Every method raises OSError."""

    def __init__(self, path: Path, handle: int | None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def open(cls, path: Path) -> Self:
        """The folder of that name, which may be a link: who runs the service says where things are."""
        return cls(path, _open_folder(path.resolve(), None))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; again is no harm."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def inner(self, name: str) -> Folder:
        """A folder in it that is there."""
        return Folder(self.path / name, _open_folder(self._at(name), self._handle))

    def own(self, name: str) -> Folder:
        """A folder in it, made (0700) if it is not there."""
        with suppress(FileExistsError):
            os.mkdir(self._at(name), 0o700, dir_fd=self._handle)
        return self.inner(name)

    def entries(self) -> list[os.DirEntry[str]]:
        """What is in it. Their `path` says nothing; `is_dir(follow_symlinks=False)` does."""
        with os.scandir(self.path if self._handle is None else self._handle) as found:
            return list(found)

    def lstat(self, name: str) -> os.stat_result:
        """What a name in it is, not what it leads to."""
        return os.stat(self._at(name), dir_fd=self._handle, follow_symlinks=False)

    def file(self, name: str) -> BufferedReader:
        """A file in it, opened for reading. Raises NotPlain."""
        return _open_file(self._at(name), self._handle)

    def create(self, name: str) -> BufferedWriter:
        """A new file in it (0600), opened for writing."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
        return os.fdopen(os.open(self._at(name), flags, 0o600, dir_fd=self._handle), "wb")

    def link(self, file: Path, name: str) -> None:
        """Give `file` a second name in it."""
        os.link(file, self._at(name), dst_dir_fd=self._handle)

    def link_within(self, name: str, new: str) -> None:
        """Give a file in it a second name in it."""
        os.link(self._at(name), self._at(new), src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def rename(self, name: str, new: str) -> None:
        """Give what is in it another name; on systems but Windows, in place of what has that name."""
        os.rename(self._at(name), self._at(new), src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def take(self, name: str, target: Path) -> None:
        """Move what is in it, whatever it is, to `target` on the same file system."""
        os.rename(self._at(name), target, src_dir_fd=self._handle)

    def remove(self, name: str) -> None:
        """Remove a file in it."""
        os.unlink(self._at(name), dir_fd=self._handle)

    def sync(self) -> None:
        """Make the names in it last through a power cut (NTFS journals them)."""
        if self._handle is not None:
            os.fsync(self._handle)

    def _at(self, name: str) -> str | Path:
        if name in ("", ".", "..") or Path(name).name != name:
            raise FileNotFoundError(errno.ENOENT, "not a name in a folder", name)
        return self.path / name if self._handle is None else name


def open_file(path: Path) -> BufferedReader:
    """A plain file, opened for reading; `path` itself is no link. Raises NotPlain, OSError."""
    return _open_file(path, None)


@contextmanager
def folders(root: Path, *names: str) -> Iterator[Folder]:
    """The innermost of `names`, one in the other in `root`, each made if it is not there and none of them a link."""
    opened = Folder.open(root)
    try:
        for name in names:
            with opened as outer:
                opened = outer.own(name)
        yield opened
    finally:
        opened.close()


def _open_folder(at: str | Path, within: int | None) -> int | None:
    if not _BY_DESCRIPTOR:
        found = os.lstat(at)
        if not stat.S_ISDIR(found.st_mode) or getattr(found, "st_reparse_tag", False):
            raise NotADirectoryError(errno.ENOTDIR, "a link or file where a folder should be", os.fspath(at))
        return None
    try:
        return os.open(at, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=within)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise NotADirectoryError(errno.ENOTDIR, "a link or file where a folder should be", os.fspath(at)) from None
        raise


def _open_file(at: str | Path, within: int | None) -> BufferedReader:
    name = os.fspath(at)
    if not _BY_DESCRIPTOR and stat.S_ISLNK(os.lstat(at).st_mode):
        raise NotPlain(name)
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer
        handle = os.open(at, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_LINK, dir_fd=within)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENODEV, errno.EOPNOTSUPP):
            raise NotPlain(name) from None
        raise
    file = os.fdopen(handle, "rb") if stat.S_ISREG(os.fstat(handle).st_mode) else None
    if file is None:
        os.close(handle)
        raise NotPlain(name)
    return file
