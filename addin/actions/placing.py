"""Where results go, and what is asked before anything is overwritten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from addin import grid
from addin.actions.desk import Desk
from addin.blocks import Remembered
from addin.errors import GridError, GridFault
from addin.grid import Area, Block, Kept
from addin.grid.obstacles import refuse_to_write
from addin.grid.ownsheets import refuse_sheets
from worker.scoring import Schema
from worker.scoring.schema import match_key

STATUS = "Status"
SAME = "Where they are"
BESIDE = "Beside the data"
NEW_SHEET = "New sheet"
PICK = "Pick a cell"
OVERWRITE = "Overwrite"
CANCEL = "Cancel"
WITH_HEADERS = "With headers"
WITHOUT_HEADERS = "Without headers"


@dataclass(frozen=True, slots=True)
class Target:
    """Where results go: `area` has one row for each row of the block; None is a new sheet. `header_row` is where the
    names are written, None where they are not. `beside`: the columns are made next to the data (inside its table).
    `stood` is what stood there, header included, when the place was agreed on.
    """

    names: tuple[str, ...]
    area: Area | None = None
    header_row: int | None = None
    beside: bool = False
    stood: tuple[tuple[Kept, ...], ...] = ()


def choose(desk: Desk, block: Block, schema: Schema, before: Remembered | None, *, again: bool) -> Target | None:
    """Ask where the results go, and before anything is lost. None when the person cancels.

    The result columns of an earlier scoring (`before`) are refilled unasked when they are beside the data, or when the
    block is scored `again`. Raises GridError.
    """
    names = result_names(block, schema, before.facts.names if before else ())
    own = before.scores if before and before.facts.names == names else None
    beside = _beside(desk, block, names)
    there = None if beside is None else Target(names, beside, block.header_row, beside=True)
    if own and beside and (own.sheet, own.left) == (beside.sheet, beside.left):
        return _agreed(desk, there, _outside(beside, own))
    kept = Target(names, own) if own and own.rows == block.area.rows else None
    if again and kept:
        return _agreed(desk, kept, [])
    if beside and not kept and grid.occupied(desk.book, beside):
        return _agreed(desk, there, [beside])
    choices = [*([SAME] if kept else []), *([BESIDE] if beside else []), NEW_SHEET, PICK, CANCEL]
    answer = desk.ui.ask(f"{int((~block.blank).sum()):,} rows. Where should the scores go?", choices)
    if answer == SAME:
        return _agreed(desk, kept, [])
    if answer == BESIDE and beside:
        return _agreed(desk, there, [beside] if kept else [])
    return _elsewhere(desk, names, block.area.rows, answer)


def result_names(block: Block, schema: Schema, before: Sequence[str]) -> tuple[str, ...]:
    """Names of the result columns: those of the scoring before, those that stand side by side in the block, or the
    outputs' and Status, each with a number where the data has such a column.
    """
    names = (*schema.output_names, STATUS)
    headers = block.headers or ()
    stretches = [before, *(headers[start : start + len(names)] for start in range(len(headers)))]
    for found in stretches:
        if len(found) == len(names) and all(map(_is_named, found, names)):
            return tuple(found)
    taken = {match_key(header) for header in (*headers, *schema.input_names)}
    return tuple(_free(name, taken) for name in names)


def _is_named(header: str, name: str) -> bool:
    """Whether a header is a name, or that with a number behind it."""
    return re.fullmatch(rf"{re.escape(name)}( \d+)?", header) is not None


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while match_key(free) in taken:
        number += 1
        free = f"{name} {number}"
    taken.add(match_key(free))
    return free


def _beside(desk: Desk, block: Block, names: Sequence[str]) -> Area | None:
    """Right of the data, or None where there is no room."""
    try:
        return grid.results_area(desk.book, block, names)
    except GridError as error:
        if error.fault is GridFault.NO_ROOM:
            return None
        raise


def _outside(area: Area, own: Area) -> list[Area]:
    """What of an area is above and below our own part of its columns."""
    above, below = own.top - area.top, area.bottom - own.bottom
    return [
        *([replace(area, rows=min(above, area.rows))] if above > 0 else []),
        *(
            [replace(area, top=area.bottom - min(below, area.rows) + 1, rows=min(below, area.rows))]
            if below > 0
            else []
        ),
    ]


def _agreed(desk: Desk, target: Target | None, foreign: Sequence[Area]) -> Target | None:
    """The target, if nothing foreign is lost there or the person agrees. Formulas are never overwritten.

    Raises GridError SHEET_PROTECTED, before anything is paid for.
    """
    if target is None or target.area is None:
        return target
    whole = target.area.with_header(target.header_row)
    if grid.has_formulas(desk.book, target.area):
        text = f"{target.area.address} holds formulas, which are never overwritten."
        return _elsewhere(desk, target.names, target.area.rows, desk.ui.ask(text, (NEW_SHEET, PICK, CANCEL)))
    lost = sum(grid.occupied(desk.book, area) for area in foreign)
    if lost:
        values = "1 value" if lost == 1 else f"{lost:,} values"
        answer = desk.ui.ask(f"{foreign[0].address} holds {values}.", (NEW_SHEET, OVERWRITE, PICK, CANCEL))
        if answer != OVERWRITE:
            return _elsewhere(desk, target.names, target.area.rows, answer)
    refuse_to_write(desk.book, target.area)
    return replace(target, stood=grid.snapshot(desk.book, whole))


def _elsewhere(desk: Desk, names: tuple[str, ...], rows: int, answer: str | None) -> Target | None:
    if answer == NEW_SHEET:
        refuse_sheets(desk.book)
        return Target(names)
    return _picked(desk, names, rows) if answer == PICK else None


def _picked(desk: Desk, names: tuple[str, ...], rows: int) -> Target | None:
    cell = desk.ui.pick_cell("Select the first cell for the scores.")
    if cell is None:
        return None
    answer = desk.ui.ask(f"Scores from {cell.cell(0, 0)} on, {len(names)} columns.", (WITH_HEADERS, WITHOUT_HEADERS))
    if answer is None:
        return None
    area = replace(cell, rows=rows, columns=len(names))
    if answer == WITHOUT_HEADERS:
        return _agreed(desk, Target(names, area), [area])
    target = Target(names, replace(area, top=cell.top + 1), cell.top)
    return _agreed(desk, target, [replace(area, rows=rows + 1)])
