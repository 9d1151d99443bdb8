"""A column of cells with one formula, filled down: scored in one call instead of one for each cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import xlwings as xw

from addin.formulas.argument import Argument, Rows, block, values
from addin.grid.area import MOST_ROWS, Area
from addin.grid.cells import as_rows

REACHES = (100, 5_000)
"""So many rows above and below the calling cell are looked at, more where the stretch goes on."""

_QUOTED = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')
_CALL = re.compile(r"=(?:(?:IFERROR|IFNA|ROUND)\()*(?:[\w.\[\]]*!)?SCORE\(", re.IGNORECASE)
_OWN_ROW = re.compile(r"(R(?:\[-?\d+\])?)C(?:\[-?\d+\]|\d+)?(?::(R(?:\[-?\d+\])?)C(?:\[-?\d+\]|\d+)?)?")
_TABLE_ROW = re.compile(r"[^\W\d][\w.]*\[(?:@.*|\[#This Row\],.*)\]", re.IGNORECASE)
_LITERAL = r'"*|[+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?|TRUE|FALSE|\{[^{}]*\}'
_CORNER = r"(?:R\d+(?:C(?:\d+|\[-?\d+\])?)?|C\d+)"
_FIXED = rf"(?:[^!()@]+!)?{_CORNER}(?::{_CORNER})?"
_TABLE_FIXED = r"[^\W\d][\w.]*\[(?!-?\d*\])(?!.*(?:@|#This Row)).*\]"
_SAME_FOR_ALL = re.compile(f"{_LITERAL}|{_FIXED}|{_TABLE_FIXED}", re.IGNORECASE)
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of adjacent cells with the formula of one of them: `top` is the row of the first such cell, `data` are the
    raw cells that each of them refers to, `data_top` the row of the first.
    """

    top: int
    data_top: int
    rows: Rows

    def __contains__(self, row: int) -> bool:
        return self.top <= row < self.top + len(self.rows)


def moves_with_row(formula: str) -> bool:
    """Whether a formula in R1C1 style, filled down, scores for each cell one row at the same distance, and all else in
    it is the same for each cell.

    So it must be SCORE, alone or within IFERROR, IFNA or ROUND, of cells in one row of the same sheet (`RC[-6]:RC[-1]`)
    or of this row of a table (`Sales[@[age]:[income]]`); its other arguments are constants, or references that do not
    move (`R1C1:R1C6`, `Sales[#Headers]`). A defined name may refer to another cell for each row. A condition around it
    could mean that some rows shall not be scored.
    """
    bare = _QUOTED.sub(lambda found: ('"' if found[0][0] == '"' else "_") * len(found[0]), formula)
    call = _CALL.match(bare)
    if call is None or bare.upper().count("SCORE(") != 1:
        return False
    arguments = split_arguments(bare[call.end() :])
    if not arguments:
        return False
    data, *others = (argument.strip() for argument in arguments)
    own = _OWN_ROW.fullmatch(data)
    in_row = (own is not None and own[2] in {None, own[1]}) or _TABLE_ROW.fullmatch(data) is not None
    return in_row and all(_SAME_FOR_ALL.fullmatch(other) for other in others)


def split_arguments(text: str) -> list[str]:
    """The arguments up to the bracket that closes the call; none when it is not closed. Texts are blanked out."""
    arguments: list[str] = []
    start = 0
    opened: list[str] = []
    for at, sign in enumerate(text):
        if sign in "([{":
            opened.append(sign)
        elif sign in ")]}":
            if not opened and sign == ")":
                return [*arguments, text[start:at]]
            if not opened or opened.pop() != _PAIRS[sign]:
                return []
        elif sign == "," and not opened:
            arguments.append(text[start:at])
            start = at + 1
    return []


def formula_of(cell: xw.Range) -> str:
    """The formula of a cell in R1C1 style, in English, blank when there is none."""
    formula = cell.api.FormulaR1C1
    return formula if isinstance(formula, str) else ""


def find_run(cell: xw.Range, at: Area, formula: str, data: Argument) -> Run | None:
    """The cells around the calling one, `at`, that hold the same formula, with the rows they refer to: two or three
    questions to Excel. None when it stands alone, or when the formula does not move with its row.
    """
    if data.cells is None or data.area is None or data.area.rows != 1 or data.area.sheet != at.sheet:
        return None
    if not moves_with_row(formula):
        return None
    distance = data.area.top - at.top
    for reach in REACHES:
        first = max(1, 1 - distance, at.top - reach)
        last = min(MOST_ROWS, MOST_ROWS - distance, at.top + reach)
        formulas = as_rows(block(cell.sheet, first, at.left, last - first + 1, 1).api.FormulaR1C1)
        top, bottom = _same([row[0] for row in formulas], at.top - first, formula)
        if top > 0 and bottom + 1 < len(formulas):
            break
    if top == bottom:
        return None
    data_top = first + top + distance
    cells = block(data.cells.sheet, data_top, data.area.left, bottom - top + 1, data.area.columns)
    return Run(first + top, data_top, values(cells))


def _same(formulas: Sequence[object], at: int, formula: str) -> tuple[int, int]:
    """First and last place of the stretch around one place where all formulas are the same."""
    top = bottom = at
    while top > 0 and formulas[top - 1] == formula:
        top -= 1
    while bottom + 1 < len(formulas) and formulas[bottom + 1] == formula:
        bottom += 1
    return top, bottom
