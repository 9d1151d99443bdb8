"""Look at a written workbook before anybody gets it."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from worker.workbooks.archive import CENTRAL, LOCAL, Archive, Entry
from worker.workbooks.errors import WrittenWrong
from worker.workbooks.page import Page
from worker.workbooks.readback import Different, compare
from worker.workbooks.rezip import VERSION, placed

_CHUNK = 1 << 20
_TOKEN = re.compile(rb"<[^>]*>|[^<]+")
# what `Document` changes of a tag that it adds to: the count, and an end tag for an empty element
_CHANGES = re.compile(rb"""(?<=\scount=)(["'])[^"']*\1|\s*/?(?=>$)""")
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, KeyError, ValueError)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was to be written: the directory's bytes; of each entry that got additions, by name, what it was; the page
    of each worksheet, by entry name; and the names of our own entries that got new contents.
    """

    directory: bytes
    edited: Mapping[str, bytes]
    pages: Mapping[str, Page]
    uses_1904: bool
    renewed: frozenset[str] = frozenset()


def verify(source: Archive, out: BinaryIO, wanted: Wanted) -> None:
    """Read `out` back: it must be `source`, byte for byte, with the additions that are wanted, and no more.

    Raises WrittenWrong.
    """
    try:
        made = zipfile.ZipFile(out)
        records = _records(out, made)
        directory = b"".join(record for _, record in records)
        if directory != wanted.directory or made.comment != source.comment or len(records) < len(source.entries):
            raise WrittenWrong("", "the directory is damaged")
    except _DAMAGE as error:
        raise WrittenWrong("", f"{type(error).__name__}: {error}") from None
    for place, (info, record) in enumerate(records):
        try:
            if place < len(source.entries) and info.filename not in wanted.edited.keys() | wanted.renewed:
                _check_copy(source, source.entries[place], out, info.header_offset, record)
            else:
                _check_own(out, info, record)
                _check_content(made, info, wanted)
        except Different as error:
            raise WrittenWrong(info.filename, str(error)) from None
        except _DAMAGE as error:
            raise WrittenWrong(info.filename, f"{type(error).__name__}: {error}") from None


def _check_content(made: zipfile.ZipFile, info: zipfile.ZipInfo, wanted: Wanted) -> None:
    page = wanted.pages.get(info.filename)
    if page is not None:
        compare(page, _chunks(made, info), uses_1904=wanted.uses_1904)
        return
    data = made.read(info)  # which compares the checksum
    if info.filename in wanted.edited:
        _check_additions(wanted.edited[info.filename], data)


def _records(out: BinaryIO, made: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, bytes]]:
    """What the directory says of each entry, read and as bytes."""
    out.seek(made.start_dir)
    found = []
    for info in made.infolist():
        fixed = out.read(CENTRAL.size)
        found.append((info, fixed + out.read(sum(CENTRAL.unpack(fixed)[10:13]))))
    return found


def _check_copy(source: Archive, entry: Entry, out: BinaryIO, offset: int, record: bytes) -> None:
    """The directory's record, CRC and all, and local header, compressed bytes and data descriptor are the old ones."""
    if record != placed(entry.record, offset):
        raise Different("its directory record changed")
    source.file.seek(entry.start)
    out.seek(offset)
    left = entry.end - entry.start
    while left > 0:
        size = min(left, _CHUNK)
        old = source.file.read(size)
        if out.read(size) != old or not old:
            raise Different("its bytes changed")
        left -= size


def _check_own(out: BinaryIO, info: zipfile.ZipInfo, record: bytes) -> None:
    """The local header says what the directory says; zipfile looks at the directory alone."""
    fields = CENTRAL.unpack_from(record)
    wanted = LOCAL.pack(b"PK\3\4", VERSION, *fields[3:11], 0) + record[CENTRAL.size :][: fields[10]]
    out.seek(info.header_offset)
    if out.read(len(wanted)) != wanted:
        raise Different("its header is damaged")


def _check_additions(old: bytes, new: bytes) -> None:
    """Everything of `old` is in `new`, in order."""
    tokens = (_CHANGES.sub(b"", token) for token in _TOKEN.findall(new))
    for token in _TOKEN.findall(old):
        wanted = _CHANGES.sub(b"", token)
        if not any(found == wanted for found in tokens):
            raise Different(f"lost {token[:80]!r}")


def _chunks(made: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with made.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
