"""Slabs: every row of every input once, in order, with the same part numbers whenever they are made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.batch import slabs
from worker.batch.slabs import Work
from worker.scoring import Column, ColumnType, NoRows, Output, Schema
from worker.scoring.readings import Conventions
from worker.workbooks import Input

SCHEMA = Schema((Column("x", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER),))


def given_rows(count: int, of: int) -> Input:
    """Rows whose value tells where they are; each seventh is blank."""
    values = [None if row % 7 == 0 else of * 1e6 + row for row in range(count)]
    frame = pd.DataFrame({"x": pd.Series(values, dtype="float64")})
    return Input(frame, f"S{of}", f"S{of}!A1", np.arange(2, 2 + count), ("A",), ("General",), (), ())


@given(st.lists(st.integers(0, 90), min_size=1, max_size=4), st.integers(1, 20), st.integers(1, 50), st.booleans())
def test_parts_cover_all_good_rows_of_all_inputs(counts: list[int], part_rows: int, slab: int, kept: bool) -> None:
    """However large slabs are, and whether they are kept or read again."""
    if not sum(counts):
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slabs, "SLAB_ROWS", slab)
        patch.setattr(slabs, "KEPT_ROWS", 1000 if kept else 0)
        work = Work([given_rows(count, of) for of, count in enumerate(counts)], SCHEMA, part_rows, Conventions())
        seen = [
            (part.number, slab.of, slab.source.frame["x"].to_numpy()[part.rows].tolist())
            for _ in range(2)
            for slab in work.slabs()
            for part in slab.parts
        ]
        numbers = list(range(work.parts))
        assert [work.rows_of(numbers[:n]) for n in range(len(numbers) + 1)][-1] == sum(counts) == work.rows
    once, again = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    assert once == again
    values = [of * 1e6 + row for of, count in enumerate(counts) for row in range(count) if row % 7]
    assert [value for _, _, rows in once for value in rows] == values
    assert [number for number, _, _ in once] == sorted({number for number, _, _ in once})


def test_no_row_at_all_is_said() -> None:
    with pytest.raises(NoRows):
        list(Work([given_rows(0, 0), given_rows(0, 1)], SCHEMA, 10, Conventions()).slabs())
