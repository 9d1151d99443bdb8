"""Output columns: made empty, filled row by row, judged, turned into a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from worker.scoring.errors import BadAnswer
from worker.scoring.schema import Columns, ColumnType, Schema

_FRAME_TYPES = {
    ColumnType.NUMBER: "float64",
    ColumnType.INTEGER: "Int64",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TEXT: "object",
    ColumnType.DATETIME: "datetime64[us]",
}


def empty_outputs(schema: Schema, rows: int) -> Columns:
    """Every output of the schema with nothing but nulls."""
    return {
        output.name: np.full(rows, np.nan) if output.type is ColumnType.NUMBER else np.full(rows, None, object)
        for output in schema.outputs
    }


def check_answer(columns: Columns, schema: Schema, rows: int) -> None:
    """Every output must be there with one value for each row that was sent, whoever answered. Raises BadAnswer."""
    for name in schema.output_names:
        if name not in columns:
            raise BadAnswer(f"no column {name!r} in the answer")
        if len(columns[name]) != rows:
            raise BadAnswer(f"{len(columns[name])} rows instead of {rows}")


def null_output(columns: Columns, schema: Schema) -> npt.NDArray[Any]:
    """For each row the name of its first output without a value, None where all have one."""
    first = np.full(len(columns[schema.output_names[0]]), None, object)
    for name in reversed(schema.output_names):
        first[pd.isna(columns[name])] = name
    return first


def tightened(columns: Columns, schema: Schema) -> Columns:
    """The same inputs or outputs, integers as int64 where no blank is among them."""
    integers = {c.name for c in schema.inputs if c.type is ColumnType.INTEGER}
    integers |= {c.name for c in schema.outputs if c.type is ColumnType.INTEGER}
    return {
        name: values.astype(np.int64)
        if name in integers and values.dtype == object and None not in values.tolist()
        else values
        for name, values in columns.items()
    }


def to_frame(columns: Columns, schema: Schema, index: pd.Index[Any] | None = None) -> pd.DataFrame:
    """Outputs as a frame, in the schema's order, blanks as the missing value of the type.

    The types: float64, Int64, boolean, object of str or None, datetime64[us].
    """
    frame = pd.DataFrame({o.name: pd.Series(columns[o.name], dtype=_FRAME_TYPES[o.type]) for o in schema.outputs})
    return frame if index is None else frame.set_axis(index, axis="index")
