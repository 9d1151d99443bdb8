"""Auto-score: a sheet whose scored blocks are scored again by themselves, a second after a change.

The add-in's VBA arms a timer on a change of a sheet that a hidden name beginning with AUTO refers to; the timer calls
`auto_score_tick`. Results are no inputs: what is written here never makes a block another one to be scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from addin import blocks, grid
from addin.actions.again import again, digest_of, reread
from addin.actions.desk import Desk
from addin.actions.errors import NotScored
from addin.blocks import Remembered, change
from addin.catalogue import Catalogue, Entry
from addin.grid import Area
from addin.messages import explain
from addin.ui import Progress, Question, RecordedProgress, Ui
from worker.scoring import SheetscoreError

AUTO = "_sheetscore_auto"
SWITCH_ON = "Switch on"
CANCEL = "Cancel"
WARNING = (
    "A second after each change the scored rows of this sheet are scored again. Each scoring clears Excel's own undo "
    "(Ctrl+Z)."
)


class Alone:
    """The Ui of a tick: nobody is there to answer, and no window opens while somebody types."""

    def __init__(self, ui: Ui) -> None:
        self._ui = ui

    def status(self, text: str | None) -> None:
        """As ever."""
        self._ui.status(text)

    def tell(self, text: str, report: str = "") -> None:
        """Status says it."""

    def ask(self, text: str, choices: Sequence[str]) -> str | None:  # noqa: ARG002 - nobody answers
        """Nothing."""
        return None

    def report(self, text: str, title: str = "") -> None:
        """Status says it."""

    def pairs(self, rows: Sequence[tuple[str, str, str]]) -> bool:  # noqa: ARG002
        """No."""
        return False

    def choose_readings(self, questions: Sequence[Question]) -> Mapping[int, int] | None:  # noqa: ARG002
        """Nothing."""
        return None

    def progress(self, title: str, rows: int) -> AbstractContextManager[Progress]:  # noqa: ARG002
        """No window."""
        return nullcontext(RecordedProgress())

    def pick_cell(self, text: str) -> Area | None:  # noqa: ARG002
        """None."""
        return None

    def add_endpoint(self, catalogue: Catalogue) -> Entry | None:  # noqa: ARG002
        """None."""
        return None

    def open_file(self, path: Path) -> None:
        """Nothing is opened."""


def auto_score(desk: Desk) -> None:
    """Switch auto-score on or off for the sheet in front."""
    sheet = grid.active_area(desk.book).sheet
    names = _names(desk, sheet)
    if names:
        change(desk.book, dict.fromkeys(names, None))
        return
    if not any(block.data.sheet == sheet for block in blocks.remembered(desk.book)):
        raise NotScored
    if desk.ui.ask(WARNING, (SWITCH_ON, CANCEL)) == SWITCH_ON:
        change(desk.book, {f"{AUTO}_{blocks.new_id()}": Area(sheet, 1, 1, 1, 1)})


def auto_score_tick(desk: Desk) -> None:
    """Score what changed on sheets with auto-score. Nothing is asked; an error switches the sheet's auto-score off."""
    if desk.settings.stopped:
        return
    for block in blocks.remembered(desk.book):
        names = _names(desk, block.data.sheet)
        if not names:
            continue
        try:
            _score(desk, block)
        except SheetscoreError as error:
            change(desk.book, dict.fromkeys(names, None))
            desk.ui.tell(f"{explain(error)} Auto-score is off for '{block.data.sheet}'.")


def _score(desk: Desk, before: Remembered) -> None:
    schema = desk.catalogue.endpoint(before.facts.endpoint).schema
    block = reread(desk, before)
    if digest_of(block, schema) == before.facts.inputs:
        return
    if len(block.frame) <= desk.settings.confirm_rows:
        again(replace(desk, ui=Alone(desk.ui)), before, alone=True)


def _names(desk: Desk, sheet: str) -> list[str]:
    """The hidden names that switch auto-score on for a sheet."""
    found = []
    for name in grid.names(desk.book, AUTO):
        area = grid.get_name(desk.book, name)
        if isinstance(area, Area) and area.sheet == sheet:
            found.append(name)
    return found
