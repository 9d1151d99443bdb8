"""What the fast reader hides of an OpenDocument spreadsheet (.ods): error cells, formulas without a stored value, and
hidden rows.

Format: OpenDocument 1.3 part 3, 9.1; a row or cell may stand for several alike. It has no error values: LibreOffice
marks them (`calcext:value-type`), other programs only show their words beside a value that is none.
"""

from __future__ import annotations

import os
import re
from xml.parsers import expat

from worker.scoring.errors import ProblemKind
from worker.workbooks.addressing import Area
from worker.workbooks.archive import Archive, FileLimits, part_name
from worker.workbooks.binaryscan import ERRORS
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.sheetscan import Closer

_PART = "content.xml"
_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = f"{_SPACE}table:1.0 ", f"{_SPACE}office:1.0 ", f"{_SPACE}text:1.0 p"
_MARK = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_ERROR = re.compile("|".join((*map(re.escape, sorted(ERRORS.values())), "Err:[0-9]{1,4}")))
_LONGEST_ERROR = 40


def look_closer(path: str | os.PathLike[str], limits: FileLimits, sheet: str, area: Area) -> Closer:
    """What is hidden in an area of a sheet. Raises FileBroken, FileTooCostly."""
    with Archive(path, limits) as archive:
        entry = next((entry for entry in archive.entries if part_name(entry.info.filename) == f"/{_PART}"), None)
        if entry is None:
            raise FileBroken(Fault.DAMAGED, f"{_PART} is missing")
        scan = _Scan(sheet, area)
        try:
            for piece in archive.chunks(entry):
                scan.parser.Parse(piece)
        except _Done:
            pass
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise FileBroken(Fault.DAMAGED, f"{_PART}: {error}") from None
    return scan.found


class _Done(Exception):
    """The area was passed."""


class _Scan:
    """One pass with expat. A table in a cell, and a note's text, are not the sheet's own."""

    def __init__(self, sheet: str, area: Area) -> None:
        self.found = Closer()
        self._sheet, self._area = sheet, area
        self._depth = 0  # of elements within the wanted table; 0 outside of it
        self._cell = 0  # depth of the cell that is open
        self._row, self._column = Area(1, 1, 0, 1), Area(1, 1, 1, 0)
        self._given: dict[str, str] = {}
        self._shown: str | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, given: dict[str, str]) -> None:
        if not self._depth:
            self._depth = int(name == f"{_TABLE}table" and given.get(f"{_TABLE}name") == self._sheet)
            return
        self._depth += 1
        if self._cell:
            if name == _TEXT and self._depth == self._cell + 1:
                self._shown = self._shown or ""
                self.parser.CharacterDataHandler = self._text
        elif name == f"{_TABLE}table-row":
            self._start_row(given)
        elif name in _CELLS:
            self._cell, self._given, self._shown = self._depth, given, None
            many = int(given.get(f"{_TABLE}number-columns-repeated", 1))
            self._column = Area(1, self._column.right + 1, 1, self._column.right + many)

    def _start_row(self, given: dict[str, str]) -> None:
        many = int(given.get(f"{_TABLE}number-rows-repeated", 1))
        self._row = Area(self._row.bottom + 1, 1, self._row.bottom + many, 1)
        self._column = Area(1, 1, 1, 0)
        if self._row.top > self._area.bottom:
            raise _Done
        if given.get(f"{_TABLE}visibility") in ("collapse", "filter"):
            self.found.hidden.update(self._rows())

    def _end(self, name: str) -> None:
        if not self._depth:
            return
        if name == _TEXT:
            self.parser.CharacterDataHandler = None
        if self._depth == self._cell:
            self._cell = 0
            if fault := self._fault():
                columns = range(max(self._column.left, self._area.left), min(self._column.right, self._area.right) + 1)
                self.found.faults.update({(row, column): fault for row in self._rows() for column in columns})
        self._depth -= 1

    def _rows(self) -> range:
        return range(max(self._row.top, self._area.top), min(self._row.bottom, self._area.bottom) + 1)

    def _fault(self) -> tuple[ProblemKind, str] | None:
        """What is wrong with the cell that ends."""
        shown = (self._shown or "").strip()[:_LONGEST_ERROR]
        if self._given.get(_MARK) == "error":
            return ProblemKind.ERROR_CELL, shown or "#N/A"
        if f"{_TABLE}formula" not in self._given:
            return None
        if _ERROR.fullmatch(shown):
            return ProblemKind.ERROR_CELL, shown
        has_value = f"{_OFFICE}value-type" in self._given or self._shown is not None
        return None if has_value else (ProblemKind.NO_STORED_VALUE, "")

    def _text(self, data: str) -> None:
        if len(self._shown or "") <= _LONGEST_ERROR:
            self._shown = (self._shown or "") + data

    def _refuse(self, *_: object) -> None:
        raise FileBroken(Fault.DTD, _PART)
