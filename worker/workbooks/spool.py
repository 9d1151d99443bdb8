"""A result sheet that comes piece by piece and may be too large for memory: its cells wait in files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from worker.workbooks.cells import common
from worker.workbooks.frames import Sheet, arrow_columns
from worker.workbooks.page import MOST_LINKS
from worker.workbooks.rows import too_long
from worker.workbooks.stored import Stored, join, save_columns

_NOTHING = Stored(Path(), (), (), 0)


class Spool:
    """Takes the pieces of one sheet, frames with the same columns, from the top. `stem` begins the files' names.

    `cut` says how many texts of each column are longer than a cell holds; what is beyond is cut off when they are
    written.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.cut: Counter[str] = Counter()
        self._folder = folder
        self._stem = stem
        self._first: Sheet | None = None
        self._names: list[str] = []
        self._kinds: list[list[tuple[pa.DataType, bool]]] = []
        self._links: dict[int, str] = {}
        self._rows = 0

    def add(self, piece: Sheet) -> None:
        """Some more rows, a frame. How the sheet is shown is said by the first piece."""
        if isinstance(piece.frame, Stored):
            raise TypeError
        names, columns = arrow_columns(piece.frame)
        save_columns(columns, self._file(len(self._kinds)))
        self._kinds.append([(column.type, column.null_count == len(column)) for column in columns])
        self.cut += Counter(dict(zip(names, map(too_long, columns), strict=True)))
        if self._first is None:
            self._names, self._first = names, replace(piece, frame=_NOTHING)
        room = max(0, MOST_LINKS - len(self._links))
        self._links.update((self._rows + row, to) for row, to in islice(piece.links.items(), room))
        self._rows += len(columns[0])

    def sheet(self) -> Sheet:
        """All pieces, at least one, as one sheet whose cells stay in a file."""
        if self._first is None:
            raise ValueError
        pieces = [self._file(number) for number in range(len(self._kinds))]
        kinds = [common(column) for column in zip(*self._kinds, strict=True)]
        stored = join(pieces, self._names, kinds, self._folder / f"{self._stem}.arrow")
        return replace(self._first, frame=stored, links=self._links)

    def _file(self, number: int) -> Path:
        return self._folder / f"{self._stem}-{number}.arrow"
