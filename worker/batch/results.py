"""What a job adds to a workbook: the rows with their scores, and a summary that opens with one sentence."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from worker.batch.noticed import warning_words
from worker.scoring import Checked, Columns, PartScores, Problem, ProblemKind, RowsLost, Schema, words
from worker.scoring.outputs import empty_outputs, to_frame
from worker.scoring.schema import match_key
from worker.workbooks import Input, Rows, Sheet

ROW, STATUS = "Row", "Status"
MOST_COUNTS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """Every row of one input with its outputs or its problems. `outputs` have a null where a row has problems."""

    outputs: Columns
    problems: tuple[Problem, ...]
    scored: npt.NDArray[np.bool_]
    model_versions: tuple[str, ...]

    @property
    def rows_scored(self) -> int:
        """Number of rows with a score."""
        return int(self.scored.sum())

    @property
    def rows_with_problems(self) -> int:
        """Number of rows without one."""
        return len({problem.row for problem in self.problems})


def join(checked: Checked, parts: Sequence[tuple[npt.NDArray[np.intp], PartScores]], schema: Schema) -> Scores:
    """Put the parts back together: `parts` are (positions of the rows that were sent, what came back).

    Raises RowsLost when a row has neither a score nor a problem, or both, or came back twice.
    """
    count = len(checked.good)
    outputs = empty_outputs(schema, count)
    for name, values in outputs.items():
        for rows, part in parts:
            column = part.columns[name]
            if len(column) != len(rows):
                raise RowsLost(len(rows), len(column), 0)
            values[rows] = column
    answered = np.zeros(count, dtype=np.int64)
    problems = list(checked.problems)
    for rows, part in parts:
        np.add.at(answered, rows, 1)
        problems += [replace(problem, row=int(rows[problem.row])) for problem in part.problems]
    bad = np.zeros(count, dtype=bool)
    bad[[problem.row for problem in problems]] = True
    if not np.array_equal(answered, checked.good.astype(np.int64)):
        raise RowsLost(int(checked.good.sum()), int(answered.sum()), int((~checked.good).sum()))
    scored = checked.good & ~bad
    if int(scored.sum()) + int(bad.sum()) != count:
        raise RowsLost(count, int(scored.sum()), int(bad.sum()))
    versions = tuple(sorted({part.model_version for _, part in parts if part.model_version}))
    return Scores(outputs, tuple(sorted(problems, key=lambda p: p.row)), scored, versions)


@dataclass(slots=True)
class Tally:
    """What became of the rows of one input, counted slab by slab."""

    source: Rows
    rows_scored: int = 0
    rows_with_problems: int = 0
    problems: Counter[tuple[str | None, ProblemKind]] = field(default_factory=Counter)
    model_versions: set[str] = field(default_factory=set)
    texts: Counter[str] = field(default_factory=Counter)

    def add(self, scores: Scores, texts: Counter[str] | None = None) -> None:
        """Count some more rows; `texts` are those that were read as numbers or dates, by column."""
        self.texts.update(texts or {})
        self.rows_scored += scores.rows_scored
        self.rows_with_problems += scores.rows_with_problems
        self.problems.update((problem.column, problem.kind) for problem in scores.problems)
        self.model_versions.update(scores.model_versions)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the summary says beside the counts, in the order it says it."""

    endpoint: str
    service: str
    customer: str
    contract_version: int | str
    model_version: int | str
    file_name: str
    sha256: str
    calls: int
    calls_unanswered: int
    started_at: float
    ended_at: float


def scores_sheet(source: Input, kept: Sequence[int], scores: Scores, schema: Schema) -> Sheet:
    """The rows in order: where they came from, the customer's columns at the places `kept`, the outputs, and a status
    in words.

    The outputs keep the endpoint's names; a column of the customer's that has one of ours is numbered.
    """
    ours = [ROW, *schema.output_names, STATUS]
    theirs = [str(source.frame.columns[position]) for position in kept]
    names = distinct([ROW, STATUS, *schema.output_names, *theirs])
    row, status, outputs, theirs = names[0], names[1], names[2 : len(ours)], names[len(ours) :]
    frame = _as_shown(source, kept).set_axis(theirs, axis="columns")
    frame.insert(0, row, source.rows)
    frame = pd.concat([frame, to_frame(scores.outputs, schema).set_axis(outputs, axis="columns")], axis="columns")
    frame[status] = _statuses(source, scores.problems)
    formats = {row: "0"} | {name: source.formats[position] for name, position in zip(theirs, kept, strict=True)}
    formats |= {name: output.format for name, output in zip(outputs, schema.outputs, strict=True) if output.format}
    return Sheet("Scores", frame, formats=formats, status=status, table="Sheetscore_Scores")


def _statuses(source: Input, problems: Sequence[Problem]) -> list[str]:
    places = dict(zip(map(str, source.frame.columns), source.letters, strict=True))
    places = {match_key(name): letter for name, letter in places.items()} | places
    reasons: dict[int, list[str]] = {}
    for problem in problems:
        letter = places.get(problem.column) or places.get(match_key(problem.column)) if problem.column else None
        cell = f"{letter}{source.rows[problem.row]}" if letter else None
        reasons.setdefault(problem.row, []).append(words.reason(problem, cell))
    return [words.status(reasons.get(row, [])) for row in range(len(source.rows))]


def _as_shown(source: Input, kept: Sequence[int]) -> pd.DataFrame:
    """Columns as the customer sees them: where a cell shows an error, its word rather than a blank."""
    frame = source.frame.iloc[:, list(kept)].copy()
    errors = [p for p in source.problems if p.kind is ProblemKind.ERROR_CELL and p.column in frame.columns]
    for name in {problem.column for problem in errors}:
        frame[name] = frame[name].astype(object)
    for problem in errors:
        frame.at[problem.row, str(problem.column)] = str(problem.value)
    return frame


def distinct(names: Sequence[str]) -> list[str]:
    """The names, those numbered that an earlier one equals but for case and outer blanks."""
    taken: set[str] = set()
    made = []
    for name in names:
        wanted, number = name, 2
        while match_key(wanted) in taken:
            wanted, number = f"{name} ({number})", number + 1
        taken.add(match_key(wanted))
        made.append(wanted)
    return made


def sentence(scored: int, problems: int) -> str:
    """The first thing a person reads: "980 of 1,000 rows scored, 20 need attention"."""
    total = scored + problems
    if not problems:
        return f"All {total:,} rows scored" if total != 1 else "The one row is scored"
    return f"{scored:,} of {total:,} rows scored, {problems:,} {'needs' if problems == 1 else 'need'} attention"


def summary_sheet(tallies: Sequence[Tally], facts: Facts) -> Sheet:
    """Counts, versions, where the rows came from, what they cost, and which problems there are."""
    scored = sum(tally.rows_scored for tally in tallies)
    problems = sum(tally.rows_with_problems for tally in tallies)
    counted = sum((tally.problems for tally in tallies), Counter[tuple[str | None, ProblemKind]]())
    lines: list[tuple[str, str | int]] = [
        ("Rows read", sum(tally.source.count for tally in tallies)),
        ("Rows scored", scored),
        ("Rows with problems", problems),
        *_counts(counted),
        ("Endpoint", facts.endpoint),
        ("Web service", facts.service),
        ("Customer", facts.customer),
        ("Contract version", str(facts.contract_version)),
        ("Model version", str(facts.model_version)),
        *_inputs(tallies),
        ("Workbook", facts.file_name),
        ("SHA-256 of the workbook", facts.sha256),
        ("Calls", facts.calls),
        *([("Calls repeated after a stop", facts.calls_unanswered)] if facts.calls_unanswered else []),
        ("Scored at", f"{dt.datetime.fromtimestamp(facts.ended_at, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"),
        ("Time taken", f"{max(0.0, facts.ended_at - facts.started_at):,.1f} s"),
        *_notes(tallies),
    ]
    frame = pd.DataFrame(lines, columns=["What", "Value"])
    title = sentence(scored, problems)
    return Sheet("Scores summary", frame, title=title, formats={"Value": "#,##0"}, table="Sheetscore_Summary")


def _inputs(tallies: Sequence[Tally]) -> list[tuple[str, str]]:
    """Where the rows came from; of several inputs also what became of each. Result sheets have the same order."""
    if len(tallies) == 1:
        return [("Input", tallies[0].source.address)]
    told = [sentence(t.rows_scored, t.rows_with_problems) if t.source.count else "No row below it" for t in tallies]
    return [("Input", f"{tally.source.address}. {words}") for tally, words in zip(tallies, told, strict=True)]


def _notes(tallies: Sequence[Tally]) -> list[tuple[str, str]]:
    """What was noticed while reading, each thing once, with the input where there are several."""
    notes: dict[str, str] = {}
    for tally in tallies:
        texts = (f"texts-read: {count:,} in {column}" for column, count in tally.texts.items())
        for warning in (*tally.source.warnings, *texts):
            before = f"{tally.source.address}. " if len(tallies) > 1 else ""
            notes.setdefault(warning, before + warning_words(warning))
    return [("Note", words) for words in notes.values()]


def _counts(counted: Counter[tuple[str | None, ProblemKind]]) -> list[tuple[str, int]]:
    """Cells with problems by column and kind, most first. A row with two faults counts in two lines."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    lines = [
        (f"Problem: {f'{column}, ' if column else ''}{words.kind_words(kind)}", count)
        for (column, kind), count in ordered[:MOST_COUNTS]
    ]
    others = sum(count for _, count in ordered[MOST_COUNTS:])
    return [*lines, ("Problem: others, see the Status column", others)] if others else lines
