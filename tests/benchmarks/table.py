"""What one line of the table of benchmarks is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """One figure to measure, a ratio unless `unit` says otherwise, and the goal it must meet (none: reported only)."""

    name: str
    measure: Callable[[], float]
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "x"
