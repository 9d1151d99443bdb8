"""Look at every byte of a workbook before any part of it is parsed, and refuse what only a trap would hold.

An archive was checked already (`archive`: sizes told, ratio, count, overlap, names). Here each entry is unpacked, piece
by piece, and nothing is built from it. Nested packages are never opened. Limits of a sheet: ECMA-376 part 1, 18.3.1.73
and 18.18.7, and Excel's own (1,048,576 rows by 16,384 columns).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from types import ModuleType

from worker.workbooks.addressing import MOST_COLUMNS, MOST_ROWS, column_number
from worker.workbooks.archive import Archive, Entry, FileLimits, part_name
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit

_fast: ModuleType
try:
    from isal import isal_zlib as _fast
except ImportError:  # not built for every machine; 2-3 times slower without
    _fast = zlib

_PIECE = 1 << 20
_PACKED = 1 << 16
# longer than any sign that is looked for, so that none is missed between two pieces
_OVERLAP = 256
# a reader makes room for as many strings as a part says it has; this many take little
_COUNT_FREE = 1_000_000
_LEAST_STRING = len("<si/>")

_DTD = (b"<!DOCTYPE", b"<!ENTITY")
_HEAD = 4096
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_KNOWN_ENCODING = re.compile(rb"(?i)utf-?8|utf-?16(-?[lb]e)?|us-ascii|ascii|iso-8859-\d+|windows-125\d")
_ROOT = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*<(?:[A-Za-z][\w.-]*:)?([A-Za-z]\w*)[\s/>]", re.DOTALL)
_STRINGS = re.compile(rb"""<(?:[\w.-]+:)?sst\s[^<>]*?uniqueCount\s*=\s*["']\s*(\d+)""")
_ROW = re.compile(rb' r="(\d+)')
_FAR_ROW = re.compile(rb' r="[A-Z]+(\d{6,})')
_WIDE = re.compile(rb' r="([A-Z]{2,})')
# the same where it is no text of a cell that only looks alike, and of cells that have content; both slow
_TRUE_ROW = re.compile(rb'<(?:[\w.-]+:)?(?:row|c)\s(?:[^<>]*?\s)?r="[A-Z]*(\d+)')
_TRUE_COLUMN = re.compile(rb'<(?:[\w.-]+:)?c\s(?:[^<>]*?\s)?r="([A-Z]+)')
_FILLED_COLUMN = re.compile(rb'<(?:[\w.-]+:)?c\s(?:[^<>]*?\s)?r="([A-Z]+)\d+"[^<>]*(?<!/)>')
_CELL_REF = rb"([A-Z]{1,9})(\d{1,19})"
_MERGE = re.compile(rb"""<(?:[\w.-]+:)?mergeCell\s[^<>]*?ref\s*=\s*["']%b:%b""" % (_CELL_REF, _CELL_REF))
_DEFINITION = re.compile(rb"<(?:[\w.-]+:)?col\s")
_DEFINITION_END = re.compile(rb"""<(?:[\w.-]+:)?col\s[^<>]*?max\s*=\s*["'](\d+)""")
# the reader takes the first string of all for one whose number is none
_NO_STRING = re.compile(rb"""t="s"[^>]*>\s*<v>(?!\d{1,10}</v>)(?=[\s\S]{14})""")
# an attribute written as Excel never does: rare, and looked at with patterns that take longer
_MAY_BE_ODD = (b"\t", b"\r", b"\n", b"'", b" =", b"= ")
_ODD = (b" r='", b"\tr=", b"\nr=", b"\rr=", b" r =", b" r= ")
_TIDY = re.compile(rb"""\s+r\s*=\s*["']\s*""")


def preflight(archive: Archive, limits: FileLimits) -> None:
    """Raises FileBroken or FileTooCostly for a workbook that is refused."""
    for entry in archive.entries:
        _check(archive, entry, limits)


def _check(archive: Archive, entry: Entry, limits: FileLimits) -> None:
    """One entry: its true size, and what it holds if it is XML."""
    size, begun, look, kept = 0, False, None, b""
    for piece in _unpacked(archive, entry):
        size += len(piece)
        if size > entry.info.file_size:
            break
        fresh = piece
        if not begun:
            # blanks in front are left out: a part may begin with megabytes of them
            fresh = (kept + piece).lstrip(_BLANK)
            begun = len(fresh) >= _HEAD or size == entry.info.file_size
            look = _looker(fresh, entry, limits) if begun else None
            kept = b"" if begun else fresh
        if look is not None:
            data = kept + fresh
            look(data, len(kept))
            kept = data[-_OVERLAP:]
    if size != entry.info.file_size:
        raise FileBroken(Fault.FALSE_SIZE, entry.info.filename)


def _unpacked(archive: Archive, entry: Entry) -> Iterator[bytes]:
    """The entry's bytes; at most a piece more than it says it has."""
    source, left, more = archive.file, entry.info.compress_size, entry.info.file_size + _PIECE
    source.seek(entry.data)
    packed = entry.info.compress_type == zipfile.ZIP_DEFLATED
    inflate = _fast.decompressobj(-15)
    try:
        while left > 0 and more > 0:
            data = source.read(min(left, _PACKED if packed else _PIECE))
            if not data:
                raise FileBroken(Fault.UNFINISHED, entry.info.filename)
            left -= len(data)
            while data and more > 0:
                piece = inflate.decompress(data, _PIECE) if packed else data
                data = inflate.unconsumed_tail if packed else b""
                more -= len(piece)
                yield piece
    except (zlib.error, _fast.error) as error:
        raise FileBroken(Fault.DAMAGED, f"{entry.info.filename}: {error}") from None


def _looker(head: bytes, entry: Entry, limits: FileLimits) -> Callable[[bytes, int], None] | None:
    """What looks at the pieces of an XML part; None for any other: what no parser of ours or of a customer's would take
    for XML, and pictures (SVG files begin with a document type, and a spreadsheet hands them on as they are).
    """
    name, wide = entry.info.filename, b"\0" in head[:4]
    if not head.startswith(b"<") or name.lower().endswith(".svg"):
        return None
    start = head.replace(b"\0", b"")[:_HEAD] if wide else head[:_HEAD]
    told = _ENCODING.match(start)
    if told and not _KNOWN_ENCODING.fullmatch(told[1]):
        raise FileBroken(Fault.ENCODING, name)
    root = _ROOT.match(start)
    sheet = _Sheet(name, limits) if root is None or root[1].endswith(b"sheet") else None

    def look(data: bytes, seen: int) -> None:
        plain = data.replace(b"\0", b"") if wide else data
        if any(sign in plain for sign in _DTD):
            raise FileBroken(Fault.DTD, part_name(name))
        if b"uniqueCount" in plain:
            _check_count(plain, entry)
        if sheet is not None:
            sheet.look(plain, seen)

    return look


def _check_count(data: bytes, entry: Entry) -> None:
    """Strings are counted by the part itself; each takes at least five bytes of it."""
    told = max(map(_number, _STRINGS.findall(data)), default=0)
    if told > max(_COUNT_FREE, entry.info.file_size // _LEAST_STRING):
        raise FileBroken(Fault.FALSE_SIZE, entry.info.filename)


class _Sheet:
    """What a worksheet says of itself, so far."""

    def __init__(self, name: str, limits: FileLimits) -> None:
        self._name = name
        self._most = 2 * limits.cells_millions * 1_000_000
        self._rows = self._columns = self._merged = self._definitions = 0

    def look(self, data: bytes, seen: int) -> None:
        """Look at a piece, of which the first bytes were `seen` before. Raises FileBroken, FileTooCostly."""
        if any(sign in data for sign in _MAY_BE_ODD) and any(sign in data for sign in _ODD):
            data = _TIDY.sub(b' r="', data)
        if _NO_STRING.search(data):
            raise FileBroken(Fault.DAMAGED, f"{self._name}: a text by no number")
        rows, columns = _largest(_ROW, data), _widest(_WIDE, data)
        if self._is_too_large(max(rows, _largest(_FAR_ROW, data)), columns):
            rows = _largest(_TRUE_ROW, data)
            if max(rows, 1) > MOST_ROWS or _widest(_TRUE_COLUMN, data) > MOST_COLUMNS:
                raise FileBroken(Fault.OUTSIDE, self._name)
            # cells without content take no room in a reader
            columns = _widest(_FILLED_COLUMN, data)
            if self._is_too_large(rows, columns):
                found = max(rows, self._rows) * max(columns, self._columns)
                raise FileTooCostly(Limit.CELLS, found, self._most // 2, self._name)
        self._rows, self._columns = max(rows, self._rows), max(columns, self._columns)
        if b"col" in data:
            self._define(data, seen)
        if b"mergeCell" in data:
            self._merge(data, seen)

    def _is_too_large(self, rows: int, columns: int) -> bool:
        """Whether there would be more rows or columns than there can be, or too many cells in what they span."""
        outside = rows > MOST_ROWS or columns > MOST_COLUMNS
        return outside or max(rows, self._rows) * max(columns, self._columns) > self._most

    def _define(self, data: bytes, seen: int) -> None:
        self._definitions += sum(match.end() > seen for match in _DEFINITION.finditer(data))
        if self._definitions > MOST_COLUMNS or _largest(_DEFINITION_END, data) > MOST_COLUMNS:
            raise FileBroken(Fault.OUTSIDE, self._name)

    def _merge(self, data: bytes, seen: int) -> None:
        for match in _MERGE.finditer(data):
            if match.end() <= seen:
                continue  # counted with the piece before
            left, top, right, bottom = match.groups()
            tall, broad = _number(bottom) - _number(top), _column(right) - _column(left)
            self._merged += (abs(tall) + 1) * (abs(broad) + 1)
        if self._merged > self._most:
            raise FileTooCostly(Limit.MERGED, self._merged, self._most, self._name)


def _largest(number: re.Pattern[bytes], data: bytes) -> int:
    return max(map(_number, number.findall(data)), default=0)


def _widest(cell: re.Pattern[bytes], data: bytes) -> int:
    return max(map(_column, set(cell.findall(data))), default=0)


def _number(digits: bytes) -> int:
    """The number, or one that is too large where there are too many digits."""
    return int(digits) if len(digits) < 20 else 10**19


def _column(letters: bytes) -> int:
    return column_number(letters.decode()) if len(letters) <= 3 else MOST_COLUMNS + 1
