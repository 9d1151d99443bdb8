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

SIZES = (2, 3, 4, 7, 8, 16, 33)
"""Numbers of rows that are tried together: processors take rows by 4, 8 or 16, and what is over one by one."""


def is_rowwise(score: Score, contract: Schema) -> bool:
    """Whether `score` gives made-up rows, together, the very bits that it gives each alone.

    False too where that cannot be seen: the contract has parameters, or the model refuses the rows.
    """
    if contract.parameters:
        return False
    rows = _made(contract, max(SIZES))
    try:
        alone = [score(take(rows, [row]), contract) for row in range(max(SIZES))]
        return all(
            _bits(score(take(rows, slice(size)), contract)) == _bits(_joined(alone[:size], contract)) for size in SIZES
        )
    except EndpointError:
        return False


def _joined(parts: list[Columns], contract: Schema) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in contract.output_names}


def _bits(scores: Columns) -> dict[str, object]:
    """What differs where any bit does."""
    return {name: v.tolist() if v.dtype == object else (v.dtype, v.tobytes()) for name, v in scores.items()}


def _made(contract: Schema, rows: int) -> Columns:
    """Rows that the contract allows, the same each time."""
    random = np.random.default_rng(0)
    return {column.name: _values(column, contract, rows, random) for column in contract.inputs}


def _values(column: Column, contract: Schema, rows: int, random: np.random.Generator) -> npt.NDArray[Any]:
    if column.type is ColumnType.NUMBER:
        return random.uniform(*_bounds(column), rows)
    if column.type is ColumnType.INTEGER:
        return np.floor(random.uniform(*_bounds(column), rows)).astype(np.int64)
    if column.type is ColumnType.BOOLEAN:
        return objects((random.random(rows) < 0.5).tolist())
    known = column.categories or [row[column.name] for row in contract.sample if row.get(column.name)]
    known = known or [EXAMPLES[column.type]]
    return objects([known[at] for at in random.integers(0, len(known), rows)])


def _bounds(column: Column) -> tuple[float, float]:
    low = column.minimum if column.minimum is not None else min(-100.0, (column.maximum or 0) - 100)
    return float(np.ceil(low)), float(column.maximum if column.maximum is not None else max(low, 0) + 1000)
