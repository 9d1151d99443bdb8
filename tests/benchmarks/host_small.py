"""(d) What one row costs: calls per CPU-second of the host, every duty on, against a bare ASGI application under the
same server that reads as long a request and gives as long an answer.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from typing import Any

import requests

from tests.benchmarks.execute import SECONDS, Served, _cpu_seconds, _served
from tests.benchmarks.table import Benchmark
from worker.endpoints.values import read_columns
from worker.host import HostServer
from worker.scoring.codecs import CLASSIC


def benchmarks() -> list[Benchmark]:
    """One figure."""
    # Reported until it holds.
    return [Benchmark("execute, 1 row: calls per CPU-second, of a bare ASGI echo (goal 0.3)", _measure)]


def _measure() -> float:
    served = _served()
    body = _one_row(served)
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": "application/json"}
    address = f"{served.url}/execute?api-version=2.0"
    answer = requests.post(address, data=body, headers=headers, timeout=10)
    answer.raise_for_status()
    url, echo = _echo(len(answer.content))
    bare = _calls(url, body, headers, echo.pid)
    return _calls(address, body, headers, served.process.pid) / max(bare, _calls(url, body, headers, echo.pid))


def _one_row(served: Served) -> bytes:
    columns, _ = read_columns({name: values[:1] for name, values in served.table.items()}, served.schema)
    return CLASSIC.encode(columns, served.schema)


def _calls(url: str, body: bytes, headers: dict[str, str], process_id: int) -> float:
    """Calls per CPU-second of the server process."""
    with requests.Session() as session:
        for _ in range(50):
            session.post(url, data=body, headers=headers).raise_for_status()
        calls, began, cpu = 0, time.monotonic(), _cpu_seconds(process_id)
        while time.monotonic() - began < SECONDS:
            session.post(url, data=body, headers=headers)
            calls += 1
        return calls / (_cpu_seconds(process_id) - cpu)


@cache
def _echo(size: int) -> tuple[str, subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.benchmarks.host_small", str(size)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process.stdout.readline().strip(), process


def _serve(size: int) -> None:
    """The bare server's process: until its standard input ends."""
    answer = b"x" * size
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(size).encode())]}

    async def app(_: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send(start)
        await send({"type": "http.response.body", "body": answer})

    with HostServer(app, "127.0.0.1", 0) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _serve(int(sys.argv[1]))
