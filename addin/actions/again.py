"""Score again."""

from __future__ import annotations

from collections.abc import Iterator

from addin import blocks, grid
from addin.actions.desk import Desk
from addin.actions.errors import NotScored
from addin.actions.prepare import earlier_of
from addin.actions.scoring import score
from addin.actions.stale import is_current, reread
from addin.blocks import Remembered
from addin.errors import GridError
from addin.grid import Area
from addin.messages import explain
from worker.scoring import SheetscoreError

EVERY = "All of them"
CANCEL = "Cancel"


def score_again(desk: Desk) -> None:
    """Score what was scored before; only rows that changed, or were scored by an older model, are sent. Of several
    blocks each is tried, whatever is wrong with another.
    """
    found = blocks.remembered(desk.book)
    if not found:
        raise NotScored
    chosen = found if len(found) == 1 else _chosen(desk, found)
    current: list[Remembered] = []
    failed: list[str] = []
    for block in as_they_lie(desk, chosen):
        try:
            current += [] if again(desk, block) else [block]
        except SheetscoreError as error:
            if len(chosen) == 1:
                raise
            failed.append(f"{_place(block)}: {explain(error, sheet=False)}")
    if failed:
        desk.ui.tell("\n".join(["Not scored again:", *failed]))
    if current:
        listed = ", ".join(map(_place, current))
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


def as_they_lie(desk: Desk, chosen: list[Remembered]) -> Iterator[Remembered]:
    """Each block where it is once its turn comes: rows may move while another one is scored."""
    return (now for block in chosen if (now := blocks.read(desk.book, block.id)) is not None)


def _chosen(desk: Desk, found: list[Remembered]) -> list[Remembered]:
    here = _under_selection(desk, found)
    choices = [*([_place(here)] if here else []), EVERY, CANCEL]
    answer = desk.ui.ask(f"{len(found)} blocks of this workbook were scored. Score which again?", choices)
    if answer == EVERY:
        return found
    return [here] if here and answer == choices[0] else []


def _place(block: Remembered) -> str:
    return f"{block.data.sheet}!{block.data.address}"


def _under_selection(desk: Desk, found: list[Remembered]) -> Remembered | None:
    try:
        selected: Area = grid.active_area(desk.book)
    except GridError:
        return None
    return next((block for block in found if _touches(block, selected)), None)


def _touches(block: Remembered, selected: Area) -> bool:
    return any(area.meet(selected) for area in (block.data.with_header(block.header_row), block.scores))
