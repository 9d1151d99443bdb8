"""Do the original and its ONNX twin give the same scores? ONNX computes in 32 bits, most originals in 64.

A sum rounded to 32 bits is off in the seventh digit, which nobody sees. But a tree compares: a value that rounding
lifts over a threshold takes the other branch, and its score can be any other. Such rows are what is looked for here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

MOST_TOLD = 20
"""So many rows that differ are told one by one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of the sample (the first is 1) whose score is another after conversion."""

    row: int
    output: str
    original: Any
    converted: Any


@dataclass(frozen=True, slots=True)
class Agreement:
    """`largest` is the largest difference of a number; `apart` counts rows with a number beyond the tolerance, `flips`
    rows with another label. `told` are the first of both, labels before numbers.
    """

    rows: int
    largest: float
    apart: int
    flips: int
    told: tuple[Difference, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the twin may stand for the original."""
        return not self.flips and not self.apart

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """The inverse of dataclasses.asdict, over JSON."""
        return cls(**{**facts, "told": tuple(Difference(**each) for each in facts["told"])})


def compare(
    original: Mapping[str, npt.NDArray[Any]],
    converted: Mapping[str, npt.NDArray[Any]],
    *,
    labels: Sequence[str],
    tolerance: float,
    relative: bool,
) -> Agreement:
    """Compare outputs by name, shape (rows,); those named in `labels` must be the same, others near."""
    rows = len(next(iter(original.values())))
    apart, flips = np.zeros(rows, bool), np.zeros(rows, bool)
    largest = 0.0
    told: list[Difference] = []
    for name in sorted(original, key=lambda name: name not in labels):
        left, right = original[name], converted[name]
        if name in labels:
            bad = np.array([a != b for a, b in zip(left.tolist(), right.tolist(), strict=True)], bool)
            flips |= bad
        else:
            steps = np.abs(left.astype(float) - right.astype(float))
            bad = ~(steps <= tolerance * (np.maximum(1, np.abs(left.astype(float))) if relative else 1))
            largest = max(largest, float(np.nanmax(steps, initial=0)))
            apart |= bad
        was, now = left.tolist(), right.tolist()
        told += [Difference(row + 1, name, was[row], now[row]) for row in np.flatnonzero(bad).tolist()]
    return Agreement(rows, largest, int(apart.sum()), int(flips.sum()), tuple(told[:MOST_TOLD]))
