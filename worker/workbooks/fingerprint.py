"""A short number for what a result sheet holds, the same after a spreadsheet program saved it, another after a person
changed it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.cells import values_of
from worker.workbooks.rows import bytes_of

MARK = "Sheetscore "
"""What the comment of our tables begins with; the fingerprint follows, and whose rows they are."""

_BYTES = 16
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - cells have no zone


def fingerprint(columns: Sequence[pa.ChunkedArray], others: Mapping[str, Any], charts: int) -> str:
    """Of the values of the table's columns, in order; of the cells around them, by address; of the number of charts.

    What a cell does not keep makes no difference: 2 and 2.0, blank and empty text, a day and its midnight, a part of a
    millisecond.
    """
    whole = hashlib.blake2b(digest_size=_BYTES)
    whole.update(repr((charts, sorted((at, _plain(value)) for at, value in others.items() if _plain(value)))).encode())
    for column in columns:
        whole.update(_digest(column))
    return whole.hexdigest()


def origin(sheet: str, begins: str = "") -> str:
    """Which input a table's rows come from: a short number for its sheet, then where it begins there. '' for none."""
    if not sheet:
        return ""
    return f" {hashlib.blake2b(sheet.casefold().encode('utf-8', 'replace'), digest_size=8).hexdigest()}{begins}"


def _digest(column: pa.ChunkedArray) -> bytes:
    if column.null_count == len(column):
        return f"blank {len(column)}".encode()
    for kinds, name, content in _BY_KIND:
        if column.type in kinds:
            # two, so that the borders between chunks make no difference
            lengths, whole = hashlib.blake2b(name), hashlib.blake2b()
            for chunk in column.chunks:
                sizes, data = content(chunk)
                lengths.update(sizes)
                whole.update(data)
            return lengths.digest() + whole.digest()
    values = [_plain(value) for chunk in column.chunks for value in values_of(chunk)]
    return hashlib.blake2b(repr(values).encode()).digest()


def _numbers(chunk: pa.Array) -> tuple[bytes, bytes]:
    numbers = pc.fill_null(chunk.cast(pa.float64(), safe=False), float("nan")).to_numpy() + 0.0
    numbers[~np.isfinite(numbers)] = np.nan
    return b"", numbers.tobytes()


def _moments(chunk: pa.Array) -> tuple[bytes, bytes]:
    blank = np.iinfo(np.int64).min
    moments = pc.fill_null(chunk.cast(pa.int64()), blank).to_numpy()
    return b"", np.where(moments == blank, blank, (moments + 500) // 1000).tobytes()


def _texts(chunk: pa.Array) -> tuple[bytes, memoryview]:
    texts = pc.fill_null(chunk, "").cast(pa.large_string())
    return pc.binary_length(texts).to_numpy().astype(np.int64).tobytes(), bytes_of(texts)


_BY_KIND: tuple[tuple[tuple[pa.DataType, ...], bytes, Callable[[pa.Array], tuple[bytes, bytes | memoryview]]], ...] = (
    ((pa.float64(), pa.int64()), b"number", _numbers),
    ((pa.timestamp("us"),), b"moment", _moments),
    ((pa.string(),), b"text", _texts),
)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any cell's value
    """Values that a cell does not tell apart as one."""
    if value is None or value == "" or isinstance(value, bool | str):
        return value or (None if value is None or value == "" else value)
    if isinstance(value, int | float):
        return float(value) + 0.0
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - cells have no zone
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=None) - _EPOCH
    if isinstance(value, dt.timedelta):
        return "ms", (value + dt.timedelta(microseconds=500)) // dt.timedelta(milliseconds=1)
    return str(value)
