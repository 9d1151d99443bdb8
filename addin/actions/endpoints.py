"""Endpoints and switches: add, choose, ask again, stop calls, forget stored scores."""

from __future__ import annotations

from addin import blocks
from addin.actions.again import mark_stale
from addin.actions.desk import Desk
from addin.actions.errors import NoEndpoint
from addin.catalogue import Refreshed
from addin.messages import explain
from worker.scoring import SheetscoreError

CLEAR = "Clear"
CANCEL = "Cancel"


def add_endpoint(desk: Desk) -> None:
    """Add an endpoint: its address, your key and a name for it. It is chosen from then on."""
    entry = desk.ui.add_endpoint(desk.catalogue)
    if entry is not None:
        desk.catalogue.select(entry.name)


def select_endpoint(desk: Desk, index: int) -> None:
    """Choose the endpoint at a place in the list, counted from 0."""
    entries = desk.catalogue.entries()
    if index < len(entries):
        desk.catalogue.select(entries[index].name)


def refresh(desk: Desk) -> None:
    """Ask all endpoints for their descriptions again, and mark scores of this workbook that are stale."""
    told = desk.catalogue.refresh()
    if not told:
        raise NoEndpoint(0)
    lines = [_line(each) for each in told]
    stale = sum(_marked(desk, block) for block in blocks.remembered(desk.book))
    if stale:
        rows = "1 row is" if stale == 1 else f"{stale:,} rows are"
        lines.append(f"{rows} stale here. Click Score again.")
    desk.ui.tell("\n".join(lines))


def _line(told: Refreshed) -> str:
    name = told.entry.name
    if told.error is not None:
        return f"{name}: {explain(told.error, sheet=False)}"
    version = f", model version {told.entry.last_seen_version}" if told.entry.last_seen_version else ""
    return f"{name}: {'its columns changed' if told.changed else 'no change of its columns'}{version}."


def _marked(desk: Desk, block: blocks.Remembered) -> int:
    try:
        return mark_stale(desk, block)
    except SheetscoreError:  # an endpoint that failed has its line already
        return 0


def stop_calls(desk: Desk) -> None:
    """Stop all calls of this computer, or allow them again. Everything keeps its last scores."""
    stopped = not desk.settings.stopped
    desk.settings.stop_calls(stopped=stopped)
    if stopped:
        desk.ui.tell("Calls are stopped. Everything keeps its last scores until you click Stop calls again.")


def clear_cache(desk: Desk) -> None:
    """Forget the scores kept on this computer."""
    text = "Forget all stored scores? Rows that were paid for are then sent, and paid for, again."
    if desk.ui.ask(text, (CANCEL, CLEAR)) == CLEAR:
        desk.cache.clear()
        desk.ui.tell("The stored scores are gone. The workbook keeps its own.")
