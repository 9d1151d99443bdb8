"""Tables as Arrow streams: types, blanks, and streams made to do harm."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.host.test_csvtable import OUTPUTS
from tests.host.test_fastparse import SCHEMA
from worker.host.arrowsize import inflated_bytes
from worker.host.arrowstream import LIMIT, MOST_WRITTEN_OUT, read, write
from worker.host.refusals import Refusal
from worker.scoring.schema import Column, ColumnType, Output, Schema

GOOD: dict[str, Any] = {
    "a": pa.array([1.5, None, float("nan")]),
    "i": pa.array([3, -7, 2**53]),
    "s": pa.array(["red", None, ""]),
    "b": pa.array([True, False, True]),
    "d": pa.array([dt.datetime(2024, 2, 29), None, dt.datetime(1, 1, 1, 0, 0, 1)], pa.timestamp("us")),
}


def stream(columns: Any, compression: str | None = None) -> bytes:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    sink, options = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=compression, allow_64bit=True)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def details(body: bytes, schema: Schema = SCHEMA) -> tuple[int, list[tuple[str, int | None, str | None]]]:
    with pytest.raises(Refusal) as refused:
        read(body, schema)
    found = json.loads(refused.value.body)["error"]["details"]
    return refused.value.status, [(one["code"], one.get("row"), one.get("column")) for one in found]


def values(body: bytes) -> dict[str, list[Any]]:
    return {
        name: [None if v is None or v != v else v for v in found.tolist()] for name, found in read(body, SCHEMA).items()
    }


WANTED = {
    "a": [1.5, None, None],
    "i": [3, -7, 2**53],
    "s": ["red", None, None],
    "b": [True, False, True],
    "d": ["2024-02-29T00:00:00", None, "0001-01-01T00:00:01"],
}


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_every_type_and_its_blanks(compression: str | None) -> None:
    """Null, NaN and empty text are blanks; the order of columns is free; buffers may be packed."""
    table = pa.table(GOOD).select(["s", "d", "a", "b", "i"])
    assert values(stream(table, compression)) == WANTED


def test_batches_and_dictionaries() -> None:
    """Several batches, each with a dictionary of its own, with nulls in it or beside it."""
    schema = pa.table({**GOOD, "s": GOOD["s"].dictionary_encode()}).schema
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        for row, texts in enumerate((["x", "red"], ["blue", None], [None, "unused"])):
            one = {name: column.slice(row, 1) for name, column in GOOD.items()}
            one["s"] = pa.DictionaryArray.from_arrays(pa.array([row % 2], pa.int32()), pa.array(texts))
            writer.write_batch(pa.record_batch(one, schema=schema))
    assert values(sink.getvalue()) == {**WANTED, "s": ["x", None, None]}


@pytest.mark.parametrize(
    ("name", "column", "wanted"),
    [
        ("a", pa.array([1, 2, 3], pa.uint8()), [1, 2, 3]),
        ("a", pa.array([0.5, 1, 2], pa.float16()), [0.5, 1, 2]),
        ("a", pa.nulls(3), [None] * 3),
        ("i", pa.array([1.0, 2.0, -3.0]), [1, 2, -3]),
        ("s", pa.array(["x"] * 3, pa.large_string()), ["x"] * 3),
        ("d", pa.array([dt.date(2024, 2, 29)] * 3), ["2024-02-29T00:00:00"] * 3),
        ("d", pa.array([dt.date(2024, 2, 29)] * 3, pa.date64()), ["2024-02-29T00:00:00"] * 3),
        ("d", pa.array([dt.datetime(2024, 2, 29)] * 3, pa.timestamp("ns", "UTC")), ["2024-02-29T00:00:00"] * 3),
        ("d", pa.array(["2024-02-29 01:02:03"] * 3), ["2024-02-29T01:02:03"] * 3),
    ],
    ids=range(9),
)
def test_other_types_that_lose_nothing(name: str, column: pa.Array, wanted: list[Any]) -> None:
    """What programs write for the same column."""
    assert values(stream({**GOOD, name: column})) == {**WANTED, name: wanted}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("a", pa.array(["1", "2", "3"])),
        ("a", pa.array([1, 2, 3], pa.decimal128(5))),
        ("a", pa.array([[1], [2], [3]])),
        ("i", pa.nulls(3)),
        ("s", pa.array([1, 2, 3])),
        ("s", pa.array([1, 2, 3]).dictionary_encode()),
        ("s", pa.array([b"x"] * 3)),
        ("b", pa.array([1, 0, 1])),
        ("d", pa.array([1, 2, 3])),
        ("d", pa.array([dt.datetime(2024, 2, 29)] * 3, pa.timestamp("s", "Europe/Berlin"))),
        ("d", pa.array([{"x": 1}] * 3)),
    ],
    ids=range(11),
)
def test_a_column_of_another_type_is_named(name: str, column: pa.Array) -> None:
    """Nothing is converted that the contract does not have."""
    assert details(stream({**GOOD, name: column})) == (400, [("InputMismatchError", None, name)])


def test_cells_are_checked_as_in_json() -> None:
    """With row and column, in the order of the rows."""
    bad = {
        "a": pa.array([1, float("inf"), 2]),
        "i": pa.array([1.5, 2.0**60, None]),
        "s": pa.array(["x", "y", "z"]).dictionary_encode(),
        "b": pa.array([None, True, None]),
        "d": pa.array([0, None, 2**62], pa.timestamp("ms")),
    }
    status, found = details(stream(bad))
    assert status == 400
    assert [(row, column) for _, row, column in found] == [
        *((0, "i"), (0, "b")),
        *((1, "a"), (1, "i")),
        *((2, "i"), (2, "b"), (2, "d")),
    ]


def test_a_packed_bomb_is_refused_before_it_is_inflated() -> None:
    """Counted from what the buffers say; at the limit it is taken."""
    cells = LIMIT // 8
    bomb = stream({"x": pa.array(np.zeros(4 * cells))}, "zstd")
    assert len(bomb) < LIMIT / 100
    assert inflated_bytes(bomb) == 4 * LIMIT < MOST_WRITTEN_OUT
    schema = Schema((Column("x", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER),))
    assert details(bomb, schema)[0] == 413
    assert len(read(stream({"x": pa.array(np.zeros(cells))}, "zstd"), schema)["x"]) == cells


@pytest.mark.parametrize(
    "columns",
    [
        {"s": pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int8)), pa.array(["x" * 100_000]))},
        {"s": pa.Array.from_buffers(pa.null(), 2**40, [None])},
        {"s": pa.array(["x"]), "t": pa.array(["x"])},
    ],
    ids=["dictionary", "nulls", "column"],
)
def test_a_table_that_is_large_only_when_written_out(columns: Any) -> None:
    """A byte can stand for a long text, and nothing at all for a trillion rows."""
    schema = Schema((Column("s", ColumnType.TEXT, nullable=True),), (Output("y", ColumnType.NUMBER),))
    assert MOST_WRITTEN_OUT < 10_000 * 100_000
    assert details(stream(columns), schema)[0] == (413 if len(columns) == 1 else 400)


def test_a_stream_cut_anywhere_is_refused() -> None:
    """Each shorter stream is refused or has fewer batches: never other values."""
    whole = stream(GOOD)
    refused = 0
    for end in range(1, len(whole)):
        try:
            assert values(whole[:end]) == WANTED
        except Refusal:
            refused += 1
            assert details(whole[:end])[0] == 400
    assert refused > len(whole) / 2
    assert details(b"\xff" * 100) == (400, [("RequestBodyInvalid", None, None)])
    assert details(b"") == (400, [("RequestIsEmpty", None, None)])


MUTATE = """
import random, sys, warnings
import pyarrow as pa
from tests.host.test_arrowstream import GOOD, stream
from tests.host.test_fastparse import SCHEMA
from worker.host.arrowstream import read
from worker.host.refusals import Refusal

dice, taken, refused = random.Random(3), 0, 0
packed = {**GOOD, "s": GOOD["s"].dictionary_encode()}
wholes = [stream(GOOD), stream(packed), stream(packed, "lz4"), stream(GOOD, "zstd")]
for _ in range(6000):
    body = bytearray(dice.choice(wholes))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(body))
        kind = dice.randrange(4)
        if kind == 0:
            body[at] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
        elif kind == 1:
            at -= at % 8
            body[at : at + 8] = dice.choice([2**63 - 1, 2**31, 2**40, 0, 1, 2**64 - 1]).to_bytes(8, "little")
        elif kind == 2:
            del body[at : at + dice.choice([1, 4, 8, 64])]
        else:
            body[at:at] = bytes(dice.choice([1, 4, 8, 64]))
    try:
        read(bytes(body), SCHEMA)
        taken += 1
    except Refusal as refusal:
        assert refusal.status in {400, 413}
        refused += 1
print(taken, refused)
"""


def test_a_stream_made_to_do_harm_does_none() -> None:
    """Thousands of streams with wrong lengths, offsets and types: 400 or 413 each, and the process lives."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MUTATE)], capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    taken, refused = map(int, run.stdout.split())
    assert taken + refused == 6000
    assert refused > 1000


def test_huge_metadata_costs_what_it_weighs() -> None:
    """Metadata of the schema is not looked at."""
    table = pa.table(GOOD).replace_schema_metadata({b"x" * 1000: b"y" * 3_000_000})
    assert values(stream(table)) == WANTED


def test_scores_are_read_back_as_they_were() -> None:
    """One batch with the contract's types; what is missing is null."""
    given = {
        "number": np.array([0.1 + 0.2, np.nan, -1e300]),
        "integer": np.array([2**53, None, -1], object),
        "boolean": np.array([True, False, None], object),
        "text": np.array(["a", "é", None], object),
        "datetime": np.array(["2024-02-29T00:00:00", None, "1999-12-31T23:59:59"], object),
    }
    table = pa.ipc.open_stream(write(given, OUTPUTS)).read_all()
    assert [str(field.type) for field in table.schema] == ["double", "int64", "bool", "string", "timestamp[s]"]
    assert table.to_pydict() == {
        "number": [0.1 + 0.2, None, -1e300],
        "integer": [2**53, None, -1],
        "boolean": [True, False, None],
        "text": ["a", "é", None],
        "datetime": [dt.datetime(2024, 2, 29), None, dt.datetime(1999, 12, 31, 23, 59, 59)],
    }
    whole = {**given, "integer": np.array([1, 2, 3])}
    assert pa.ipc.open_stream(write(whole, OUTPUTS)).read_all()["integer"].to_pylist() == [1, 2, 3]
