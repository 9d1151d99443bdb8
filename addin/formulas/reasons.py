"""Why a row has no score: kept for each cell that a worksheet function was calculated in, told by SCORE_STATUS."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from addin import messages
from addin.formulas.argument import Rows, exact
from addin.formulas.errors import FormulaError, FormulaFault
from addin.grid.area import Area
from worker.scoring import Problem, ProblemKind, SheetscoreError
from worker.scoring.words import reason, status

MOST_RECORDS = 50_000


@dataclass(frozen=True, slots=True)
class Reasons:
    """What is to be said of the data rows of one calculation.

    `error` is why some rows were not scored at all, or all of them when `everything`; `problems` are those of each data
    row, each with the address of its cell, if it has one; in `blank` rows nothing stands.
    """

    error: SheetscoreError | None = None
    everything: bool = False
    problems: Mapping[int, Sequence[tuple[Problem, str | None]]] = field(default_factory=dict)
    blank: frozenset[int] = frozenset()

    def of(self, row: int) -> str:
        """The full reason for a data row (counted from 0), "ok" when it has its scores."""
        if self.everything and self.error is not None:
            return messages.explain(self.error, sheet=False)
        if row in self.blank:
            return messages.explain(FormulaError(FormulaFault.BLANK_ROW), sheet=False)
        return status(list(dict.fromkeys(self._words(*told) for told in self.problems.get(row, ()))))

    def _words(self, problem: Problem, cell: str | None) -> str:
        if problem.kind is ProblemKind.CALL_FAILED and self.error is not None:
            return messages.explain(self.error, sheet=False)
        return reason(problem, cell)


@dataclass(frozen=True, slots=True)
class Record:
    """One calculation: the cells its result fills if nothing is in the way, where its data rows stood (None when they
    were no range) with what tells them from others, and the reasons, where its own rows begin with `first`.
    `titled`: its first row are names.
    """

    cells: Area
    data: Area | None
    marks: tuple[int, ...]
    titled: bool
    reasons: Reasons
    first: int = 0

    def data_row(self, row: int) -> int:
        """Which of its data rows stands in a row of the sheet; -1 for the row of names."""
        return row - self.cells.top - self.titled

    def tell(self, data_row: int) -> str:
        """The reason for one of its data rows, "ok" when it has its scores."""
        return self.reasons.of(self.first + data_row)


def marks(rows: Rows) -> tuple[int, ...]:
    """What tells each row from what it was before, within this process."""
    return tuple(map(hash, map(exact, rows)))


class Records:
    """The newest calculation for each cell, at most so many."""

    def __init__(self, most: int = MOST_RECORDS) -> None:
        self._most = most
        self._at: OrderedDict[tuple[str, int, int], Record] = OrderedDict()
        self._wide: defaultdict[str, dict[tuple[str, int, int], Record]] = defaultdict(dict)

    def note(self, record: Record) -> None:
        """Keep a calculation in place of the one that was made in the same cell before."""
        key = (record.cells.sheet, record.cells.top, record.cells.left)
        self._forget(key)
        self._at[key] = record
        if record.cells.rows * record.cells.columns > 1:
            self._wide[record.cells.sheet][key] = record
        if len(self._at) > self._most:
            self._forget(next(iter(self._at)))

    def find(self, sheet: str, row: int, column: int) -> Record | None:
        """The calculation made in this cell, else the newest one whose result reaches it."""
        if found := self._at.get((sheet, row, column)):
            return found
        cell = Area(sheet, row, column, 1, 1)
        return _last(record for record in self._wide[sheet].values() if record.cells.contains(cell))

    def _forget(self, key: tuple[str, int, int]) -> None:
        self._at.pop(key, None)
        self._wide[key[0]].pop(key, None)


def _last(records: Iterable[Record]) -> Record | None:
    found = None
    for found in records:  # noqa: B007 - the last is wanted
        pass
    return found
