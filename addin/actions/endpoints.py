"""Endpoints and switches: add, choose, ask again, stop calls, forget stored scores."""

from __future__ import annotations

from collections.abc import Sequence

from addin import blocks, grid
from addin.actions.desk import Desk
from addin.actions.errors import NoEndpoint
from addin.actions.stale import mark_stale
from addin.catalogue import Refreshed
from addin.messages import explain
from addin.signin import take_over, this_device
from worker.scoring import DeviceTaken, Owned, SheetscoreError
from worker.scoring.binding import NAMES

CLEAR = "Clear"
CANCEL = "Cancel"
REPLACE = "Replace"


def add_endpoint(desk: Desk) -> None:
    """Add an endpoint: its address, your key and a name for it. It is chosen from then on."""
    entry = desk.ui.add_endpoint(desk.catalogue)
    if entry is not None:
        desk.catalogue.select(entry.name)


def sign_in(desk: Desk) -> None:
    """Sign in with your company's token: choose from its endpoints, each with a key for this computer alone."""
    signed_in = desk.ui.sign_in(desk.catalogue)
    if signed_in is None:
        return
    device, lines = this_device(), list[str]()
    added, taken = list[str](), list[Owned]()

    def take(endpoint: Owned, *, replace: bool) -> None:
        try:
            added.append(take_over(desk.catalogue, signed_in.account, endpoint, device, replace=replace).name)
        except DeviceTaken:
            taken.append(endpoint)
        except SheetscoreError as error:  # the others are added all the same
            lines.append(f"{endpoint.label}: {explain(error, sheet=False)}")

    for endpoint in signed_in.chosen:
        take(endpoint, replace=False)
    if taken and desk.ui.ask(_taken([one.label for one in taken], device), (CANCEL, REPLACE)) == REPLACE:
        for endpoint in taken[:]:
            take(endpoint, replace=True)
    if added:
        desk.catalogue.select(added[0])
        lines.insert(0, f"Added: {', '.join(added)}. {added[0]} is chosen.")
    if lines:
        desk.ui.tell("\n".join(lines))


def _taken(labels: Sequence[str], device: str) -> str:
    return (
        f"There is a key called '{device}' already for {', '.join(labels)}. Replace it? The one before ends at once, "
        "wherever it is used."
    )


def select_endpoint(desk: Desk, index: int) -> None:
    """Choose the endpoint at a place in the list, counted from 0."""
    entries = desk.catalogue.entries()
    if index < len(entries):
        desk.catalogue.select(entries[index].name)


def offer_endpoint(desk: Desk) -> None:
    """Choose the endpoint that the workbook was made for, if it is on the person's list. Nothing is sent or said."""
    told = {field: grid.get_name(desk.book, name) for field, name in NAMES.items()}
    if not all(isinstance(text, str) and text for text in told.values()):
        return
    for entry in desk.catalogue.entries():
        if entry.url.rpartition("/")[2] == told["endpoint"]:
            desk.catalogue.select(entry.name)


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
