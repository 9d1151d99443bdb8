"""One table on its way: parts go out, scores and reasons come back to their rows, and every row is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event, Lock

import numpy as np
import pandas as pd

from worker.scoring.check import Checked, match_columns
from worker.scoring.errors import (
    EndpointError,
    NotFound,
    Problem,
    ProblemKind,
    ProxySignIn,
    SheetscoreError,
    Unauthorized,
)
from worker.scoring.isolation import PartScores, Rows
from worker.scoring.limits import Limits
from worker.scoring.outputs import empty_outputs, null_output
from worker.scoring.schema import Schema, row_count

FAILURES_IN_A_ROW = 3
"""So many parts failed one after the other: the rest is not sent."""

_LOOK = 0.1  # seconds between two looks at `stop` while calls are under way


class RowsLost(SheetscoreError):
    """Rows given are not rows scored plus rows with a problem: nothing of it can be trusted."""

    def __init__(self, rows: int, scored: int, problems: int) -> None:
        super().__init__(f"{rows} rows given, {scored} scored, {problems} with problems")
        self.rows = rows
        self.scored = scored
        self.problems = problems


class Tally:
    """A count kept by several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.count = 0

    def add(self) -> None:
        """One more."""
        with self._lock:
            self.count += 1


class Run:
    """The state of one table while it is scored, kept by one thread. `over` is set when nobody waits any more."""

    def __init__(
        self, frame: pd.DataFrame, checked: Checked, schema: Schema, progress: Callable[[int, int], None] | None
    ) -> None:
        self.outputs = empty_outputs(schema, len(frame))
        self.versions: set[str] = set()
        self.over = Event()
        self.stopped = False
        self._frame = frame
        self._places = match_columns(list(frame.columns), schema)
        self._schema = schema
        self._progress = progress or _quiet
        self._good = np.flatnonzero(checked.good)
        self._scored = np.zeros(len(frame), bool)
        self._problems = list(checked.problems)
        self._open: dict[int, Rows] = {}
        self._failures: list[tuple[Rows, EndpointError]] = []
        self._in_a_row = 0
        self._came_back = 0

    def score(
        self,
        score_part: Callable[[Rows], PartScores],
        limits: Limits,
        concurrency: Callable[[], int],
        stop: Callable[[], bool] | None,
    ) -> None:
        """Send the good rows in parts; the first alone, as its answer says how many may go at once."""
        starts = range(0, len(self._good), limits.part_rows)
        self._open = {number: self._good[start : start + limits.part_rows] for number, start in enumerate(starts)}
        waiting = deque(self._open)
        self._report()
        try:
            for number, future in _in_threads(
                waiting,
                lambda number: score_part(self._open[number]),
                lambda: concurrency() if self._came_back or self._failures else 1,
                limits.concurrency,
                stop,
            ):
                if future is None:
                    self.stopped = True
                    break
                rows = self._open.pop(number)
                try:
                    self._take(rows, future.result())
                except EndpointError as error:
                    if self._gives_up_after(rows, error):
                        waiting.clear()
                self._report()
        finally:
            self.over.set()

    def settle(self) -> tuple[Problem, ...]:
        """Every problem in the order of the rows. Raises EndpointError when no part came back, RowsLost when the count
        does not add up.
        """
        if self._failures and not self._came_back and not self.stopped:
            raise self._failures[0][1]
        reason = "cancelled" if self.stopped else str(self._failures[-1][1]) if self._failures else ""
        unsent = [(rows, reason) for rows in self._open.values()]
        for rows, detail in [*((rows, str(error)) for rows, error in self._failures), *unsent]:
            self._problems += [Problem(int(row), ProblemKind.CALL_FAILED, detail=detail) for row in rows]
        bad = np.zeros(len(self._frame), bool)
        bad[[problem.row for problem in self._problems]] = True
        if not (self._scored ^ bad).all():
            raise RowsLost(len(bad), int(self._scored.sum()), int(bad.sum()))
        return tuple(sorted(self._problems, key=lambda problem: problem.row))

    def _take(self, rows: Rows, part: PartScores) -> None:
        bad = np.zeros(len(rows), bool)
        bad[[problem.row for problem in part.problems]] = True
        if row_count(part.columns) != len(rows):
            raise RowsLost(len(rows), row_count(part.columns), int(bad.sum()))
        for name, values in part.columns.items():
            self.outputs[name][rows] = values
        explained = np.array([name is None for name in null_output(part.columns, self._schema)], bool)
        self._scored[rows[explained & ~bad]] = True
        self._problems += [self._at_home(problem, int(rows[problem.row])) for problem in part.problems]
        if part.model_version:
            self.versions.add(part.model_version)
        self._came_back += 1
        self._in_a_row = 0

    def _at_home(self, problem: Problem, row: int) -> Problem:
        """A part's problem with the table's own row, column name and value."""
        place = self._places.get(problem.column or "")
        if place is None:
            return replace(problem, row=row)
        return replace(problem, row=row, column=str(self._frame.columns[place]), value=self._frame.iat[row, place])

    def _gives_up_after(self, rows: Rows, error: EndpointError) -> bool:
        self._failures.append((rows, error))
        self._in_a_row += 1
        return self._in_a_row >= FAILURES_IN_A_ROW or isinstance(error, Unauthorized | NotFound | ProxySignIn)

    def _report(self) -> None:
        self._progress(len(self._frame) - sum(map(len, self._open.values())), len(self._frame))


def _in_threads(
    waiting: deque[int],
    work: Callable[[int], PartScores],
    width: Callable[[], int],
    most: int,
    stop: Callable[[], bool] | None,
) -> Iterator[tuple[int, Future[PartScores] | None]]:
    """Numbers of parts with their finished work, in the order they finish; never more than `width` at once.

    `width` may change, up to `most`. Ends early with a None when `stop` turns true, without waiting for calls under
    way. Whoever reads may empty `waiting`.
    """
    executor = ThreadPoolExecutor(most, thread_name_prefix="score")
    pending: dict[Future[PartScores], int] = {}
    try:
        while waiting or pending:
            if stop is not None and stop():
                yield -1, None
                return
            while waiting and len(pending) < width():
                number = waiting.popleft()
                pending[executor.submit(work, number)] = number
            done, _ = wait(pending, None if stop is None else _LOOK, FIRST_COMPLETED)
            for future in done:
                yield pending.pop(future), future
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _quiet(_done: int, _rows: int) -> None:
    """Progress that nobody watches."""
