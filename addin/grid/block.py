"""Rows to be scored, as they stood in the sheet when they were read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from addin.grid.area import Area
from worker.scoring import Problem

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of data rows and what belongs to it.

    `area` holds the data rows only, without trailing blank rows and columns. `headers` is None where there are none at
    all; `header_row` is also None where the names are those of a table that hides its header row. `frame` has object
    columns of float, str, bool, datetime or None, named by the headers ("Column 3" for a blank one), and the sheet's
    row numbers as its index. `problems` are the error cells, each a `Problem` with a 0-based row of the frame.
    `table` is the table's name, if the rows lie in one. `blank` marks rows with nothing in them: they stay and are
    never scored. `filtered` marks rows hidden by a filter; rows hidden by hand are not among them.
    `fingerprint` changes with any cell of the area or of its header.
    """

    area: Area
    headers: tuple[str, ...] | None
    header_row: int | None
    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    table: str | None
    blank: Mask
    filtered: Mask
    fingerprint: str
