"""Freeze scores: SCORE formulas become values that stay, with a note of where they come from."""

from __future__ import annotations

import re

from addin import grid
from addin.actions.desk import Desk
from addin.catalogue import UnknownEndpoint
from addin.grid.formulas import formulas, to_values
from addin.grid.ownsheets import used_area

FREEZE = "Freeze"
CANCEL = "Cancel"
_SCORE = re.compile(r"\bSCORE\(", re.IGNORECASE)
_NAMED = re.compile(r'\bSCORE\([^",;]*[,;]\s*"((?:[^"]|"")+)"', re.IGNORECASE)


def freeze_scores(desk: Desk) -> None:
    """Turn SCORE formulas into values with a note: those of the selection, or of the sheet if one cell is selected."""
    selected = grid.active_area(desk.book)
    used = used_area(desk.book, selected.sheet)
    area = used if selected.rows == selected.columns == 1 else used.meet(selected)
    found = list(formulas(desk.book, area, lambda text: bool(_SCORE.search(text)))) if area else []
    if not found:
        desk.ui.tell("There is no SCORE formula here.")
        return
    many = (
        "1 SCORE formula becomes a value that stays"
        if len(found) == 1
        else f"{len(found):,} SCORE formulas become values that stay"
    )
    if desk.ui.ask(f"{many}. This cannot be undone.", (CANCEL, FREEZE)) != FREEZE:
        return
    for cells, text in found:
        to_values(desk.book, cells, _note(desk, text))


def _note(desk: Desk, formula: str) -> str:
    named = _NAMED.search(formula)
    chosen = desk.catalogue.selected()
    name = named[1].replace('""', '"') if named else chosen.name if chosen else ""
    try:
        version = desk.catalogue.entry(name).last_seen_version
    except UnknownEndpoint:
        version = ""
    told = f", model version {version}" if version else ""
    return f"Frozen {desk.clock():%Y-%m-%d %H:%M}: endpoint {name or '?'}{told}. Was {formula}"
