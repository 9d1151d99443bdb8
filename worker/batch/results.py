"""What a job adds to a workbook for each input: the rows with their scores, each with its status in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from worker.scoring import Checked, Columns, Output, PartScores, Problem, ProblemKind, RowsLost, Schema, words
from worker.scoring.outputs import empty_outputs, to_frame
from worker.scoring.schema import match_key
from worker.workbooks import Input, Rows, Sheet
from worker.workbooks.addressing import quoted, split_sheet
from worker.workbooks.stored import Stored, StoredColumn

ROW, STATUS = "Row", "Status"


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


def scores_sheet(source: Input, kept: Sequence[int], scores: Scores, schema: Schema) -> Sheet:
    """The rows in order: where they came from, the customer's columns at the places `kept`, the outputs, and a status
    in words. The row number of a row with a problem is a link to the cell that is wrong.

    The outputs keep the endpoint's names, with units; a column of the customer's that has one of ours is numbered.
    """
    outputs = [heading(output) for output in schema.outputs]
    ours = [ROW, *outputs, STATUS]
    theirs = [str(source.frame.columns[position]) for position in kept]
    names = distinct([ROW, STATUS, *outputs, *theirs])
    row, status, outputs, theirs = names[0], names[1], names[2 : len(ours)], names[len(ours) :]
    frame = as_shown(source, kept).set_axis(theirs, axis="columns")
    frame.insert(0, row, source.rows)
    frame = pd.concat([frame, to_frame(scores.outputs, schema).set_axis(outputs, axis="columns")], axis="columns")
    cells = cells_of(source, scores.problems)
    frame[status] = _statuses(source, scores.problems, cells)
    formats = {row: "0"} | {name: source.formats[position] for name, position in zip(theirs, kept, strict=True)}
    formats |= {name: output.format for name, output in zip(outputs, schema.outputs, strict=True) if output.format}
    return Sheet(
        "Scores",
        frame,
        formats=formats,
        status=status,
        table="Sheetscore_Scores",
        linked=row,
        links=links_to(source, scores.problems, cells),
    )


def heading(output: Output) -> str:
    """An output's name as a header: with its unit, unless the name has it."""
    unit = f"({output.unit})"
    return f"{output.name} {unit}" if output.unit and unit not in output.name else output.name


def identified(sheet: Sheet, schema: Schema) -> Sheet:
    """A whole sheet of scores, stored, with the column leftmost by which a person knows a row: the first of the
    customer's own that is filled in every row and alike in none, of texts or whole numbers. Else the row number stays
    there.
    """
    table = _stored(sheet)
    own = range(1, len(table.names) - len(schema.outputs) - 1)
    place = next((n for n in own if _is_identifier(table.column(n), table.count)), 0)
    return replace(sheet, frame=table.ordered([place, *(n for n in range(len(table.names)) if n != place)]))


def output_columns(sheet: Sheet, schema: Schema) -> list[StoredColumn]:
    """The cells of the outputs of a sheet of scores, stored."""
    table = _stored(sheet)
    last = len(table.names) - 1
    return [table.column(place) for place in range(last - len(schema.outputs), last)]


def _stored(sheet: Sheet) -> Stored:
    if not isinstance(sheet.frame, Stored):
        raise TypeError
    return sheet.frame


def _is_identifier(column: Iterable[pa.Array], count: int) -> bool:
    """Whether none of `count` cells is blank or equals another. Of texts only the hashes are kept, 8 bytes a row: two
    texts with one hash, of a million once in 30 million jobs, leave the row number where it is.
    """
    keys, done = np.empty(count, np.int64), 0
    for array in column:
        texts = array.type == pa.string()
        if not (texts or array.type == pa.int64()) or array.null_count or pc.count_distinct(array).as_py() < len(array):
            return False
        keys[done : done + len(array)] = [*map(hash, array.to_pylist())] if texts else array.to_numpy()
        done += len(array)
    keys.sort()
    return count > 0 and bool((keys[1:] != keys[:-1]).all())


def told_apart(sheets: Mapping[int, Sheet], tallies: Sequence[Tally]) -> list[Sheet]:
    """The sheets, by the places of their inputs, each with what says whose rows it has: the input's sheet, and where it
    begins there if that sheet has other inputs.
    """
    count = Counter(tally.source.sheet for tally in tallies)
    made = []
    for of, sheet in sorted(sheets.items()):
        source = tallies[of].source
        begins = split_sheet(source.address)[1].partition(":")[0] if count[source.sheet] > 1 else ""
        made.append(replace(sheet, source=source.sheet, begins=begins))
    return made


def cells_of(source: Input, problems: Sequence[Problem]) -> list[str | None]:
    """The address, in its sheet, of the cell that each problem is about; None for one about the whole row."""
    places = dict(zip(map(str, source.frame.columns), source.letters, strict=True))
    places = {match_key(name): letter for name, letter in places.items()} | places
    found: list[str | None] = []
    for problem in problems:
        letter = places.get(problem.column) or places.get(match_key(problem.column)) if problem.column else None
        found.append(f"{letter}{source.rows[problem.row]}" if letter else None)
    return found


def links_to(source: Input, problems: Sequence[Problem], cells: Sequence[str | None]) -> dict[int, str]:
    """For each row with a problem the place of the first cell that is wrong, by the row's position."""
    links = {
        problem.row: f"{quoted(source.sheet)}!{cell or f'{source.letters[0]}{source.rows[problem.row]}'}"
        for problem, cell in reversed(list(zip(problems, cells, strict=True)))
    }
    return dict(sorted(links.items()))


def _statuses(source: Input, problems: Sequence[Problem], cells: Sequence[str | None]) -> list[str]:
    reasons: dict[int, list[str]] = {}
    for problem, cell in zip(problems, cells, strict=True):
        reasons.setdefault(problem.row, []).append(words.reason(problem, cell))
    return [words.status(reasons.get(row, [])) for row in range(len(source.rows))]


def as_shown(source: Input, kept: Sequence[int]) -> pd.DataFrame:
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
