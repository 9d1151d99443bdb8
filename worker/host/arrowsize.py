"""How large an Arrow stream is once inflated, before any of it is: a compressed buffer says so in its first 8 bytes.

Read from the messages' own headers (format/Message.fbs of Apache Arrow), which nobody has verified yet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyarrow as pa
from flatbuffers import number_types
from flatbuffers.table import Table

# Places of fields in their tables, and the numbers of the union's members, as in Message.fbs.
_HEADER_TYPE, _HEADER = 1, 2
_DICTIONARY, _RECORDS = 2, 3
_DICTIONARY_DATA = 1
_BUFFERS, _COMPRESSION = 2, 3
_BUFFER = struct.Struct("<qq")  # offset and length in the body
_SIZE = struct.Struct("<q")  # -1 for a buffer that stands as it is


def inflated_bytes(body: bytes) -> int:
    """Bytes of every buffer in the stream after inflating. Raises ValueError, OSError."""
    try:
        return sum(_sizes(pa.ipc.MessageReader.open_stream(pa.py_buffer(body))))
    except (pa.ArrowException, struct.error, TypeError) as error:  # places that lead out of the header
        raise ValueError("not a stream of Arrow messages") from error


def _sizes(messages: pa.ipc.MessageReader) -> Iterator[int]:
    for message in messages:
        batch = _batch(message.metadata.to_pybytes())
        if batch is None or message.body is None:
            continue
        data = memoryview(message.body)
        field = _field(batch, _BUFFERS)
        is_packed = bool(_field(batch, _COMPRESSION))
        for number in range(batch.VectorLen(field) if field else 0):
            at, length = _BUFFER.unpack_from(batch.Bytes, batch.Vector(field) + number * _BUFFER.size)
            if not 0 <= at <= at + length <= len(data):
                raise ValueError("a buffer outside of its message")
            told = _SIZE.unpack_from(data, at)[0] if is_packed and length else -1
            if told < -1:
                raise ValueError("a buffer of less than nothing")
            yield length if told == -1 else told


def _batch(header: bytes) -> Table | None:
    """The message's record batch, in a dictionary or by itself."""
    message = Table(header, _SIZE_OF_ROOT.unpack_from(header)[0])
    kind = message.Get(number_types.Uint8Flags, message.Pos + _field(message, _HEADER_TYPE))
    if kind not in {_DICTIONARY, _RECORDS}:
        return None
    found = _table(message, _HEADER)
    return _table(found, _DICTIONARY_DATA) if kind == _DICTIONARY else found


_SIZE_OF_ROOT = struct.Struct("<I")


def _field(table: Table, place: int) -> int:
    """Where a field stands behind the table's own place; 0 when it is not there."""
    return int(table.Offset(4 + 2 * place))


def _table(parent: Table, place: int) -> Table:
    return Table(parent.Bytes, parent.Indirect(parent.Pos + _field(parent, place)))
