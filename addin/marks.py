"""Whether cells are still as the add-in wrote them: digests kept in the workbook instead of the scores themselves.

A sort moves scores with their rows and deleting rows takes them away: neither makes them somebody else's.
"""

from __future__ import annotations

import marshal
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import xlwings as xw

from addin import grid
from addin.grid import Area, Kept
from addin.grid.cells import fingerprint
from addin.grid.ownsheets import used_area
from addin.grid.text import typed
from worker.scoring import ColumnType, Schema

MOST_EACH = 10_000
"""Of more rows no digest of each is kept: it would be as large as a sheet."""
_DIGITS = 6
STALE = "stale: the inputs or the model changed; score again"
_STALE_CELL = typed(STALE)

Cells = Sequence[Sequence[Kept]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What was written: how many rows hold something, a digest of them in any order, one of them as they lie; and a
    short digest of each different row, where they are few enough for the workbook.
    """

    rows: int
    mix: str
    order: str
    each: str


def mark_of(cells: Cells, own: npt.NDArray[np.bool_] | None = None) -> Mark:
    """The mark of result cells, header not among them. A score marked as stale is still the same score. Rows that are
    not our `own` are as if they were blank.
    """
    every = [marshal.dumps(row, 2) for row in all_scores(cells)]
    blank = marshal.dumps((None,) * len(cells[0]), 2) if cells else b""
    if own is not None:
        every = [row if mine else blank for row, mine in zip(every, own, strict=True)]
    numbers = [_number(row) for row in every if row != blank]
    few = len(numbers) <= MOST_EACH
    each = "".join(sorted(set(map(_short, numbers)))) if few else ""
    order = blake2b(b"".join(every), digest_size=16).hexdigest()
    return Mark(len(numbers), f"{sum(numbers) % 2**64:016x}", order, each)


def order_of(cells: Cells) -> str:
    """A digest that changes with any content and its place, not with number formats."""
    return fingerprint(map(contents, cells))


def contents(row: Sequence[Kept]) -> tuple[Any, ...]:
    """What stands in a row, without number formats."""
    return tuple([content for content, _ in row])


def all_scores(cells: Cells) -> list[tuple[Any, ...]]:
    """What stands in each row of results; one that is marked as stale is the same as before it was."""
    columns = [[content for content, _ in column] for column in zip(*cells, strict=True)]
    if columns and _STALE_CELL in columns[-1]:
        columns[-1] = ["ok" if content == _STALE_CELL else content for content in columns[-1]]
    return list(zip(*columns, strict=True))


def is_touched(cells: Cells, mark: Mark) -> bool:
    """Whether somebody typed over scores: as many rows but others, or rows that were not written. Where rows are gone
    and nobody can say what the others were, somebody may have.
    """
    now = mark_of(cells)
    if now.rows == mark.rows:
        return now.mix != mark.mix
    return not set(_split(now.each)) <= set(_split(mark.each)) or max(now.rows, mark.rows) > MOST_EACH


def ours(cells: Cells, mark: Mark | None) -> npt.NDArray[np.bool_]:
    """For each row whether it is as it was written. Once somebody typed over scores, of which no digest of each is
    kept, none is: nobody can say which.
    """
    if mark is None or not is_touched(cells, mark):
        return np.full(len(cells), mark is not None)
    known = set(_split(mark.each))
    return np.array([_short(_number(marshal.dumps(row, 2))) in known for row in all_scores(cells)], bool)


def is_in_order(cells: Cells, mark: Mark) -> bool:
    """Whether scores lie as they were written."""
    return mark_of(cells).order == mark.order


def is_result(row: Sequence[object], schema: Schema) -> bool:
    """Whether a row reads like one that was written: each output of its type or #N/A, and a word in Status."""
    *outputs, status = row
    kinds = (output.type for output in schema.outputs)
    return isinstance(status, str) and all(map(_is_of_type, outputs, kinds))


def reads_as(cells: Sequence[Kept], row: Sequence[object]) -> bool:
    """Whether cells show a row of scores as it would be written. Dates are not compared."""
    return all(_reads_as(content, value) for content, value in zip(contents(cells), row, strict=True))


def _reads_as(content: object, value: object) -> bool:
    if isinstance(value, str):
        return content == (typed(value) or None)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return content == value or not isinstance(value, bool)
    return content == (float(value) if math.isfinite(value) else "#N/A")


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


def _number(row: bytes) -> int:
    return int.from_bytes(blake2b(row, digest_size=8).digest())


def _short(number: int) -> str:
    return f"{number % 16**_DIGITS:0{_DIGITS}x}"


def _split(each: str) -> Iterator[str]:
    return (each[start : start + _DIGITS] for start in range(0, len(each), _DIGITS))
