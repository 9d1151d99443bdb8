"""Parts: a plan covers every row that can be scored once, and a result survives the ledger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.batch.parts import pack, plan, unpack
from worker.batch.results import join
from worker.scoring import (
    Checked,
    Column,
    ColumnType,
    Output,
    PartScores,
    Problem,
    ProblemKind,
    RowsLost,
    Schema,
)

OUTPUTS = tuple(Output(kind, kind) for kind in ColumnType)
SCHEMA = Schema((Column("x", ColumnType.NUMBER),), OUTPUTS)
VALUES = {
    ColumnType.NUMBER: st.floats(allow_nan=False),
    ColumnType.INTEGER: st.integers(-(2**53), 2**53),
    ColumnType.BOOLEAN: st.none() | st.booleans(),
    ColumnType.TEXT: st.none() | st.text(),
    ColumnType.DATETIME: st.none() | st.datetimes().map(lambda d: d.isoformat(timespec="seconds")),
}
PROBLEMS = st.builds(
    Problem,
    row=st.integers(0, 4),
    kind=st.sampled_from(ProblemKind),
    column=st.none() | st.text(),
    value=st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    wanted=st.lists(st.text()).map(tuple),
    detail=st.text(),
)


def array(kind: ColumnType, values: list[object]) -> np.ndarray:
    if kind is ColumnType.NUMBER:
        return np.array(values, dtype=np.float64)
    if kind is ColumnType.INTEGER:
        return np.array(values, dtype=np.int64)
    return np.array([*values, None], dtype=object)[:-1]


@given(st.data(), st.lists(PROBLEMS, max_size=3), st.text())
def test_unpack_is_the_inverse_of_pack(data, problems: list[Problem], version: str) -> None:
    """Whatever an endpoint answers comes back from the ledger as it was."""
    size = data.draw(st.integers(0, 5))
    columns = {
        o.name: array(o.type, data.draw(st.lists(VALUES[o.type], min_size=size, max_size=size))) for o in OUTPUTS
    }
    again = unpack(pack(PartScores(columns, tuple(problems), 1, version), SCHEMA), SCHEMA)
    assert again.problems == tuple(problems)
    assert again.model_version == version
    assert {n: v.tolist() for n, v in again.columns.items()} == {n: v.tolist() for n, v in columns.items()}


def test_a_blank_score_comes_back_blank() -> None:
    """NaN is the null of numbers; an integer column with a null is objects."""
    columns = {
        o.name: array(o.type, [1]) if o.type in ("number", "integer") else array(o.type, [None]) for o in OUTPUTS
    }
    columns["number"] = np.array([np.nan])
    columns["integer"] = np.array([None], dtype=object)
    again = unpack(pack(PartScores(columns, (), 1, ""), SCHEMA), SCHEMA)
    assert np.isnan(again.columns["number"][0])
    assert again.columns["integer"].tolist() == [None]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 20))
def test_a_plan_sends_every_good_row_once_and_no_other(good: list[bool], part_rows: int) -> None:
    """The plan is a pure function of the rows and the size of a part."""
    rows = np.array(good, dtype=bool)
    parts = list(plan(rows, part_rows))
    sent = [row for part in parts for row in part.rows.tolist()]
    assert sent == np.flatnonzero(rows).tolist()
    assert all(part.start <= part.rows[0] and part.rows[-1] < part.stop <= part.start + part_rows for part in parts)
    assert [(p.number, p.rows.tolist()) for p in plan(rows, part_rows)] == [(p.number, p.rows.tolist()) for p in parts]


def scored(rows: list[int], values: list[float]) -> tuple[np.ndarray, PartScores]:
    return np.array(rows), PartScores({"y": np.array(values)}, (), 1, "1")


Y = Schema((Column("x", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER),))
CHECKED = Checked(
    {"x": np.array([1.0, np.nan, 3.0, 4.0])},
    np.array([True, False, True, True]),
    (Problem(1, ProblemKind.BLANK, "x"),),
    (),
)


def test_join_puts_rows_back_in_order() -> None:
    """Parts may have been stored in any order."""
    scores = join(CHECKED, [scored([3], [40.0]), scored([0, 2], [10.0, 30.0])], Y)
    assert scores.outputs["y"][[0, 2, 3]].tolist() == [10.0, 30.0, 40.0]
    assert (scores.rows_scored, scores.rows_with_problems) == (3, 1)


@pytest.mark.parametrize(
    "parts",
    [
        [scored([0, 2], [10.0, 30.0])],
        [scored([0, 2, 3], [10.0, 30.0])],
        [scored([0, 2, 3], [10.0, 30.0, 40.0]), scored([3], [40.0])],
        [scored([0, 1, 2, 3], [10.0, 20.0, 30.0, 40.0])],
    ],
    ids=["a part lost", "a row lost", "a row twice", "a bad row scored"],
)
def test_a_join_that_loses_or_doubles_a_row_is_refused(parts: list[tuple[np.ndarray, PartScores]]) -> None:
    """Rows read = scored + problems, each once: what a broken runner would hand over is caught before writing."""
    with pytest.raises(RowsLost):
        join(CHECKED, parts, Y)
