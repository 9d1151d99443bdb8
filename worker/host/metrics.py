"""What a Prometheus server asks for: calls, rows, jobs and models as numbers, by web service, never by customer.

Counted with plain numbers on the event loop, where a call costs about a microsecond; put into words when asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 100.0)
"""Upper bounds of the buckets."""


@dataclass(slots=True)
class _Service:
    statuses: Counter[int] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0
    rows: int = 0
    problems: int = 0


class Metrics:
    """Use `called` from the event loop's thread only."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}

    def called(self, service: str, status: int, *, rows: int, problems: int, seconds: float) -> None:
        """One call with a right key, whatever came of it."""
        counted = self._services.get(service)
        if counted is None:
            counted = self._services[service] = _Service()
        counted.statuses[status] += 1
        counted.buckets[bisect_left(SECONDS, seconds)] += 1
        counted.seconds += seconds
        counted.rows += rows
        counted.problems += problems

    def page(self, gauges: Mapping[str, float], jobs: Mapping[str, int]) -> bytes:
        """The answer. `gauges` are numbers of the moment by name, `jobs` how many there are in each state."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Once(lambda: self._families(gauges, jobs)))
        return generate_latest(registry)

    def _families(self, gauges: Mapping[str, float], jobs: Mapping[str, int]) -> Iterator[Metric]:
        calls = CounterMetricFamily("sheetscore_calls", "Calls with a right key.", labels=["service", "status"])
        rows = CounterMetricFamily("sheetscore_rows", "Rows, scored or refused.", labels=["service", "outcome"])
        took = HistogramMetricFamily("sheetscore_call_seconds", "Time to the answer.", labels=["service"])
        for name, counted in sorted(self._services.items()):
            for status, count in sorted(counted.statuses.items()):
                calls.add_metric([name, str(status)], count)
            rows.add_metric([name, "scored"], counted.rows)
            rows.add_metric([name, "refused"], counted.problems)
            ends = [*map(str, SECONDS), "+Inf"]
            took.add_metric([name], list(zip(ends, accumulate(counted.buckets), strict=True)), counted.seconds)
        yield from (calls, rows, took)
        states = GaugeMetricFamily(
            "sheetscore_jobs", "Jobs by state; `queued` is the queue's length.", labels=["state"]
        )
        for state, count in sorted(jobs.items()):
            states.add_metric([state], count)
        yield states
        for name, value in gauges.items():
            yield GaugeMetricFamily(f"sheetscore_{name}", name.replace("_", " ").capitalize() + ".", value=value)


class _Once:
    """What the library asks when it writes a page."""

    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """The families."""
        return self._families()

    def describe(self) -> Iterator[Metric]:
        """Nothing ahead of time."""
        return iter(())
