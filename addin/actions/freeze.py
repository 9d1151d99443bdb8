"""Freeze scores: SCORE formulas become values that stay, with a note of where they come from."""

from __future__ import annotations

import re

from addin import grid
from addin.actions.desk import Desk
from addin.catalogue import UnknownEndpoint
from addin.grid.formulas import formulas, refuse_protected, to_values
from addin.grid.ownsheets import used_area

FREEZE = "Freeze"
CANCEL = "Cancel"
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|'(?:[^']|'')*'|(?P<score>(?<![\w.])SCORE\()|.""", re.IGNORECASE | re.DOTALL
)
"""Texts, quoted names of sheets and workbooks, calls of SCORE (not of CREDIT.SCORE), any other character."""


def freeze_scores(desk: Desk) -> None:
    """Turn SCORE formulas into values with a note: those of the selection, or of the sheet if one cell is selected.

    Raises GridError SHEET_PROTECTED.
    """
    selected = grid.active_area(desk.book)
    used = used_area(desk.book, selected.sheet)
    area = used if selected.rows == selected.columns == 1 else used.meet(selected)
    found = list(formulas(desk.book, area, lambda text: _arguments(text) is not None)) if area else []
    if not found:
        desk.ui.tell("There is no SCORE formula here.")
        return
    refuse_protected(desk.book, selected.sheet)
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
    chosen = desk.catalogue.selected()
    named = (_arguments(formula) or [])[1:2]
    name = named[0] if named and named[0] else chosen.name if chosen else ""
    try:
        version = desk.catalogue.entry(name).last_seen_version
    except UnknownEndpoint:
        version = ""
    told = f", model version {version}" if version else ""
    return f"Frozen {desk.clock():%Y-%m-%d %H:%M}: endpoint {name or '?'}{told}. Was {formula}"


def _arguments(formula: str) -> list[str] | None:
    """The arguments of the first call of SCORE in a formula, texts without their quotes; None when there is none."""
    tokens = iter(_TOKEN.finditer(formula))
    if not any(token["score"] for token in tokens):
        return None
    depth, found = 0, [""]
    for token in tokens:
        part = token[0]
        if part == ")" and not depth:
            break
        depth += (part in {"(", "{"} or token["score"] is not None) - (part in {")", "}"})
        if part in {",", ";"} and not depth:
            found.append("")
        else:
            found[-1] += part[1:-1].replace('""', '"') if token["text"] else part
    return [argument.strip() for argument in found]
