"""Templates for 1,000 customers in one run: how many for a second of the processor, whether memory grows, whether
prepared rows cost anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.benchmarks.large import fact
from tests.benchmarks.table import Benchmark
from tests.endpoints.trials import remembered
from worker.batch.templates import Template, Templates
from worker.demo import material
from worker.endpoints import Registry
from worker.endpoints.importing import carry_out, plan
from worker.store import open_store

CUSTOMERS, WARM = 1_000, 100


def benchmarks() -> list[Benchmark]:
    """All 1,000 are built in a process of its own."""
    return [
        Benchmark(
            f"templates for {CUSTOMERS:,} customers, for a second of the processor", _rate, at_least=10, unit="/s"
        ),
        Benchmark(f"peak memory of {CUSTOMERS:,} templates, of that of {WARM}", _memory, at_most=1.1),
        Benchmark("a template of 100,000 prepared rows, of the time of one of 100", _rows, at_most=1.3),
    ]


def _rate() -> float:
    return _run()["rate"]


def _memory() -> float:
    return _run()["memory"]


@cache
def _run() -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.templates"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(ran.stdout)
    return figures


def _rows() -> float:
    with tempfile.TemporaryDirectory() as folder:
        templates = _home(Path(folder), 1)
        (endpoint,) = templates.endpoints("credit")
        definition = templates.definition(endpoint, "credit")

        def seconds(rows: int) -> float:
            templates._definitions = {("credit", None): replace(definition, rows=rows)}
            templates._definitions["credit", "en"] = replace(definition, rows=rows)
            took = []
            for _ in range(5):
                start = time.process_time()
                templates.build(endpoint, "credit")
                took.append(time.process_time() - start)
            return min(took)

        return seconds(100_000) / seconds(100)


def _home(home: Path, customers: int) -> Templates:
    """A home with that many customers of one service, half of them German, each with a name and colour of their own."""
    registry = Registry(open_store("", home), home, trial=remembered)
    registry.add_service(material.SERVICE, material.contract(), material.model(1))
    table = ["name,service,language\n"]
    table += [f"c{n},{material.SERVICE},{'en' if n % 2 == 0 else 'de'}\n" for n in range(customers)]
    carry_out(registry, plan(registry, table))
    templates = Templates(registry, home, time.time)
    differ = [f"c{n},Customer {n} & Co,{n:06x}\n" for n in range(customers)]
    templates.differing("credit", ["customer,name,accent\n", *differ])
    return templates


def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        templates, peaks, count = _home(Path(folder), CUSTOMERS), {}, 0
        start = time.process_time()
        for _, built in templates.build_all("credit"):
            assert isinstance(built, Template)
            count += 1
            if count in {WARM, CUSTOMERS}:
                peaks[count] = fact(os.getpid(), "status", "VmHWM")  # getrusage tells the starter's peak if larger
        rate = count / (time.process_time() - start)
    assert count == CUSTOMERS
    print(json.dumps({"rate": rate, "memory": peaks[CUSTOMERS] / peaks[WARM], "peak": peaks[CUSTOMERS]}))


if __name__ == "__main__":
    _main()
