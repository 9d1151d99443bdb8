"""(c) What a call costs the host beyond its model: rows per CPU-second of a server process, key, throttle, quota, usage
and log on, against the model alone on prepared arrays (one thread, the same slices).

LightGBM, 100 trees x 31 leaves; see pipelines. A logistic model, whose own run costs less, is reported beside it.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import requests

from tests.benchmarks.held import folder, server
from tests.benchmarks.pipelines import BANDS, Table, fitted, made_table
from tests.benchmarks.table import Benchmark
from worker.endpoints import Registry, Snapshots
from worker.endpoints.meter import Meter
from worker.endpoints.onnxmodel import SLICE_ROWS
from worker.endpoints.quotas import set_quota
from worker.endpoints.runtime import onnxruntime
from worker.endpoints.values import read_columns
from worker.host import Accounts, HostServer, create_app
from worker.logs import to_file
from worker.scoring.codecs import CLASSIC
from worker.scoring.schema import Schema
from worker.settings import Settings
from worker.store.engine import open_store

SECONDS = 3.0
Write = Callable[[Table, Schema], tuple[bytes, str]]


@dataclass(frozen=True)
class Served:
    """A server process, and the model in this one."""

    url: str
    key: str
    process: subprocess.Popen[str]
    schema: Schema
    session: onnxruntime.InferenceSession
    table: Table


def benchmarks() -> list[Benchmark]:
    """One line for each size and format of a call."""
    calls = [
        (1, _json, None),
        (1_000, _json, 0.5),
        (10_000, _json, 0.6),
        (10_000, _csv, None),
        (10_000, _arrow, 0.7),
    ]
    return [
        Benchmark(
            f"execute, {rows:,} rows, {write.__name__.strip('_')}: per CPU-second, of the model alone",
            _measure(rows, write),
            at_least=goal,
        )
        for rows, write, goal in calls
    ]


def _measure(rows: int, write: Write) -> Callable[[], float]:
    def measure() -> float:
        served = _served()
        table = {name: values[:rows] for name, values in served.table.items()}
        alone = _alone(served, table, rows)
        return _over_http(served, *write(table, served.schema), rows) / max(alone, _alone(served, table, rows))

    return measure


def _alone(served: Served, table: Table, rows: int) -> float:
    """Rows per CPU-second of the bare model."""
    feeds = _feeds(table, served.schema)
    slices = [
        {name: values[start : start + SLICE_ROWS] for name, values in feeds.items()}
        for start in range(0, rows, SLICE_ROWS)
    ]
    calls, began, cpu = 0, time.monotonic(), time.thread_time()
    while time.monotonic() - began < SECONDS / 2:
        for part in slices:
            served.session.run(["label", "probabilities"], part)
        calls += 1
    return calls * rows / (time.thread_time() - cpu)


def _json(table: Table, schema: Schema) -> tuple[bytes, str]:
    columns, _ = read_columns(table, schema)
    return CLASSIC.encode(columns, schema), "application/json"


def _csv(table: Table, schema: Schema) -> tuple[bytes, str]:
    rows = zip(*(table[name] for name in schema.input_names), strict=True)
    text = StringIO()
    csv.writer(text).writerows([schema.input_names, *rows])
    return text.getvalue().encode(), "text/csv"


def _arrow(table: Table, schema: Schema) -> tuple[bytes, str]:
    made = pa.table({name: table[name] for name in schema.input_names})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, made.schema) as stream:
        stream.write_table(made)
    return bytes(sink.getvalue()), "application/vnd.apache.arrow.stream"


def _over_http(served: Served, body: bytes, content_type: str, rows: int) -> float:
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": content_type}
    url = f"{served.url}/execute?api-version=2.0"
    return per_cpu_second(url, body, headers, rows, lambda: _cpu_seconds(served.process.pid))


def per_cpu_second(url: str, body: bytes, headers: dict[str, str], rows: int, cpu: Callable[[], float]) -> float:
    """Rows for a second of the processor, of which `cpu` tells how many the server has had."""
    with requests.Session() as session:

        def call() -> None:
            session.post(url, data=body, headers=headers).raise_for_status()

        for _ in range(3):
            call()
        calls, began, before = 0, time.monotonic(), cpu()
        while time.monotonic() - began < SECONDS:
            call()
            calls += 1
        return calls * rows / (cpu() - before)


def _cpu_seconds(process_id: int) -> float:
    """User and system time of a process: fields 14 and 15 of proc(5)'s stat."""
    fields = Path(f"/proc/{process_id}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@cache
def _served(kind: str = "lightgbm") -> Served:
    data, schema = _model(kind)
    home = folder()
    engine = open_store("", home)
    registry = Registry(engine, home)
    registry.add_service("cells", schema, data)
    registry.add_customer("acme")
    made = registry.add_endpoint("cells", "acme", "acme")
    engine.dispose()
    url, process = server("tests.benchmarks.execute", str(home))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    location = f"{url}/workspaces/default/services/{made.endpoint.id}"
    return Served(location, made.primary, process, schema, session, made_table(10_000, seed=7)[0])


def _feeds(table: Table, schema: Schema) -> dict[str, npt.NDArray[Any]]:
    kinds = {"number": np.float32, "integer": np.int64, "text": object}
    return {c.name.replace(" ", "_"): np.array(table[c.name], kinds[c.type]).reshape(-1, 1) for c in schema.inputs}


def _model(kind: str) -> tuple[bytes, Schema]:
    from lightgbm import LGBMClassifier
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
    from skl2onnx import convert_sklearn, update_registered_converter
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    table, _ = made_table(5_000, seed=0)
    numbers = [name for name in table if name not in BANDS]
    pipeline = fitted(kind)
    update_registered_converter(
        LGBMClassifier,
        "LightGbmLGBMClassifier",
        calculate_linear_classifier_output_shapes,
        convert_lightgbm,
        options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
    )
    kinds = {**{n: FloatTensorType([None, 1]) for n in numbers}, "area": Int64TensorType([None, 1])}
    kinds |= {name: StringTensorType([None, 1]) for name in BANDS}
    made = convert_sklearn(
        pipeline,
        initial_types=[(name, kinds[name]) for name in table],
        options={id(pipeline): {"zipmap": False}},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    contract = {
        "inputs": [
            {"name": n, "type": "text", "categories": sorted(set(table[n]))}
            if n in BANDS
            else {"name": n, "type": "integer"}
            if n == "area"
            else {"name": n, "type": "number", "nullable": True}
            for n in table
        ],
        "outputs": [
            {"name": "Scored Labels", "type": "integer", "source": "label"},
            {"name": "Scored Probabilities", "type": "number", "source": "probabilities", "index": 1},
        ],
        "sample": [{name: values[0] for name, values in table.items()}],
    }
    return made.SerializeToString(), Schema.from_dict(contract)


def _serve(home: Path) -> None:
    """The server process: until its standard input ends."""
    to_file(home)
    engine = open_store("", home)
    snapshots = Snapshots(engine, home)
    set_quota(engine, "acme", 10**12)
    with (
        Meter(engine) as meter,
        HostServer(create_app(snapshots, Settings(home, {}), accounts=Accounts(meter)), "127.0.0.1", 0) as host,
    ):
        print(host.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _serve(Path(sys.argv[1]))
