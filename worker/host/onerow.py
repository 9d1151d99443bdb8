"""One row of plain values, read at a third of the cost of any body. What stands around the row is looked at when it
comes for the first time; then it is known by its bytes, since a client sends the same around every row.

Where the row begins and ends is a guess until all of the body but the row was read as JSON and has its place there:
then whatever is a list of values by itself is the row. Everything else, faults among it, is for the careful way.
"""

from __future__ import annotations

import secrets
from typing import Any

import orjson

from worker.endpoints.values import is_plain_row, row_names
from worker.host.body import json_object
from worker.scoring.codecs.classic import INPUT
from worker.scoring.schema import Schema

MOST_FRAMES = 256
FRAME_BYTES = 16_384
_PLACE = secrets.token_hex(16)
"""Stands for the row while all the rest is read; nobody can have written it."""
_NONE: tuple[object, ...] = (None, {})
"""What gives no parameters."""

_frames: set[tuple[tuple[str, ...], bytes, bytes]] = set()


def read_row(body: bytes, schema: Schema, *, records: bool) -> list[Any] | None:
    """The values of the body's only row in the order of the inputs, if each is one as it stands; else None.

    `schema` has no parameters, and the body gives none.
    """
    row = _record(body, schema) if records else _listed(body, schema)
    return row if row is not None and is_plain_row(row, schema) else None


def _listed(body: bytes, schema: Schema) -> list[Any] | None:
    start, end = body.find(b"[[") + 2, body.rfind(b"]]")
    frame = (row_names(schema), body[:start], body[end:])
    if frame not in _frames and not _learn(frame):
        return None
    return _list(b"[%b]" % body[start:end])


def _learn(frame: tuple[tuple[str, ...], bytes, bytes]) -> bool:
    """Whether there is one row of these columns and nothing else between the two parts; remembered if so."""
    names, head, tail = frame
    if len(head) + len(tail) > FRAME_BYTES or not head.endswith(b"[["):
        return False
    request = json_object(b'%b"%b"%b' % (head[:-1], _PLACE.encode(), tail[1:]))
    table = {"ColumnNames": [*names], "Values": [_PLACE]}
    if request.pop("GlobalParameters", None) not in _NONE or request != {"Inputs": {INPUT: table}}:
        return False
    if len(_frames) >= MOST_FRAMES:
        _frames.clear()
    _frames.add(frame)
    return True


def _record(body: bytes, schema: Schema) -> list[Any] | None:
    request = json_object(body)
    match request.get("Inputs"):
        case {"input1": [{**record}], **others} if not others and request.get("GlobalParameters") in _NONE:
            names = row_names(schema)
            return [record[name] for name in names] if record.keys() == {*names} else None
    return None


def _list(text: bytes) -> list[Any] | None:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, list) else None
