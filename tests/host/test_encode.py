"""Scores as the classic answer writes them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.host.encode import encode, encode_each
from worker.scoring.codecs import CLASSIC, CLASSIC_RECORDS
from worker.scoring.errors import ProblemKind
from worker.scoring.schema import Columns, Schema

KINDS = ("number", "integer", "boolean", "text", "datetime")
NAMES = {kind: f'the "{kind}"' for kind in KINDS}
SCHEMA = Schema.from_dict(
    {
        "inputs": [{"name": "x", "type": "number"}],
        "outputs": [{"name": NAMES[kind], "type": kind} for kind in KINDS],
    }
)
ROWS = st.lists(
    st.tuples(
        st.floats(),
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.booleans(),
        st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        st.none() | st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds")),
    ),
    min_size=1,
    max_size=5,
)


def table(rows: list[tuple[Any, ...]]) -> Columns:
    columns: Columns = {}
    for kind, values in zip(KINDS, zip(*rows, strict=True), strict=True):
        array = np.empty(len(rows), float if kind == "number" else object)
        array[:] = values
        columns[NAMES[kind]] = array
    return columns


@given(ROWS, st.booleans())
def test_the_client_reads_what_the_host_writes(rows: list[tuple[Any, ...]], records: bool) -> None:
    """Both forms; whatever text there is; NaN and infinity arrive as no score."""
    body = encode(table(rows), SCHEMA, records=records, details=True)
    found = (CLASSIC_RECORDS if records else CLASSIC).decode(body, SCHEMA, len(rows))
    for kind, given_values in zip(KINDS, zip(*rows, strict=True), strict=True):
        for read, value in zip(found[NAMES[kind]].tolist(), given_values, strict=True):
            if kind == "number" and not np.isfinite(value):
                assert np.isnan(read)
            else:
                assert read == value


@given(ROWS, st.booleans(), st.booleans())
def test_answers_of_one_row_each_are_those_of_the_row_alone(
    rows: list[tuple[Any, ...]], records: bool, details: bool
) -> None:
    form = {"records": records, "details": details}
    assert encode_each(table(rows), SCHEMA, **form) == [encode(table([row]), SCHEMA, **form) for row in rows]


@pytest.mark.parametrize("records", [False, True])
def test_every_value_is_text_or_null(records: bool) -> None:
    """As the classic service wrote them."""
    row = (0.1, 3, True, "a", "2024-02-29T00:00:00")
    answer = json.loads(encode(table([row, (np.nan, None, None, None, None)]), SCHEMA, records=records, details=False))
    result = answer["Results"]["output1"]
    values = [list(r.values()) for r in result] if records else result["value"]["Values"]
    assert values == [["0.1", "3", "True", "a", "2024-02-29T00:00:00"], [None] * 5]


def test_every_problem_of_a_cell_has_words() -> None:
    """Each kind that reading a cell can find."""
    from worker.host import refusals

    elsewhere = {  # found by the client or the workbook reader only
        ProblemKind.DATE_IN_NUMBER,
        ProblemKind.ERROR_CELL,
        ProblemKind.NO_STORED_VALUE,
        ProblemKind.REJECTED,
        ProblemKind.NO_SCORE,
        ProblemKind.CALL_FAILED,
    }
    assert set(refusals._WORDS) == set(ProblemKind) - elsewhere
