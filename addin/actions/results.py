"""Scores as rows of cells: numbers or #N/A, the reason in Status, and nothing that becomes a formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from addin import grid
from addin.actions.prepare import Prepared
from worker.scoring import ColumnType, Output, Problem, Schema
from worker.scoring.words import reason, status

_DATE_FORMAT = "yyyy-mm-dd hh:mm"

Row = tuple[object, ...]


def formats(schema: Schema) -> tuple[str, ...]:
    """The number formats of the result columns; "" leaves a column's format alone."""
    return (*(o.format or (_DATE_FORMAT if o.type is ColumnType.DATETIME else "") for o in schema.outputs), "")


def result_rows(prepared: Prepared, outputs: pd.DataFrame, problems: Sequence[Problem], schema: Schema) -> list[Row]:
    """The outputs and Status of each row that was to be scored, in the order of the frame."""
    reasons: dict[int, list[str]] = {}
    for problem in problems:
        reasons.setdefault(problem.row, []).append(reason(problem))
    columns = [_cells(outputs[output.name], output) for output in schema.outputs]
    good = status(())
    said = [status(reasons[row]) if row in reasons else good for row in range(len(prepared.frame))]
    return list(zip(*columns, said, strict=True))


def _cells(series: pd.Series[Any], output: Output) -> list[object]:
    null = "" if output.type is ColumnType.TEXT else grid.NA
    values = series.astype(object).tolist()
    return [null if missing else value for value, missing in zip(values, pd.isna(series).tolist(), strict=True)]


def spread(prepared: Prepared, rows: Sequence[Row], standing: Sequence[Row], ours: Sequence[bool]) -> list[Row]:
    """Rows for the whole block: what is new, and what stood there for rows that were left out.

    Blank rows lose results of `ours`, and keep anything else that stood there.
    """
    nothing: Row = ("",) * len(rows[0])
    spread = list(standing)
    for place, row in zip(prepared.rows.tolist(), rows, strict=True):
        spread[place] = row
    for place in prepared.block.blank.nonzero()[0].tolist():
        if ours[place]:
            spread[place] = nothing
    return spread


MOST_PASSED = 10


def sheet_table(prepared: Prepared, rows: Sequence[Row], names: Sequence[str], inputs: set[int]) -> list[Row]:
    """The rows of a new sheet with their header: row number in the source, columns that the endpoint does not take
    (at most 10), outputs, Status.
    """
    frame = prepared.frame
    passed = [place for place in range(frame.shape[1]) if place not in inputs][:MOST_PASSED]
    header = ("Row", *(str(frame.columns[place]) for place in passed), *names)
    columns = [frame.index.tolist(), *(frame.iloc[:, place].tolist() for place in passed)]
    return [header, *(tuple(row) + scores for row, scores in zip(zip(*columns, strict=True), rows, strict=True))]
