"""(d) What one row costs: calls per CPU-second of the host, every duty on, against a bare ASGI application under the
same server that reads as long a request and gives as long an answer.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import requests

from tests.benchmarks.execute import SECONDS, Served, _cpu_seconds, _served
from tests.benchmarks.table import Benchmark
from worker.endpoints.values import read_columns
from worker.host import HostServer
from worker.scoring.codecs import CLASSIC

ROUNDS = 4


def benchmarks() -> list[Benchmark]:
    """One figure."""
    # Reported until it holds: of the time that 0.3 leaves, the server takes a third and the model's own run a quarter.
    return [Benchmark("execute, 1 row: calls per CPU-second, of a bare ASGI echo (goal 0.3)", _measure)]


def _measure() -> float:
    served = _served()
    body = _one_row(served)
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": "application/json"}
    address = f"{served.url}/execute?api-version=2.0"
    answer = requests.post(address, data=body, headers=headers, timeout=10)
    answer.raise_for_status()
    url, echo = _echo(len(answer.content))
    ours, bare = _Pace(address, served.process.pid), _Pace(url, echo.pid)
    for _ in range(ROUNDS):  # by turns: what else the machine does, both have
        for pace in (bare, ours):
            pace.call(body, headers)
    return ours.per_second() / bare.per_second()


def _one_row(served: Served) -> bytes:
    columns, _ = read_columns({name: values[:1] for name, values in served.table.items()}, served.schema)
    return CLASSIC.encode(columns, served.schema)


@dataclass
class _Pace:
    """Calls per CPU-second of a server process, over several short looks at it."""

    url: str
    process_id: int
    calls: int = 0
    cpu: float = 0.0

    def call(self, body: bytes, headers: dict[str, str]) -> None:
        """One look at it."""
        with requests.Session() as session:
            for _ in range(50):
                session.post(self.url, data=body, headers=headers).raise_for_status()
            began, cpu = time.monotonic(), _cpu_seconds(self.process_id)
            while time.monotonic() - began < SECONDS / 2:
                session.post(self.url, data=body, headers=headers)
                self.calls += 1
            self.cpu += _cpu_seconds(self.process_id) - cpu

    def per_second(self) -> float:
        return self.calls / self.cpu


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
