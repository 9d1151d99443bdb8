"""The column form again, for large bodies: Arrow's CSV reader splits the text of the rows, instead of a JSON parser.

Half the time, and none of the hundred thousand Python objects that would otherwise wake the garbage collector. It is
only used where it must give what JSON would: with no escapes and no control characters in the text, a row between
`],[` and a cell between commas is either a whole JSON value or no valid cell at all. Whatever looks otherwise, and
whatever is a problem, gives None; then the body is read the careful way (a test compares the two on hostile bodies).
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from worker.endpoints.values import from_floats, read_column
from worker.host.body import json_object
from worker.host.parameters import Asked, read_parameters
from worker.host.refusals import Refusal
from worker.scoring.codecs.classic import INPUT
from worker.scoring.schema import Column, Columns, ColumnType, Schema

_START = b'"Values":[['
_END = b"]]"
_PLACE = orjson.dumps(secrets.token_hex(16))
"""Stands for the rows while all the rest is read as JSON; nobody can have written it."""

_NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)
_SPACE, _COMMA, _MINUS, _DOT, _ZERO, _OPEN, _CLOSE = b" ,-.0[]"
_NOT_FIRST = np.isin(np.arange(256), np.frombuffer(b" +", np.uint8))
_BESIDE_DOT = np.isin(np.arange(256), np.frombuffer(b",[]-eE", np.uint8))
_BEHIND_ZERO = np.isin(np.arange(256), np.frombuffer(b"0123456789xX", np.uint8))
_TOKENS = pa.dictionary(pa.int32(), pa.string())


def fast_columns(body: bytes, schema: Schema) -> Asked | None:
    """What the body asks for, or None when it must be read the careful way."""
    start, end = body.find(_START) + len(_START), body.rfind(_END)
    if start < len(_START) or end <= start or b"\\" in body:
        return None
    rows = body[start:end]
    request = json_object(body[: start - 2] + _PLACE + body[end + 2 :])
    names = _names(request)
    if names is None or sorted(names) != sorted(schema.input_names) or not _is_plain(rows):
        return None
    quoted = _quotes_numbers(rows, names, schema)
    if not quoted and not _has_json_numbers(np.frombuffer(body, np.uint8)[start - 1 : end + 1]):
        return None
    try:
        parameters = read_parameters(request.get("GlobalParameters"), schema)
        columns = _columns(_split(rows, names, schema, quoted=quoted), schema)
    except (pa.ArrowInvalid, Refusal):
        return None
    return None if columns is None else Asked(columns, parameters)


def _names(request: dict[str, Any]) -> list[str] | None:
    """The column names, if the body without its rows is as it should be."""
    inputs = request.get("Inputs")
    table = inputs.get(INPUT) if isinstance(inputs, dict) and len(inputs) == 1 else None
    if not isinstance(table, dict) or table.get("Values") != orjson.loads(_PLACE):
        return None
    names = table.get("ColumnNames")
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _is_plain(rows: bytes) -> bool:
    """Nothing that the CSV reader takes otherwise or skips: a control character (a line break would be a row), a byte
    order mark at the start, an empty row at the end.
    """
    odd_ends = rows.startswith(b"\xef\xbb\xbf") or rows.endswith(b"],[")
    return not odd_ends and bool(np.frombuffer(rows, np.uint8).min() >= 0x20)


def _quotes_numbers(rows: bytes, names: list[str], schema: Schema) -> bool:
    """Whether numbers come as text, as classic clients send them; judged by the first row."""
    first = rows.partition(b"],[")[0].split(b",")
    numbers = {column.name for column in schema.inputs if column.type in _NUMBERS}
    return any(cell.startswith(b'"') for name, cell in zip(names, first, strict=False) if name in numbers)


def _has_json_numbers(text: npt.NDArray[np.uint8]) -> bool:
    """Whether no cell looks like a number that Arrow reads and JSON does not (+5, 01, 0x1, .5, 5., 5.e1), and no blank
    stands beside a cell.

    The text begins with the bracket before the first cell and ends with the one behind the last.
    """
    dots = np.flatnonzero(text == _DOT)
    if _BESIDE_DOT[text[dots - 1]].any() or _BESIDE_DOT[text[dots + 1]].any():
        return False
    commas = np.flatnonzero(text == _COMMA)
    starts = np.concatenate([[1], commas + 1])
    starts += text[starts] == _OPEN
    ends = np.concatenate([commas - 1, [len(text) - 2]])
    ends -= text[ends] == _CLOSE
    if _NOT_FIRST[text[starts]].any() or (text[ends] == _SPACE).any():
        return False
    starts += text[starts] == _MINUS
    zeros = starts[text[starts] == _ZERO]
    return not _BEHIND_ZERO[text[zeros + 1]].any()


def _split(rows: bytes, names: list[str], schema: Schema, *, quoted: bool) -> pa.Table:
    """Rows to tokens, just as they stood; numbers that are not quoted are read at once. Raises ArrowInvalid."""
    number = pa.string() if quoted else pa.float64()
    lines = pc.replace_substring(pa.scalar(rows, pa.binary()), "],[", "\n")  # a quarter of the time of bytes.replace
    return csv.read_csv(
        pa.BufferReader(lines.as_buffer()),
        csv.ReadOptions(column_names=names, use_threads=False, block_size=len(rows) + 1),
        csv.ParseOptions(quote_char=False, double_quote=False, escape_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types={column.name: number if column.type in _NUMBERS else _TOKENS for column in schema.inputs},
            null_values=["null"],
            strings_can_be_null=False,
        ),
        memory_pool=pa.system_memory_pool(),  # keeps its pages between calls; the others give them back each time
    )


def _columns(table: pa.Table, schema: Schema) -> Columns | None:
    columns: Columns = {}
    for column in schema.inputs:
        tokens = table.column(column.name).combine_chunks()
        values = _numbers(column, tokens) if column.type in _NUMBERS else _others(column, tokens)
        if values is None:
            return None
        columns[column.name] = values
    return columns


def _numbers(column: Column, tokens: pa.Array) -> npt.NDArray[Any] | None:
    numbers = tokens
    if pa.types.is_string(tokens.type):
        inside = _unquoted(tokens)
        if inside is None:
            return None
        numbers = pc.cast(inside, pa.float64())
    array = numbers.to_numpy(zero_copy_only=False)
    odd = int(np.count_nonzero(~np.isfinite(array)))
    return from_floats(column, array) if odd == numbers.null_count else None


def _unquoted(tokens: pa.Array) -> pa.Array | None:
    """The texts in tokens that are text or null; empty text is null too."""
    tokens = pc.if_else(pc.equal(tokens, "null"), None, tokens)
    sound = pc.and_(
        pc.starts_with(tokens, '"'), pc.and_(pc.ends_with(tokens, '"'), pc.greater(pc.binary_length(tokens), 1))
    )
    if not pc.all(sound, min_count=0).as_py():
        return None
    inside = pc.utf8_slice_codeunits(tokens, 1, -1)
    return pc.if_else(pc.equal(inside, ""), None, inside)


def _others(column: Column, tokens: pa.Array) -> npt.NDArray[Any] | None:
    """Each different token is read once, as JSON and then as every cell is."""
    different = [token.encode() for token in tokens.dictionary.to_pylist()]
    try:
        values = orjson.loads(b"[%b]" % b",".join(different))
    except orjson.JSONDecodeError:
        return None
    if len(values) != len(different):
        return None
    read, problems = read_column(column, values)
    return None if problems else read[tokens.indices.to_numpy()]
