"""What the fast reader hides of a worksheet: its true size, error cells, formulas without a stored value, hidden rows,
styles.

Rules: ECMA-376 part 1, 18.3.1.4 (cell: `r`, `s` and `t` are optional; a cell without `r` follows the one before it).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from worker.scoring.errors import ProblemKind
from worker.workbooks.addressing import Area, column_number
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit

Cell = tuple[int, int]
"""Row and column, counted from 1."""

_ROW_NUMBER = re.compile(rb"""\br=["'](\d+)""")
_COLUMN = re.compile(rb"""c r=["']([A-Z]{2,3})""")
_FILLED_COLUMN = re.compile(rb"""c r=["']([A-Z]{2,3})\d+["'][^>]*(?<!/)>""")
_ERROR = (b't="e"', b"t='e'")
# A cell that ends without a value behind its formula, or with an empty one.
_NO_VALUE = (b"</f></c>", b"/></c>", b"<v></v>")
_HIDDEN_ROW = re.compile(rb"""<row [^>]*\bhidden=["'](?:1|true)""")
_SPACED = re.compile(rb"[^?]>\s+<")
_FIRST_ELEMENT = re.compile(rb"<[\w.-]+(:?)[^>]*>")
_OVERLAP = 64


@dataclass(slots=True)
class Closer:
    """What a closer look at an area found: cells that hold an error (with its text) or a formula without a stored value
    (with ''), and rows that are hidden.
    """

    faults: dict[Cell, tuple[ProblemKind, str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)


def survey(part: str, chunks: Iterable[bytes], cells_millions: int) -> bool:
    """Whether a closer look is worth it: false only if the sheet holds no error cell, no formula without a stored value
    and no hidden row.

    Raises FileTooCostly when it holds more cells with content than allowed, or when the rectangle around them, which a
    reader has to keep, is more than twice as large; FileBroken when it declares a document type.
    """
    most = cells_millions * 1_000_000
    cells = rows = columns = 0
    suspect, end, tail = False, b"</c>", b""
    for piece in chunks:
        data = tail + piece
        if not tail and _is_foreign(data, part):
            suspect, end = True, b"c>"
        suspect = (
            suspect
            or any(sign in data for sign in _ERROR)
            or (b"<f" in data and any(sign in data for sign in _NO_VALUE))
            or (b"hidden=" in data and _HIDDEN_ROW.search(data) is not None)
        )
        cells += piece.count(end)
        last = _ROW_NUMBER.search(data, max(data.rfind(b"<row "), data.rfind(b":row "), 0))
        rows = max(rows, int(last[1]) if last else 0)
        if _furthest(_COLUMN, data) > columns:
            # rare, and slow
            columns = max(columns, _furthest(_FILLED_COLUMN, data))
        if cells > most or rows * columns > 2 * most:
            raise FileTooCostly(Limit.CELLS, max(cells, rows * columns), most, part)
        tail = piece[-_OVERLAP:]
    return suspect


def _furthest(cell: re.Pattern[bytes], data: bytes) -> int:
    return max((column_number(name.decode()) for name in set(cell.findall(data))), default=0)


def _is_foreign(head: bytes, part: str) -> bool:
    """Whether the signs above do not hold for this part: it is in UTF-16, has blanks between its tags, or its elements
    are under a prefix.
    """
    if b"<!DOCTYPE" in head[:4096]:
        raise FileBroken(Fault.DTD, part)
    root = _FIRST_ELEMENT.search(head, 0, 4096)
    return root is None or bool(root[1]) or b"\0" in head[:64] or _SPACED.search(head, 0, 4096) is not None


def look_closer(part: str, chunks: Iterable[bytes], area: Area) -> Closer:
    """What the fast reader does not tell of an area."""
    found = Closer()

    def visit(cell: Cell, given: Mapping[str, str], formula: bool, value: str | None) -> None:
        if not (area.top <= cell[0] and area.left <= cell[1] <= area.right):
            return
        if given.get("t") == "e":
            found.faults[cell] = (ProblemKind.ERROR_CELL, value or "#N/A")
        elif formula and not value and (value is None or given.get("t") != "str"):
            found.faults[cell] = (ProblemKind.NO_STORED_VALUE, "")

    closer = _Pass(part, area.bottom, visit)
    closer.run(chunks)
    found.hidden = {row for row in closer.hidden if area.top <= row <= area.bottom}
    return found


def styles(part: str, chunks: Iterable[bytes], wanted: set[Cell]) -> dict[Cell, int]:
    """The style index (`s`) of each of the cells `wanted`; reads no further than the last of them."""
    found: dict[Cell, int] = {}

    def visit(cell: Cell, given: Mapping[str, str], _formula: bool, _value: str | None) -> None:
        if cell in wanted:
            index = given.get("s", "0")
            found[cell] = int(index) if index.isdecimal() else 0

    _Pass(part, max((row for row, _ in wanted), default=0), visit).run(chunks)
    return found


class _Done(Exception):
    pass


class _Pass:
    """One expat pass over a sheet, down to `last_row`: calls `visit(cell, attributes, has formula, stored value)`, and
    keeps which rows are hidden.
    """

    def __init__(
        self, part: str, last_row: int, visit: Callable[[Cell, Mapping[str, str], bool, str | None], None]
    ) -> None:
        self._part = part
        self._last_row = last_row
        self.hidden: set[int] = set()
        self._visit = visit
        self._row = self._column = 0
        self._given: dict[str, str] = {}
        self._formula = False
        self._value: str | None = None
        self._columns: dict[str, int] = {}
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def run(self, chunks: Iterable[bytes]) -> None:
        """Raises FileBroken when the part is no XML."""
        try:
            for piece in chunks:
                self._parser.Parse(piece)
            self._parser.Parse(b"", True)  # noqa: FBT003 - expat takes it by place
        except _Done:
            return
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise FileBroken(Fault.DAMAGED, f"{self._part}: {error}") from None

    def _start(self, name: str, given: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._start_cell(given)
        elif name == "row":
            self._row = int(given.get("r", self._row + 1))
            self._column = 0
            if self._row > self._last_row:
                raise _Done
            if given.get("hidden") in ("1", "true"):
                self.hidden.add(self._row)
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._value = ""
            self._parser.CharacterDataHandler = self._text

    def _start_cell(self, given: dict[str, str]) -> None:
        letters = given.get("r", "").rstrip("0123456789")
        if letters:
            self._column = self._columns.get(letters) or self._columns.setdefault(letters, column_number(letters))
        else:
            self._column += 1
        self._given, self._formula, self._value = given, False, None

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._visit((self._row, self._column), self._given, self._formula, self._value)
        elif name == "v":
            self._parser.CharacterDataHandler = None

    def _text(self, data: str) -> None:
        self._value = (self._value or "") + data

    def _refuse(self, *_: object) -> None:
        raise FileBroken(Fault.DTD, self._part)
