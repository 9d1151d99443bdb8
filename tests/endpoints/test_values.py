"""Cells as they come in JSON: what is taken, what is refused, and that the quick way is the careful one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.endpoints import values
from worker.endpoints.values import MOST_PROBLEMS, read_columns
from worker.scoring.errors import ProblemKind
from worker.scoring.schema import Column, ColumnType, Output, Schema

OUTPUT = (Output("y", ColumnType.NUMBER),)


def read(cells: list[Any], kind: str, **rules: Any) -> tuple[list[Any], list[tuple[int, ProblemKind]]]:
    schema = Schema((Column("x", ColumnType(kind), **rules),), OUTPUT)
    columns, problems = read_columns({"x": cells}, schema)
    assert len(columns["x"]) == len(cells)
    return columns["x"].tolist(), [(problem.row, problem.kind) for problem in problems]


K = ProblemKind
TAKEN: list[tuple[str, Any, Any]] = [
    ("number", 1, 1.0),
    ("number", 1.5, 1.5),
    ("number", "1.5", 1.5),
    ("number", " +1e3 ", 1000.0),
    ("number", ".5", 0.5),
    ("integer", 3, 3),
    ("integer", 3.0, 3),
    ("integer", "3", 3),
    ("integer", "3.0", 3),
    ("integer", "-007", -7),
    ("integer", 2**53, 2**53),
    ("integer", str(-(2**53)), -(2**53)),
    ("boolean", True, True),
    ("boolean", "True", True),
    ("boolean", "FALSE", False),
    ("text", "a", "a"),
    ("text", " a ", " a "),
    ("datetime", "2024-02-29", "2024-02-29T00:00:00"),
    ("datetime", "2024-02-29 13:14:15", "2024-02-29T13:14:15"),
    ("datetime", "2024-02-29T13:14:15Z", "2024-02-29T13:14:15"),
]
REFUSED: list[tuple[str, Any, ProblemKind]] = [
    ("number", "a", K.NOT_A_NUMBER),
    ("number", "1,5", K.NOT_A_NUMBER),
    ("number", "1_000", K.NOT_A_NUMBER),
    ("number", "\u0661", K.NOT_A_NUMBER),
    ("number", "nan", K.NOT_A_NUMBER),
    ("number", "1e999", K.NOT_FINITE),
    ("number", True, K.NOT_A_NUMBER),
    ("number", [1], K.NOT_A_NUMBER),
    ("number", {"a": 1}, K.NOT_A_NUMBER),
    ("number", None, K.BLANK),
    ("number", "", K.BLANK),
    ("integer", 3.9, K.NOT_WHOLE),
    ("integer", "3.9", K.NOT_WHOLE),
    ("integer", 2**53 + 1, K.TOO_LARGE),
    ("integer", "9007199254740993", K.TOO_LARGE),
    ("integer", 1e300, K.TOO_LARGE),
    ("integer", "0x1F", K.NOT_A_NUMBER),
    ("integer", True, K.NOT_A_NUMBER),
    ("integer", " ", K.BLANK),
    ("boolean", "no", K.NOT_A_BOOLEAN),
    ("boolean", 1, K.NOT_A_BOOLEAN),
    ("boolean", None, K.BLANK),
    ("text", 5, K.NOT_TEXT),
    ("text", " ", K.BLANK),
    ("datetime", 45000, K.NOT_A_DATE),
    ("datetime", "29.02.2024", K.NOT_A_DATE),
    ("datetime", "2023-02-29", K.NOT_A_DATE),
    ("datetime", "2024-02-29T00:00:00+02:00", K.NOT_A_DATE),
    ("datetime", "2024-02-29T00:00:00.5", K.NOT_A_DATE),
]


@pytest.mark.parametrize(("kind", "cell", "wanted"), TAKEN)
def test_what_is_the_same_value_is_taken(kind: str, cell: Any, wanted: Any) -> None:
    """Alone, and beside a cell that sends the column the careful way; in the type that Columns promises."""
    beside = {"number": 2, "integer": 2, "boolean": False, "text": "b", "datetime": "2000-01-01"}[kind]
    for cells in ([cell], [cell, beside], [cell, None]):
        got, problems = read(cells, kind, nullable=True)
        assert (got[0], type(got[0]), problems) == (wanted, type(wanted), [])


@pytest.mark.parametrize(("kind", "cell", "problem"), REFUSED)
def test_what_would_be_changed_is_refused(kind: str, cell: Any, problem: ProblemKind) -> None:
    """The row is named, and its neighbours are not."""
    good = {"number": 2, "integer": 2, "boolean": False, "text": "b", "datetime": "2000-01-01"}[kind]
    assert read([cell], kind)[1] == [(0, problem)]
    assert read([good, cell, good], kind)[1] == [(1, problem)]


def test_blanks_of_a_nullable_column() -> None:
    """null, and text of nothing but blanks, become the null of the type."""
    for kind in ("integer", "boolean", "text", "datetime"):
        assert read([None, "", "  "], kind, nullable=True) == ([None] * 3, [])
    numbers, problems = read([None, "", "1"], "number", nullable=True)
    assert (np.isnan(numbers).tolist(), problems) == ([True, True, False], [])


def test_categories_and_ranges() -> None:
    """What is allowed stands in the problem; an empty text can be a category."""
    assert read(["a", "b"], "text", categories=("a",))[1] == [(1, K.NOT_A_CATEGORY)]
    assert read(["", "a"], "text", categories=("a", "")) == (["", "a"], [])
    assert read([1, "5", 9], "integer", minimum=2, maximum=8)[1] == [(0, K.OUT_OF_RANGE), (2, K.OUT_OF_RANGE)]
    for alone in (1.5, 8.5):
        assert read([alone], "number", minimum=2, maximum=8)[1] == [(0, K.OUT_OF_RANGE)]
    schema = Schema((Column("x", ColumnType.NUMBER, minimum=0.5),), OUTPUT)
    assert read_columns({"x": [0]}, schema)[1][0].wanted == ("0.5", "")


def test_problems_are_counted_up_to_a_limit() -> None:
    """A million bad cells cost a hundred problems."""
    assert len(read(["x"] * 1000, "number")[1]) == MOST_PROBLEMS
    assert len(read([None] * 1000, "number")[1]) == MOST_PROBLEMS


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            "",
            " ",
            "1",
            "1.0",
            "1_0",
            "nan",
            "inf",
            "-0",
            "1e400",
            "\u0663",
            "a",
            "True",
            "2024-01-01",
            "0x1",
            "+.5",
            "5.",
        ]
    ),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
)
COLUMNS = st.one_of(
    st.lists(st.one_of(st.none(), st.text(alphabet="0123456789.eE+-_ naif", max_size=6)), max_size=6),
    st.lists(st.one_of(st.none(), st.integers(-9, 9), st.floats(-9, 9), st.integers(2**53 - 2, 2**53 + 2)), max_size=6),
    st.lists(CELLS, max_size=6),
)


def careful(column: Column, cells: list[Any]) -> tuple[list[Any], list[tuple[int, ProblemKind]]]:
    """The reference: every cell by itself, one after the other."""
    clean, found = [], []
    for row, cell in enumerate(cells):
        columns, problems = read_columns({"x": [cell, [0]]}, Schema((column,), OUTPUT))  # a list is never plain
        clean.append(columns["x"].tolist()[0])
        found += [(row, problem.kind) for problem in problems if problem.row == 0]
    return clean, found


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(list(ColumnType)), st.booleans(), COLUMNS)
def test_the_quick_way_is_the_careful_way(kind: ColumnType, nullable: bool, cells: list[Any]) -> None:
    """Whole columns give the values and problems that single cells give."""
    column = Column("x", kind, nullable=nullable)
    columns, problems = read_columns({"x": cells}, Schema((column,), OUTPUT))
    clean, found = careful(column, cells)
    assert [(problem.row, problem.kind) for problem in problems] == found
    bad = {row for row, _ in found}
    for row, (quick, slow) in enumerate(zip(columns["x"].tolist(), clean, strict=True)):
        assert row in bad or quick == slow or (quick != quick and slow in (None, slow))


RULES = st.sampled_from([{}, {"minimum": -1.0, "maximum": 3.0}])
PLAIN = st.one_of(st.floats(-9, 9), st.integers(-9, 9), st.none(), st.sampled_from(["a", "1", float("nan")]), CELLS)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(ColumnType)), st.booleans(), RULES, PLAIN), min_size=1, max_size=5))
@example([(ColumnType.NUMBER, False, {}, float("nan")), (ColumnType.NUMBER, True, {}, 1.0)])
@example([(ColumnType.INTEGER, True, {}, 2**53), (ColumnType.NUMBER, True, {}, 7)])
def test_one_row_is_read_as_the_first_of_two(row: list[tuple[ColumnType, bool, dict[str, float], Any]]) -> None:
    """Most calls bring one row, which has a way of its own: same values, types and problems."""
    numbers = (ColumnType.NUMBER, ColumnType.INTEGER)
    columns = [
        Column(f"c{at}", kind, nullable=nullable, **(rules if kind in numbers else {}))
        for at, (kind, nullable, rules, _) in enumerate(row)
    ]
    schema = Schema(tuple(columns), OUTPUT)
    one, problems = read_columns({f"c{at}": [cell] for at, (*_, cell) in enumerate(row)}, schema)
    two, more = read_columns({f"c{at}": [cell, cell] for at, (*_, cell) in enumerate(row)}, schema)
    assert [(p.column, p.kind) for p in problems] == [(p.column, p.kind) for p in more if p.row == 0]
    bad = {problem.column for problem in problems}
    for name in one.keys() - bad:
        quick, slow = one[name].tolist()[0], two[name].tolist()[0]
        assert (one[name].dtype, one[name].shape) == (two[name].dtype, (1,))
        assert quick == slow or (quick != quick and slow != slow)


def test_a_quick_way_that_is_lax_would_be_noticed() -> None:
    """The broken twin: float() alone reads 1_000, which the careful way refuses."""
    assert float("1_000") == 1000
    assert values._floats(["1_000"]) is None
