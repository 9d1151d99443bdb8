"""The rows of a job, a slab at a time: checked and cut into parts. What a job holds in memory does not grow with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker.batch.parts import Part, plan
from worker.scoring import Checked, Schema
from worker.scoring.meant import Meant, check_meant
from worker.scoring.readings import Conventions
from worker.workbooks import Input, Rows

SLAB_ROWS = 5_000
"""Rows of a slab; more where one part has more."""

KEPT_ROWS = 20_000
"""A job of so many rows is held in memory from its first look to its last; of a larger one each slab is read again."""


@dataclass(frozen=True, slots=True)
class Slab:
    """Some rows of the input at the place `of`, after the check. Its parts, whose rows are positions in the slab, have
    the numbers from `first` up to `stop`, without those of which no row can be sent. `texts` counts by column the texts
    that were read as numbers or dates.
    """

    of: int
    source: Input
    checked: Checked
    parts: tuple[Part, ...]
    first: int
    stop: int
    texts: Counter[str]


class Work:
    """All rows of a job. Slabs and numbers of parts are a pure function of what is given here, so that a job taken up
    again after a crash finds its parts.
    """

    def __init__(self, inputs: Sequence[Rows], schema: Schema, part_rows: int, written: Conventions) -> None:
        self.inputs = inputs
        self._schema = schema
        self._written = written
        self._part_rows = part_rows
        self._kept: dict[int, Slab] = {}
        self.rows = sum(source.count for source in inputs)
        self.parts = sum(-(-source.count // part_rows) for source in inputs)

    def slabs(self) -> Iterator[Slab]:
        """Every slab, in the order of the rows. Raises TableError, NoRows when there is no row at all."""
        if not self.rows:
            self._check(self.inputs[0].take(0, 0))
        first = 0
        for of, source in enumerate(self.inputs):
            size = self._part_rows * max(1, SLAB_ROWS // self._part_rows)
            for start in range(0, source.count, size):
                rows = min(size, source.count - start)
                slab = self._kept.get(first) or self._slab(of, source.take(start, start + rows), first)
                if self.rows <= KEPT_ROWS:
                    self._kept[first] = slab
                yield slab
                first = slab.stop

    def rows_of(self, numbers: Iterable[int]) -> int:
        """How many rows the parts with these numbers stand for."""
        wanted = set(numbers)
        count = first = 0
        for source in self.inputs:
            parts = -(-source.count // self._part_rows)
            there = wanted & set(range(first, first + parts))
            rest = source.count - (parts - 1) * self._part_rows
            count += len(there) * self._part_rows - (self._part_rows - rest if first + parts - 1 in there else 0)
            first += parts
        return count

    def _slab(self, of: int, source: Input, first: int) -> Slab:
        meant = self._check(source)
        stop = first + -(-source.count // self._part_rows)
        parts = tuple(plan(meant.checked.good, self._part_rows, first))
        return Slab(of, source, meant.checked, parts, first, stop, meant.texts)

    def _check(self, source: Input) -> Meant:
        return check_meant(source.frame, self._schema, source.problems, self._written)
