"""The protocols that endpoints speak: one file for each, pairs of plain functions, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.scoring.codecs import classic
from worker.scoring.errors import Rejected
from worker.scoring.schema import Columns, Schema


@dataclass(frozen=True, slots=True)
class Codec:
    """One protocol.

    `encode(columns, schema)` makes the body of a request from every input of the schema; `decode(body, schema, rows)`
    reads every output for that many rows and raises BadAnswer; `read_refusal(body)` reads what the endpoint says of
    data it refuses, and never raises. `query` is added to the endpoint's execute address.
    """

    name: str
    encode: Callable[[Columns, Schema], bytes]
    decode: Callable[[bytes, Schema, int], Columns]
    read_refusal: Callable[[bytes], Rejected]
    query: str = ""


CLASSIC = Codec("classic", classic.encode_columns, classic.decode_columns, classic.read_refusal)
CLASSIC_RECORDS = Codec(
    "classic-records", classic.encode_records, classic.decode_records, classic.read_refusal, "&format=swagger"
)

CODECS = {codec.name: codec for codec in (CLASSIC, CLASSIC_RECORDS)}
