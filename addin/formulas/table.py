"""The rows that a formula wants scored: cells turned into the table that the scorer takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from addin.formulas.argument import Argument, Rows
from addin.formulas.errors import FormulaError, FormulaFault
from addin.grid.area import Area
from addin.grid.cells import as_plain, error_name, error_rows
from worker.scoring import ColumnType, Problem, ProblemKind, Schema
from worker.scoring.schema import match_key

_NUMBERS = frozenset({float, type(None)})
_NUMERIC = (ColumnType.NUMBER, ColumnType.INTEGER)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to be scored: `frame` leaves out rows with nothing in them, `places` says which of the `rows` data rows each
    of its rows is. `problems` are the error cells; `area` is where the data rows are, if they are a range.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    places: npt.NDArray[np.intp]
    rows: Rows
    area: Area | None

    def where(self, row: int, column: str | None) -> str | None:
        """The address of a cell of the frame, such as C7; None when it has none."""
        if self.area is None or column is None:
            return None
        return self.area.cell(int(self.places[row]), list(self.frame.columns).index(column))


def make_table(data: Argument, names: Sequence[str], *, titled: bool) -> Table:
    """The table that `data` holds under these column names; `titled` leaves out its first row."""
    rows = data.rows[1:] if titled else data.rows
    arrays = [_array(column) for column in zip(*rows, strict=True)] or [np.empty(0, object) for _ in names]
    blank = np.ones(len(rows), bool)
    for array in arrays:
        blank[blank] = pd.isna(array[blank])
    places = np.flatnonzero(~blank)
    if len(places) < len(rows):
        arrays = [array[places] for array in arrays]
    problems = [problem for array, name in zip(arrays, names, strict=True) for problem in _errors(array, name)]
    columns = {place: pd.Series(array, dtype=array.dtype) for place, array in enumerate(arrays)}
    frame = pd.DataFrame(columns).set_axis(list(names), axis="columns")
    area = data.area
    if area is not None and titled:
        area = replace(area, top=area.top + 1, rows=max(1, area.rows - 1))
    return Table(frame, tuple(problems), places, rows, area)


def _array(column: Sequence[Any]) -> npt.NDArray[Any]:
    if _NUMBERS.issuperset(map(type, column)):
        return np.array(column, np.float64)  # None becomes NaN
    array = np.empty(len(column), object)
    array[:] = as_plain(column)
    return array


def _errors(array: npt.NDArray[Any], name: str) -> list[Problem]:
    """The error cells of a column, which are blanked out."""
    if array.dtype != object:
        return []
    rows = error_rows(array.tolist())
    problems = [Problem(row, ProblemKind.ERROR_CELL, name, array[row]) for row in rows]
    array[rows] = None
    return problems


def column_names(data: Argument, headers: Argument | None, schema: Schema) -> tuple[list[str], bool]:
    """The names of the data's columns, and whether its first row are these names rather than data.

    `headers` TRUE: it is. FALSE: there are none, columns go by position. A range of as many cells as the data have
    columns: the names. Not given: the first row is taken for the names when it names more than half of the endpoint's
    inputs, else columns go by position, unless the first of several rows still reads like headers: then nothing is
    guessed. Raises FormulaError HEADERS_WIDTH, HEADERS_UNKNOWN, COLUMN_COUNT, BAD_ARGUMENT.
    """
    first = list(map(name_of, data.rows[0]))
    given = [] if headers is None or headers.is_blank else headers.flat()
    if not given:
        titled = names_inputs(first, schema)
        if not titled:
            _refuse_headers(data, schema)
    elif len(given) == 1 and isinstance(given[0], bool):
        titled = given[0]
    elif len(given) == data.width and not isinstance(given[0], bool):
        return list(map(name_of, given)), False
    elif len(given) == 1:
        raise FormulaError(FormulaFault.BAD_ARGUMENT, "headers")
    else:
        raise FormulaError(FormulaFault.HEADERS_WIDTH, found=len(given), wanted=data.width)
    return (first if titled else _by_position(data, schema)), titled


def names_inputs(row: Sequence[str], schema: Schema) -> bool:
    """Whether a row names more than half of the endpoint's inputs."""
    return 2 * len(_named(row, schema)) > len(schema.input_names)


def _named(row: Sequence[str], schema: Schema) -> set[str]:
    return {match_key(name) for name in row} & {match_key(name) for name in schema.input_names}


def _refuse_headers(data: Argument, schema: Schema) -> None:
    """Raise HEADERS_UNKNOWN when the first of several rows names an input, or holds texts alone where numbers belong.

    Its columns may stand in another order than the inputs; by position each row would be scored with the wrong one.
    """
    if len(data.rows) == 1:
        return
    first = data.rows[0]
    named = _named([value for value in first if isinstance(value, str)], schema)
    wanted = dict(zip(schema.inputs, first, strict=False))
    texts = all(isinstance(value, str) for value in first if value is not None)
    misplaced = any(isinstance(value, str) and column.type in _NUMERIC for column, value in wanted.items())
    if named or (texts and misplaced):
        missing = [name for name in schema.input_names if match_key(name) not in named]
        raise FormulaError(FormulaFault.HEADERS_UNKNOWN, ", ".join(missing))


def _by_position(data: Argument, schema: Schema) -> list[str]:
    if data.width != len(schema.inputs):
        raise FormulaError(FormulaFault.COLUMN_COUNT, found=data.width, wanted=len(schema.inputs))
    return list(schema.input_names)


def name_of(value: object) -> str:
    """A cell as a name: 2020 is "2020", a blank cell "", an error its name."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}"
    return (error_name(value) or str(value)) if value is not None else ""
