"""Auto-score: a sheet whose scored blocks are scored again by themselves, a second after a change.

The add-in's VBA arms a timer on a change of a sheet that a hidden name beginning with AUTO refers to; the timer calls
`auto_score_tick`. The name alone allows nothing: it ends in a token that must also stand among the person's own files,
so a workbook from somebody else sends no rows with its reader's key. Results are no inputs: what is written here never
makes a block another one to be scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from addin import blocks, consent, grid
from addin.actions.again import again, as_they_lie
from addin.actions.desk import Desk
from addin.actions.errors import NotScored
from addin.actions.prepare import apart_from
from addin.actions.stale import has_same_inputs, reread
from addin.blocks import Remembered, change
from addin.catalogue import Catalogue, Entry
from addin.grid import Area
from addin.grid.area import MOST_COLUMNS, MOST_ROWS
from addin.messages import explain
from addin.signin import SignedIn
from addin.ui import Progress, Question, RecordedProgress, Ui
from worker.scoring import Login, SheetscoreError

AUTO = "_sheetscore_auto"
SWITCH_ON = "Switch on"
CANCEL = "Cancel"
WARNING = (
    "A second after each change the scored rows of this sheet are scored again. Each scoring clears Excel's own undo "
    "(Ctrl+Z)."
)


class Alone:
    """The Ui of a tick: nobody is there to answer, and no window opens while somebody types. `asked` is the first
    question that would have been asked.
    """

    def __init__(self, ui: Ui) -> None:
        self._ui = ui
        self.asked: str | None = None

    def status(self, text: str | None) -> None:
        """As ever."""
        self._ui.status(text)

    def tell(self, text: str, report: str = "") -> None:
        """Status says it."""

    def ask(self, text: str, choices: Sequence[str]) -> str | None:  # noqa: ARG002 - nobody answers
        """Nothing."""
        self.asked = self.asked or text
        return None

    def report(self, text: str, title: str = "") -> None:
        """Status says it."""

    def pairs(self, rows: Sequence[tuple[str, str, str]]) -> bool:  # noqa: ARG002
        """No."""
        self.asked = self.asked or "Which columns are the inputs?"
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

    def sign_in(self, catalogue: Catalogue) -> SignedIn | None:  # noqa: ARG002
        """None."""
        return None

    def proxy_sign_in(self, proxy: str, refused: bool) -> Login | None:  # noqa: ARG002
        """None."""
        return None

    def open_file(self, path: Path) -> None:
        """Nothing is opened."""


def auto_score(desk: Desk) -> None:
    """Switch auto-score on or off for the sheet in front."""
    sheet = grid.active_area(desk.book).sheet
    names = _names(desk, sheet)
    if _mine(desk, names):
        _switch_off(desk, names)
        return
    if not any(block.data.sheet == sheet for block in blocks.remembered(desk.book)):
        raise NotScored
    if desk.ui.ask(WARNING, (SWITCH_ON, CANCEL)) == SWITCH_ON:
        token = consent.new_token()
        consent.agree(desk.folder, token)
        change(desk.book, {f"{AUTO}_{token}": Area(sheet, 1, 1, MOST_ROWS, MOST_COLUMNS)})


def auto_score_tick(desk: Desk) -> None:
    """Score what changed on sheets for which this person switched auto-score on. Nothing is asked: an error, or a
    question that would have to be asked, switches the sheet's auto-score off.
    """
    if desk.settings.stopped:
        return
    for block in as_they_lie(desk, blocks.remembered(desk.book)):
        mine = _mine(desk, _names(desk, block.data.sheet))
        if not mine:
            continue
        off = f"Auto-score is off for '{block.data.sheet}'."
        try:
            question = _score(desk, block)
        except SheetscoreError as error:
            _switch_off(desk, mine)
            desk.ui.tell(f"{explain(error)} {off}")
        except Exception:  # the door says that nobody foresaw it: once, not with each change
            _switch_off(desk, mine)
            raise
        else:
            if question:
                _switch_off(desk, mine)
                desk.ui.tell(f"{off} Somebody must answer first: {question} Click Score again. Sheet unchanged.")


def _score(desk: Desk, before: Remembered) -> str | None:
    """Score a block again if its inputs changed; not while it is blank, as when new rows are about to be pasted.

    Returns the question that nobody was there to answer.
    """
    schema = desk.catalogue.endpoint(before.facts.endpoint).schema
    block = reread(desk, before)
    blank = apart_from(block, before.scores).blank.all()
    if blank or has_same_inputs(before, block, schema) or len(block.frame) > desk.settings.confirm_rows:
        return None
    alone = Alone(desk.ui)
    again(replace(desk, ui=alone), before, alone=True)
    return alone.asked


def _mine(desk: Desk, names: Sequence[str]) -> list[str]:
    """Those names whose token this person agreed to."""
    agreed = consent.agreed(desk.folder)
    return [name for name in names if name.removeprefix(f"{AUTO}_") in agreed]


def _switch_off(desk: Desk, names: Sequence[str]) -> None:
    change(desk.book, dict.fromkeys(names))
    consent.withdraw(desk.folder, [name.removeprefix(f"{AUTO}_") for name in names])


def _names(desk: Desk, sheet: str) -> list[str]:
    """The hidden names that switch auto-score on for a sheet."""
    found = []
    for name in grid.names(desk.book, AUTO):
        area = grid.get_name(desk.book, name)
        if isinstance(area, Area) and area.sheet == sheet:
            found.append(name)
    return found
