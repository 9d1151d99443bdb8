"""The check before any call: what the endpoint would refuse, or silently change, is named with its row and column.

A value is only converted where nothing is lost: 3.0 is the integer 3, 7 the text "7". Servers of this kind truncate
3.9, read the serial number of an Excel date as 1970 and the text "no" as true, and answer 200 (MLflow 3.17, Azure's
inference server).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from worker.scoring.cells import EXACT, Cells, Kind, Mask, read_cells
from worker.scoring.errors import DuplicateColumns, MissingColumns, MissingParameters, NoRows, Problem, ProblemKind
from worker.scoring.schema import Column, Columns, ColumnType, Schema, match_key

Faults = list[tuple[ProblemKind, Mask]]
"""Where each rule is broken; a cell has the first fault that covers it."""

_FIRST_DATE = np.datetime64("0001-01-01T00:00:00", "s")
_NO_DAY = np.datetime64("1899-12-30"), np.datetime64("1900-01-01")
"""A spreadsheet's serial numbers below 2, as its libraries give them: a time of day alone (12:30) is the first of these
two days, not a date (openpyxl.utils.datetime.from_excel; day 0 of OLE's dates).
"""
_LAST_DATE = np.datetime64("9999-12-31T23:59:59", "s")


@dataclass(frozen=True, slots=True)
class Checked:
    """A table after the check.

    `columns` holds every input of the schema for all rows, with null where a cell is bad; `good` says which rows have
    no problem; `pass_through` are the positions of columns that the endpoint does not take.
    """

    columns: Columns
    good: Mask
    problems: tuple[Problem, ...]
    pass_through: tuple[int, ...]


def check(frame: pd.DataFrame, schema: Schema, known: Sequence[Problem] = ()) -> Checked:
    """Check every cell of a table of any pandas types.

    `known` are problems found earlier (an error cell, say): their rows are bad, their cells are not reported twice.
    Those of columns that the endpoint does not take are dropped. Problems come in row order, and within a row in the
    schema's order. A datetime is kept to the nearest second, a category becomes the schema's own spelling.
    Raises MissingParameters, DuplicateColumns, MissingColumns, NoRows.
    """
    if schema.open_parameters:
        raise MissingParameters(schema.open_parameters)
    names = [str(name) for name in frame.columns]
    places = match_columns(names, schema)
    if missing := [name for name in schema.input_names if name not in places]:
        raise MissingColumns(missing, names)
    if not len(frame):
        raise NoRows

    used = set(places.values())
    taken = {names[place] for place in used}
    problems = [problem for problem in known if problem.column is None or problem.column in taken]
    columns: Columns = {}
    for column in schema.inputs:
        place = places[column.name]
        told = np.zeros(len(frame), bool)
        told[[problem.row for problem in problems if problem.column == names[place]]] = True
        columns[column.name], found = _check_column(frame.iloc[:, place], column, names[place], told)
        problems += found

    problems.sort(key=lambda problem: problem.row)
    good = np.ones(len(frame), bool)
    good[[problem.row for problem in problems]] = False
    return Checked(columns, good, tuple(problems), tuple(i for i in range(len(names)) if i not in used))


def match_columns(names: Sequence[object], schema: Schema) -> dict[str, int]:
    """Position of each input that is among the names: by the exact name, else by what `match_key` leaves of it.

    Inputs that are not there are left out. Raises DuplicateColumns when two names fit one input equally well.
    """
    exact: dict[str, list[int]] = {}
    loose: dict[str, list[int]] = {}
    for place, name in enumerate(map(str, names)):
        exact.setdefault(name, []).append(place)
        loose.setdefault(match_key(name), []).append(place)
    places: dict[str, int] = {}
    duplicates: list[str] = []
    for name in schema.input_names:
        found = exact.get(name) or loose.get(match_key(name), [])
        if len(found) > 1:
            duplicates.append(name)
        elif found:
            places[name] = found[0]
    if duplicates:
        raise DuplicateColumns(duplicates)
    return places


def _check_column(
    series: pd.Series[Any], column: Column, name: str, told: Mask
) -> tuple[npt.NDArray[Any], list[Problem]]:
    cells = read_cells(series)
    values, faults = _RULES[column.type](column, cells)
    blank = cells.where(Kind.BLANK)
    if not column.nullable:
        faults.insert(0, (ProblemKind.BLANK, blank))
    bad = told.copy()
    problems: list[Problem] = []
    for kind, mask in faults:
        fresh = np.flatnonzero(mask & ~bad)
        bad |= mask
        if not len(fresh):
            continue
        wanted = _wanted(kind, column)
        stood = series.iloc[fresh].tolist() if kind is not ProblemKind.BLANK else [None] * len(fresh)
        problems += [Problem(row, kind, name, value, wanted) for row, value in zip(fresh.tolist(), stood, strict=True)]
    return _with_nulls(values, bad | blank), problems


def _wanted(kind: ProblemKind, column: Column) -> tuple[str, ...]:
    if kind is ProblemKind.NOT_A_CATEGORY:
        return column.categories
    if kind is ProblemKind.OUT_OF_RANGE:
        return tuple("" if bound is None else f"{bound:.15g}" for bound in (column.minimum, column.maximum))
    return ()


def _with_nulls(values: npt.NDArray[Any], null: Mask) -> npt.NDArray[Any]:
    if values.dtype == np.float64:
        return np.where(null, np.nan, values)
    if not null.any():
        return values
    values = values.astype(object)
    values[null] = None
    return values


def _number(column: Column, cells: Cells) -> tuple[npt.NDArray[Any], Faults]:
    return cells.numbers, _number_faults(column, cells)


def _integer(column: Column, cells: Cells) -> tuple[npt.NDArray[Any], Faults]:
    numbers = cells.numbers
    sound = np.abs(numbers) <= EXACT
    faults = _number_faults(column, cells)
    faults.append((ProblemKind.TOO_LARGE, np.abs(numbers) > EXACT))
    faults.append((ProblemKind.NOT_WHOLE, sound & (np.floor(numbers) != numbers)))
    return np.where(sound, numbers, 0).astype(np.int64), faults


def _number_faults(column: Column, cells: Cells) -> Faults:
    numbers = cells.numbers
    low, high = column.minimum, column.maximum
    outside = np.zeros(len(numbers), bool)
    if low is not None:
        outside |= numbers < low
    if high is not None:
        outside |= numbers > high
    return [
        (ProblemKind.DATE_IN_NUMBER, cells.where(Kind.DATE)),
        (ProblemKind.NOT_A_NUMBER, cells.where(Kind.TEXT, Kind.BOOLEAN, Kind.OTHER)),
        (ProblemKind.TOO_LARGE, cells.inexact),
        (ProblemKind.NOT_FINITE, np.isinf(numbers)),
        (ProblemKind.OUT_OF_RANGE, outside),
    ]


def _boolean(_column: Column, cells: Cells) -> tuple[npt.NDArray[Any], Faults]:
    values = _nothing(cells)
    at = cells.where(Kind.BOOLEAN)
    values[at] = [bool(value) for value in cells.values[at]]
    return values, [(ProblemKind.NOT_A_BOOLEAN, ~at & ~cells.where(Kind.BLANK))]


def _datetime(_column: Column, cells: Cells) -> tuple[npt.NDArray[Any], Faults]:
    values = _nothing(cells)
    rows = np.flatnonzero(cells.where(Kind.DATE))
    seconds = _to_seconds(cells.values[rows])
    sound = (seconds >= _FIRST_DATE) & (seconds <= _LAST_DATE) & ~((seconds >= _NO_DAY[0]) & (seconds < _NO_DAY[1]))
    values[rows[sound]] = np.datetime_as_string(seconds[sound], unit="s")
    fault = ~cells.where(Kind.BLANK)
    fault[rows[sound]] = False
    return values, [(ProblemKind.NOT_A_DATE, fault)]


def _to_seconds(dates: npt.NDArray[Any]) -> npt.NDArray[np.datetime64]:
    # A spreadsheet's dates are fractions of a day: 12:00 often comes as 11:59:59.999999.
    if dates.dtype == object:
        dates = np.array([np.datetime64(date) for date in dates], "datetime64[us]")
    whole: npt.NDArray[np.datetime64] = dates.astype("datetime64[s]")
    seconds: npt.NDArray[np.datetime64] = whole + ((dates - whole) >= np.timedelta64(500, "ms")).astype(
        "timedelta64[s]"
    )
    return seconds


def _text(column: Column, cells: Cells) -> tuple[npt.NDArray[Any], Faults]:
    numbers = cells.numbers
    digits = np.isfinite(numbers) & (np.floor(numbers) == numbers)
    large = digits & ((np.abs(numbers) > EXACT) | cells.inexact)
    values = _nothing(cells)
    values[digits & ~large] = [str(int(number)) for number in numbers[digits & ~large]]
    at = cells.where(Kind.TEXT)
    values[at] = [*map(str, cells.values[at].tolist())]
    strange = _not_unicode(values)
    faults: Faults = [
        (ProblemKind.TOO_LARGE, large),
        (ProblemKind.NOT_TEXT, ~at & ~digits & ~cells.where(Kind.BLANK) | strange),
    ]
    if column.categories:
        given = at | digits & ~large
        texts = values[given].tolist()
        meant = _meant(column.categories, set(texts))
        if any(meaning != text for text, meaning in meant.items()):
            values[given] = [*map(meant.__getitem__, texts)]
        unknown = given & pd.isna(values) if None in meant.values() else np.zeros(len(values), bool)
        faults.append((ProblemKind.NOT_A_CATEGORY, unknown))
    return values, faults


def _meant(categories: Sequence[str], texts: set[str]) -> dict[str, str | None]:
    """The category each text stands for: itself, or the only one that is the same to `match_key`."""
    exact = set(categories)
    loose: dict[str, str | None] = {}
    for category in categories:
        key = match_key(category)
        loose[key] = None if key in loose else category
    return {text: text if text in exact else loose.get(match_key(text)) for text in texts}


def _not_unicode(values: npt.NDArray[Any]) -> Mask:
    """Where a text holds half a surrogate pair, which cannot be sent (a cut-off emoji from a macro, say)."""
    try:
        "".join(filter(None, values.tolist())).encode()
    except UnicodeEncodeError:
        return np.array([isinstance(v, str) and any("\ud800" <= c <= "\udfff" for c in v) for v in values], bool)
    return np.zeros(len(values), bool)


def _nothing(cells: Cells) -> npt.NDArray[Any]:
    return np.full(len(cells.kinds), None, object)


_RULES: dict[ColumnType, Callable[[Column, Cells], tuple[npt.NDArray[Any], Faults]]] = {
    ColumnType.NUMBER: _number,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TEXT: _text,
    ColumnType.DATETIME: _datetime,
}
