"""(d) What one row costs: calls per CPU-second of the host, every duty on, against a bare ASGI application under the
same server that reads as long a request and gives as long an answer.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache, partial
from io import BufferedReader
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.benchmarks.execute import SECONDS, Served, _cpu_seconds, _served
from tests.benchmarks.held import server
from tests.benchmarks.table import Benchmark
from worker.endpoints.values import read_columns
from worker.host import HostServer
from worker.scoring.codecs import CLASSIC

ROUNDS = 4
CALLERS = 16
"""At one time, each with a connection of its own: fewer than an endpoint's usual 20 calls at once."""


def benchmarks() -> list[Benchmark]:
    """Many callers, and one that waits for each answer before it asks again."""
    return [
        Benchmark(
            f"execute, 1 row, {CALLERS} callers: calls per CPU-second, of a bare ASGI echo",
            partial(_measure, CALLERS),
            at_least=0.3,
        ),
        Benchmark(
            "execute, 1 row, one caller: calls per CPU-second, of a bare ASGI echo (reported)", partial(_measure, 1)
        ),
    ]


def _measure(callers: int) -> float:
    served = _served()
    body = _one_row(served)
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": "application/json"}
    address = f"{served.url}/execute?api-version=2.0"
    answer = requests.post(address, data=body, headers=headers, timeout=10)
    answer.raise_for_status()
    url, echo = _echo(len(answer.content))
    ours = _Pace(_request(address, body, headers), served.process.pid)
    bare = _Pace(_request(f"{url}/", body, headers), echo.pid)
    for _ in range(ROUNDS):  # by turns: what else the machine does, both have
        for pace in (bare, ours):
            pace.call(callers)
    return ours.per_second() / bare.per_second()


def _one_row(served: Served) -> bytes:
    columns, _ = read_columns({name: values[:1] for name, values in served.table.items()}, served.schema)
    return CLASSIC.encode(columns, served.schema)


def _request(url: str, body: bytes, headers: dict[str, str]) -> tuple[tuple[str, int], bytes]:
    """Where to, and the bytes that `requests` would send."""
    prepared = requests.Session().prepare_request(requests.Request("POST", url, headers, data=body))
    where = urlsplit(url)
    lines = [f"POST {prepared.path_url} HTTP/1.1", f"Host: {where.netloc}"]
    lines += [f"{name}: {value}" for name, value in prepared.headers.items()]
    return (where.hostname or "", where.port or 80), "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class _Pace:
    """Calls per CPU-second of a server process, over several short looks at it."""

    request: tuple[tuple[str, int], bytes]
    process_id: int
    calls: int = 0
    cpu: float = 0.0

    def call(self, callers: int) -> None:
        """One look at it: all callers ask, then all hear."""
        address, data = self.request
        with ExitStack() as stack:
            connections = [stack.enter_context(socket.create_connection(address)) for _ in range(callers)]
            readers = [stack.enter_context(connection.makefile("rb")) for connection in connections]
            _ask(connections[:1], readers[:1], data, SECONDS / 10)  # the first calls are answered by threads
            _ask(connections, readers, data, SECONDS / 10)
            cpu = _cpu_seconds(self.process_id)
            self.calls += _ask(connections, readers, data, SECONDS / 2)
            self.cpu += _cpu_seconds(self.process_id) - cpu

    def per_second(self) -> float:
        return self.calls / self.cpu


def _ask(connections: list[socket.socket], readers: list[BufferedReader], data: bytes, seconds: float) -> int:
    """How many calls were answered. Fails when one is refused."""
    calls, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for connection in connections:
            connection.sendall(data)
        for reader in readers:
            assert reader.readline().split()[1] == b"200"
            length = 0
            while (line := reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            reader.read(length)
        calls += len(connections)
    return calls


@cache
def _echo(size: int) -> tuple[str, subprocess.Popen[str]]:
    return server("tests.benchmarks.host_small", str(size))


def _serve(size: int) -> None:
    """The bare server's process: until its standard input ends."""
    answer = b"x" * size
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(size).encode())]}

    async def app(_: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send(start)
        await send({"type": "http.response.body", "body": answer})

    with HostServer(app, "127.0.0.1", 0) as host:
        print(host.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _serve(int(sys.argv[1]))
