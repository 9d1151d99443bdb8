"""The plan of parts, and a part's result as the bytes that the ledger keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from worker.scoring import Columns, ColumnType, PartScores, Problem, ProblemKind, Schema

_ARROW = {
    ColumnType.NUMBER: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TEXT: pa.string(),
    ColumnType.DATETIME: pa.string(),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of the rows of an input. `rows` are the positions that are sent: those without a problem."""

    number: int
    start: int
    stop: int
    rows: npt.NDArray[np.intp]


def plan(good: npt.NDArray[np.bool_], part_rows: int, first: int = 0) -> Iterator[Part]:
    """Cut the rows into parts of `part_rows`, with numbers from `first` on. A part is a pure function of the input and
    these numbers, so a plan made again after a crash is the same plan. Parts without a row to score are left out.
    """
    for number, start in enumerate(range(0, len(good), part_rows), first):
        stop = min(start + part_rows, len(good))
        rows = start + np.flatnonzero(good[start:stop])
        if len(rows):
            yield Part(number, start, stop, rows)


def pack(scores: PartScores, schema: Schema) -> bytes:
    """A part's scores as an Arrow stream: one column for each output, problems and versions beside them."""
    arrays = [pa.array(scores.columns[o.name], _ARROW[o.type], from_pandas=True) for o in schema.outputs]
    names = [str(number) for number in range(len(arrays))]
    facts = {"problems": [_to_json(p) for p in scores.problems], "model_version": scores.model_version}
    table = pa.table(arrays, names=names).replace_schema_metadata({"facts": json.dumps(facts, default=_plain)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def unpack(data: bytes, schema: Schema) -> PartScores:
    """The inverse of `pack`."""
    with pa.ipc.open_stream(data) as stream:
        table = stream.read_all()
    facts = json.loads(table.schema.metadata[b"facts"])
    columns: Columns = {}
    for number, output in enumerate(schema.outputs):
        columns[output.name] = _to_numpy(table.column(number), output.type)
    problems = tuple(_from_json(row) for row in facts["problems"])
    return PartScores(columns, problems, calls=0, model_version=facts["model_version"])


def _to_numpy(column: pa.ChunkedArray, kind: ColumnType) -> npt.NDArray[np.generic]:
    if kind is ColumnType.NUMBER or (kind is ColumnType.INTEGER and column.null_count == 0):
        values: npt.NDArray[np.generic] = column.to_numpy()
        return values
    return np.array([*column.to_pylist(), None], dtype=object)[:-1]


def _to_json(problem: Problem) -> list[object]:
    return [problem.row, problem.kind, problem.column, problem.value, problem.wanted, problem.detail]


def _plain(value: object) -> object:
    """What stood in a cell, as JSON has it: numbers of numpy as numbers, what JSON does not know as its text."""
    return value.item() if isinstance(value, np.generic) else str(value)


def _from_json(row: list[object]) -> Problem:
    number, kind, column, value, wanted, detail = row
    return Problem(int(number), ProblemKind(kind), column, value, tuple(wanted), detail)  # type: ignore[arg-type,call-overload] # made by _to_json
