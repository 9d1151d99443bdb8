"""Rows of a written worksheet part as the arrays of its cells: found by their tags, many at a time.

Text is escaped, so that `<` in the bytes is always a tag. This shares nothing with what writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BLANK, NUMBER, TRUTH, TEXT = range(4)
"""What a cell holds."""

_PIECE = 2_000_000
_END = b"</row>"
_ROW = re.compile(rb'<row r="([0-9]+)"')

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a worksheet part in pieces of about two megabytes, each of which ends with a row."""
    held = b""
    for chunk in chunks:
        held += chunk
        end = held.rfind(_END) + len(_END) if len(held) >= _PIECE else 0
        if end >= len(_END):
            yield held[:end]
            held = held[end:]
    if (end := held.rfind(_END)) >= 0:
        yield held[: end + len(_END)]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows. `rows` are the numbers they say they have, `first` the place of each one's first cell among all cells
    and, last, their number; of each cell, where it begins, what it holds, and where the text of that begins and ends.
    """

    data: bytes
    rows: Ints
    first: Ints
    starts: Ints
    kinds: Bytes
    begins: Ints
    ends: Ints

    @classmethod
    def of(cls, data: bytes) -> Piece:
        """Find the cells of `data`, which ends with a row."""
        buffer = np.frombuffer(data, np.uint8)
        tags, closes = np.flatnonzero(buffer == ord("<")), np.flatnonzero(buffer == ord(">"))
        second, third = buffer[tags + 1], buffer[tags + 2]
        starts = tags[(second == ord("c")) & (third == ord(" "))]
        holds = np.flatnonzero(
            ((second == ord("v")) & (third == ord(">")))
            | ((second == ord("t")) & ((third == ord(">")) | (third == ord(" "))))
        )
        owners = np.searchsorted(starts, tags[holds]) - 1
        begins = starts.copy()
        begins[owners] = closes[np.searchsorted(closes, tags[holds])] + 1
        ends = starts.copy()
        ends[owners] = tags[holds + 1]
        kinds = np.full(len(starts), BLANK, np.uint8)
        # ` t="b"><v>`: what stands before the tag tells truth values from numbers
        marks = np.where(buffer[tags[holds] - 3] == ord("b"), TRUTH, NUMBER)
        kinds[owners] = np.where(second[holds] == ord("t"), TEXT, marks)
        lines = tags[(second == ord("r")) & (third == ord("o"))]
        first = np.searchsorted(starts, np.append(lines, len(data)))
        return cls(data, _row_numbers(data, lines), first, starts, kinds, begins, ends)

    def texts(self, cells: Ints) -> pa.Array:
        """The text of these cells, '' where they are blank."""
        return _cut(self.data, self.begins[cells], self.ends[cells])

    def stands_at(self, cells: Ints, addresses: pa.Array) -> bool:
        """Whether these cells have those addresses."""
        return _say(self.data, self.starts[cells] + len('<c r="'), addresses)

    def source(self, cell: int) -> bytes:
        """The bytes of one cell, from its tag to the next one's."""
        after = self.starts[cell + 1] if cell + 1 < len(self.starts) else len(self.data)
        return self.data[self.starts[cell] : after]


def _row_numbers(data: bytes, lines: Ints) -> Ints:
    """The numbers that the rows say they have, mostly one after the other."""
    found = _ROW.match(data, lines[0]) if len(lines) else None
    if found is None:
        return np.empty(0, np.int64)
    guess = np.arange(int(found[1]), int(found[1]) + len(lines))
    if _say(data, lines + len('<row r="'), pc.cast(pa.array(guess), pa.large_string())):
        return guess
    return np.array([int(match[1]) for match in _ROW.finditer(data)], np.int64)


def _say(data: bytes, begins: Ints, texts: pa.Array) -> bool:
    """Whether these texts, each with a quotation mark behind it, stand there."""
    quote, nothing = pa.scalar('"', pa.large_string()), pa.scalar("", pa.large_string())
    ends = np.minimum(begins + pc.binary_length(texts).to_numpy() + 1, len(data))
    return bool(_cut(data, begins, ends).equals(pc.binary_join_element_wise(texts, quote, nothing)))


def _cut(data: bytes, begins: Ints, ends: Ints) -> pa.Array:
    """The texts between those places, of which each begins behind the one before."""
    offsets = np.empty(2 * len(begins), np.int64)
    offsets[::2], offsets[1::2] = begins, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    every = pa.LargeBinaryArray.from_buffers(pa.large_binary(), max(len(offsets) - 1, 0), buffers)
    return every.take(pa.array(np.arange(0, len(offsets), 2))).cast(pa.large_string())
