"""The rows to score, read from a workbook."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from worker.scoring.errors import Problem
from worker.scoring.schema import Schema
from worker.workbooks.block import Block, read_block
from worker.workbooks.frames import to_series


@dataclass(frozen=True, slots=True)
class Input:
    """One block of rows.

    `frame` has the header texts as column names and one row for each row that is not wholly blank; numbers are int64
    when all are whole and none is blank, else float64; moments datetime64[us]; text, truth values and columns of mixed
    types object, with None for blank. `address` covers header and rows, `rows` are the sheet's row numbers, `letters`
    its columns, `formats` their number format codes. `problems` are cells that hold an error, or a formula without a
    stored value, `row` being the position in `frame`. `warnings` begin with a stable code.
    """

    frame: pd.DataFrame
    sheet: str
    address: str
    rows: npt.NDArray[np.int64]
    letters: tuple[str, ...]
    formats: tuple[str, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]

    def cell(self, row: int, column: str) -> str:
        """The address of a cell of `frame` in its sheet: `C42`."""
        return f"{self.letters[self.frame.columns.get_loc(column)]}{self.rows[row]}"


def read_input(path: str | os.PathLike[str], schema: Schema, where: str = "") -> Input:
    """Read the block that `where` names (a sheet, `Sheet!A1:F9`, a table, a defined name), or the one whose header row
    holds all the schema's inputs, exactly or but for case and outer blanks.

    Sheets that Sheetscore added are not searched. Raises WorkbookError. A file from a stranger belongs in
    `quarantine.read_apart`: a reader may end the process.
    """
    return to_input(read_block(path, schema.input_names, where))


def to_input(block: Block) -> Input:
    """The block with its columns as a frame."""
    frame = pd.DataFrame(
        {name: to_series(values) for name, values in zip(block.headers, block.columns, strict=True)},
        index=pd.RangeIndex(len(block.rows)),
    )
    return Input(
        frame=frame,
        sheet=block.sheet,
        address=block.address,
        rows=np.array(block.rows, np.int64),
        letters=block.letters,
        formats=block.formats,
        problems=block.problems,
        warnings=block.warnings,
    )
