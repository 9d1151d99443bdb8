"""The fast way through a large body gives what the careful way gives, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import orjson
import pytest

from worker.host.fastparse import fast_columns
from worker.host.parse import parse
from worker.host.refusals import Refusal
from worker.scoring.schema import Columns, Schema

SCHEMA = Schema.from_dict(
    {
        "inputs": [
            {"name": "a", "type": "number", "nullable": True},
            {"name": "i", "type": "integer"},
            {"name": "s", "type": "text", "nullable": True},
            {"name": "b", "type": "boolean"},
            {"name": "d", "type": "datetime", "nullable": True},
        ],
        "outputs": [{"name": "y", "type": "number"}],
        "parameters": [{"name": "p", "type": "number", "default": 1}],
    }
)
NAMES = ["a", "i", "s", "b", "d"]

HOSTILE = ["a],[b", "]]", "[[", '],"x":[["', 'x"y', "a\\b", "line\nbreak", "a,b", "null", '"', "", " ", "é", "\ufeff"]


def cell(name: str, random: Random) -> Any:
    """A value that the column takes, or may take."""
    if name == "a":
        return random.choice([None, random.uniform(-1e3, 1e3), random.uniform(-1, 1) * 1e-9, random.randrange(2**60)])
    if name == "i":
        return random.choice([random.randrange(-9, 99), 2**53 + random.randrange(-2, 3), 3.0, 1e3, -0.0])
    if name == "s":
        return random.choice(["red", "blue", "St. John", None, random.choice(HOSTILE)])
    if name == "b":
        return random.random() < 0.5
    return random.choice([None, "2024-02-29", "1999-12-31T23:59:59", "2024-02-29 01:02:03Z"])


def sound(random: Random) -> bytes:
    """A request as clients write it: JSON numbers or all text, compact or spaced, the columns in any order."""
    order = random.sample(NAMES, len(NAMES))
    rows = [[cell(name, random) for name in order] for _ in range(random.randint(1, 4))]
    if random.random() < 0.5:
        rows = [[value if value is None else str(value) for value in row] for row in rows]
    parameters = random.choice([{}, {"p": 2.5}, {"p": "3"}, {"p": None}])
    table = {"Inputs": {"input1": {"ColumnNames": order, "Values": rows}}, "GlobalParameters": parameters}
    separators = (", ", ": ") if random.random() < 0.1 else (",", ":")
    return json.dumps(table, separators=separators, ensure_ascii=random.random() < 0.3).encode()


# What a mutation puts into a body: all that CSV and JSON read differently.
PIECES = [
    *(b"01 .5 5. -.5 5.e1 1e 1e5 +5 0x1F -0 -01 1e999 1e-999 nan NaN inf null nul true True".split()),
    *(b', " [ ] { } \\ ],[ ]] [[ "" "," \r\n \n \t \x00 \x7f'.split(b" ")),
    *(b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b" ", b'"Values":[[', b'"Values":[]', b"_", b"\xc2\xa0", b"9" * 30),
]


def broken(random: Random) -> bytes:
    """A request into which one to three pieces were put, some in the place of what stood there."""
    body = sound(random)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.choice(PIECES) + body[at + random.choice([0, 0, 1, 3]) :]
    return body


def patched(random: Random) -> bytes:
    """A request with rows put together from pieces: each cell is sound, or anything."""
    good = [b"1.5", b"3", b'"x"', b"true", b'"2024-02-29"']
    rows = [list(good) for _ in range(random.randint(1, 3))]
    for _ in range(random.randint(0, 2)):
        random.choice(rows)[random.randrange(5)] = random.choice([*PIECES, *good, b"null", b'""'])
    return request(b"[[%b]]" % b"],[".join(map(b",".join, rows)))


def same(one: Columns, two: Columns) -> bool:
    return one.keys() == two.keys() and all(
        one[name].dtype == two[name].dtype
        and all(x == y or (x != x and y != y) for x, y in zip(one[name].tolist(), two[name].tolist(), strict=True))
        and list(map(type, one[name].tolist())) == list(map(type, two[name].tolist()))
        for name in one
    )


def compare(body: bytes) -> bool:
    """Whether the fast way was taken; fails when it gave anything but what the careful way gives."""
    fast = fast_columns(body, SCHEMA)
    if fast is None:
        return False
    try:
        careful = parse(body, SCHEMA, records=False)
    except Refusal as refusal:
        raise AssertionError(f"only the careful way refuses: {refusal.body!r}") from None
    assert same(fast.columns, careful.columns)
    assert fast.parameters == careful.parameters
    return True


@pytest.mark.parametrize("make", [sound, broken, patched])
def test_hostile_bodies(make: Callable[[Random], bytes]) -> None:
    """Thousands of bodies, sound and broken: never another value, never one that only the fast way takes."""
    random = Random(7)
    taken = sum(compare(make(random)) for _ in range(3000))
    assert taken > 50


def request(rows: bytes, names: list[str] = NAMES) -> bytes:
    return b'{"Inputs":{"input1":{"ColumnNames":%b,"Values":%b}}}' % (orjson.dumps(names), rows)


def test_the_fast_way_is_taken() -> None:
    """Numbers, numbers as text, blanks, every type, any order: what clients send does not fall back."""
    plain = b'[[1.5,3,"red",true,"2024-02-29"],[null,-7,null,false,null],[0.25,0,"St. John",true,null]]'
    assert compare(request(plain))
    assert compare(
        request(b'[["1.5","3","red","True","2024-02-29"],[null,"-7","","False",""],["","0","x","True",null]]')
    )
    assert compare(request(b'[["red",3,null,1e3,true]]', ["s", "i", "d", "a", "b"]))


TRAPS = {
    "a": [b" 01", b"5. ", b"", *b'01 -01 .5 -.5 5. 5.e1 nan -inf +5 0x1F 1e999 "5" true [1]'.split()],
    "i": b"3.5 9007199254740993 null 1e300 03 +3".split(),
    "s": [b' "x"', b'"\n"', *b'x 5 "x"y ""x"" "a,b" "a],[b" "\\u0041" "\xff" [1] {}'.split()],
    "b": b'1 "no" null True'.split(),
    "d": b'1 "29.02.2024" true'.split(),
}


def test_every_trap_falls_back() -> None:
    """One cell each that CSV would read and JSON would not, or that is a problem."""
    good = {"a": b"1", "i": b"3", "s": b'"x"', "b": b"true", "d": b"null"}
    row = b",".join(good.values())
    for name, traps in TRAPS.items():
        for trap in traps:
            assert not compare(request(b"[[%b],[%b]]" % (row, b",".join({**good, name: trap}.values())))), trap
    for rows in (b"[]", b"[[]]", b"[[R],[]]", b"[[],[R]]", b"[[R],[1,3]]", b"[[R]],[[R]]", b"[[\xef\xbb\xbfR]]"):
        assert not compare(request(rows.replace(b"R", row))), rows


def test_a_second_table_cannot_pass_for_the_first() -> None:
    """Keys that stand twice, rows beside the table, wrong parameters: the careful way decides."""
    row = b'[[1,3,"x",true,null]]'
    names = orjson.dumps(NAMES)
    for body in (
        b'{"Inputs":{"input1":{"ColumnNames":%b,"Values":%b,"Values":[]}}}' % (names, row),
        b'{"Other":{"Values":%b},"Inputs":{"input1":{"ColumnNames":%b,"Values":[]}}}' % (row, names),
        b'{"Inputs":{"input1":{"ColumnNames":%b,"Values":%b},"input2":5}}' % (names, row),
        b'{"Inputs":{"input1":{"ColumnNames":%b,"Values":%b}},"GlobalParameters":{"x":1}}' % (names, row),
        b'{"Inputs":{"input1":{"ColumnNames":["a","a","s","b","d"],"Values":%b}}}' % row,
        b'{"Inputs":{"input1":{"ColumnNames":["a","i","s","b","e"],"Values":%b}}}' % row,
    ):
        assert not compare(body), body


def test_a_lax_fast_way_would_be_noticed() -> None:
    """The broken twin: the comparison fails on values that differ and on types that differ."""
    row = {name: np.array([1.0]) for name in NAMES}
    assert not same(row, {**row, "a": np.array([2.0])})
    assert not same(row, {**row, "a": np.array([1])})
    assert not same(row, {**row, "a": np.array([np.nan])})
