"""Scores to the classic answer, where every value is text and a missing score is null."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from worker.scoring.codecs.classic import OUTPUT
from worker.scoring.schema import Columns, ColumnType, Schema

Tokens = list[bytes]

# .NET's names of the types, as the classic service answered with details=true.
TYPE_NAMES: Mapping[ColumnType, str] = {
    ColumnType.NUMBER: "Double",
    ColumnType.INTEGER: "Int64",
    ColumnType.BOOLEAN: "Boolean",
    ColumnType.TEXT: "String",
    ColumnType.DATETIME: "DateTime",
}


def encode(columns: Columns, schema: Schema, *, records: bool, details: bool) -> bytes:
    """The answer of an execute call, as UTF-8 JSON. `details` adds ColumnTypes; records never have them."""
    start, between, end = _frame(schema, records=records, details=details)
    return start + between.join(_rows(columns, schema, records=records)) + end


def encode_each(columns: Columns, schema: Schema, *, records: bool, details: bool) -> list[bytes]:
    """The answers of as many calls as there are rows, one row for each."""
    start, _, end = _frame(schema, records=records, details=details)
    return [b"%b%b%b" % (start, row, end) for row in _rows(columns, schema, records=records)]


def _rows(columns: Columns, schema: Schema, *, records: bool) -> Iterator[bytes]:
    """What stands between the brackets of each row."""
    tokens = [_TOKENS[output.type](columns[output.name]) for output in schema.outputs]
    if records:
        keys = [orjson.dumps(name) + b":" for name in schema.output_names]
        tokens = [[key + token for token in column] for key, column in zip(keys, tokens, strict=True)]
    return map(b",".join, zip(*tokens, strict=True))


def _frame(schema: Schema, *, records: bool, details: bool) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and after the rows."""
    if records:
        return b'{"Results":{"%b":[{' % OUTPUT.encode(), b"},{", b"}]}}"
    types = tuple([TYPE_NAMES[output.type] for output in schema.outputs]) if details else ()
    head = _head(schema.output_names, types)
    return b'{"Results":{"%b":{"type":"DataTable","value":{%b,"Values":[[' % (OUTPUT.encode(), head), b"],[", b"]]}}}}"


@lru_cache(maxsize=256)
def _head(names: tuple[str, ...], types: tuple[str, ...]) -> bytes:
    """Names, and types if wanted."""
    head: dict[str, Any] = {"ColumnNames": names}
    if types:
        head["ColumnTypes"] = types
    return orjson.dumps(head)[1:-1]


def _numbers(values: npt.NDArray[Any]) -> Tokens:
    """The shortest text that reads back as the same float64; NaN and infinity are null."""
    if len(values) == 1:
        token = orjson.dumps(values.item())
        return [token if token == b"null" else b'"%b"' % token]
    text = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    quoted = b'"%b"' % text.replace(b",", b'","')
    return quoted.replace(b'"null"', b"null").split(b",")


def _integers(values: npt.NDArray[Any]) -> Tokens:
    return _each(values, lambda value: b'"%d"' % value)


def _booleans(values: npt.NDArray[Any]) -> Tokens:
    return _each(values, lambda value: b'"True"' if value else b'"False"')


def _text(values: npt.NDArray[Any]) -> Tokens:
    return _each(values, orjson.dumps)


def _each(values: npt.NDArray[Any], write: Callable[[Any], bytes]) -> Tokens:
    """Labels repeat: each different value is written once."""
    plain = values.tolist()
    if len(plain) == 1:
        return [b"null" if plain[0] is None else write(plain[0])]
    written = {value: b"null" if value is None else write(value) for value in set(plain)}
    return [written[value] for value in plain]


_TOKENS: Mapping[ColumnType, Callable[[npt.NDArray[Any]], Tokens]] = {
    ColumnType.NUMBER: _numbers,
    ColumnType.INTEGER: _integers,
    ColumnType.BOOLEAN: _booleans,
    ColumnType.TEXT: _text,
    ColumnType.DATETIME: _text,
}
