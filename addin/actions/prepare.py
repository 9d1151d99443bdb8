"""From a block to the rows that can be scored: by which columns, which rows, with which texts read as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from addin import grid
from addin.actions.desk import Desk
from addin.actions.readings import Choices, Found, apply, find, questions
from addin.blocks import Remembered, inputs_digest
from addin.grid import Area, Block
from addin.grid.cells import fingerprint
from worker.scoring import DuplicateColumns, MissingColumns, NoRows, Problem, Schema
from worker.scoring.check import Checked, check, match_columns
from worker.scoring.readings import Doubt
from worker.scoring.words import shown

VISIBLE = "Visible rows"
ALL = "All rows"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the person said when this block was scored before, which then had `width` columns. `alone`: nobody is there
    to be asked now.
    """

    choices: Choices
    width: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows on their way to an endpoint.

    `frame` holds the rows that are to be scored, under the block's headers (or the inputs' names, where columns are
    taken by position) and the sheet's row numbers; `rows` are their positions in the block. `known` are their error
    cells, `checked` is what the check by `schema` left of them; both count rows in the frame. `choices` say how texts
    were read, `digest` goes with the inputs of the whole block.
    """

    block: Block
    frame: pd.DataFrame
    rows: npt.NDArray[np.intp]
    known: tuple[Problem, ...]
    schema: Schema
    checked: Checked
    choices: Choices
    digest: str

    @property
    def left_out(self) -> npt.NDArray[np.bool_]:
        """For each row of the block whether it could be scored and is not to be."""
        left = ~self.block.blank
        left[self.rows] = False
        return left

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that the check found."""
        return self.checked.problems

    def cell(self, problem: Problem) -> str:
        """Address of the cell that a problem is about; of the row's first cell where it is about the row."""
        names = list(self.frame.columns)
        column = names.index(problem.column) if problem.column in names else 0
        return self.block.area.cell(int(self.rows[problem.row]), column)


def prepare(desk: Desk, block: Block, schema: Schema, earlier: Earlier | None = None) -> Prepared | None:
    """Ask what must be asked and was not answered earlier, and check. None when the person stops.

    Alone, rows that a filter hides are left out and texts in doubt left as they are. Raises TableError.
    """
    frame = by_position(block, schema)
    as_before = earlier is not None and earlier.width == block.area.columns
    if block.headers is None and not as_before and not _confirmed(desk, block, schema):
        return None
    names = dict(zip(block.frame.columns, frame.columns, strict=True))
    rows = _rows(desk, block, alone=earlier is not None and earlier.alone)
    if rows is None:
        return None
    if not len(rows):
        raise NoRows
    places = {row: place for place, row in enumerate(rows.tolist())}
    known = tuple(
        replace(problem, row=places[problem.row], column=names.get(problem.column or "", problem.column))
        for problem in block.problems
        if problem.row in places
    )
    chosen = frame.iloc[rows]
    checked = check(chosen, schema, known)
    digest = digest_of(frame, schema)
    prepared = Prepared(replace(block, frame=frame), chosen, rows, known, schema, checked, {}, digest)
    return _read(desk, prepared, earlier or Earlier({}))


def earlier_of(before: Remembered, *, alone: bool = False) -> Earlier:
    """What the person said when the block was scored."""
    known = {str(doubt): doubt for doubt in Doubt}
    choices = {
        (column, known[doubt]): place
        for column, doubt, place in before.facts.readings
        if doubt in known and place in range(1 if known[doubt] is Doubt.NONE else 2)
    }
    return Earlier(choices, before.facts.width if before.is_in_place else 0, alone)


def below_names(desk: Desk, block: Block, schema: Schema) -> Block:
    """The rows below the names of the inputs, where another header row stands above or below these."""

    def fits(names: Sequence[str]) -> bool:
        try:
            return len(match_columns(names, schema)) == len(schema.inputs)
        except DuplicateColumns:
            return True

    return grid.read_below(desk.book, block, fits)


def by_position(block: Block, schema: Schema) -> pd.DataFrame:
    """The block's table; where it has no headers its first columns go by the names of the inputs, in their order.

    Raises MissingColumns when there are fewer columns than inputs.
    """
    if block.headers is not None:
        return block.frame
    inputs, columns = schema.input_names, _letters(block)
    if len(columns) < len(inputs):
        raise MissingColumns(inputs[len(columns) :], columns)
    return block.frame.set_axis([*inputs, *columns[len(inputs) :]], axis="columns")


def apart_from(block: Block, own: Area | None) -> Block:
    """The block with those rows marked blank that hold nothing but results of ours, in the columns of `own`."""
    if own is None or own.sheet != block.area.sheet:
        return block
    mine = range(own.left - block.area.left, own.right - block.area.left + 1)
    others = [place for place in range(block.area.columns) if place not in mine]
    if len(others) == block.area.columns:
        return block
    blank: npt.NDArray[np.bool_] = block.frame.iloc[:, others].isna().all(axis="columns").to_numpy(copy=True)
    names = {block.frame.columns[place] for place in others}
    blank[[problem.row for problem in block.problems if problem.column in names]] = False
    return replace(block, blank=blank)


def digest_of(frame: pd.DataFrame, schema: Schema, *, whole: bool = False) -> str:
    """A digest of the cells that would be scored; `whole`: of all that goes to a sheet of results, row numbers too.

    Raises MissingColumns, DuplicateColumns.
    """
    columns = inputs_of(frame, schema)
    if not whole:
        return inputs_digest(frame, columns)
    every = [frame.iloc[:, place].tolist() for place in range(frame.shape[1])]
    return fingerprint([[str(name) for name in frame.columns], frame.index.tolist(), *every])


def inputs_of(frame: pd.DataFrame, schema: Schema) -> list[int]:
    """Positions of the columns that the endpoint takes, in the schema's order."""
    return list(match_columns(list(frame.columns), schema).values())


def _letters(block: Block) -> list[str]:
    return [f"Column {block.area.cell(0, place).rstrip('0123456789')}" for place in range(block.area.columns)]


def _confirmed(desk: Desk, block: Block, schema: Schema) -> bool:
    first = block.frame.iloc[int(np.argmin(block.blank))]
    values = ["" if value is None else shown(value) for value in first]
    return desk.ui.pairs(list(zip(_letters(block), schema.input_names, values, strict=False)))


def _rows(desk: Desk, block: Block, *, alone: bool) -> npt.NDArray[np.intp] | None:
    wanted = ~block.blank
    hidden = int((wanted & block.filtered).sum())
    if hidden:
        text = f"A filter hides {hidden:,} of {int(wanted.sum()):,} rows. Score which?"
        answer = VISIBLE if alone else desk.ui.ask(text, (VISIBLE, ALL))
        if answer is None:
            return None
        if answer == VISIBLE:
            wanted = wanted & ~block.filtered
    return np.flatnonzero(wanted)


def _read(desk: Desk, prepared: Prepared, earlier: Earlier) -> Prepared | None:
    """Texts that look like numbers become numbers as the person says, or said earlier."""
    found = find(prepared.problems)
    choices = dict(earlier.choices)
    new = [item for item in found if item.key not in choices]
    if new and not earlier.alone:
        answers = _asked(desk, prepared, new)
        if answers is None:
            return None
        choices |= answers
    if not any(item.key in choices for item in found):
        return prepared
    frame = apply(prepared.frame, found, choices)
    return replace(prepared, frame=frame, choices=choices, checked=check(frame, prepared.schema, prepared.known))


def _asked(desk: Desk, prepared: Prepared, found: list[Found]) -> Choices | None:
    columns = list(prepared.frame.columns)

    def cell(item: Found) -> str:
        return prepared.block.area.cell(int(prepared.rows[item.row]), columns.index(item.column))

    asked = questions(found, cell)
    answers: Mapping[int, int] | None = desk.ui.choose_readings(list(asked.values()))
    if answers is None:
        return None
    return {key: answers[place] for place, key in enumerate(asked) if place in answers}
