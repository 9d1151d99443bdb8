"""What the fast reader hides of a binary workbook (.xlsb): error cells and hidden rows.

Format: [MS-XLSB], records BrtBundleSh, BrtRowHdr, BrtCellError and BrtFmlaError. A formula always has a stored value
there.
"""

from __future__ import annotations

import os
import posixpath
import struct
from collections.abc import Iterable, Iterator

from worker.scoring.errors import ProblemKind
from worker.workbooks.addressing import Area
from worker.workbooks.archive import Archive, Entry, FileLimits, part_name
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.sheetscan import Closer
from worker.workbooks.xmlscan import Document

_ROW, _CELL_ERROR, _FORMULA_ERROR, _SHEET = 0, 3, 11, 156
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""What a cell shows, by the code of its error."""

_ROW_IS_HIDDEN = 0x10
_MOST_PART_BYTES = 64_000_000


def look_closer(path: str | os.PathLike[str], limits: FileLimits, sheet: str, area: Area) -> Closer:
    """The error cells and hidden rows of an area of a sheet. Raises FileBroken, FileTooCostly."""
    found, row = Closer(), 0
    with Archive(path, limits) as archive:
        for kind, data in _records(archive.chunks(_entry(archive, _parts(archive).get(sheet, "")))):
            if kind == _ROW:
                row = _number(data, 0) + 1
                if row > area.bottom:
                    break
                if row >= area.top and len(data) > 11 and data[11] & _ROW_IS_HIDDEN:
                    found.hidden.add(row)
            elif kind in (_CELL_ERROR, _FORMULA_ERROR) and row >= area.top and len(data) > 8:
                column = _number(data, 0) + 1
                if area.left <= column <= area.right:
                    found.faults[row, column] = (ProblemKind.ERROR_CELL, ERRORS.get(data[8], "#N/A"))
    return found


def _parts(archive: Archive) -> dict[str, str]:
    """The part of each sheet, by the sheet's name."""
    links = Document(archive.read(_entry(archive, "/xl/_rels/workbook.bin.rels"), _MOST_PART_BYTES), depth=1).root
    targets = {link.attributes.get("Id", ""): link.attributes.get("Target", "") for link in links.children}
    made = {}
    for kind, data in _records(archive.chunks(_entry(archive, "/xl/workbook.bin"))):
        if kind == _SHEET:
            link, rest = _text(data[8:])
            made[_text(rest)[0]] = posixpath.normpath(posixpath.join("/xl", targets.get(link, "")))
    return made


def _entry(archive: Archive, part: str) -> Entry:
    found = next((entry for entry in archive.entries if part_name(entry.info.filename) == part_name(part)), None)
    if found is None:
        raise FileBroken(Fault.DAMAGED, f"{part} is missing")
    return found


def _records(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Kind and data of each record. A record that is cut off ends them."""
    data, at = b"", 0
    for chunk in chunks:
        data, at = data[at:] + chunk, 0
        while True:
            head = _head(data, at)
            if head is None or head[0] + head[2] > len(data):
                break
            start, kind, size = head
            yield kind, data[start : start + size]
            at = start + size


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Where the data of the record at `at` begin, its kind, its size; None when more bytes are needed."""
    if at + 2 > len(data):
        return None
    kind, at = data[at], at + 1
    if kind & 0x80:
        kind, at = kind & 0x7F | (data[at] & 0x7F) << 7, at + 1
    size = 0
    for place in range(4):
        if at >= len(data):
            return None
        byte, at = data[at], at + 1
        size |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            break
    return at, kind, size


def _number(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def _text(data: bytes) -> tuple[str, bytes]:
    """A text and what follows it."""
    end = 4 + 2 * _number(data, 0)
    return data[4:end].decode("utf-16-le", "replace"), data[end:]
