"""Answers for cells that were scored together with a neighbour, kept for the moment in which Excel asks for them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from addin.formulas.answer import Answer
from addin.formulas.argument import Argument, exact
from addin.formulas.call import Filled
from addin.neighbours import Run

MOMENT = 10.0
"""Seconds that an answer is good for. After that the scorer's cache is asked, which knows of new model versions."""
MOST_RUNS = 50


@dataclass(frozen=True, slots=True)
class _Kept:
    run: Run
    answer: Answer
    until: float


class Runs:
    """Stretches of cells that were scored in one go, by what they ask for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}

    def keep(self, asked: Hashable, cell: Filled, run: Run, answer: Answer) -> None:
        """Keep the answer for the stretch that the cell lies in."""
        key = (asked, cell.formula, cell.at.sheet, cell.at.left)
        self._kept.pop(key, None)
        self._kept[key] = _Kept(run, answer, self._clock() + MOMENT)
        if len(self._kept) > MOST_RUNS:
            del self._kept[next(iter(self._kept))]

    def find(self, asked: Hashable, cell: Filled, data: Argument) -> tuple[Answer, int] | None:
        """The answer that holds the cell's own row, and which of its rows that is. None when there is none, or when
        something else stands in the cell's data now than what was scored.
        """
        kept = self._kept.get((asked, cell.formula, cell.at.sheet, cell.at.left))
        if kept is None or self._clock() >= kept.until or cell.at.top not in kept.run:
            return None
        row = cell.at.top - kept.run.top
        return (kept.answer, row) if exact(kept.run.rows[row]) == exact(data.rows[0]) else None
