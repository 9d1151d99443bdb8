"""What the fast reader hides of an old workbook (.xls): error cells and hidden rows.

Format: [MS-XLS], records BoundSheet8, Row, BoolErr and Formula of the stream `Workbook`, or `Book` in older ones. A
formula always has a stored value there; one that a program wrote without calculating it has 0.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import olefile

from worker.scoring.errors import ProblemKind
from worker.workbooks.addressing import Area
from worker.workbooks.binaryscan import ERRORS
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.sheetscan import Closer

_FORMULA, _END, _SHEET, _BOOL_ERR, _ROW, _BEGIN = 0x0006, 0x000A, 0x0085, 0x0205, 0x0208, 0x0809
_ROW_IS_HIDDEN = 0x20
_DAMAGE = (OSError, struct.error, IndexError, ValueError, KeyError, AttributeError, TypeError, RecursionError)


def look_closer(path: str | os.PathLike[str], place: int, area: Area) -> Closer:
    """The error cells and hidden rows of an area of the sheet at that place among all sheets. Raises FileBroken."""
    found = Closer()
    try:
        data = _stream(path)
        starts = [struct.unpack_from("<I", record)[0] for kind, record in _records(data, 0) if kind == _SHEET]
        for kind, record in _records(data, starts[place]):
            if kind == _ROW:
                row = struct.unpack_from("<H", record)[0] + 1
                if area.top <= row <= area.bottom and record[12] & _ROW_IS_HIDDEN:
                    found.hidden.add(row)
            elif (code := _error(kind, record)) is not None:
                row, column = (number + 1 for number in struct.unpack_from("<HH", record))
                if area.top <= row <= area.bottom and area.left <= column <= area.right:
                    found.faults[row, column] = (ProblemKind.ERROR_CELL, ERRORS.get(code, "#N/A"))
    except _DAMAGE as error:
        raise FileBroken(Fault.DAMAGED, type(error).__name__) from None
    return found


def _stream(path: str | os.PathLike[str]) -> bytes:
    with olefile.OleFileIO(os.fspath(path)) as file:
        name = "Workbook" if file.exists("Workbook") else "Book"
        return bytes(file.openstream(name).read())


def _records(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Kind and data of the records of one part of the stream, charts within it left out."""
    depth = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def _error(kind: int, record: bytes) -> int | None:
    """The code of the error that the record's cell holds."""
    if kind == _BOOL_ERR and record[7]:
        return record[6]
    is_error = kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2
    return record[8] if is_error else None
