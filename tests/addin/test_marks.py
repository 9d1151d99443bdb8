"""Marks: whether result cells are as they were written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin import grid
from addin.grid import Kept
from addin.grid.text import typed
from addin.marks import MOST_EACH, STALE, is_in_order, is_touched, mark_of, ours, reads_as

Row = tuple[Kept, ...]


def row(score: float, status: str = "ok") -> Row:
    """Cells of one row of results."""
    return (score, "0.00"), (status, "General")


ROWS = st.lists(st.integers(0, 50).map(float).map(row), min_size=1, max_size=20)


@given(ROWS, st.data())
def test_rows_that_were_deleted_copied_or_sorted_are_not_touched(rows: list[Row], data: st.DataObject) -> None:
    """Nor are those that are marked as stale."""
    kept = data.draw(st.lists(st.sampled_from(rows)))
    assert len(kept) == len(rows) or not is_touched(kept, mark_of(rows))
    assert not is_touched(data.draw(st.permutations(rows)), mark_of(rows))
    stale = [(*cells[:-1], (typed(STALE), "General")) for cells in rows]
    assert is_in_order(stale, mark_of(rows))


@given(ROWS, st.data())
def test_a_row_that_was_not_written_is_seen_among_any_others(rows: list[Row], data: st.DataObject) -> None:
    """However many of these are gone."""
    kept = data.draw(st.lists(st.sampled_from(rows), max_size=len(rows) - 1))
    assert is_touched([*kept, row(99.5)], mark_of(rows))


def test_rows_gone_from_many_may_hide_one_that_was_typed_over() -> None:
    """No digest of each is kept then: nobody can say."""
    rows = [row(float(number)) for number in range(MOST_EACH + 1)]
    assert not is_touched(rows[::-1], mark_of(rows))
    assert is_touched(rows[1:], mark_of(rows))


@pytest.mark.parametrize("rows", [3, MOST_EACH + 1])
def test_only_rows_that_were_written_are_ours(rows: int) -> None:
    """Of many none, once one was typed over: nobody can say which."""
    written = [row(float(number)) for number in range(rows)]
    mark = mark_of(written)
    assert ours(written[::-1], mark).tolist() == [True] * rows
    assert ours([*written[:-1], row(0.5)], mark).tolist() == [rows < MOST_EACH] * (rows - 1) + [False]
    assert ours(written, None).tolist() == [False] * rows


def test_rows_that_are_not_ours_are_not_in_the_mark() -> None:
    """They are there as if they were blank."""
    cells = [row(1.0), row(0.5), row(2.0)]
    nothing: Row = ((None, "General"), (None, "General"))
    mark = mark_of(cells, np.array([True, False, True]))
    assert mark == mark_of([cells[0], nothing, cells[2]])
    assert is_touched(cells, mark)


@pytest.mark.parametrize(
    ("content", "value", "same"),
    [
        (0.5, 0.5, True),
        (40.0, 40, True),
        (40.0, 41, False),
        ("#N/A", grid.NA, True),
        (0.5, grid.NA, False),
        ("'007", "007", True),
        (7.0, "007", False),
        (None, "", True),
        (True, True, True),
        (None, True, False),
    ],
)
def test_a_cell_reads_as_what_would_be_written_there(content: object, value: object, same: bool) -> None:
    """Texts with their apostrophe, numbers as Excel holds them."""
    assert reads_as([(content, "General")], [value]) is same
