"""Tables as a stream of Arrow's IPC format, version 5: columns that are already of the endpoint's types.

Nothing in a stream is believed before it is counted and validated: lengths, offsets, indices and UTF-8 come from a
stranger. Source: the Arrow columnar format, "Serialization and Interprocess Communication (IPC)".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from worker.endpoints.values import MOST_PROBLEMS, from_floats, objects, read_column
from worker.host.arrowsize import inflated_bytes
from worker.host.limits import HostLimits
from worker.host.parse import refuse_names
from worker.host.refusals import Detail, bad_argument, bad_cells, empty, too_large, wrong_body
from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import Column, Columns, ColumnType, Schema

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
LIMIT = HostLimits().body_bytes
"""Bytes that the buffers of a stream may have once they are inflated: as many as any other body."""

MOST_WRITTEN_OUT = 16 * LIMIT
"""A bit can be a cell, and an index a long text: a table may have so many bytes at 8 for each cell and with its texts
written out.
"""

Converted = tuple[npt.NDArray[Any], list[Problem]]


def read(body: bytes, schema: Schema) -> Columns:
    """Every input of the schema, with at least one row. Raises Refusal with up to 100 reasons."""
    if not body:
        raise empty()
    try:
        table = _table(body, schema)
    except (pa.ArrowException, OSError, ValueError, LookupError, MemoryError):
        raise wrong_body("not a sound Arrow stream") from None
    if not table.num_rows:
        raise empty()
    columns: Columns = {}
    problems: list[Problem] = []
    for column in schema.inputs:
        columns[column.name], found = _READERS[column.type](column, _whole(table.column(column.name)))
        problems += found
    if problems:
        raise bad_cells(sorted(problems, key=lambda problem: problem.row))
    return columns


def _table(body: bytes, schema: Schema) -> pa.Table:
    """The table in the stream, validated. Raises Refusal, and whatever Arrow raises."""
    if inflated_bytes(body) > LIMIT:
        raise too_large(LIMIT)
    with pa.ipc.open_stream(pa.py_buffer(body), options=pa.ipc.IpcReadOptions(use_threads=False)) as reader:
        refuse_names(reader.schema.names, schema)
        _refuse_types(reader.schema, schema)
        table = reader.read_all()
    if _written_out(table, 0) > MOST_WRITTEN_OUT:
        raise too_large(MOST_WRITTEN_OUT)
    table.validate(full=True)
    texts = sum(_text_bytes(chunk) for column in table.columns for chunk in column.chunks)
    if _written_out(table, texts) > MOST_WRITTEN_OUT:
        raise too_large(MOST_WRITTEN_OUT)
    return table


def _refuse_types(given: pa.Schema, schema: Schema) -> None:
    details = [
        Detail(
            "InputMismatchError",
            f"The column is {str(kind)[:64]}; the endpoint takes {column.type}.",
            column=column.name,
        )
        for column in schema.inputs
        if not _fits(kind := given.field(column.name).type, column)
    ]
    if details:
        raise bad_argument(*details)


def _fits(kind: pa.DataType, column: Column) -> bool:
    types = pa.types
    if types.is_null(kind):
        return column.nullable
    if column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
        return bool(types.is_integer(kind) or types.is_floating(kind))
    if column.type is ColumnType.BOOLEAN:
        return bool(types.is_boolean(kind))
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_string(kind) or types.is_large_string(kind):
        return True
    if column.type is ColumnType.TEXT:
        return False
    return bool(types.is_date(kind) or (types.is_timestamp(kind) and kind.tz in {None, "UTC"}))


def _whole(cells: pa.ChunkedArray) -> pa.Array:
    """One array; Arrow cannot unite dictionaries with nulls in them, so several are written out."""
    if pa.types.is_dictionary(cells.type) and cells.num_chunks > 1:
        cells = pa.chunked_array([pc.take(chunk.dictionary, chunk.indices) for chunk in cells.chunks])
    return cells.combine_chunks()


def _written_out(table: pa.Table, texts: int) -> int:
    cells: int = table.num_rows * table.num_columns
    return 8 * cells + texts


def _text_bytes(cells: pa.Array) -> int:
    if pa.types.is_dictionary(cells.type):
        sizes = pc.take(pc.binary_length(cells.dictionary), cells.indices)
    elif pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        sizes = pc.binary_length(cells)
    else:
        return 0
    return int(pc.sum(sizes.cast(pa.int64()), min_count=0).as_py())


def _numbers(column: Column, cells: pa.Array) -> Converted:
    numbers = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    endless = np.flatnonzero(np.isinf(numbers))[:MOST_PROBLEMS]
    if len(endless):
        return numbers, [_problem(column, row, ProblemKind.NOT_FINITE, float(numbers[row])) for row in endless.tolist()]
    quick = from_floats(column, numbers)
    if quick is not None:
        return quick, []
    return read_column(column, [None if value != value else value for value in cells.to_pylist()])  # noqa: PLR0124 - NaN


def _booleans(column: Column, cells: pa.Array) -> Converted:
    return read_column(column, cells.to_pylist())


def _texts(column: Column, cells: pa.Array) -> Converted:
    """Each different text is read once."""
    encoded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
    values, problems = read_column(column, encoded.dictionary.to_pylist())
    if problems or (encoded.null_count and not column.nullable):
        return read_column(column, cells.to_pylist())
    lookup = objects([*values.tolist(), None])
    return lookup[encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)], []


def _moments(column: Column, cells: pa.Array) -> Converted:
    if not pa.types.is_temporal(cells.type):
        return _texts(column, cells)
    moments = cells.to_numpy(zero_copy_only=False)
    blank = np.isnat(moments)
    inside = np.ones(len(moments), bool)
    if np.datetime_data(moments.dtype)[0] != "ns":  # which reaches from 1677 to 2262 only
        first, last = (np.datetime64(day).astype(moments.dtype) for day in ("0001-01-01", "9999-12-31T23:59:59"))
        inside = blank | ((moments >= first) & (moments <= last))
    seconds = np.where(inside, moments, np.datetime64("NaT")).astype("datetime64[s]")
    sound = blank | (seconds == moments)
    values = objects(np.datetime_as_string(seconds).tolist())
    values[np.isnat(seconds)] = None
    problems = [_problem(column, row, ProblemKind.NOT_A_DATE, str(moments[row])) for row in _first(~sound)]
    if not column.nullable:
        problems += [_problem(column, row, ProblemKind.BLANK, None) for row in _first(blank)]
    return values, problems


def _first(bad: npt.NDArray[np.bool_]) -> list[int]:
    rows: list[int] = np.flatnonzero(bad)[:MOST_PROBLEMS].tolist()
    return rows


def _problem(column: Column, row: int, kind: ProblemKind, value: object) -> Problem:
    return Problem(row, kind, column.name, value)


_READERS: dict[ColumnType, Callable[[Column, pa.Array], Converted]] = {
    ColumnType.NUMBER: _numbers,
    ColumnType.INTEGER: _numbers,
    ColumnType.BOOLEAN: _booleans,
    ColumnType.TEXT: _texts,
    ColumnType.DATETIME: _moments,
}
_TYPES = {
    ColumnType.NUMBER: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TEXT: pa.string(),
    ColumnType.DATETIME: pa.timestamp("s"),
}


def write(columns: Columns, schema: Schema) -> bytes:
    """The scores as one batch, uncompressed; a missing one is null."""
    arrays = [_array(columns[output.name], output.type) for output in schema.outputs]
    batch = pa.record_batch(arrays, names=list(schema.output_names))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


def _array(values: npt.NDArray[Any], kind: ColumnType) -> pa.Array:
    if kind is ColumnType.NUMBER:
        return pa.array(values, pa.float64(), mask=~np.isfinite(values))
    if kind is ColumnType.DATETIME:
        values = np.array([value or "NaT" for value in values.tolist()], "datetime64[s]")
    return pa.array(values, _TYPES[kind], from_pandas=True)
