"""Score again, and the mark on scores that are no longer those of their row."""

from __future__ import annotations

from dataclasses import replace

from addin import blocks, grid
from addin.actions.desk import Desk
from addin.actions.errors import NotScored
from addin.actions.naming import result_names
from addin.actions.placing import is_ours
from addin.actions.prepare import by_position, digest_of, prepare
from addin.actions.scoring import earlier_of, score
from addin.blocks import Remembered
from addin.errors import GridError
from addin.grid import Area, Block
from addin.grid.tables import find_table
from addin.marks import STALE, contents, is_sheet_untouched, order_of, whole_sheet
from worker.scoring import Schema

EVERY = "All of them"
CANCEL = "Cancel"


def score_again(desk: Desk) -> None:
    """Score what was scored before; only rows that changed, or were scored by an older model, are sent."""
    found = blocks.remembered(desk.book)
    if not found:
        raise NotScored
    chosen = found if len(found) == 1 else _chosen(desk, found)
    current = [block for block in chosen if not again(desk, block)]
    if current:
        listed = ", ".join(f"{block.data.sheet}!{block.data.address}" for block in current)
        desk.ui.tell(f"Nothing changed since {current[0].facts.at.replace('T', ' ')}: {listed}.")


def again(desk: Desk, before: Remembered, *, alone: bool = False) -> bool:
    """Score a block again, unless it is as it was scored; says whether it is not."""
    block = reread(desk, before)
    desk.noted["endpoint"] = before.facts.endpoint
    schema = desk.catalogue.endpoint(before.facts.endpoint).schema
    if is_current(desk, before, block, schema):
        return False
    score(desk, block, before.facts.endpoint, before, earlier_of(before, alone=alone))
    return True


def is_current(desk: Desk, before: Remembered, block: Block, schema: Schema) -> bool:
    """Whether every row that can have a score has it, and each is that of its row as it stands now, by the model the
    endpoint has now.
    """
    facts = before.facts
    if not facts.complete or not has_same_inputs(before, block, schema):
        return False
    if desk.scorer.model_version(facts.endpoint) != facts.version:
        return False
    if facts.sheet:
        return is_sheet_untouched(desk.book, before.scores, facts.order)
    return order_of(grid.snapshot(desk.book, before.scores)) == facts.order


def has_same_inputs(before: Remembered, block: Block, schema: Schema) -> bool:
    """Whether a block holds what was scored. Raises MissingColumns, DuplicateColumns."""
    return digest_of(by_position(block, schema), schema, whole=before.facts.sheet) == before.facts.inputs


def reread(desk: Desk, before: Remembered) -> Block:
    """The block as it stands now; that of a table with the rows it grew by."""
    block = grid.read_block(desk.book, before.data, before.header_row)
    if block.table is None or not before.facts.table:
        return block
    body = find_table(desk.book, before.data.sheet, block.table).body
    if (body.top, body.rows) == (block.area.top, block.area.rows):
        return block
    return grid.read_block(desk.book, replace(block.area, top=body.top, rows=body.rows), before.header_row)


def mark_stale(desk: Desk, before: Remembered) -> int:
    """Write into Status which scores are stale; returns how many rows are. Nothing is called but for the version, and
    columns or sheets that are no longer as they were made are left alone.
    """
    schema = desk.catalogue.endpoint(before.facts.endpoint).schema
    block = reread(desk, before)
    status = before.scores.column(before.scores.columns - 1)
    if is_current(desk, before, block, schema):
        return 0
    if before.facts.sheet:
        return _mark_sheet(desk, before, status)
    if status.rows != block.area.rows or (block.headers is None and before.facts.width != block.area.columns):
        return 0
    if not is_ours(desk, before, result_names(block, schema, before.facts.names)):
        return 0
    prepared = prepare(desk, block, schema, earlier_of(before, alone=True))
    if prepared is None:
        return 0
    known = desk.scorer.is_known(before.facts.endpoint, prepared.frame, prepared.known)
    said = [contents(row)[0] for row in grid.snapshot(desk.book, status)]
    stale = [row for row, there in zip(prepared.rows.tolist(), known, strict=True) if said[row] == "ok" and not there]
    _mark(desk, status, stale)
    return len(stale)


def _mark_sheet(desk: Desk, before: Remembered, status: Area) -> int:
    """All scores of a sheet of results are marked: its rows may be others by now."""
    if not is_sheet_untouched(desk.book, before.scores, before.facts.order):
        return 0
    stale = [row for row, cells in enumerate(grid.snapshot(desk.book, status)) if contents(cells)[0] == "ok"]
    _mark(desk, status, stale)
    order = order_of(grid.snapshot(desk.book, whole_sheet(before.scores)))
    blocks.remember(desk.book, replace(before, facts=replace(before.facts, order=order)))
    return len(stale)


def _mark(desk: Desk, status: Area, stale: list[int]) -> None:
    for rows in _runs(stale):
        grid.write(desk.book, replace(status, top=status.top + rows.start, rows=len(rows)), [[STALE]] * len(rows))


def _runs(rows: list[int]) -> list[range]:
    """Rows in rising order as stretches without a gap."""
    runs: list[range] = []
    for row in rows:
        if runs and runs[-1].stop == row:
            runs[-1] = range(runs[-1].start, row + 1)
        else:
            runs.append(range(row, row + 1))
    return runs


def _chosen(desk: Desk, found: list[Remembered]) -> list[Remembered]:
    here = _under_selection(desk, found)
    choices = [*([f"{here.data.sheet}!{here.data.address}"] if here else []), EVERY, CANCEL]
    answer = desk.ui.ask(f"{len(found)} blocks of this workbook were scored. Score which again?", choices)
    if answer == EVERY:
        return found
    return [here] if here and answer == choices[0] else []


def _under_selection(desk: Desk, found: list[Remembered]) -> Remembered | None:
    try:
        selected: Area = grid.active_area(desk.book)
    except GridError:
        return None
    return next((block for block in found if _touches(block, selected)), None)


def _touches(block: Remembered, selected: Area) -> bool:
    return any(area.meet(selected) for area in (block.data.with_header(block.header_row), block.scores))
