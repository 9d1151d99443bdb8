"""Whether cells are still as the add-in wrote them: digests kept in the workbook instead of the scores themselves.

A sort moves scores with their rows and deleting rows takes them away: neither makes them somebody else's.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlwings as xw

from addin import grid
from addin.grid import Area, Kept
from addin.grid.cells import fingerprint
from addin.grid.ownsheets import used_area
from addin.grid.text import typed
from worker.scoring import ColumnType, Schema

STALE = "stale: the inputs or the model changed; score again"

Cells = Sequence[Sequence[Kept]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What was written: how many rows hold something, a digest of them in any order, one of them as they lie."""

    rows: int
    mix: str
    order: str


def mark_of(cells: Cells) -> Mark:
    """The mark of result cells, header not among them. A score marked as stale is still the same score in `mix`."""
    every = [contents(row) for row in cells]
    rows = [row for row in every if row.count(None) != len(row)]
    mix = sum(_number(_unmarked(row)) for row in rows) % 2**64
    return Mark(len(rows), f"{mix:016x}", fingerprint(every))


def order_of(cells: Cells) -> str:
    """A digest that changes with any content and its place, not with number formats."""
    return fingerprint(map(contents, cells))


def contents(row: Sequence[Kept]) -> tuple[Any, ...]:
    """What stands in a row, without number formats."""
    return next(zip(*row, strict=True))


def is_touched(cells: Cells, mark: Mark, schema: Schema) -> bool:
    """Whether somebody typed over scores: as many rows but others, or rows that are not of the kind that is written."""
    now = mark_of(cells)
    if now.rows == mark.rows:
        return now.mix != mark.mix
    return not all(is_result(row, schema) for row in map(contents, cells) if any(c is not None for c in row))


def is_result(row: Sequence[object], schema: Schema) -> bool:
    """Whether a row reads like one that was written: each output of its type or #N/A, and a word in Status."""
    *outputs, status = row
    kinds = (output.type for output in schema.outputs)
    return isinstance(status, str) and all(map(_is_of_type, outputs, kinds))


def is_sheet_untouched(book: xw.Book, scores: Area, order: str) -> bool:
    """Whether a sheet of results is as it was written: nothing edited, sorted, inserted or added."""
    whole = whole_sheet(scores)
    if grid.occupied(book, used_area(book, scores.sheet)) != grid.occupied(book, whole):
        return False
    return order_of(grid.snapshot(book, whole)) == order


def whole_sheet(scores: Area) -> Area:
    """All cells of a sheet of results, whose last columns are the scores."""
    return Area(scores.sheet, 1, 1, scores.bottom, scores.right)


def _is_of_type(content: object, kind: ColumnType) -> bool:
    if kind is ColumnType.TEXT:
        return content is None or isinstance(content, str)
    if content == "#N/A":
        return True
    return isinstance(content, bool) if kind is ColumnType.BOOLEAN else isinstance(content, float)


def _unmarked(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:-1], "ok") if row[-1] == typed(STALE) else row


def _number(row: tuple[Any, ...]) -> int:
    return int.from_bytes(hashlib.blake2b(marshal.dumps(row, 2), digest_size=8).digest())
