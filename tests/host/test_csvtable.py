"""Tables as CSV: what a body means, the fast way against the careful one, and scores that any reader reads."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from random import Random
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from tests.host.test_fastparse import NAMES, SCHEMA, cell, same
from worker.host.csvtable import careful_columns, fast_columns, read, write
from worker.host.refusals import Refusal
from worker.scoring.schema import Column, ColumnType, Output, Schema

PIECES = [
    *(b"01 .5 5. -.5 5.e1 1e 1e5 +5 0x1F 0x1p3 -0 1e999 1e-999 nan NaN inf -inf infinity null true True TRUE".split()),
    *(b", ; \t \r \n \r\n \n\n \x00 \x7f \x0b \x1c _ 1_0 '".split(b" ")),
    *(b'"', b'""', b'"x"', b'"a,b"', b'"a\nb"', b'x"y'),
    *(b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b" ", b"\xc2\xa0", "\u0661".encode(), b"9" * 30),
]


def lines(random: Random) -> bytes:
    """A table as programs write it, sometimes with a piece put into it that readers take differently."""
    order = random.sample(NAMES, len(NAMES))
    text = io.StringIO()
    quoting = random.choice([csv.QUOTE_MINIMAL] * 4 + [csv.QUOTE_ALL])
    writer = csv.writer(text, lineterminator=random.choice(["\n", "\r\n", "\r"]), quoting=quoting)
    writer.writerow(order)
    writer.writerows([cell(name, random) for name in order] for _ in range(random.randint(1, 4)))
    body = text.getvalue().encode()
    for _ in range(random.choice([0, 0, 1, 2])):
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.choice(PIECES) + body[at + random.choice([0, 0, 1, 3]) :]
    return body


def test_the_fast_way_gives_what_the_careful_way_gives() -> None:
    """On thousands of tables, sound and broken; never one that only the fast way takes."""
    random, taken = Random(11), 0
    for _ in range(3000):
        body = lines(random)
        fast = fast_columns(body, SCHEMA)
        if fast is None:
            continue
        try:
            careful = careful_columns(body, SCHEMA)
        except Refusal as refusal:
            raise AssertionError(f"only the careful way refuses {body!r}: {refusal.body!r}") from None
        assert same(fast, careful), body
        taken += 1
    assert taken > 300


def test_cells_mean_what_texts_mean_in_json() -> None:
    """Quoted or not; empty is blank; a byte order mark and any line ends are taken; the order of columns is free."""
    body = b'\xef\xbb\xbfs,i,a,d,b\r\n"a, ""b""\nc",3,,2024-02-29,True\rred,-7," 1e3 ",,false\n'
    found = {name: values.tolist() for name, values in read(body, SCHEMA).items()}
    assert found.pop("a") == pytest.approx([np.nan, 1000.0], nan_ok=True)
    assert found == {
        "i": [3, -7],
        "s": ['a, "b"\nc', "red"],
        "b": [True, False],
        "d": ["2024-02-29T00:00:00", None],
    }


ONE = Schema((Column("x", ColumnType.NUMBER, nullable=True),), (Output("y", ColumnType.TEXT),))


@pytest.mark.parametrize("rows", [3, 20_000])
def test_an_empty_line_is_a_blank_row_of_one_column(rows: int) -> None:
    """It is not skipped: every row keeps its place, the fast way too."""
    body = b"x\n1\n\n" + b"2\n" * (rows - 2)
    found = read(body, ONE)["x"].tolist()
    assert len(found) == rows
    assert found[:3] == pytest.approx([1, np.nan, 2], nan_ok=True)


REFUSED: list[tuple[bytes, list[tuple[str, int | None, str | None]]]] = [
    (b"", [("RequestIsEmpty", None, None)]),
    (b"a,i,s,b,d\n", [("RequestIsEmpty", None, None)]),
    (b"a;i;s;b;d\n1;2;3;4;5\n", [("RequestBodyInvalid", None, None)]),
    (b"a,i,s,b,d\n1,2,\xff,true,\n", [("RequestBodyInvalid", None, None)]),
    (b'a,i,s,b,d\n1,2,"x,true,\n', [("RequestBodyInvalid", None, None)]),
    (b'a,i,s,b,d\n1,2,"x"y,true,\n', [("RequestBodyInvalid", None, None)]),
    (b"a,i,s,b,d,d\n", [("InputMismatchError", None, "d")]),
    (b"a,i,s,b,e\n", [("InputMismatchError", None, "d"), ("InputMismatchError", None, "e")]),
    (b"a,i,s,b,d\n1,2,x,true,\n1,2,x,true\n\n", [("InputParseError", 1, None), ("InputParseError", 2, None)]),
    (
        b"a,i,s,b,d\nx,1.5,,no,29.02.2024\n1,,,true,\n",
        [("InputParseError", 0, name) for name in "aibd"] + [("InputParseError", 1, "i")],
    ),
]


@pytest.mark.parametrize(("body", "wanted"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("large", [False, True])
def test_what_is_wrong_is_named(body: bytes, wanted: list[Any], large: bool) -> None:
    """With row and column; and the same when the body is large enough for the fast way."""
    if large and body.count(b"\n") > 1:
        body += b"1,2,x,true,\n" * 3000
    with pytest.raises(Refusal) as refused:
        read(body, SCHEMA)
    details = json.loads(refused.value.body)["error"]["details"]
    assert [(detail["code"], detail.get("row"), detail.get("column")) for detail in details] == wanted


OUTPUTS = Schema(
    (Column("x", ColumnType.NUMBER),),
    tuple(Output(kind, ColumnType(kind)) for kind in ("number", "integer", "boolean", "text", "datetime")),
)


def test_scores_are_read_back_as_they_were() -> None:
    """To the last digit, by Python's reader and by pandas; what is missing is empty."""
    given = {
        "number": np.array([0.1 + 0.2, np.nan, -1e300]),
        "integer": np.array([2**53, None, -1], object),
        "boolean": np.array([True, False, None], object),
        "text": np.array(['a "b", c', "line\r\nbreak", None], object),
        "datetime": np.array(["2024-02-29T00:00:00", None, "1999-12-31T23:59:59"], object),
    }
    written = write(given, OUTPUTS)
    header, *rows = csv.reader(io.StringIO(written.decode(), newline=""), strict=True)
    assert header == list(OUTPUTS.output_names)
    texts = {
        name: [str(v) if v is not None and v == v else "" for v in values.tolist()] for name, values in given.items()
    }
    assert rows == [list(row) for row in zip(*texts.values(), strict=True)]
    assert pd.read_csv(io.BytesIO(written))["number"].tolist() == pytest.approx([0.1 + 0.2, np.nan, -1e300], 0, 0, True)


def test_a_missing_score_is_a_line_even_if_it_is_alone() -> None:
    """Readers skip empty lines, and every row below would have its neighbour's score."""
    written = write({"y": np.array(["a", None, "b"], object)}, ONE)
    assert written == b'y\r\na\r\n""\r\nb\r\n'
    assert len(pd.read_csv(io.BytesIO(written))) == 3


def test_a_million_columns_cost_a_hundred_details() -> None:
    """Neither the answer nor the time grows with the header."""
    with pytest.raises(Refusal) as refused:
        read(b"x," * 1_000_000 + b"\n" + b"," * 1_000_000, SCHEMA)
    assert len(orjson.loads(refused.value.body)["error"]["details"]) == 100


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_million_columns_take_little_memory() -> None:
    """Arrow takes over a kilobyte for each column that it finds, so it is not given such a header. In a process of its
    own, whose peak the system tells.
    """
    code = (
        "import re, pathlib, tests.host.test_csvtable as t\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+) kB', pathlib.Path('/proc/self/status').read_text())[1])\n"
        "before = peak()\n"
        "t.test_a_million_columns_cost_a_hundred_details()\n"
        "print(peak() - before)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert int(ran.stdout) < 300_000


def test_a_cell_may_be_as_long_as_the_body() -> None:
    """As in JSON; Python's reader alone would take 131,072 characters."""
    schema = Schema((Column("Note", ColumnType.TEXT),), (Output("Score", ColumnType.NUMBER),))
    long = "x" * 200_000
    assert careful_columns(f'Note\n"{long}"\n'.encode(), schema)["Note"].tolist() == [long]
