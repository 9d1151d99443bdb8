"""A result sheet that comes piece by piece and may be too large for memory: its cells wait in files."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from worker.workbooks.cells import unified
from worker.workbooks.exchange import load_columns, save_columns
from worker.workbooks.frames import Sheet, arrow_columns
from worker.workbooks.page import MOST_LINKS


class Spool:
    """Takes the pieces of one sheet, frames with the same columns, from the top. `stem` begins the files' names."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self._first: Sheet | None = None
        self._count = 0
        self._links: dict[int, str] = {}
        self._rows = 0

    def add(self, piece: Sheet) -> None:
        """Some more rows. How the sheet is shown is said by the first piece."""
        save_columns(arrow_columns(piece.frame)[1], self._file(self._count))
        # a copy: a view would keep the frame in memory
        self._first = self._first or replace(piece, frame=piece.frame.iloc[:0].copy())
        self._count += 1
        room = max(0, MOST_LINKS - len(self._links))
        self._links.update((self._rows + row, to) for row, to in islice(piece.links.items(), room))
        self._rows += len(piece.frame)

    def sheet(self) -> Sheet:
        """All pieces, at least one, as one sheet whose cells are mapped, not read."""
        if self._first is None:
            raise ValueError
        pieces = [load_columns(self._file(number)) for number in range(self._count)]
        parts = [[array for column in columns for array in column.chunks] for columns in zip(*pieces, strict=True)]
        frame = pa.table(list(map(unified, parts)), names=arrow_columns(self._first.frame)[0])
        return replace(self._first, frame=frame, links=self._links)

    def _file(self, number: int) -> Path:
        return self._folder / f"{self._stem}-{number}.arrow"
