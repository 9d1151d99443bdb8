"""Cells as they come in JSON, to the arrays that `Columns` promises; what would be changed on the way is a problem.

Text is read as a number, boolean or date where it is one exactly, because classic clients send every value as text.
A column whose cells have one plain type is converted whole; the result is the same as cell by cell (a test compares).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import Column, Columns, ColumnType, Schema

MOST_PROBLEMS = 100
"""No more than this many problems are listed for one column."""

MOST_PLANS = 256
EXACT = 2**53
"""Integers are exact up to here, in a spreadsheet and in this product."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)

Cells = Sequence[Any]
Converted = tuple[npt.NDArray[Any], list[Problem]]


class _BadCell(Exception):
    def __init__(self, kind: ProblemKind) -> None:
        self.kind = kind


def read_columns(cells: Mapping[str, Cells], schema: Schema) -> tuple[Columns, list[Problem]]:
    """Every input of the schema from cells that are None, bool, int, float, str, list or dict (what JSON has).

    Problems come in row order, at most MOST_PROBLEMS for a column; their cells hold the null of their type.
    """
    names = schema.input_names
    if len(cells[names[0]]) == 1 and (columns := read_row(names, [cells[name][0] for name in names], schema)):
        return columns, []
    columns = {}
    problems: list[Problem] = []
    for column in schema.inputs:
        columns[column.name], found = read_column(column, cells[column.name])
        problems += found
    problems.sort(key=lambda problem: problem.row)
    return columns, problems


def objects(values: Cells) -> npt.NDArray[np.object_]:
    """An array that holds the values as they are."""
    array = np.empty(len(values), object)
    array[:] = values
    return array


_some = np.logical_or.reduce  # as `any`, without the Python around it that costs more than one row does


def from_floats(column: Column, numbers: npt.NDArray[np.float64]) -> npt.NDArray[Any] | None:
    """A number or integer column from float64, NaN being blank; None when a cell is a problem or may not be exact."""
    blank = np.isnan(numbers)
    blanks = bool(_some(blank))
    if blanks and not column.nullable:
        return None
    if column.minimum is not None and _some(numbers < column.minimum):
        return None
    if column.maximum is not None and _some(numbers > column.maximum):
        return None
    if column.type is ColumnType.NUMBER:
        return numbers
    whole = np.where(blank, 0, numbers) if blanks else numbers
    # From 2**53 on a float64 no longer says which integer stood there.
    if _some((np.abs(whole) >= EXACT) | (np.trunc(whole) != whole)):
        return None
    integers = whole.astype(np.int64)
    if not blanks:
        return integers
    array = objects(integers.tolist())
    array[blank] = None
    return array


def read_column(column: Column, values: Cells) -> Converted:
    """One column; see `read_columns`."""
    if len(values) == 1 and _is_plain(column, values[0]):
        return np.array(values, _DTYPES[column.type]), []
    return _READERS[column.type](column, values)


def read_row(names: tuple[Any, ...], row: list[Any], schema: Schema) -> Columns | None:
    """The columns of one row, if `names` are those of the inputs in their order and each cell is a value as it stands,
    else None. Most calls bring one such row, for which the way of many rows costs several times as much.
    """
    return row_columns([row], schema) if names == row_names(schema) and is_plain_row(row, schema) else None


def row_names(schema: Schema) -> tuple[str, ...]:
    """Names of the inputs, made once."""
    return _row_plan(schema.inputs).names


def is_plain_row(row: list[Any], schema: Schema) -> bool:
    """Whether each cell, in the order of the inputs, is a value of its column as it stands."""
    plan = _row_plan(schema.inputs)
    if len(row) != len(plan.names):
        return False
    settled = [*map(type, row)] == plan.types and not isnan(sum([row[at] for at, _ in plan.numbers]))
    for at, column in plan.limited if settled else plan.columns:  # noqa: SIM110 - all() would cost a generator
        if not _is_plain(column, row[at]):
            return False
    return True


def row_columns(rows: list[list[Any]], schema: Schema) -> Columns:
    """The columns of plain rows. Numbers are parts of one array."""
    plan = _row_plan(schema.inputs)
    places = [at for at, _ in plan.numbers]
    numbers = np.array([[row[at] for at in places] for row in rows], np.float64).T.copy()
    columns: Columns = {name: part for (_, name), part in zip(plan.numbers, numbers, strict=True)}
    for at, name, dtype in plan.others:
        columns[name] = np.array([row[at] for row in rows], dtype)
    return columns


@dataclass(frozen=True, slots=True)
class _RowPlan:
    """What reading one row of `inputs` needs of them. Columns are given by their place; `limited` are those whose
    values the type alone does not settle.
    """

    inputs: tuple[Column, ...]
    names: tuple[str, ...]
    types: list[type]
    columns: list[tuple[int, Column]]
    limited: list[tuple[int, Column]]
    numbers: list[tuple[int, str]]
    others: list[tuple[int, str, type]]


_row_plans: dict[int, _RowPlan] = {}


def _row_plan(inputs: tuple[Column, ...]) -> _RowPlan:
    """Made once for each contract in memory, which it keeps there: its place in memory is what it is found by."""
    found = _row_plans.get(id(inputs))
    if found is None:
        columns = list(enumerate(inputs))
        number = [column.type is ColumnType.NUMBER for column in inputs]
        free = [n and c.minimum is None and c.maximum is None for n, c in zip(number, inputs, strict=True)]
        found = _RowPlan(
            inputs,
            tuple([column.name for column in inputs]),
            [_PLAIN.get(column.type, NoneType) for column in inputs],
            columns,
            [(at, column) for at, column in columns if not free[at]],
            [(at, column.name) for at, column in columns if number[at]],
            [(at, c.name, _DTYPES.get(c.type, np.object_)) for at, c in columns if not number[at]],
        )
        if len(_row_plans) >= MOST_PLANS:
            _row_plans.clear()
        _row_plans[id(inputs)] = found
    return found


def _is_plain(column: Column, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a cell is a value of its column as it stands; a blank number is one too."""
    kind = type(value)
    if kind is str:
        return value in column.categories and column.type is ColumnType.TEXT
    if value is None:
        return column.nullable and column.type is ColumnType.NUMBER
    if kind is float:
        fits = column.type is ColumnType.NUMBER
    else:
        fits = kind is int and column.type in _NUMERIC and -EXACT < value < EXACT
    low, high = column.minimum, column.maximum
    return fits and value == value and (low is None or value >= low) and (high is None or value <= high)  # noqa: PLR0124 - NaN


def _read_number(column: Column, values: Cells) -> Converted:
    numbers = _floats(values)
    quick = None if numbers is None else from_floats(column, numbers)
    if quick is not None:
        return quick, []
    read = _number if column.type is ColumnType.NUMBER else _integer
    clean, problems = _one_by_one(column, values, lambda value: _in_range(column, read(value)))
    if column.type is ColumnType.NUMBER:
        return np.array(clean, np.float64), problems
    return objects(clean) if None in clean else np.array(clean, np.int64), problems


def _floats(values: Cells) -> npt.NDArray[np.float64] | None:
    """The column as float64, null as NaN, when it has one plain type; None when it must be read cell by cell."""
    kinds = set(map(type, values))
    if kinds <= {float, int, NoneType}:
        return np.array(values, np.float64)
    if not kinds <= {str, NoneType}:
        return None
    joined = "".join(filter(None, values))
    if not joined.isascii() or "_" in joined:  # Python reads 1_000 and digits of every script
        return None
    try:
        numbers = np.array([float(value or "nan") for value in values])
    except ValueError:
        return None
    odd = np.flatnonzero(~np.isfinite(numbers))
    return None if any(values[row] for row in odd.tolist()) else numbers


def _read_boolean(column: Column, values: Cells) -> Converted:
    if set(map(type, values)) <= {bool}:
        return objects(values), []
    clean, problems = _one_by_one(column, values, _boolean)
    return objects(clean), problems


def _read_text(column: Column, values: Cells) -> Converted:
    try:
        different = set(values)
    except TypeError:  # a list or an object among them
        different = {0}
    if not set(map(type, different)) <= {str, NoneType}:
        clean, problems = _one_by_one(column, values, lambda value: _text(value, column))
        return objects(clean), problems
    blanks = {value for value in different if value is None or _is_blank(value, column)}
    bad = different - blanks - set(column.categories) if column.categories else set()
    if bad or (blanks and not column.nullable):
        clean, problems = _one_by_one(column, values, lambda value: _text(value, column))
        return objects(clean), problems
    if blanks - {None}:
        values = [None if value in blanks else value for value in values]
    return objects(values), []


def _read_datetime(column: Column, values: Cells) -> Converted:
    clean, problems = _one_by_one(column, values, _datetime)
    return objects(clean), problems


def _one_by_one(column: Column, values: Cells, convert: Callable[[Any], Any]) -> tuple[list[Any], list[Problem]]:
    clean: list[Any] = []
    problems: list[Problem] = []
    for row, value in enumerate(values):
        try:
            read = _or_blank(column, value, convert)
        except _BadCell as bad:
            read = None
            if len(problems) < MOST_PROBLEMS:
                problems.append(_problem(column, row, value, bad.kind))
        clean.append(read)
    return clean, problems


def _or_blank(column: Column, value: object, convert: Callable[[Any], Any]) -> object:
    read = None if value is None else convert(value)
    if read is None and not column.nullable:
        raise _BadCell(ProblemKind.BLANK)
    return read


def _problem(column: Column, row: int, value: object, kind: ProblemKind) -> Problem:
    wanted: tuple[str, ...] = ()
    if kind is ProblemKind.NOT_A_CATEGORY:
        wanted = column.categories
    elif kind is ProblemKind.OUT_OF_RANGE:
        wanted = tuple("" if bound is None else f"{bound:.15g}" for bound in (column.minimum, column.maximum))
    return Problem(row, kind, column.name, value, wanted)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise _BadCell(ProblemKind.NOT_A_NUMBER)
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _BadCell(ProblemKind.NOT_A_NUMBER)
    if not np.isfinite(float(value)):
        raise _BadCell(ProblemKind.NOT_FINITE)
    return float(value)


def _in_range(column: Column, value: float | None) -> float | None:
    if value is None:
        return None
    low = column.minimum is not None and value < column.minimum
    if low or (column.maximum is not None and value > column.maximum):
        raise _BadCell(ProblemKind.OUT_OF_RANGE)
    return value


def _integer(value: object) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    exact = value if isinstance(value, int) and not isinstance(value, bool) else _number(value)
    if exact is None:
        return None
    if abs(exact) > EXACT:
        raise _BadCell(ProblemKind.TOO_LARGE)
    if exact != int(exact):
        raise _BadCell(ProblemKind.NOT_WHOLE)
    return int(exact)


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else "?"
    if text not in {"true", "false", ""}:
        raise _BadCell(ProblemKind.NOT_A_BOOLEAN)
    return text == "true" if text else None


def _text(value: object, column: Column) -> str | None:
    if not isinstance(value, str):
        raise _BadCell(ProblemKind.NOT_TEXT)
    if _is_blank(value, column):
        return None
    if column.categories and value not in column.categories:
        raise _BadCell(ProblemKind.NOT_A_CATEGORY)
    return value


def _is_blank(value: str, column: Column) -> bool:
    return (not value or value.isspace()) and value not in column.categories


def _datetime(value: object) -> str | None:
    """ISO 8601 with whole seconds; a time zone only when it is UTC."""
    text = value.strip() if isinstance(value, str) else "?"
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _BadCell(ProblemKind.NOT_A_DATE) from None
    if moment.microsecond or (moment.tzinfo is not None and moment.utcoffset() != UTC.utcoffset(None)):
        raise _BadCell(ProblemKind.NOT_A_DATE)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


_NUMERIC = (ColumnType.NUMBER, ColumnType.INTEGER)
_PLAIN: dict[ColumnType, type] = {ColumnType.NUMBER: float, ColumnType.INTEGER: int, ColumnType.TEXT: str}
_DTYPES: dict[ColumnType, type] = {
    ColumnType.NUMBER: np.float64,
    ColumnType.INTEGER: np.int64,
    ColumnType.TEXT: np.object_,
}
_READERS: dict[ColumnType, Callable[[Column, Cells], Converted]] = {
    ColumnType.NUMBER: _read_number,
    ColumnType.INTEGER: _read_number,
    ColumnType.BOOLEAN: _read_boolean,
    ColumnType.TEXT: _read_text,
    ColumnType.DATETIME: _read_datetime,
}
