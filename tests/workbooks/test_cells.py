"""Columns of cells: the right type, and every value back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scoring.binding import Binding
from worker.scoring.errors import Problem, ProblemKind
from worker.workbooks.block import Block
from worker.workbooks.cells import MIXED, column, unified, values_of
from worker.workbooks.exchange import StoredBlock, load_pages, save_block, save_pages
from worker.workbooks.page import Page

_ANY = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@given(st.lists(_ANY))
def test_values_survive(values: list[Any]) -> None:
    """Any values come back equal and of their type, but that whole floats may be integers, days moments."""
    back = values_of(column(values))
    assert [_plain(value) for value in back] == [_plain(value) for value in values]
    assert [isinstance(value, bool) for value in back] == [isinstance(value, bool) for value in values]


def _plain(value: Any) -> Any:
    if type(value) is dt.date:
        return dt.datetime(value.year, value.month, value.day)
    return value.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, 2.0], pa.int64()),
        ([1.0, None], pa.float64()),
        ([1.5, 2], pa.float64()),
        ([-0.0], pa.float64()),
        ([2.0**60], pa.float64()),
        ([2**53 + 1], MIXED),
        (["a", None], pa.string()),
        ([None, None], pa.string()),
        ([True, None], pa.bool_()),
        ([dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1)], pa.timestamp("us")),
        ([dt.time(1)], MIXED),
        ([1.0, "a"], MIXED),
        ([True, 1.0], MIXED),
    ],
)
def test_types(values: list[Any], kind: pa.DataType) -> None:
    """Values that agree make a typed column, others a mixed one."""
    assert column(values).type == kind


@given(st.lists(st.lists(_ANY, min_size=1), min_size=1))
def test_pieces_make_the_column_that_all_at_once_make(pieces: list[list[Any]]) -> None:
    """A large column is read piece by piece: its values are the same, and its pieces are of one type."""
    joined, whole = unified([column(piece) for piece in pieces]), column([value for piece in pieces for value in piece])
    assert [_plain(value) for piece in joined.chunks for value in values_of(piece)] == list(
        map(_plain, values_of(whole))
    )
    assert {piece.type for piece in joined.chunks} == {joined.type}


def test_exchange_is_exact(tmp_path: Path) -> None:
    """Blocks and pages come out of the files between parent and child as they went in."""
    columns = (unified([column([1.5, None])]), unified([column(["a", 1001])]))
    problem = Problem(1, ProblemKind.ERROR_CELL, "b", "#N/A")
    texts = (("A", "B"), ("General", "0"), (problem,), ("blank-header: C1",))
    binding = Binding("0a", "credit", "3", "00ff")
    block = Block(("a", "b"), columns, "S", "S!A1:B3", pa.array([2, 9]), *texts, ("A-", "b"), binding)
    stored = StoredBlock(save_block(block, tmp_path), tmp_path)
    assert (stored.headers, stored.sheet, stored.address) == (("a", "b"), "S", "S!A1:B3")
    assert (stored.letters, stored.formats, (*stored.problems(0, 2),), stored.warnings) == texts
    assert (stored.count, stored.cells(0, 2)[0].tolist(), stored.problems(0, 1)) == (2, [2, 9], [])
    assert (stored.shown, stored.binding) == (("A-", "b"), binding)
    assert [values_of(values) for values in stored.cells(0, 2)[1]] == [[1.5, None], ["a", 1001]]
    assert [values_of(values) for values in stored.cells(1, 2)[1]] == [[None], [1001]]
    page = Page("S", ("a", "b"), tuple(pa.chunked_array([c]) for c in columns), ("", "0.0"), "title", 1, "Sheetscore_x")
    assert load_pages(save_pages([page, page], tmp_path), tmp_path) == [page, page]
