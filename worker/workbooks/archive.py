"""A zip file as its author made it: checked before anything is unpacked, copied without unpacking.

Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14-4.3.16 (end records).
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Self

from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 20
_MOST_ENTRIES = 10_000
_MOST_DIRECTORY_BYTES = 4_000_000
_RATIO = 200
_RATIO_FREE_BYTES = 5_000_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What one workbook may cost. Megabytes are 10**6 bytes; `seconds` is processor time; `memory_mb` is address space
    and holds on Linux only.
    """

    upload_mb: int = 150
    expanded_mb: int = 1200
    cells_millions: int = 15
    seconds: int = 120
    memory_mb: int = 2048


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what the central directory says, as zipfile read it and as bytes, and where its data ends."""

    info: zipfile.ZipInfo
    record: bytes
    data: int
    end: int

    @property
    def start(self) -> int:
        """Where the local header starts."""
        return self.info.header_offset


class Archive:
    """A zip file, by its path or opened for reading. Raises FileBroken or FileTooCostly before it unpacks anything."""

    def __init__(self, source: str | os.PathLike[str] | BinaryIO, limits: FileLimits) -> None:
        self.file = open_file(Path(source), limits) if isinstance(source, str | os.PathLike) else source
        try:
            _check_file(self.file, limits)
            _check_magic(self.file)
            _check_end_record(self.file)
            self._zip = zipfile.ZipFile(self.file)
            self.entries = _entries(self.file, self._zip)
            _check_entries(self.entries, limits)
        except BaseException as error:
            self.file.close()
            # a place before the file's beginning, which only the file itself can have told
            if isinstance(error, _DAMAGE) or (isinstance(error, OSError) and error.errno == errno.EINVAL):
                raise FileBroken(Fault.DAMAGED, str(error)) from None
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    @property
    def comment(self) -> bytes:
        """The comment of the whole file."""
        return self._zip.comment

    def chunks(self, entry: Entry, size: int = _CHUNK) -> Iterator[bytes]:
        """The unpacked bytes of `entry`, never more than it declares."""
        try:
            with self._zip.open(entry.info) as stream:
                while piece := stream.read(size):
                    yield piece
        except _DAMAGE as error:
            raise FileBroken(Fault.DAMAGED, f"{entry.info.filename}: {error}") from None

    def read(self, entry: Entry, most: int) -> bytes:
        """All unpacked bytes of `entry`; raises FileTooCostly when it declares more than `most`."""
        if entry.info.file_size > most:
            raise FileTooCostly(Limit.EXPANDED_BYTES, entry.info.file_size, most, entry.info.filename)
        return b"".join(self.chunks(entry))


def open_file(path: Path, limits: FileLimits) -> BinaryIO:
    """Open a file that is one, and neither empty nor too large. Raises FileBroken, FileTooCostly."""
    # O_NONBLOCK: opening a named pipe must not wait for a writer
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        file = os.fdopen(os.open(path, flags), "rb")
    except PermissionError as error:
        raise FileBroken(Fault.LOCKED, error.strerror or "") from None
    except OSError as error:
        raise FileBroken(Fault.NOT_A_FILE, error.strerror or "") from None
    try:
        _check_file(file, limits)
    except BaseException:
        file.close()
        raise
    return file


def _check_file(file: BinaryIO, limits: FileLimits) -> None:
    state = os.fstat(file.fileno())
    most = limits.upload_mb * 1_000_000
    if not stat.S_ISREG(state.st_mode):
        raise FileBroken(Fault.NOT_A_FILE)
    if state.st_size == 0:
        raise FileBroken(Fault.EMPTY)
    if state.st_size > most:
        raise FileTooCostly(Limit.FILE_BYTES, state.st_size, most)


def _check_magic(file: BinaryIO) -> None:
    head = file.read(8)
    if head == _OLE:
        raise FileBroken(_ole_fault(file))
    if not head.strip(b"\0"):
        # Windows makes room with zeros before it copies
        raise FileBroken(Fault.UNFINISHED, "begins with zeros")
    if head[:4] != b"PK\3\4":
        raise FileBroken(Fault.NOT_A_WORKBOOK, "no zip file")


def _ole_fault(file: BinaryIO) -> Fault:
    """An OLE file is an encrypted workbook or an old .xls; its stream names are UTF-16 ([MS-CFB] 2.6.1)."""
    known = {"EncryptedPackage": Fault.PASSWORD, "Workbook": Fault.OLD_FORMAT, "Book": Fault.OLD_FORMAT}
    found = Fault.NOT_A_WORKBOOK
    for name, fault in known.items():
        file.seek(0)
        wanted, tail = name.encode("utf-16-le") + b"\0\0", b""
        while piece := file.read(_CHUNK):
            if wanted in tail + piece:
                return fault
            tail = piece[-len(wanted) :]
    return found


def is_encrypted(path: str | os.PathLike[str]) -> bool:
    """Whether a file is an encrypted workbook: looked for byte by byte, nothing is parsed. Raises OSError."""
    with Path(path).open("rb") as file:
        return file.read(len(_OLE)) == _OLE and _ole_fault(file) is Fault.PASSWORD


def _check_end_record(file: BinaryIO) -> None:
    """Zipfile reads the whole directory before anyone can look at its size."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise FileBroken(Fault.UNFINISHED, "no end record")
    count, length, _ = struct.unpack_from("<HII", tail, at + 10)
    if (count == 0xFFFF or length == 0xFFFFFFFF) and tail[at - 20 : at - 16] == b"PK\6\7":
        file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
        count, length = struct.unpack("<32x2Q", file.read(48))
    if count > _MOST_ENTRIES or length > _MOST_DIRECTORY_BYTES:
        raise FileTooCostly(Limit.ENTRIES, count, _MOST_ENTRIES)


def _entries(file: BinaryIO, archive: zipfile.ZipFile) -> tuple[Entry, ...]:
    file.seek(archive.start_dir)
    made = []
    for info in archive.infolist():
        fixed = file.read(CENTRAL.size)
        fields = CENTRAL.unpack(fixed)
        record = fixed + file.read(sum(fields[10:13]))
        made.append((info, record))
    following = dict(pairwise([*sorted(info.header_offset for info, _ in made), archive.start_dir]))
    if len(following) < len(made):
        raise FileBroken(Fault.OVERLAP)
    return tuple(Entry(info, record, _data(file, info, record), following[info.header_offset]) for info, record in made)


def _data(file: BinaryIO, info: zipfile.ZipInfo, record: bytes) -> int:
    """Where the entry's compressed bytes start, by its local header. A reader that goes by local headers must see the
    same names and methods as one that goes by the directory.
    """
    file.seek(info.header_offset)
    fields = LOCAL.unpack(file.read(LOCAL.size))
    if fields[0] != b"PK\3\4":
        raise FileBroken(Fault.UNFINISHED, f"{info.filename}: no local header")
    named = record[CENTRAL.size : CENTRAL.size + CENTRAL.unpack_from(record)[10]]
    if file.read(fields[9]) != named or fields[3] != info.compress_type:
        raise FileBroken(Fault.DAMAGED, f"{info.filename}: its local header tells otherwise")
    return int(info.header_offset + LOCAL.size + fields[9] + fields[10])


def _check_entries(entries: Sequence[Entry], limits: FileLimits) -> None:
    names: set[str] = set()
    total, most = 0, limits.expanded_mb * 1_000_000
    for entry in entries:
        info = entry.info
        name = part_name(info.filename)
        if ".." in name.split("/") or ":" in name or "\0" in info.orig_filename or len(name) > 255:
            raise FileBroken(Fault.ENTRY_NAME, info.filename[:255])
        if name in names:
            raise FileBroken(Fault.DUPLICATE_ENTRY, info.filename)
        names.add(name)
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileBroken(Fault.METHOD, info.filename)
        if entry.data + info.compress_size > entry.end:
            raise FileBroken(Fault.OVERLAP, info.filename)
        total += info.file_size
        if total > most:
            raise FileTooCostly(Limit.EXPANDED_BYTES, sum(e.info.file_size for e in entries), most)
        # a bitmap of one colour may well shrink more; no reader of ours unpacks it
        if name.endswith((".xml", ".rels")) and info.file_size > _RATIO_FREE_BYTES:
            ratio = info.file_size // max(info.compress_size, 1)
            if ratio > _RATIO:
                raise FileTooCostly(Limit.RATIO, ratio, _RATIO, info.filename)


def part_name(name: str) -> str:
    """An entry's or part's name in the form in which names are compared: `/xl/workbook.xml`, lower case."""
    return "/" + name.replace("\\", "/").lstrip("/").lower()
