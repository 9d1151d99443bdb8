"""One call of SCORE, and what a worksheet function gives."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import xlwings as xw

from addin.formulas.argument import Argument, exact
from addin.formulas.reasons import Reasons
from addin.formulas.spill import Spill
from addin.grid.area import Area
from addin.neighbours import formula_of


@dataclass(frozen=True, slots=True)
class Filled:
    """A cell that asks for one row, as where a formula is filled down: the cell, where it is, where its row is, and its
    formula in R1C1 style.
    """

    cell: xw.Range
    at: Area
    data: Area
    formula: str


@dataclass(frozen=True, slots=True)
class Call:
    """What SCORE was called with; `filled` is None where more than one row is asked for."""

    data: Argument
    endpoint: str
    outputs: Argument | None
    headers: Argument | None
    filled: Filled | None

    @property
    def asked(self) -> Hashable:
        """What the cells that can be scored together have in common, besides their formula."""
        return (self.endpoint, *(a and exact(a.flat()) for a in (self.outputs, self.headers)))


def filled_cell(origin: xw.Range | None, at: Area | None, data: Argument) -> Filled | None:
    """The calling cell, if it is one cell that asks for one row of cells."""
    if origin is None or at is None or data.area is None:
        return None
    if not at.rows == at.columns == data.area.rows == 1:
        return None
    return Filled(origin, at, data.area, formula_of(origin))


@dataclass(frozen=True, slots=True)
class Result:
    """The cells a function gives, and what SCORE_STATUS is to know of them: the `data` rows that were scored, where
    their reasons begin (`first`), and whether a row of names stands above them.
    """

    cells: Spill
    reasons: Reasons
    data: Argument | None = None
    titled: bool = False
    first: int = 0
