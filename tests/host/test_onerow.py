"""The quick way through a body of one row gives what the careful way gives, or nothing."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from tests.host import test_fastparse as bodies
from worker.endpoints.values import row_columns
from worker.host import onerow
from worker.host.onerow import read_row
from worker.host.parse import parse
from worker.host.refusals import Refusal
from worker.scoring.schema import Schema

SCHEMA = Schema.from_dict(
    {
        "inputs": [
            {"name": "a", "type": "number", "nullable": True},
            {"name": "i", "type": "integer", "minimum": -5},
            {"name": "s", "type": "text", "categories": ["red", "blue", "]]", "[["]},
        ],
        "outputs": [{"name": "y", "type": "number"}],
    }
)
NAMES = list(SCHEMA.input_names)


def table(rows: list[Any], names: list[str] = NAMES, **more: Any) -> dict[str, Any]:
    return {"Inputs": {"input1": {"ColumnNames": names, "Values": rows}}, **more}


def records(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"Inputs": {"input1": rows}, **more}


def compare(body: bytes, *, as_records: bool = False) -> bool:
    """Whether the quick way was taken; fails when it gave anything but what the careful way gives."""
    row = read_row(body, SCHEMA, records=as_records)
    if row is None:
        return False
    careful = parse(body, SCHEMA, records=as_records)
    assert bodies.same(row_columns([row], SCHEMA), careful.columns)
    assert not careful.parameters
    return True


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("more", [{}, {"GlobalParameters": {}}, {"GlobalParameters": None}])
def test_what_clients_send_is_taken(separators: tuple[str, str], more: dict[str, Any]) -> None:
    """Compact or spaced, both forms, also when what stands around the row is known already."""
    for row in ([1.5, 3, "red"], [None, -5, "blue"], [7, 2**53 - 1, "red"], [-0.0, 0, "]]"], [1e300, 0, "[["]):
        for _ in range(2):
            assert compare(json.dumps(table([row], **more), separators=separators).encode()) or "]" in str(row[2])
            one = dict(reversed(list(zip(NAMES, row, strict=True))))
            assert compare(json.dumps(records([one], **more), separators=separators).encode(), as_records=True)


def test_all_else_is_for_the_careful_way() -> None:
    good = [1.5, 3, "red"]
    for body in (
        table([good, good]),
        table([]),
        table([[]]),
        table([good[:2]]),
        table([["1.5", 3, "red"]]),
        table([[1.5, -6, "red"]]),
        table([[1.5, 3.5, "red"]]),
        table([[1.5, 2**53, "red"]]),
        table([[1.5, True, "red"]]),
        table([[1.5, 3, "green"]]),
        table([[1.5, 3, ["red"]]]),
        table([good], ["i", "a", "s"]),
        table([good], ["a", "i"]),
        table([good], GlobalParameters={"p": 1}),
        table([good], Other=1),
    ):
        assert not compare(json.dumps(body).encode()), body
    one = dict(zip(NAMES, good, strict=True))
    for body in (
        records([]),
        records([one, one]),
        records([one | {"x": 1}]),
        records([one], GlobalParameters={"p": 1}),
    ):
        assert not compare(json.dumps(body).encode(), as_records=True), body
    for text in (b"", b"[[]]", b"]][[", b"null", b'{"Inputs":[[1,3,"red"]]}', b'{"Inputs":{"input1":{"Values":[[1]]}}'):
        assert not compare(text)
        assert not compare(text, as_records=True)


@pytest.mark.parametrize("given", [0, 0.0, False, "", []])
def test_parameters_that_are_none_at_all_are_for_the_careful_way(given: object) -> None:
    """It refuses them, also when the model is known."""
    row = [1.5, 3, "red"]
    listed = table([row], GlobalParameters=given)
    record = records([dict(zip(NAMES, row, strict=True))], GlobalParameters=given)
    assert read_row(json.dumps(listed).encode(), SCHEMA, records=False) is None
    assert read_row(json.dumps(record).encode(), SCHEMA, records=True) is None


def test_a_row_cannot_reach_out_of_its_place() -> None:
    """Around it stands what is known; in it what closes the brackets and opens others."""
    known = json.dumps(table([[1.5, 3, "red"]])).encode()
    assert compare(known)
    for put in (
        b'1.5,3,"red"],[1.5,3,"red"',
        b'1.5,3,"red"]],"Values":[[1.5,3,"red"',
        b'1.5,3,"red",',
        b"1.5,3,red",
        b"\xff",
    ):
        assert not compare(known.replace(b'1.5, 3, "red"', put)), put


def broken(random: Random) -> bytes:
    """A body of one row into which one to three pieces were put, some in the place of what stood there."""
    cells = [
        random.choice([None, 1.5, -0.0, 7, "1"]),
        random.choice([3, -6, 2**53, 1e3]),
        random.choice(["red", "]]", ""]),
    ]
    body = json.dumps(
        table([cells], GlobalParameters={}), separators=random.choice([(",", ":"), (", ", ": ")])
    ).encode()
    for _ in range(random.randint(0, 3)):
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.choice(bodies.PIECES) + body[at + random.choice([0, 0, 1, 3]) :]
    return body


def test_hostile_bodies() -> None:
    """Thousands of bodies, most of them broken: never another value, never one that only the quick way takes."""
    random = Random(7)
    assert sum(compare(broken(random)) for _ in range(20_000)) > 500


def test_one_that_believes_its_guess_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin takes whatever stands between the first and the last brackets."""
    monkeypatch.setattr(onerow, "_learn", lambda _: True)
    with pytest.raises((AssertionError, Refusal)):
        compare(json.dumps(table([[1.5, 3, "red"]], GlobalParameters={"p": 1})).encode())


def test_what_is_known_is_bounded() -> None:
    for number in range(onerow.MOST_FRAMES + 10):
        compare(json.dumps(table([[1.5, 3, "red"]]), indent=number % 300 or None).encode() + b" " * number)
    assert len(onerow._frames) <= onerow.MOST_FRAMES
    assert not compare(json.dumps(table([[1.5, 3, "red"]])).encode() + b" " * onerow.FRAME_BYTES)
