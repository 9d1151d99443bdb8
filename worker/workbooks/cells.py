"""Cell values as Arrow columns: the one form in which rows pass between files, processes and frames.

A column whose values agree is int64, float64, bool, string or timestamp[us]; any other is a struct of a mark for each
value's type and the value as text. Blank is null everywhere.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

MIXED = pa.struct([("kind", pa.string()), ("text", pa.string())])
EXACT = 2**53
"""Whole numbers up to this size are exact in a spreadsheet cell."""
MOST_TEXT = 32_767
"""UTF-16 units that fit in a cell."""

_NO_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")

_ENCODE: dict[type, tuple[str, Callable[[Any], str]]] = {
    str: ("s", str),
    bool: ("b", lambda value: "1" if value else "0"),
    int: ("i", str),
    float: ("f", repr),
    dt.datetime: ("d", dt.datetime.isoformat),
    dt.date: ("D", dt.date.isoformat),
    dt.time: ("t", dt.time.isoformat),
    dt.timedelta: ("p", lambda value: str(value // dt.timedelta(microseconds=1))),
}
_DECODE: dict[str, Callable[[str], Any]] = {
    "s": str,
    "b": lambda text: text == "1",
    "i": int,
    "f": float,
    "d": dt.datetime.fromisoformat,
    "D": dt.date.fromisoformat,
    "t": dt.time.fromisoformat,
    "p": lambda text: dt.timedelta(microseconds=int(text)),
}


def column(values: Sequence[Any]) -> pa.Array:
    """Values of the types above (None is blank) as one column: typed if they agree, else mixed.

    Whole floats up to 2**53 become integers when no blank stands between them, or in a mixed column: a spreadsheet
    holds every number as a float, and an id is 1001, not 1001.0.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return _texts(values)
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {float} or (kinds <= {int, float} and all(value is None or abs(value) <= EXACT for value in values)):
        return _numbers(values)
    if kinds <= {dt.datetime, dt.date}:
        return pa.array([_moment(value) for value in values], pa.timestamp("us"))
    return mixed([_whole(value) for value in values])


def unified(pieces: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Pieces of one column, each as `column` makes it, as one column: the same as if it had been made at once."""
    kind = common([(piece.type, piece.null_count == len(piece)) for piece in pieces])
    return pa.chunked_array([fitted(piece, kind) for piece in pieces], kind)


def common(pieces: Sequence[tuple[pa.DataType, bool]]) -> pa.DataType:
    """The type of a column whose pieces have these types; with each, whether all the piece is blank."""
    kinds = {kind for kind, blank in pieces if not blank} or {kind for kind, _ in pieces[:1]} or {pa.string()}
    kind = kinds.pop() if len(kinds) == 1 else pa.float64() if kinds == {pa.int64(), pa.float64()} else MIXED
    return pa.float64() if kind == pa.int64() and any(other != kind for other, _ in pieces) else kind


def fitted(piece: pa.Array, kind: pa.DataType) -> pa.Array:
    """A piece of a column as its `common` type has it."""
    if piece.type == kind:
        return piece
    if piece.null_count == len(piece):
        return pa.nulls(len(piece), kind)
    return piece.cast(kind) if kind == pa.float64() else mixed([_whole(value) for value in values_of(piece)])


def mixed(values: Iterable[Any]) -> pa.Array:
    """Values of any type as a mixed column; a type that no cell can hold becomes its text."""
    pairs = [None if value is None else _mark(value) for value in values]
    return pa.array([pair and {"kind": pair[0], "text": clean(pair[1])} for pair in pairs], MIXED)


def values_of(array: pa.Array) -> list[Any]:
    """The column's values as Python objects; None is blank."""
    if array.type != MIXED:
        return list(array.to_pylist())
    return [pair and _DECODE[pair["kind"]](pair["text"]) for pair in array.to_pylist()]


def clean(text: str) -> str:
    """`text` without what is no character in XML: half of a surrogate pair, U+FFFE and U+FFFF become U+FFFD."""
    if not _NO_TEXT.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NO_TEXT.sub("\ufffd", joined)


def shortened(text: str, units: int) -> str:
    """At most that many UTF-16 units of `text`: so Excel counts."""
    return text if 2 * len(text) <= units else text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _texts(values: Sequence[str | None]) -> pa.Array:
    return pa.array([value and clean(value) for value in values], pa.string())


def _numbers(values: Sequence[float | int | None]) -> pa.Array:
    numbers = np.array(values, np.float64)
    whole = np.isfinite(numbers) & (np.abs(numbers) <= EXACT) & (numbers == np.floor(numbers))
    if whole.all() and not (np.signbit(numbers) & (numbers == 0)).any():
        return pa.array(numbers.astype(np.int64))
    return pa.array(values, pa.float64())


def _moment(value: dt.datetime | dt.date | None) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value and value.replace(tzinfo=None)
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a cell's date has no zone


def _whole(value: Any) -> Any:  # noqa: ANN401 - any cell's value
    return int(value) if type(value) is float and value.is_integer() and abs(value) <= EXACT else value


def _mark(value: object) -> tuple[str, str]:
    kind, encode = _ENCODE.get(type(value), ("s", str))
    return kind, encode(value)
