"""A short number for what a result sheet holds, the same after a spreadsheet program saved it, another after a person
changed it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.cells import values_of

MARK = "Sheetscore "
"""What the comment of our tables begins with; the fingerprint follows."""

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


def _digest(column: pa.ChunkedArray) -> bytes:
    kind = column.type
    if column.null_count == len(column):
        return f"blank {len(column)}".encode()
    if kind in (pa.float64(), pa.int64()):
        numbers = pc.fill_null(column.cast(pa.float64(), safe=False), float("nan")).to_numpy() + 0.0
        numbers[~np.isfinite(numbers)] = np.nan
        return hashlib.blake2b(b"number" + numbers.tobytes()).digest()
    if kind == pa.timestamp("us"):
        moments = pc.fill_null(column.cast(pa.int64()), np.iinfo(np.int64).min).to_numpy()
        return hashlib.blake2b(b"moment" + ((moments + 500) // 1000).tobytes()).digest()
    if kind == pa.string():
        texts = pc.fill_null(column, "")
        lengths = pc.binary_length(texts).to_numpy().astype(np.int64)
        joined = "".join(pc.binary_join(pa.array([chunk.to_pylist()]), "")[0].as_py() for chunk in texts.chunks)
        return hashlib.blake2b(b"text" + lengths.tobytes() + joined.encode()).digest()
    values = [value for chunk in column.chunks for value in values_of(chunk)]
    return hashlib.blake2b(repr([_plain(value) for value in values]).encode()).digest()


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
