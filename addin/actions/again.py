"""Score again, and the mark on scores that are no longer those of their row."""

from __future__ import annotations

from dataclasses import replace

from addin import blocks, grid
from addin.actions.desk import Desk
from addin.actions.errors import NotScored
from addin.actions.prepare import by_position, inputs_of, prepare
from addin.actions.scoring import earlier_of, score
from addin.blocks import Remembered, inputs_digest
from addin.errors import GridError
from addin.grid import Area, Block
from addin.grid.tables import find_table
from worker.scoring import Schema

STALE = "stale: the inputs or the model changed; score again"
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
    """Score a block again, unless neither its inputs nor its model changed; says whether they did."""
    block = reread(desk, before)
    desk.noted["endpoint"] = before.facts.endpoint
    schema = desk.catalogue.endpoint(before.facts.endpoint).schema
    if is_current(desk, before, block, schema):
        return False
    score(desk, block, before.facts.endpoint, before, earlier_of(before, alone=alone))
    return True


def is_current(desk: Desk, before: Remembered, block: Block, schema: Schema) -> bool:
    """Whether every score of a block is that of its row as it stands now, by the model the endpoint has now."""
    return digest_of(block, schema) == before.facts.inputs and (
        desk.scorer.model_version(before.facts.endpoint) == before.facts.version
    )


def digest_of(block: Block, schema: Schema) -> str:
    """A digest of the cells that would be scored. Raises MissingColumns, DuplicateColumns."""
    frame = by_position(block, schema)
    return inputs_digest(frame, inputs_of(frame, schema))


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
    """Write into Status which scores are stale; returns how many rows are. Nothing is called but for the version."""
    schema = desk.catalogue.endpoint(before.facts.endpoint).schema
    block = reread(desk, before)
    status = before.scores.column(before.scores.columns - 1)
    if is_current(desk, before, block, schema) or status.rows != block.area.rows:
        return 0
    prepared = prepare(desk, block, schema, earlier_of(before, alone=True))
    if prepared is None:
        return 0
    known = desk.scorer.is_known(before.facts.endpoint, prepared.frame, prepared.known)
    said = [_text(row[0][0]) for row in grid.snapshot(desk.book, status)]
    stale = [row for row, there in zip(prepared.rows.tolist(), known, strict=True) if said[row] == "ok" and not there]
    if stale:
        for row in stale:
            said[row] = STALE
        grid.write(desk.book, status, [[word] for word in said])
    return len(stale)


def _text(content: object) -> str:
    return "" if content is None else str(content).removeprefix("'")


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
