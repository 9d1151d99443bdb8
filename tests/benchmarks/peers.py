"""(g) Rows for a second of the processor, reported: our host with the LightGBM model and with a logistic one, and what
others make of the same LightGBM pipeline: `mlflow models serve` and MLServer, as they come, all their processes.

Theirs are looked for beside this Python, on the PATH and in the environments that SHEETSCORE_PEERS names (folders, as
in PATH). They have no keys, throttle, quota or log of usage; our host has.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.execute import _cpu_seconds, _json, _over_http, _served, per_cpu_second
from tests.benchmarks.held import folder
from tests.benchmarks.job import ROOT
from tests.benchmarks.large import tree
from tests.benchmarks.pipelines import Table, made_table
from tests.benchmarks.table import Benchmark

SIZES = (1, 1_000, 10_000)
START_SECONDS = 120
_V2 = {float: "FP64", int: "INT64", str: "BYTES"}


def benchmarks() -> list[Benchmark]:
    """Thousands of rows; a line for each size of a call."""
    lines = _lines("Sheetscore, LightGBM", partial(_ours, "lightgbm"))
    lines += _lines("Sheetscore, logistic", partial(_ours, "logistic"))
    for name, command, measure in (
        ("mlflow models serve, LightGBM", "mlflow", _mlflow),
        ("MLServer, LightGBM", "mlserver", _mlserver),
    ):
        if _found(command) and _found("mlflow"):
            lines += _lines(name, partial(_theirs, measure))
        else:
            print(f"{name}: not installed", flush=True)
    return lines


def _lines(name: str, rate: Callable[[int], float]) -> list[Benchmark]:
    return [
        Benchmark(f"{name}, {rows:,} a call: 1,000 rows per CPU-second", partial(rate, rows), unit="k/s")
        for rows in SIZES
    ]


def _theirs(measure: Callable[[], dict[int, float]], rows: int) -> float:
    return measure()[rows] / 1_000


def _ours(kind: str, rows: int) -> float:
    served = _served(kind)
    table = {name: values[:rows] for name, values in served.table.items()}
    return _over_http(served, *_json(table, served.schema), rows) / 1_000


@cache
def _mlflow() -> dict[int, float]:
    """Rows per CPU-second by size of a call."""
    (port,) = _free_ports(1)
    command = ["models", "serve", "-m", str(_model()), "-h", "127.0.0.1", "-p", str(port), "--env-manager", "local"]
    with _running("mlflow", command, f"http://127.0.0.1:{port}/ping") as pid:
        return _measured(f"http://127.0.0.1:{port}/invocations", _split, pid)


@cache
def _mlserver() -> dict[int, float]:
    """Rows per CPU-second by size of a call, over MLServer's runtime for models of MLflow."""
    made = folder()
    ports = dict(zip(("http_port", "grpc_port", "metrics_port"), _free_ports(3), strict=True))
    model = {"implementation": "mlserver_mlflow.MLflowRuntime", "parameters": {"uri": str(_model())}}
    (made / "settings.json").write_text(json.dumps({"host": "127.0.0.1", **ports}))
    (made / "model-settings.json").write_text(json.dumps({"name": "cells", **model}))
    url = f"http://127.0.0.1:{ports['http_port']}/v2/models/cells"
    with _running("mlserver", ["start", str(made)], f"{url}/ready") as pid:
        return _measured(f"{url}/infer", _v2, pid)


def _measured(url: str, write: Callable[[Table], Any], pid: int) -> dict[int, float]:
    whole = made_table(10_000, seed=7)[0]

    def cpu() -> float:
        return sum(map(_cpu_seconds, tree(pid)))

    headers = {"Content-Type": "application/json"}
    return {
        rows: per_cpu_second(
            url, json.dumps(write({name: values[:rows] for name, values in whole.items()})).encode(), headers, rows, cpu
        )
        for rows in SIZES
    }


def _split(table: Table) -> dict[str, Any]:
    return {"dataframe_split": {"columns": list(table), "data": list(zip(*table.values(), strict=True))}}


def _v2(table: Table) -> dict[str, Any]:
    def column(name: str, values: list[Any]) -> dict[str, Any]:
        kind = next(type(value) for value in values if value is not None)
        content = {"parameters": {"content_type": "str"}} if kind is str else {}
        return {"name": name, "shape": [len(values), 1], "datatype": _V2[kind], "data": values, **content}

    return {"parameters": {"content_type": "pd"}, "inputs": [column(*named) for named in table.items()]}


@cache
def _model() -> Path:
    """The pipeline, trained and saved by MLflow's own environment."""
    python = Path(_found("mlflow") or "").parent / "python"
    made = folder() / "model"
    subprocess.run([python, "-m", "tests.benchmarks.pipelines", made], check=True, cwd=ROOT, capture_output=True)
    return made


def _found(command: str) -> str | None:
    peers = [str(Path(each, "bin")) for each in os.environ.get("SHEETSCORE_PEERS", "").split(os.pathsep) if each]
    places = [*peers, str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return shutil.which(command, path=os.pathsep.join(places))


@contextmanager
def _running(command: str, arguments: list[str], ready: str) -> Iterator[int]:
    """A server of theirs once the address answers, with the programs of its environment on the PATH; all its processes
    end with the block. Raises RuntimeError with its last words.
    """
    program = _found(command) or ""
    path = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, *arguments], env={**os.environ, "PATH": path}, stdout=said, stderr=said, start_new_session=True
        )
        try:
            until = time.monotonic() + START_SECONDS
            while not _answers(ready):
                if process.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    raise RuntimeError(f"{command}: {said.read().decode(errors='replace')[-2_000:]}")
                time.sleep(0.5)
            yield process.pid
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def _free_ports(count: int) -> list[int]:
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [made.getsockname()[1] for made in sockets]
