"""How scores are spread: every scored row in one band, borders that a person would choose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.batch.spread import spread
from worker.scoring import ColumnType, Output

_SCORE = Output("Score", ColumnType.NUMBER)


def _spread(values: list[Any], output: Output = _SCORE) -> dict[str, int]:
    made = spread([output], [[[pa.array(values)]]])
    assert made is not None
    return dict(zip(made.labels, made.counts, strict=True))


def test_probabilities_fall_into_tenths() -> None:
    """A border belongs to the band above it, 1 to the last; the output's format says whether they are percentages."""
    values = [0.0, 0.05, 0.1, 0.3, 0.95, 1.0, None, float("nan")]
    percent = _spread(values, Output("P", ColumnType.NUMBER, format="0.0%"))
    assert list(percent) == [f"{10 * n}\u2013{10 * n + 10}%" for n in range(10)]
    assert list(percent.values()) == [2, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert next(iter(_spread(values))) == "0.0\u20130.1"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([130.0, 980.0], ["100\u2013200", "900\u20131,000"]),
        ([-3.0, 4.2], ["-3 to -2", "4\u20135"]),
        ([0.001, 0.0034, 2.0], ["0.0\u20130.2", "1.8\u20132.0"]),
        ([7.5, 7.5], ["7.5\u20137.6", "7.5\u20137.6"]),
        ([1e-9, 2e5 + 0.5], ["0\u201350,000", "200,000\u2013250,000"]),
        ([3e-7, 4e7], ["0\u20135,000,000", "35,000,000\u201340,000,000"]),
        ([5, 1200], ["0\u2013200", "1,000\u20131,200"]),
    ],
)
def test_bands_have_round_borders(values: list[float], labels: list[str]) -> None:
    """From the first to the last band that is needed."""
    found = _spread(values)
    assert [next(iter(found)), list(found)[-1]] == labels
    assert sum(found.values()) == len(values)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_every_number_is_in_one_band(values: list[float]) -> None:
    """Whatever the numbers are; where they are too far apart, or too near for their size, there are no bands."""
    made = spread([_SCORE], [[[pa.array(values)]]])
    if made is None:
        span, size = max(values) - min(values) or 1, max(map(abs, values))
        assert not 1e-300 < size < 1e300 or span < 1e-7 * size
        return
    assert sum(made.counts) == len(values)
    assert len(made.labels) <= 13


def test_words_are_counted_the_most_frequent_first() -> None:
    """Eight of them; the rest is one line."""
    values = ["low"] * 3 + ["high"] * 5 + [f"rare {n}" for n in range(9)] + [None]
    found = _spread(values, Output("Risk", ColumnType.TEXT))
    assert list(found.items())[:2] == [("high", 5), ("low", 3)]
    assert list(found.items())[-1] == ("3 other values", 3)
    assert _spread([True, False, True], Output("Flag", ColumnType.BOOLEAN)) == {"TRUE": 2, "FALSE": 1}


def test_the_first_number_is_shown_over_all_sheets() -> None:
    """An output of words before it does not count; sheets are put together."""
    outputs = [Output("Risk", ColumnType.TEXT), _SCORE]
    sheet = [[pa.array(["a"])], [pa.array([0.25])]]
    made = spread(outputs, [sheet, sheet])
    assert made is not None
    assert (made.output, sum(made.counts)) == (_SCORE, 2)


def test_words_of_which_nearly_each_is_another_are_not_counted() -> None:
    """A million reasons in free text are no spread, and would not fit into memory."""
    arrays = (pa.array([f"reason {n}" for n in range(start, start + 5000)]) for start in range(0, 10**9, 5000))
    assert spread([Output("Why", ColumnType.TEXT)], [[arrays]]) is None


def test_no_scores_no_spread() -> None:
    """Nothing scored, or dates."""
    blank = [pa.array([None], pa.string())]
    assert spread([_SCORE], [[blank]]) is None
    assert spread([Output("When", ColumnType.DATETIME)], [[blank]]) is None
    assert spread([_SCORE], []) is None
    assert spread([_SCORE], [[[pa.array([np.inf])]]]) is None
