"""Which scores are no longer those of their row, and the mark on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from addin import blocks, grid
from addin.actions.desk import Desk
from addin.actions.naming import result_names
from addin.actions.placing import is_ours
from addin.actions.prepare import Prepared, by_position, digest_of, earlier_of, prepare
from addin.actions.results import result_rows
from addin.blocks import Remembered
from addin.grid import Area, Block, Kept
from addin.grid.tables import find_table
from addin.marks import STALE, is_sheet_untouched, order_of, reads_as, whole_sheet
from worker.scoring import Schema


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
    earlier = earlier_of(before, alone=True)
    if status.rows != block.area.rows or (block.headers is None and earlier.width != block.area.columns):
        return 0
    if not is_ours(desk, before, result_names(block, schema, before.facts.names)):
        return 0
    prepared = prepare(desk, replace(block, filtered=np.zeros_like(block.filtered)), schema, earlier)
    if prepared is None:
        return 0
    cells = grid.snapshot(desk.book, before.scores)
    known = _known(desk, before.facts.endpoint, prepared, schema, cells)
    stale = [row for row, there in zip(prepared.rows.tolist(), known, strict=True) if _is_ok(cells[row]) and not there]
    _mark(desk, status, stale)
    return len(stale)


def _known(desk: Desk, name: str, prepared: Prepared, schema: Schema, cells: Sequence[Sequence[Kept]]) -> list[bool]:
    """For each row whether its score is known on this computer, and stands beside it."""
    there = desk.scorer.is_known(name, prepared.frame, prepared.known)
    if not there.any():
        return [False] * len(there)
    frame = prepared.frame[there]
    scored = iter(result_rows(replace(prepared, frame=frame), *desk.scorer.recall(name, frame), schema))
    rows = zip(prepared.rows.tolist(), there.tolist(), strict=True)
    return [known and reads_as(cells[row], next(scored)) for row, known in rows]


def _is_ok(cells: Sequence[Kept]) -> bool:
    return cells[-1][0] == "ok"


def _mark_sheet(desk: Desk, before: Remembered, status: Area) -> int:
    """All scores of a sheet of results are marked: its rows may be others by now."""
    if not is_sheet_untouched(desk.book, before.scores, before.facts.order):
        return 0
    stale = [row for row, cells in enumerate(grid.snapshot(desk.book, status)) if _is_ok(cells)]
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
