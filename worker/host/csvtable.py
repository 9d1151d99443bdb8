"""Tables as CSV (RFC 4180): UTF-8, a header row, commas, cells read as texts are in JSON, an empty cell as a blank.

Python's reader says what a body means. Large bodies without quotation marks go through Arrow's instead, which takes a
fraction of the time and makes no object of each cell; where it would read anything else, it gives None (a test
compares the two).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from pyarrow import csv as arrow_csv

from worker.endpoints.values import from_floats, read_column, read_columns
from worker.host.parse import refuse_names
from worker.host.refusals import MOST_DETAILS, Detail, bad_argument, bad_cells, empty, wrong_body
from worker.scoring.schema import Column, Columns, ColumnType, Schema

MEDIA_TYPE = "text/csv"
CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
LARGE_BYTES = 20_000
"""From here on the fast way is the faster one."""

csv.field_size_limit(2**31 - 1)  # Python's own is 131,072 characters for a cell; here the body's size is the limit

_BOM = b"\xef\xbb\xbf"
_NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)
_TEXTS = pa.dictionary(pa.int32(), pa.string())
_NEEDS_QUOTES = frozenset('",\r\n')


def read(body: bytes, schema: Schema) -> Columns:
    """Every input of the schema, with at least one row. Raises Refusal with up to 100 reasons."""
    body = body.removeprefix(_BOM)
    if not body or body.isspace():
        raise empty()
    if len(body) >= LARGE_BYTES:
        columns = fast_columns(body, schema)
        if columns is not None:
            return columns
    return careful_columns(body, schema)


def careful_columns(body: bytes, schema: Schema) -> Columns:
    """As `read`, with Python's reader. Raises Refusal."""
    try:
        text = body.decode()
        names, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except UnicodeDecodeError as error:
        raise wrong_body(f"not UTF-8, at byte {error.start}") from None
    except csv.Error as error:
        raise wrong_body(f"not CSV: {error}") from None
    if len(names) == 1 < len(schema.inputs) and any(mark in names[0] for mark in ";\t|"):
        raise wrong_body("the header has no commas; cells are separated by commas here")
    refuse_names(names, schema)
    if not rows:
        raise empty()
    if len(names) == 1:
        rows = [row or [""] for row in rows]
    width = len(names)
    wrong = ((at, row) for at, row in enumerate(rows) if len(row) != width)
    details = [
        Detail("InputParseError", f"The row has {len(row)} values; there are {width} columns.", at)
        for at, row in islice(wrong, MOST_DETAILS)
    ]
    if details:
        raise bad_argument(*details)
    columns, problems = read_columns(dict(zip(names, zip(*rows, strict=True), strict=True)), schema)
    if problems:
        raise bad_cells(problems)
    return columns


def fast_columns(body: bytes, schema: Schema) -> Columns | None:
    """As `read`, with Arrow's reader, or None when the body must be read the careful way."""
    if b'"' in body or body.startswith(_BOM):
        return None
    header = body.partition(b"\n")[0].partition(b"\r")[0]
    if header.count(b",") + 1 != len(schema.inputs):  # a column costs Arrow over a kilobyte, wanted or not
        return None
    numbers = {column.name: pa.float64() for column in schema.inputs if column.type in _NUMBERS}
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(body) + 1),
            arrow_csv.ParseOptions(quote_char=False, escape_char=False, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types={column.name: _TEXTS for column in schema.inputs} | numbers,
                null_values=[""],
                strings_can_be_null=False,
            ),
            memory_pool=pa.system_memory_pool(),
        )
        names = sorted(table.column_names)
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    if names != sorted(schema.input_names) or not table.num_rows:
        return None
    columns: Columns = {}
    for column in schema.inputs:
        cells = table.column(column.name).combine_chunks()
        values = _numbers(column, cells) if column.type in _NUMBERS else _others(column, cells)
        if values is None:
            return None
        columns[column.name] = values
    return columns


def _numbers(column: Column, cells: pa.Array) -> npt.NDArray[Any] | None:
    array = cells.to_numpy(zero_copy_only=False)
    odd = int(np.count_nonzero(~np.isfinite(array)))
    return from_floats(column, array) if odd == cells.null_count else None


def _others(column: Column, cells: pa.Array) -> npt.NDArray[Any] | None:
    """Each different text is read once."""
    values, problems = read_column(column, cells.dictionary.to_pylist())
    return None if problems else values[cells.indices.to_numpy()]


def write(columns: Columns, schema: Schema) -> bytes:
    """The scores, with a header; a missing one is an empty cell.

    In a table of one column it is a pair of quotation marks: most readers skip empty lines.
    """
    blank = '""' if len(schema.outputs) == 1 else ""
    cells = [_texts(columns[name], blank) for name in schema.output_names]
    lines = [",".join(map(_quoted, schema.output_names)), *map(",".join, zip(*cells, strict=True))]
    return ("\r\n".join(lines) + "\r\n").encode()


def _texts(values: npt.NDArray[Any], blank: str) -> Iterable[str]:
    if values.dtype == np.float64:
        written = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY).decode()
        return written[1:-1].replace("null", blank).split(",")
    plain = values.tolist()
    texts = {value: blank if value is None else _quoted(str(value)) for value in set(plain)}
    return [texts[value] for value in plain]


def _quoted(text: str) -> str:
    if text and _NEEDS_QUOTES.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
