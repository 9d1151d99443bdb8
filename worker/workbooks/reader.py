"""The rows to score, read from a workbook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from worker.scoring.binding import Binding
from worker.scoring.errors import Problem
from worker.scoring.schema import Schema
from worker.workbooks.block import Block, read_blocks
from worker.workbooks.errors import AmbiguousInput
from worker.workbooks.exchange import StoredBlock
from worker.workbooks.frames import to_series
from worker.workbooks.labels import Labels


class Rows(Protocol):
    """One block of rows, wherever it is kept. See Input."""

    @property
    def sheet(self) -> str:
        """The sheet it stands in."""

    @property
    def address(self) -> str:
        """Its header and rows: `Loans!B4:D254`."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was noticed: a stable code, then facts."""

    @property
    def shown(self) -> tuple[str, ...]:
        """What stands in the cells of its header."""

    @property
    def binding(self) -> Binding | None:
        """What the workbook says of its endpoint."""

    @property
    def count(self) -> int:
        """How many rows it has."""

    def take(self, start: int, stop: int) -> Input:
        """Some of the rows, as an input of their own."""


@dataclass(frozen=True, slots=True)
class Input:
    """One block of rows.

    `frame` has the header texts as column names and one row for each row that is not wholly blank; numbers are int64
    when all are whole and none is blank, else float64; moments datetime64[us]; text, truth values and columns of mixed
    types object, with None for blank. `address` covers header and rows, `rows` are the sheet's row numbers, `letters`
    its columns, `formats` their number format codes. `problems` are cells that hold an error, or a formula without a
    stored value, `row` being the position in `frame`. `warnings` begin with a stable code. `shown` is what stands in
    the header's cells, `binding` what the workbook says of its endpoint, None where it says nothing.
    """

    frame: pd.DataFrame
    sheet: str
    address: str
    rows: npt.NDArray[np.int64]
    letters: tuple[str, ...]
    formats: tuple[str, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    shown: tuple[str, ...] = ()
    binding: Binding | None = None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.frame)

    def cell(self, row: int, column: str) -> str:
        """The address of a cell of `frame` in its sheet: `C42`."""
        return f"{self.letters[self.frame.columns.get_loc(column)]}{self.rows[row]}"

    def take(self, start: int, stop: int) -> Input:
        """Some of the rows, as an input of their own."""
        within = (problem for problem in self.problems if start <= problem.row < stop)
        return replace(
            self,
            frame=self.frame.iloc[start:stop].reset_index(drop=True),
            rows=self.rows[start:stop],
            problems=tuple(replace(problem, row=problem.row - start) for problem in within),
        )


class StoredRows:
    """Rows that stay in a file until they are taken, so that a large block takes little memory."""

    def __init__(self, block: StoredBlock) -> None:
        self._block = block
        self.sheet = block.sheet
        self.address = block.address
        self.warnings = block.warnings
        self.shown = block.shown
        self.binding = block.binding
        self.count = block.count

    def take(self, start: int, stop: int) -> Input:
        """Some of the rows, as an input of their own."""
        block = self._block
        rows, columns = block.cells(start, stop)
        return Input(
            frame=_frame(block.headers, columns, len(rows)),
            sheet=block.sheet,
            address=block.address,
            rows=rows,
            letters=block.letters,
            formats=block.formats,
            problems=tuple(block.problems(start, stop)),
            warnings=block.warnings,
            shown=block.shown,
            binding=block.binding,
        )


def read_input(path: str | os.PathLike[str], schema: Schema, where: str = "", labels: Labels | None = None) -> Input:
    """Read the block that `where` names (a sheet, `Sheet!A1:F9`, a table, a defined name), or the one whose header row
    holds all the schema's inputs, exactly or but for case and outer blanks, or else their `labels`.

    Sheets that Sheetscore added are not searched. Raises WorkbookError, AmbiguousInput when there are several blocks. A
    file from a stranger belongs in `quarantine.read_apart`: a reader may end the process.
    """
    return only_one(read_inputs(path, schema, where, labels))


def read_inputs(
    path: str | os.PathLike[str], schema: Schema, where: str = "", labels: Labels | None = None
) -> list[Input]:
    """As `read_input`, every block there is."""
    return [_to_input(block) for block in read_blocks(path, schema.input_names, where, labels=labels)]


def only_one(inputs: Sequence[Input]) -> Input:
    """The only one. Raises AmbiguousInput."""
    if len(inputs) > 1:
        raise AmbiguousInput(tuple(source.address for source in inputs))
    return inputs[0]


def _to_input(block: Block) -> Input:
    rows = block.rows.to_numpy()
    return Input(
        frame=_frame(block.headers, [column.combine_chunks() for column in block.columns], len(rows)),
        sheet=block.sheet,
        address=block.address,
        rows=rows,
        letters=block.letters,
        formats=block.formats,
        problems=block.problems,
        warnings=block.warnings,
        shown=block.shown,
        binding=block.binding,
    )


def _frame(headers: Sequence[str], columns: Sequence[pa.Array], count: int) -> pd.DataFrame:
    series = {name: to_series(values) for name, values in zip(headers, columns, strict=True)}
    return pd.DataFrame(series, index=pd.RangeIndex(count))
