"""The table of one call, scored: rows of cells in the order of the data, and the reasons for those without scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.formulas.argument import Argument
from addin.formulas.errors import FormulaError, FormulaFault, UnknownOutput
from addin.formulas.reasons import Reasons
from addin.formulas.recall import Recalled, recall
from addin.formulas.spill import NA, Cell, Spill, no_scores, to_cells
from addin.formulas.table import Table, name_of
from addin.formulas.work import Late, Work
from addin.scorer import CallsStopped, Outcome, Scorer
from worker.scoring import EndpointError, Output, Problem, ProblemKind, Schema, SheetscoreError
from worker.scoring.schema import match_key


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of cells for each data row, and why some of them are #N/A."""

    rows: Spill
    reasons: Reasons


def refused(error: SheetscoreError, rows: int, columns: int) -> Answer:
    """No scores at all, for one reason."""
    return Answer(no_scores(rows, columns), Reasons(error, everything=True))


def choose(outputs: Argument | None, schema: Schema) -> list[Output]:
    """The outputs that are asked for by name, all when there are no names. Raises UnknownOutput."""
    named = [] if outputs is None else [name_of(value) for value in outputs.flat() if value not in {None, ""}]
    if not named:
        return list(schema.outputs)
    known = {match_key(output.name): output for output in schema.outputs}
    for name in named:
        if match_key(name) not in known:
            raise UnknownOutput(name, schema.output_names)
    return [known[match_key(name)] for name in named]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the scorer within a time limit of `seconds`; what is late or cannot be called for is answered from the
    cache. `stop` says whether calls are stopped meanwhile.
    """

    catalogue: Catalogue
    cache: Cache
    scorer: Scorer
    seconds: float
    stop: Callable[[], bool]

    def ask(self, work: Work, endpoint: str, table: Table, outputs: Sequence[Output]) -> Answer:
        """Score a table, or say why that cannot be done."""
        try:
            return self._ask(work, endpoint, table, outputs)
        except SheetscoreError as error:
            return refused(error, len(table.rows), len(outputs))

    def _ask(self, work: Work, endpoint: str, table: Table, outputs: Sequence[Output]) -> Answer:
        blank = frozenset(range(len(table.rows))).difference(table.places.tolist())
        if len(blank) == len(table.rows):
            return Answer(no_scores(len(table.rows), len(outputs)), Reasons(blank=blank))
        outcome, error = self._outcome(work, endpoint, table)
        columns = to_cells(outcome.frame, outputs)
        problems = _problems(outcome, columns, outputs, table)
        return Answer(_placed(columns, table), Reasons(error, problems=problems, blank=blank))

    def _outcome(self, work: Work, endpoint: str, table: Table) -> tuple[Outcome | Recalled, SheetscoreError | None]:
        def score() -> Outcome:
            return self.scorer.score(endpoint, table.frame, known=table.problems, stop=self.stop)

        error: SheetscoreError
        try:
            outcome = work.do(score, self.seconds)
        except Late:
            error = FormulaError(FormulaFault.LATE, wanted=self.seconds)
        except (CallsStopped, EndpointError) as failure:
            error = failure
        else:
            return outcome, CallsStopped(outcome.sent) if outcome.stopped else None
        return recall(self.catalogue, self.cache, endpoint, table.frame, table.problems), error


def _placed(columns: Sequence[Sequence[Cell]], table: Table) -> Spill:
    rows = list(map(list, zip(*columns, strict=True)))
    if len(rows) == len(table.rows):
        return rows
    placed = no_scores(len(table.rows), len(columns))
    for place, row in zip(table.places.tolist(), rows, strict=True):
        placed[place] = row
    return placed


def _problems(
    outcome: Outcome | Recalled, columns: Sequence[Sequence[Cell]], outputs: Sequence[Output], table: Table
) -> dict[int, list[tuple[Problem, str | None]]]:
    """The problems of each data row. A number that no cell can hold, infinity, counts as no score."""
    found: defaultdict[int, list[tuple[Problem, str | None]]] = defaultdict(list)
    told = set()
    for problem in outcome.problems:
        told.add(problem.row)
        found[int(table.places[problem.row])].append((problem, table.where(problem.row, problem.column)))
    for output, column in zip(outputs, columns, strict=True):
        for row in [row for row, cell in enumerate(column) if cell is NA and row not in told]:
            found[int(table.places[row])].append((Problem(row, ProblemKind.NO_SCORE, detail=output.name), None))
    return found


def endpoint_name(endpoint: Argument | None) -> str:
    """The endpoint that is named, blank when none is."""
    return "" if endpoint is None else name_of(endpoint.only).strip()
