"""Where results go, and what is asked before anything is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from addin import blocks, grid
from addin.actions.desk import Desk
from addin.actions.naming import free_names, result_names
from addin.actions.prepare import digest_of
from addin.blocks import Remembered
from addin.errors import GridError, GridFault
from addin.grid import Area, Block, Kept
from addin.grid.obstacles import refuse_to_write
from addin.grid.ownsheets import refuse_sheets
from addin.grid.rows import surroundings
from addin.marks import contents, is_in_order, is_sheet_untouched, is_touched, whole_sheet
from worker.scoring import Schema

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
    """Where results go: `area` has one row for each row of the block; None is a sheet of our own, a new one or, with
    what is written there, the one named `sheet`. `header_row` is where the names are written, None where they are not.
    `beside`: the columns are made next to the data (inside its table). `stood` is what stood there, header included,
    when the place was agreed on.
    """

    names: tuple[str, ...]
    area: Area | None = None
    header_row: int | None = None
    beside: bool = False
    stood: tuple[tuple[Kept, ...], ...] = ()
    sheet: Area | None = None


def choose(
    desk: Desk, block: Block, schema: Schema, name: str, before: Remembered | None, *, again: bool, alone: bool = False
) -> Target | None:
    """Ask where the results of endpoint `name` go, and before anything is lost. None when the person cancels.

    The result columns of an earlier scoring (`before`) are refilled unasked when they are as they were written, by the
    same endpoint, and are beside the data or the block is scored `again`. Raises GridError.
    """
    mine = before if before and before.facts.endpoint == name else None
    names = result_names(block, schema, mine.facts.names if mine else ())
    if mine and mine.facts.sheet:
        ours = is_sheet_untouched(desk.book, mine.scores, mine.facts.order)
        if again:
            return _again_on_sheet(desk, mine, names, untouched=ours, alone=alone)
        kept = _on_sheet(desk, mine, names) if ours else None
    else:
        mine = mine if mine and is_ours(desk, mine, names) else None
        kept = Target(names, mine.scores) if mine and mine.scores.rows == block.area.rows else None
    there = _beside(desk, block, names)
    own = None if mine is None or mine.facts.sheet else mine.scores
    if mine and own and there and there.area and own.left == there.area.left and own.meet(there.area):
        return _refilled(desk, there, mine, block, schema, _outside(there.area, own))
    if again and kept and mine:
        return _refilled(desk, kept, mine, block, schema, [])
    rival = _rival(desk, there, name)
    if rival and there and not kept:
        return _beside_rival(desk, block, schema, there, rival)
    foreign = _foreign(desk, there)
    if foreign and not kept:
        return _agreed(desk, there, foreign)
    choices = [*([SAME] if kept else []), *([BESIDE] if there else []), NEW_SHEET, PICK, CANCEL]
    rows = int((~block.blank).sum())
    counted = "1 row" if rows == 1 else f"{rows:,} rows"
    answer = desk.ui.ask(f"{counted}. Where should the scores go?", choices)
    if answer == SAME and kept and mine:
        return kept if kept.sheet else _refilled(desk, kept, mine, block, schema, [])
    if answer == BESIDE and there:
        return _agreed(desk, there, foreign)
    return _elsewhere(desk, names, block.area.rows, answer)


def is_ours(desk: Desk, before: Remembered, names: Sequence[str]) -> bool:
    """Whether the columns of an earlier scoring are still there and carry these names, in this order."""
    scores, top = before.scores, before.top
    if before.facts.names != tuple(names) or scores.columns != len(names):
        return False
    if top is None:
        return True
    if (top.left, top.columns, top.rows) != (scores.left, scores.columns, 1):
        return False
    return _texts(desk, top) == list(names)


def _texts(desk: Desk, header: Area) -> list[str]:
    (cells,) = grid.snapshot(desk.book, header)
    return ["" if content is None else str(content).removeprefix("'") for content in contents(cells)]


def _on_sheet(desk: Desk, before: Remembered, names: tuple[str, ...]) -> Target:
    whole = whole_sheet(before.scores)
    refuse_to_write(desk.book, whole)
    return Target(names, sheet=whole, stood=grid.snapshot(desk.book, whole))


def _again_on_sheet(
    desk: Desk, before: Remembered, names: tuple[str, ...], *, untouched: bool, alone: bool
) -> Target | None:
    """The sheet of results again, or a new one where somebody worked in it."""
    if untouched:
        return _on_sheet(desk, before, names)
    if alone and desk.ui.ask(f"The sheet '{before.scores.sheet}' was changed.", (NEW_SHEET, CANCEL)) != NEW_SHEET:
        return None
    return _elsewhere(desk, names, 0, NEW_SHEET)


def _beside(desk: Desk, block: Block, names: tuple[str, ...]) -> Target | None:
    """Right of the data, or None where there is no room."""
    try:
        area = grid.results_area(desk.book, block, names)
    except GridError as error:
        if error.fault is GridFault.NO_ROOM:
            return None
        raise
    return Target(names, area, _header_row(desk, block, area, names), beside=True)


def _header_row(desk: Desk, block: Block, area: Area, names: Sequence[str]) -> int | None:
    """That of the data, or the row above where they have none and nothing else stands there."""
    if block.header_row is not None or block.table is not None or area.top == 1:
        return block.header_row
    above = _texts(desk, replace(area, top=area.top - 1, rows=1))
    return area.top - 1 if not any(above) or above == list(names) else None


def _foreign(desk: Desk, target: Target | None) -> list[Area]:
    """The cells of a place that hold something; headers that are those of the results are no loss."""
    if target is None or target.area is None:
        return []
    parts = [target.area]
    if target.header_row is not None:
        header = replace(target.area, top=target.header_row, rows=1)
        parts += [] if _texts(desk, header) == list(target.names) else [header]
    return [part for part in parts if grid.occupied(desk.book, part)]


def _rival(desk: Desk, there: Target | None, name: str) -> Remembered | None:
    """Another endpoint's scores in the same place."""
    if there is None or there.area is None:
        return None
    known = blocks.remembered(desk.book)
    return next((each for each in known if each.facts.endpoint != name and each.scores.meet(there.area)), None)


def _beside_rival(desk: Desk, block: Block, schema: Schema, there: Target, rival: Remembered) -> Target | None:
    text = f"{rival.scores.address} holds the scores of {rival.facts.endpoint}."
    answer = desk.ui.ask(text, (BESIDE, NEW_SHEET, OVERWRITE, PICK, CANCEL))
    if answer == OVERWRITE:
        return _agreed(desk, there, [])
    if answer != BESIDE:
        return _elsewhere(desk, there.names, block.area.rows, answer)
    known = (each for each in blocks.remembered(desk.book) if each.scores.sheet == block.area.sheet)
    apart = _beside(desk, block, free_names(block, schema, [name for each in known for name in each.facts.names]))
    return _agreed(desk, apart, _foreign(desk, apart))


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


def _refilled(
    desk: Desk, target: Target, own: Remembered, block: Block, schema: Schema, outside: Sequence[Area]
) -> Target | None:
    """Our own columns again; what somebody typed over scores, or lined up with them, is not lost unasked."""
    cells = () if grid.has_formulas(desk.book, own.scores) else grid.snapshot(desk.book, own.scores)
    doubt = _doubt(desk, target, own, block, schema, cells) if cells else None
    if not doubt:
        return _agreed(desk, target, [*outside, *_without_status(target, own, block, cells)])
    answer = desk.ui.ask(doubt, (NEW_SHEET, OVERWRITE, PICK, CANCEL))
    if answer != OVERWRITE:
        rows = 0 if target.area is None else target.area.rows
        return _elsewhere(desk, target.names, rows, answer)
    return _agreed(desk, target, outside)


def _without_status(target: Target, own: Remembered, block: Block, cells: Sequence[Sequence[Kept]]) -> list[Area]:
    """Rows of our own columns that hold something and no Status: somebody's, beside rows that were blank until now."""
    offset = 0 if target.area is None else own.scores.top - target.area.top
    rows = ((place, contents(row)) for place, row in enumerate(cells) if 0 <= place + offset < len(block.blank))
    return [
        own.scores.row(place)
        for place, row in rows
        if any(content is not None for content in row)
        and not isinstance(row[-1], str)
        and not block.blank[place + offset]
    ]


def _doubt(
    desk: Desk, target: Target, own: Remembered, block: Block, schema: Schema, cells: Sequence[Sequence[Kept]]
) -> str | None:
    """Why our own columns may hold more than our scores, or belong to more than our rows."""
    address = own.scores.address
    if is_touched(cells, own.facts.mark):
        return f"Scores in {address} were changed or deleted by hand."
    if target.beside or (own.scores.sheet, own.scores.top) == (block.area.sheet, block.area.top):
        return None
    if not is_in_order(cells, own.facts.mark):
        return f"Scores in {address} were sorted."
    if surroundings(desk.book, own.scores) and digest_of(block.frame, schema) != own.facts.inputs:
        return f"Cells beside the scores in {address} may belong to other rows now."
    return None


def _agreed(desk: Desk, target: Target | None, foreign: Sequence[Area]) -> Target | None:
    """The target, if nothing foreign is lost there or the person agrees. Formulas are never overwritten.

    Raises GridError SHEET_PROTECTED, before anything is paid for.
    """
    if target is None or target.area is None:
        return target
    whole = target.area.with_header(target.header_row)
    if grid.has_formulas(desk.book, whole):
        held = target.area if grid.has_formulas(desk.book, target.area) else whole
        text = f"{held.address} holds formulas, which are never overwritten."
        return _elsewhere(desk, target.names, target.area.rows, desk.ui.ask(text, (NEW_SHEET, PICK, CANCEL)))
    lost = sum(grid.occupied(desk.book, area) for area in foreign)
    if lost:
        values = "1 value" if lost == 1 else f"{lost:,} values"
        answer = desk.ui.ask(f"{foreign[0].address} holds {values}.", (NEW_SHEET, OVERWRITE, PICK, CANCEL))
        if answer != OVERWRITE:
            return _elsewhere(desk, target.names, target.area.rows, answer)
    for part in (target.area, whole):
        refuse_to_write(desk.book, part)
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
