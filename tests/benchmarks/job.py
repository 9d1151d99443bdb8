"""A whole job, 100,000 x 12: read, score on the local host, write; against the script an analyst would write.

Both use the same endpoint over HTTP in blocks of 1,000 rows. CPU is that of the scoring program and its children; the
host, which does the same work for both, is a process of its own and not counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import xlsxwriter
from onnx import TensorProto, helper

from tests.benchmarks.table import Benchmark
from worker.endpoints import Registry
from worker.scoring import Column, ColumnType, Output, Schema
from worker.store import open_store

ROWS = 100_000
NUMBERS = [f"n{i}" for i in range(9)]
TEXTS = [f"t{i}" for i in range(3)]
WORDS = ("red", "green", "blue", "yellow", "black")
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Cost:
    """What one program took."""

    cpu_seconds: float
    peak_mb: float


def contract() -> Schema:
    """Nine numbers and three categories in, one number out."""
    inputs = [Column(n, ColumnType.NUMBER) for n in NUMBERS]
    inputs += [Column(t, ColumnType.TEXT, categories=WORDS) for t in TEXTS]
    return Schema(tuple(inputs), (Output("score", ColumnType.NUMBER, source="score"),))


def model() -> bytes:
    """Score = the sum of the numbers; the texts are read and looked up, so that they cost what texts cost."""
    nodes = [helper.make_node("Concat", NUMBERS, ["all"], axis=1)]
    coded = []
    for text in TEXTS:
        lookup = {"keys_strings": list(WORDS), "values_floats": [float(i) for i in range(len(WORDS))]}
        nodes.append(helper.make_node("LabelEncoder", [text], [f"{text}_code"], domain="ai.onnx.ml", **lookup))
        coded.append(f"{text}_code")
    nodes.append(helper.make_node("ReduceSum", ["all", "axes"], ["numbers"], keepdims=1))
    nodes.append(helper.make_node("Sum", ["numbers", *coded], ["score"]))
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 1]) for n in NUMBERS]
    inputs += [helper.make_tensor_value_info(t, TensorProto.STRING, [None, 1]) for t in TEXTS]
    output = helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph(nodes, "sum", inputs, [output], [axes])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    made: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    onnx.checker.check_model(made)
    return made


def make_book(file: Path) -> None:
    """One sheet with the endpoint's columns, header in row 1."""
    dice = np.random.default_rng(1)
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True})
    sheet = book.add_worksheet("Data")
    sheet.write_row(0, 0, [*NUMBERS, *TEXTS])
    numbers = dice.normal(size=(ROWS, len(NUMBERS))).round(6).tolist()
    words = dice.choice(WORDS, size=(ROWS, len(TEXTS))).tolist()
    for row in range(ROWS):
        sheet.write_row(row + 1, 0, [*numbers[row], *words[row]])
    book.close()


def run(command: list[str], **environ: str) -> Cost:
    """Run a program; CPU of it and its children, and the largest resident set of any of them."""
    script = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(code, u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *command],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environ},
    )
    code, cpu, peak = ran.stdout.split()[-3:]
    if int(code) not in (0, 3):
        raise RuntimeError(ran.stdout + ran.stderr)
    return Cost(float(cpu), float(peak))


@cache
def costs(attempt: int) -> tuple[Cost, Cost]:
    """(ours, the analyst's), one after the other on one host."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        home, book = folder / "home", folder / "book.xlsx"
        make_book(book)
        engine = open_store("", home)
        new = Registry(engine, home).add_service("sum", contract(), model())
        engine.dispose()
        host = subprocess.Popen(
            [sys.executable, "-P", "-m", "worker", "serve", "--home", str(home), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert host.stdout is not None
        try:
            url = f"{host.stdout.readline().split()[-1]}/workspaces/default/services/{new.endpoint.id}"
            ours = run(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "worker",
                    "score",
                    str(book),
                    "--endpoint",
                    url,
                    "--out",
                    str(folder / "a.xlsx"),
                ],
                SHEETSCORE_KEY=new.primary,
            )
            theirs = run(
                [
                    sys.executable,
                    "-m",
                    "tests.benchmarks.analyst",
                    str(book),
                    f"{url}/execute?api-version=2.0",
                    new.primary,
                    str(folder / "b.xlsx"),
                ]
            )
        finally:
            host.terminate()
            host.wait()
            host.stdout.close()
    return ours, theirs


class _Attempts:
    """Both figures of one attempt come from the same run."""

    def __init__(self) -> None:
        self.cpu = self.memory = 0

    def less_cpu(self) -> float:
        """How many times less CPU than the analyst's script."""
        self.cpu += 1
        ours, theirs = costs(self.cpu)
        return theirs.cpu_seconds / ours.cpu_seconds

    def memory_ratio(self) -> float:
        """Our peak memory as a share of theirs."""
        self.memory += 1
        ours, theirs = costs(self.memory)
        return ours.peak_mb / theirs.peak_mb


def benchmarks() -> list[Benchmark]:
    """See the goals of the issue: at least five times less CPU, peak memory not more."""
    attempts = _Attempts()
    return [
        Benchmark(
            f"job {ROWS:,} x 12 over HTTP: CPU of pandas + openpyxl + requests / ours", attempts.less_cpu, at_least=5
        ),
        Benchmark("  peak memory of one process, ours / theirs", attempts.memory_ratio, at_most=1),
    ]
