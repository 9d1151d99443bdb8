"""Whether a model scores each row for itself: then rows of several calls may share a run, and nobody can tell.

Not every model does. One that normalises by the rows it is given mixes them; a product of matrices may add up in
another order for another number of rows and round otherwise. So a model is tried, not believed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.endpoints.values import objects
from worker.scoring.columns import EXAMPLES
from worker.scoring.errors import EndpointError
from worker.scoring.schema import Column, Columns, ColumnType, Schema, take

Score = Callable[[Columns, Schema], Columns]

MOST_ROWS = 32
"""No more rows than these may share a run: every number of rows up to here is tried."""

ROWS = 4 * MOST_ROWS
_PARTS = [
    *map(slice, range(2, MOST_ROWS + 1)),
    *(slice(start, start + MOST_ROWS) for start in range(MOST_ROWS, ROWS, MOST_ROWS)),
]


def is_rowwise(score: Score, contract: Schema) -> bool:
    """Whether `score` gives made-up rows, together, the very bits that it gives each alone.

    False too where that cannot be seen: the contract has parameters, or the model refuses the rows.
    """
    if contract.parameters:
        return False
    rows = _made(contract)
    try:
        alone = [score(take(rows, [row]), contract) for row in range(ROWS)]
        return all(are_same(score(take(rows, part), contract), _joined(alone[part], contract)) for part in _PARTS)
    except EndpointError:
        return False


def are_same(scores: Columns, others: Columns) -> bool:
    """Whether they are to the last bit."""
    return _bits(scores) == _bits(others)


def _joined(parts: list[Columns], contract: Schema) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in contract.output_names}


def _bits(scores: Columns) -> dict[str, object]:
    return {name: v.tolist() if v.dtype == object else (v.dtype, v.tobytes()) for name, v in scores.items()}


def _made(contract: Schema) -> Columns:
    """Rows that the contract allows, the same each time. Some are small in all columns and some large: what rounds
    otherwise may do so for one size of numbers only. Every other row is like one of the sample's.
    """
    random = np.random.default_rng(0)
    reach = 10 ** random.uniform(-3, 3, ROWS)
    return {column.name: _values(column, contract, reach, random) for column in contract.inputs}


def _values(
    column: Column, contract: Schema, reach: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[Any]:
    known = [row[column.name] for row in contract.sample if row.get(column.name) is not None]
    if column.type is ColumnType.NUMBER:
        numbers = _numbers(column, known, reach, random)
        return np.where(random.random(ROWS) < 0.1, np.nan, numbers) if column.nullable else numbers
    if column.type is ColumnType.INTEGER:
        low, high = _bounds(column)
        return np.clip(np.round(_numbers(column, known, reach, random)), np.ceil(low), np.floor(high)).astype(np.int64)
    if column.type is ColumnType.BOOLEAN:
        return objects((random.random(ROWS) < 0.5).tolist())
    texts = column.categories or known or [EXAMPLES[column.type]]
    return objects([texts[at] for at in random.integers(0, len(texts), ROWS)])


def _numbers(
    column: Column, known: list[Any], reach: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    low, high = _bounds(column)
    made = random.uniform(-reach, reach)
    if np.isfinite([low, high]).all():
        made = random.uniform(low, high, ROWS)
    elif np.isfinite(low):
        made = low + np.abs(made)
    elif np.isfinite(high):
        made = high - np.abs(made)
    if known:
        made[::2] = np.resize(np.array(known, np.float64), ROWS // 2) * random.uniform(0.5, 1.5, ROWS // 2)
    return np.clip(made, low, high)


def _bounds(column: Column) -> tuple[float, float]:
    low, high = column.minimum, column.maximum
    return -np.inf if low is None else low, np.inf if high is None else high
