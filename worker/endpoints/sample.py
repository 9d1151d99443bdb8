"""Scores of a contract's sample rows, and how they are kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from worker.endpoints.rules import SampleNotScored
from worker.endpoints.values import read_columns
from worker.scoring.errors import EndpointError, Rejected, TimedOut, TooLarge
from worker.scoring.schema import Columns, Schema
from worker.scoring.words import kind_words

Score = Callable[[Columns, Schema], Columns]


def score_sample(contract: Schema, score: Score) -> Columns:
    """What `score` makes of the sample rows, with a value for every parameter; nothing when there are none.

    Raises SampleNotScored; TimedOut and TooLarge as they come.
    """
    names = set(contract.input_names)
    for number, row in enumerate(contract.sample, 1):
        if set(row) != names:
            differ = ", ".join(sorted(set(row) ^ names))
            raise SampleNotScored(f"row {number} must have every input and nothing else; look at {differ}")
    if not contract.sample:
        return {}
    columns, problems = read_columns({n: [row[n] for row in contract.sample] for n in contract.input_names}, contract)
    if problems:
        first = problems[0]
        raise SampleNotScored(f"row {first.row + 1}, {first.column}: {first.value!r} ({kind_words(first.kind)})")
    try:
        return score(columns, contract.given(contract.example_parameters))
    except (TimedOut, TooLarge):
        raise
    except Rejected as error:
        raise SampleNotScored(error.message) from None
    except EndpointError as error:
        raise SampleNotScored(str(error)) from None


def plain(scores: Columns) -> dict[str, list[Any]]:
    """Scores as JSON values; a number that JSON has no word for is null."""
    return {name: [_plain(value) for value in values.tolist()] for name, values in scores.items()}


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
