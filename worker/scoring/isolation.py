"""Scores one part, and finds the rows to blame when the endpoint refuses it, so that the others get their scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from worker.scoring.errors import EndpointError, Problem, ProblemKind, Rejected, ServerFailed, TooLarge
from worker.scoring.outputs import empty_outputs, null_output, tightened
from worker.scoring.retry import passes
from worker.scoring.schema import Columns, Schema, row_count, take
from worker.scoring.transport import Answer

HOPELESS = 25
"""So many rows refused and none accepted: the rest of the part is not tried one by one."""

ILL = 4
"""So many server failures in a row and no row accepted: the server is ill, whatever the rows are."""

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PartScores:
    """What became of one part. Rows of problems are 0-based in the part, and columns the endpoint's; the outputs of
    rows with a problem are null.
    """

    columns: Columns
    problems: tuple[Problem, ...]
    calls: int = 0
    model_version: str = ""


def score_part(
    columns: Columns,
    schema: Schema,
    call: Callable[[Columns], Answer],
    wait: Callable[[int, EndpointError], bool],
) -> PartScores:
    """Score rows that passed the check; `call` makes one call, tries it again as often as is right, checks the answer.

    A refused block loses the row that the endpoint named and is tried again in two halves; a refused single row is a
    problem. While the server fails and has accepted no row yet, a few rows are tried alone, from places far apart: they
    tell bad rows from an ill server. Before each of them `wait` gets the number of failures in a row and the last one.
    Raises what says nothing about the rows (EndpointError), and ServerFailed when no row could be scored, after ILL
    failures in a row, or when `wait` says no.
    """
    part = _Part(columns, schema)
    blocks = [np.arange(row_count(columns))]
    while blocks:
        block = blocks.pop()
        if part.failures and len(block) > 1:
            at = len(block) * part.failures // ILL
            blocks.append(np.delete(block, at))
            block = block[at : at + 1]
        try:
            part.accept(block, call(tightened(take(columns, block), schema)))
        except (Rejected, TooLarge, ServerFailed) as error:
            if passes(error):
                raise
            rest = part.refuse(block, error)
            if part.hopeless:
                part.give_up(np.concatenate([rest, *blocks]), error)
                break
            if part.doubt(error) and (part.failures >= ILL or not wait(part.failures, error)):
                raise
            # Every second row: bad rows often stand together, and this soon shows whether any row is accepted.
            blocks += [half for half in (rest[1::2], rest[::2]) if len(half)]
    return PartScores(
        tightened(part.outputs, schema),
        tuple(sorted(part.problems, key=lambda problem: problem.row)),
        model_version=part.model_version,
    )


@dataclass(slots=True)
class _Part:
    columns: Columns
    schema: Schema
    outputs: Columns = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    model_version: str = ""
    accepted: bool = False
    failures: int = 0

    def __post_init__(self) -> None:
        self.outputs = empty_outputs(self.schema, row_count(self.columns))

    @property
    def hopeless(self) -> bool:
        return not self.accepted and len(self.problems) >= min(HOPELESS, row_count(self.columns))

    def accept(self, block: Rows, answer: Answer) -> None:
        missing = null_output(answer.columns, self.schema)
        sound = np.array([name is None for name in missing], bool)
        for name in self.schema.output_names:
            self.outputs[name][block[sound]] = answer.columns[name][sound]
        self.problems += [
            Problem(int(block[at]), ProblemKind.NO_SCORE, detail=missing[at]) for at in np.flatnonzero(~sound)
        ]
        self.model_version = answer.model_version
        self.accepted = True
        self.failures = 0

    def doubt(self, error: EndpointError) -> bool:
        """Whether the server rather than the rows may be to blame; counts its failures in a row."""
        self.failures = self.failures + 1 if isinstance(error, ServerFailed) and not self.accepted else 0
        return self.failures > 0

    def refuse(self, block: Rows, error: EndpointError) -> Rows:
        """Note the row to blame, if it is known, and give back the rows that are still to be tried."""
        at = error.row if isinstance(error, Rejected) else None
        if len(block) == 1:
            at = 0
        if at is None or at >= len(block):
            return block
        row = int(block[at])
        column = error.column if isinstance(error, Rejected) and error.column in self.columns else None
        value = self.columns[column][row] if column is not None else None
        self.problems.append(Problem(row, ProblemKind.REJECTED, column, value, detail=_detail(error)))
        return np.delete(block, at)

    def give_up(self, rows: Rows, error: EndpointError) -> None:
        if isinstance(error, ServerFailed):
            raise error
        self.problems += [Problem(int(row), ProblemKind.REJECTED, detail=_detail(error)) for row in rows]


def _detail(error: EndpointError) -> str:
    return (error.message or error.code or str(error)) if isinstance(error, Rejected) else str(error)
