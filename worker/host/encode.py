"""Scores to the classic answer, where every value is text and a missing score is null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    tokens = [_TOKENS[output.type](columns[output.name]) for output in schema.outputs]
    if records:
        keys = [orjson.dumps(name) + b":" for name in schema.output_names]
        fields = [[key + token for token in column] for key, column in zip(keys, tokens, strict=True)]
        rows = b"},{".join(map(b",".join, zip(*fields, strict=True)))
        return b'{"Results":{"%b":[{%b}]}}' % (OUTPUT.encode(), rows)
    rows = b"],[".join(map(b",".join, zip(*tokens, strict=True)))
    return b'{"Results":{"%b":{"type":"DataTable","value":{%b,"Values":[[%b]]}}}}' % (
        OUTPUT.encode(),
        _head(schema, details),
        rows,
    )


def _head(schema: Schema, details: bool) -> bytes:
    """Names, and types if wanted."""
    head: dict[str, Any] = {"ColumnNames": [output.name for output in schema.outputs]}
    if details:
        head["ColumnTypes"] = [TYPE_NAMES[output.type] for output in schema.outputs]
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
    written = {value: b"null" if value is None else write(value) for value in set(plain)}
    return [written[value] for value in plain]


_TOKENS: Mapping[ColumnType, Callable[[npt.NDArray[Any]], Tokens]] = {
    ColumnType.NUMBER: _numbers,
    ColumnType.INTEGER: _integers,
    ColumnType.BOOLEAN: _booleans,
    ColumnType.TEXT: _text,
    ColumnType.DATETIME: _text,
}
