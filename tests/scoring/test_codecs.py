"""The classic format, both forms: what is written is read back, and an answer counts only if it is exact."""

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scoring import BadAnswer, Column, ColumnType, Output, Schema
from worker.scoring.codecs import CLASSIC, CLASSIC_RECORDS, CODECS, Codec
from worker.scoring.outputs import tightened

BOTH = pytest.mark.parametrize("codec", [CLASSIC, CLASSIC_RECORDS], ids=lambda codec: codec.name)

exact = st.integers(-(2**53), 2**53)
numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
dates = st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds"))
VALUES = {
    ColumnType.NUMBER: st.one_of(numbers, st.just(math.nan)),
    ColumnType.INTEGER: st.one_of(exact, st.none()),
    ColumnType.BOOLEAN: st.one_of(st.booleans(), st.none()),
    ColumnType.TEXT: st.one_of(texts, st.none()),
    ColumnType.DATETIME: st.one_of(dates, st.none()),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[Schema, dict[str, Any]]:
    """A schema whose outputs are its inputs, and a table of it."""
    names = draw(st.lists(texts.filter(str.strip), min_size=1, max_size=4, unique_by=lambda n: n.strip().casefold()))
    kinds = [draw(st.sampled_from(list(ColumnType))) for _ in names]
    rows = draw(st.integers(1, 5))
    schema = Schema(
        tuple(Column(name, kind, nullable=True) for name, kind in zip(names, kinds, strict=True)),
        tuple(Output(name, kind) for name, kind in zip(names, kinds, strict=True)),
    )
    columns = {}
    for name, kind in zip(names, kinds, strict=True):
        values = draw(st.lists(VALUES[kind], min_size=rows, max_size=rows))
        columns[name] = np.array(values, np.float64 if kind is ColumnType.NUMBER else object)
    return schema, tightened(columns, schema)


def echoed(body: bytes, *, as_text: bool = False) -> bytes:
    """What an endpoint would answer that gives its inputs back; values as text, as the original wrote them, or not."""
    table = json.loads(body)["Inputs"]["input1"]
    if as_text:
        table = json.loads(json.dumps(table), parse_float=str, parse_int=str)
    return json.dumps({"Results": {"output1": table if isinstance(table, list) else {"value": table}}}).encode()


@BOTH
@pytest.mark.parametrize("as_text", [True, False])
@given(made=tables())
def test_what_is_written_is_read_back(codec: Codec, as_text: bool, made: Any) -> None:
    """decode(encode(table)) is the table: every bit of a number, every character, every blank, the same types."""
    schema, columns = made
    rows = len(next(iter(columns.values())))

    read = codec.decode(echoed(codec.encode(columns, schema), as_text=as_text), schema, rows)

    assert list(read) == list(columns)
    for name, values in columns.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)


def test_the_column_form_is_microsoft_s(schema: Schema) -> None:
    """Byte for byte what the published samples send, with numbers as numbers."""
    columns = {
        "age": np.array([20, 30]),
        "income": np.array([1.5, np.nan]),
        "purpose": np.array(["A40", "A41"], object),
    }
    assert json.loads(CLASSIC.encode(columns, schema)) == {
        "Inputs": {
            "input1": {"ColumnNames": ["age", "income", "purpose"], "Values": [[20, 1.5, "A40"], [30, None, "A41"]]}
        },
        "GlobalParameters": {},
    }
    assert json.loads(CLASSIC_RECORDS.encode(columns, schema)) == {
        "Inputs": {
            "input1": [
                {"age": 20, "income": 1.5, "purpose": "A40"},
                {"age": 30, "income": None, "purpose": "A41"},
            ]
        },
        "GlobalParameters": {},
    }


def test_codecs_are_found_by_name() -> None:
    """The name is what is stored with a remote model."""
    assert {name: codec.name for name, codec in CODECS.items()} == {n: n for n in ("classic", "classic-records")}


def read(kind: ColumnType, *tokens: str) -> list[Any]:
    """The values of one output column of this type, given as JSON tokens."""
    schema = Schema((Column("x", ColumnType.NUMBER),), (Output("y", kind),))
    rows = ",".join(f"[{token}]" for token in tokens)
    body = f'{{"Results":{{"output1":{{"type":"DataTable","value":{{"ColumnNames":["y"],"Values":[{rows}]}}}}}}}}'
    found: list[Any] = CLASSIC.decode(body.encode(), schema, len(tokens))["y"].tolist()
    return found


@pytest.mark.parametrize(
    ("kind", "token", "value"),
    [
        (ColumnType.NUMBER, '"0.1"', 0.1),
        (ColumnType.NUMBER, '" -2.5E-3 "', -0.0025),
        (ColumnType.NUMBER, "7", 7.0),
        (ColumnType.NUMBER, '".5"', 0.5),
        (ColumnType.INTEGER, "3.0", 3),
        (ColumnType.INTEGER, '"3"', 3),
        (ColumnType.INTEGER, '"9007199254740992"', 2**53),
        (ColumnType.BOOLEAN, '"True"', True),
        (ColumnType.BOOLEAN, '"false"', False),
        (ColumnType.BOOLEAN, "true", True),
        (ColumnType.TEXT, '""', ""),
        (ColumnType.TEXT, "1", "1"),
        (ColumnType.TEXT, '"NaN"', "NaN"),
        (ColumnType.DATETIME, '"2024-02-29"', "2024-02-29T00:00:00"),
        (ColumnType.DATETIME, '"2024-02-29 10:00:00.7"', "2024-02-29T10:00:01"),
    ],
)
def test_values_are_read_as_the_schema_says(kind: ColumnType, token: str, value: Any) -> None:
    """Text or JSON, the value is the same."""
    assert read(kind, token) == [value]


@pytest.mark.parametrize(
    ("kind", "token"),
    [(k, t) for k in ColumnType for t in ("null", '""', '"NaN"', "NaN", "-Infinity", '"INF"') if t == "null"]
    + [(k, t) for k in (ColumnType.NUMBER, ColumnType.INTEGER) for t in ('""', '"NaN"', "NaN", "-Infinity", '"INF"')]
    + [(ColumnType.NUMBER, "1e999"), (ColumnType.BOOLEAN, '""'), (ColumnType.DATETIME, '" "')],
)
def test_nothing_and_not_finite_read_as_null(kind: ColumnType, token: str) -> None:
    """Servers in Python write bare NaN, the original wrote text: neither is a score."""
    (value,) = read(kind, token)
    assert value is None or math.isnan(value)


SECRET = "Jane-Doe-1961"


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        (ColumnType.NUMBER, '"1_000"'),
        (ColumnType.NUMBER, '"1,5"'),
        (ColumnType.NUMBER, '"12abc"'),
        (ColumnType.NUMBER, '"0x10"'),
        (ColumnType.NUMBER, '"\u0663"'),
        (ColumnType.NUMBER, "true"),
        (ColumnType.NUMBER, "[1]"),
        (ColumnType.NUMBER, "1" + "0" * 400),
        (ColumnType.INTEGER, "3.9"),
        (ColumnType.INTEGER, '"3.9"'),
        (ColumnType.INTEGER, "9007199254740993"),
        (ColumnType.INTEGER, "1" + "0" * 400),
        (ColumnType.INTEGER, "true"),
        (ColumnType.BOOLEAN, "1"),
        (ColumnType.BOOLEAN, '"yes"'),
        (ColumnType.TEXT, "1.5"),
        (ColumnType.TEXT, "true"),
        (ColumnType.TEXT, '"\\ud83d"'),
        (ColumnType.DATETIME, "45293"),
        (ColumnType.DATETIME, '"1/2/2024"'),
        (ColumnType.DATETIME, '"2024-01-02T00:00:00Z"'),
        (ColumnType.DATETIME, '"9999-12-31T23:59:59.9"'),
        *((kind, f'{{"name": "{SECRET}"}}') for kind in ColumnType),
        *((kind, f'"{SECRET}"') for kind in ColumnType if kind is not ColumnType.TEXT),
    ],
)
def test_a_value_that_is_not_what_the_schema_says_is_refused(kind: ColumnType, token: str) -> None:
    """The reason names the column and what was wanted, never what stood there."""
    with pytest.raises(BadAnswer) as error:
        read(kind, "null", token)

    assert "'y'" in error.value.reason
    assert SECRET not in f"{error.value!r} {error.value} {error.value.reason}"
    assert error.value.__cause__ is None


def answer(value: Any) -> bytes:
    """An answer whose output1 is this."""
    return orjson.dumps({"Results": {"output1": value}})


ROW = {"probability": 0.5, "double age": 2, "decision": "ok"}
NAMES = list(ROW)
VALUE = list(ROW.values())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"<html>Sign in</html>",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'{"Results": null}',
        b'{"Results": {}}',
        b'{"Results": {"a": 1, "b": 2}}',
        b'{"error": {"code": "BadArgument"}}',
        answer(None),
        answer(7),
        answer({"value": None}),
        answer({"value": {"ColumnNames": NAMES}}),
        answer({"value": {"ColumnNames": NAMES, "Values": []}}),
        answer({"value": {"ColumnNames": NAMES, "Values": [VALUE]}}),
        answer({"value": {"ColumnNames": NAMES, "Values": [VALUE] * 3}}),
        answer({"value": {"ColumnNames": NAMES, "Values": [VALUE, VALUE[:2]]}}),
        answer({"value": {"ColumnNames": NAMES, "Values": [VALUE, "abc"]}}),
        answer({"value": {"ColumnNames": NAMES[:2], "Values": [VALUE[:2]] * 2}}),
        answer({"value": {"ColumnNames": [*NAMES, "decision"], "Values": [[*VALUE, "no"]] * 2}}),
        answer({"value": {"ColumnNames": [*NAMES[:2], ["x"]], "Values": [VALUE] * 2}}),
        answer([]),
        answer([ROW]),
        answer([ROW] * 3),
        answer([ROW, None]),
        answer([ROW, {"probability": 1}]),
    ],
    ids=lambda body: body[:40],
)
@BOTH
def test_an_answer_that_is_not_the_format_is_refused(codec: Codec, schema: Schema, body: bytes) -> None:
    """Two rows were sent: anything but two whole rows of every output is refused."""
    with pytest.raises(BadAnswer):
        codec.decode(body, schema, 2)


@BOTH
def test_other_columns_and_another_order_are_no_fault(codec: Codec, schema: Schema) -> None:
    """The classic endpoints give all inputs back beside the scores."""
    row = {"age": "1", "decision": "ok", "probability": "0.5", "extra": None, "double age": "2"}
    columns = {"value": {"ColumnNames": list(row), "Values": [list(row.values())]}}

    found = codec.decode(answer(columns if codec is CLASSIC else [row]), schema, 1)

    assert {name: values.tolist() for name, values in found.items()} == {n: [v] for n, v in ROW.items()}


def test_the_only_result_may_have_another_name(schema: Schema) -> None:
    """Publishers of classic services named their outputs."""
    body = orjson.dumps({"Results": {"scores": [ROW]}})
    assert CLASSIC_RECORDS.decode(body, schema, 1)["double age"].tolist() == [2]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"code": "BadArgument", "message": "m"}, ("BadArgument", "m", None, None)),
        (
            {"code": "A", "message": "m", "details": [{"code": "InputParseError", "message": "n"}]},
            ("InputParseError", "n", None, None),
        ),
        (
            {"code": "A", "details": [{"code": "C", "message": "n", "row": 3, "column": "age"}]},
            ("C", "n", 3, "age"),
        ),
        ({"details": [{"code": "C", "row": -1, "column": 7}]}, ("C", "", None, None)),
        ({"details": [{"code": "C", "row": True, "message": "a\nb\x1b[0m"}]}, ("C", "a b [0m", None, None)),
        ({"code": None, "details": {}}, ("", "", None, None)),
        ("text", ("", "", None, None)),
    ],
)
def test_a_refusal_is_read_as_far_as_it_goes(error: Any, told: Any) -> None:
    """Code and message of the cause; row and column where our host adds them; control characters taken out."""
    refusal = CLASSIC.read_refusal(orjson.dumps({"error": error}))
    assert (refusal.code, refusal.message, refusal.row, refusal.column) == told


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-05-03T10:11:12Z", dt.datetime(2026, 5, 3, 10, 11, 12, tzinfo=dt.UTC)),
        *((at, None) for at in ("2026-05-03T10:11:12", "0001-01-01T00:00:00+14:00", "soon", 5, None, ["x"])),
    ],
)
def test_a_refusal_may_tell_since_when(at: Any, told: dt.datetime | None) -> None:
    """In ISO 8601 with its time zone; anything else tells nothing."""
    assert CLASSIC.read_refusal(orjson.dumps({"error": {"details": [{"code": "KeyRevoked", "at": at}]}})).at == told


@given(st.one_of(st.binary(), st.text().map(str.encode), st.just(b"[" * 50_000)))
def test_a_refusal_never_raises(body: bytes) -> None:
    """Whatever a proxy writes under a 400, it is a refusal."""
    assert CLASSIC.read_refusal(body).row is None


@given(tables(), st.integers(1, 3))
def test_a_table_split_and_joined_is_the_table(made: Any, size: int) -> None:
    """Parts, encoded and read one by one, give the table again."""
    schema, columns = made
    rows = len(next(iter(columns.values())))
    parts = []
    for start in range(0, rows, size):
        part = tightened({name: values[start : start + size] for name, values in columns.items()}, schema)
        count = min(size, rows - start)
        parts.append(CLASSIC.decode(echoed(CLASSIC.encode(part, schema)), schema, count))

    joined = {name: np.concatenate([part[name] for part in parts]) for name in columns}

    for name, values in columns.items():
        np.testing.assert_array_equal(joined[name], values)
