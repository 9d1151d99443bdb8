"""What each button does: the allow-list of the ribbon's door, and the page of help made of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from addin.actions import again, auto, check, endpoints, freeze, looking, scoring
from addin.actions.desk import Desk

Action = Callable[[Desk], None]


def help_(desk: Desk) -> None:
    """Say what each button does."""
    lines = [f"{_LABELS[name]}: {_first_line(action)}" for name, action in ACTIONS.items() if name in _LABELS]
    desk.ui.report("\n\n".join([*lines, FUNCTIONS]), "What the buttons do")


ACTIONS: dict[str, Action] = {
    "add_endpoint": endpoints.add_endpoint,
    "sign_in": endpoints.sign_in,
    "refresh": endpoints.refresh,
    "schema": looking.schema,
    "sample_data": looking.sample_data,
    "check_inputs": check.check_inputs,
    "score_selection": scoring.score_selection,
    "score_table": scoring.score_table,
    "score_sheet": scoring.score_sheet,
    "score_again": again.score_again,
    "undo_scoring": looking.undo_scoring,
    "freeze_scores": freeze.freeze_scores,
    "auto_score": auto.auto_score,
    "auto_score_tick": auto.auto_score_tick,
    "stop_calls": endpoints.stop_calls,
    "clear_cache": endpoints.clear_cache,
    "offer_endpoint": endpoints.offer_endpoint,
    "log": looking.log,
    "help": help_,
}
"""Actions that take no argument, by the tag of their button."""

INDEXED: dict[str, Callable[[Desk, int], None]] = {"select_endpoint": endpoints.select_endpoint}
"""Actions that take a number."""

_BY_ITSELF = {"auto_score_tick", "offer_endpoint"}
_LABELS = {name: name.replace("_", " ").capitalize() for name in ACTIONS if name not in _BY_ITSELF}
_LABELS |= {"auto_score": "Auto-score", "clear_cache": "Clear stored scores"}

FUNCTIONS = (
    "In cells (Windows): =SCORE(data) scores rows, =SCORE_SCHEMA() shows what an endpoint takes, =SCORE_SAMPLE() "
    "sample rows, =SCORE_ENDPOINTS() your endpoints, =SCORE_STATUS(cell) why a row has no score."
)


def _first_line(action: Action) -> str:
    return inspect.cleandoc(action.__doc__ or "").split("\n\n")[0].replace("\n", " ")
