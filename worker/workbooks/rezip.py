"""Write a zip file that differs from another only where asked: every other entry's bytes are copied as they are,
local header, order, times, flags, extra fields and comment included. Nothing is unpacked or compressed again.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import BinaryIO

from worker.workbooks.archive import CENTRAL, LOCAL, Archive, Entry
from worker.workbooks.errors import FileTooCostly, Limit

_fast: ModuleType
try:
    from isal import isal_zlib as _fast
except ImportError:  # not built for every machine; 3-5 times slower without
    _fast = zlib

_CHUNK = 1 << 20
_FAST_LEVEL = 1
_DEFLATED = 8
_LARGE = 1_000_000
_UTF8_NAME = 1 << 11
_STREAMED = 1 << 3
_DOS_1980 = 0x0021
_MOST_32 = 0xFFFFFFFF
VERSION = 20
"""The version of the format (2.0) that it takes to read what is written here."""
_MOST_16 = 0xFFFF


class Rezip:
    """The new file, entry by entry, into `out` (binary, seekable, empty)."""

    def __init__(self, archive: Archive, out: BinaryIO) -> None:
        self._archive = archive
        self._out = out
        self._records: list[bytes] = []

    @property
    def directory(self) -> bytes:
        """The central directory so far."""
        return b"".join(self._records)

    def copy(self, replaced: Mapping[str, Iterable[bytes | memoryview]]) -> None:
        """All entries in their order; those in `replaced` (by entry name) with new contents in their old place."""
        moved: dict[str, bytes] = {}
        for entry in sorted(self._archive.entries, key=lambda e: e.start):
            chunks = replaced.get(entry.info.filename)
            moved[entry.info.filename] = self._copy(entry) if chunks is None else self._replace(entry, chunks)
        self._records += [moved[entry.info.filename] for entry in self._archive.entries]

    def add(self, name: str, chunks: Iterable[bytes | memoryview]) -> None:
        """A new entry at the end, compressed as it comes."""
        start = self._out.tell()
        encoded = name.encode()
        self._out.write(b"\0" * (LOCAL.size + len(encoded)))
        crc, size, packed = self._deflate(chunks, _FAST_LEVEL)
        flags = 0 if name.isascii() else _UTF8_NAME
        fixed = (flags, _DEFLATED, 0, _DOS_1980, crc, packed, size, len(encoded), 0)
        self._local(start, (VERSION, *fixed), encoded)
        self._records.append(CENTRAL.pack(b"PK\1\2", VERSION, VERSION, *fixed, 0, 0, 0, 0, start) + encoded)

    def close(self) -> None:
        """Write the central directory. Raises FileTooCostly beyond what a plain zip file holds."""
        start = self._out.tell()
        self._out.write(self.directory)
        size = self._out.tell() - start
        if start + size > _MOST_32 or len(self._records) > _MOST_16:
            raise FileTooCostly(Limit.FILE_BYTES, start + size, _MOST_32)
        comment, count = self._archive.comment, len(self._records)
        self._out.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, len(comment)) + comment)

    def _copy(self, entry: Entry) -> bytes:
        """Header, data and what follows up to the next entry (a data descriptor, if any)."""
        start, source, left = self._out.tell(), self._archive.file, entry.end - entry.start
        source.seek(entry.start)
        while left > 0:
            piece = source.read(min(left, _CHUNK))
            if not piece:
                break
            self._out.write(piece)
            left -= len(piece)
        return placed(entry.record, start)

    def _replace(self, entry: Entry, chunks: Iterable[bytes | memoryview]) -> bytes:
        start = self._out.tell()
        fields = list(CENTRAL.unpack_from(entry.record))
        name = entry.record[CENTRAL.size : CENTRAL.size + fields[10]]
        comment = entry.record[CENTRAL.size + fields[10] + fields[11] :]
        self._out.write(b"\0" * (LOCAL.size + len(name)))
        crc, size, packed = self._deflate(chunks, _FAST_LEVEL if entry.info.file_size > _LARGE else 6)
        fields[3] &= ~_STREAMED
        fields[4] = _DEFLATED
        fields[7:12] = [crc, packed, size, len(name), 0]
        fields[16] = start
        self._local(start, (VERSION, *fields[3:12]), name)
        return CENTRAL.pack(*fields) + name + comment

    def _local(self, start: int, fields: tuple[int, ...], name: bytes) -> None:
        """Fill in the local header that was left blank at `start`, and return to the end."""
        end = self._out.tell()
        if max(fields) > _MOST_32:
            raise FileTooCostly(Limit.EXPANDED_BYTES, max(fields), _MOST_32, name.decode("utf-8", "replace"))
        self._out.seek(start)
        self._out.write(LOCAL.pack(b"PK\3\4", *fields) + name)
        self._out.seek(end)

    def _deflate(self, chunks: Iterable[bytes | memoryview], level: int) -> tuple[int, int, int]:
        engine = _fast if level == _FAST_LEVEL else zlib
        packer = engine.compressobj(level, zlib.DEFLATED, -15)
        crc = size = 0
        start = self._out.tell()
        for chunk in chunks:
            crc = engine.crc32(chunk, crc)
            size += len(chunk)
            self._out.write(packer.compress(chunk))
        self._out.write(packer.flush())
        return crc, size, self._out.tell() - start


def placed(record: bytes, start: int) -> bytes:
    """A central record with a new place of its local header, which may stand in the zip64 field (APPNOTE 4.5.3)."""
    fields = CENTRAL.unpack_from(record)
    if fields[16] != _MOST_32:
        return record[:42] + struct.pack("<I", start) + record[46:]
    at = CENTRAL.size + fields[10]
    while at < CENTRAL.size + fields[10] + fields[11]:
        kind, length = struct.unpack_from("<2H", record, at)
        if kind == 1:
            place = at + 4 + 8 * sum(fields[i] == _MOST_32 for i in (8, 9))
            return record[:place] + struct.pack("<Q", start) + record[place + 8 :]
        at += 4 + length
    return record
