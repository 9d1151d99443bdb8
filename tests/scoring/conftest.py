"""A small schema, a model anyone can work out, and a real classic endpoint on a loopback port."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pandas as pd
import pytest

from worker.scoring import (
    Column,
    Columns,
    ColumnType,
    Endpoint,
    EndpointError,
    FakeEndpoint,
    HttpTransport,
    Limits,
    Output,
    Rejected,
    Schema,
    ServerFailed,
    Throttled,
    Transport,
    Unauthorized,
)
from worker.scoring.codecs import CLASSIC, CLASSIC_RECORDS
from worker.scoring.codecs.values import to_array

KEY = "correct-horse-battery-staple"
PATH = "/workspaces/w1/services/e1"

SCHEMA = Schema(
    inputs=(
        Column("age", ColumnType.INTEGER, minimum=0, maximum=100_000),
        Column("income", ColumnType.NUMBER, nullable=True),
        Column("purpose", ColumnType.TEXT, categories=("A40", "A41")),
    ),
    outputs=(
        Output("probability", ColumnType.NUMBER),
        Output("double age", ColumnType.INTEGER),
        Output("decision", ColumnType.TEXT),
    ),
)


def score_rows(columns: Columns) -> Columns:
    """A model whose answer shows which row it was made from."""
    age = columns["age"].astype(np.int64)
    return {
        "probability": age / 1000,
        "double age": age * 2,
        "decision": np.array([f"{a}-{p}" for a, p in zip(age, columns["purpose"], strict=True)], object),
    }


def make_table(rows: int) -> pd.DataFrame:
    """Sound rows; age is the row's number."""
    return pd.DataFrame(
        {
            "id": [f"customer {n}" for n in range(rows)],
            "age": np.arange(rows, dtype=float),
            "income": [None if n % 5 == 0 else n * 1.5 for n in range(rows)],
            "purpose": np.where(np.arange(rows) % 2, "A41", "A40"),
        }
    )


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class ClassicServer:
    """Speaks the classic format on a loopback port and leaves scoring to a FakeEndpoint; `replies` come first."""

    fake: FakeEndpoint
    replies: list[Reply | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    swagger: bytes = b"{}"
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> Reply | None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.requests.append((handler.path, dict(handler.headers)))
        if self.replies:
            reply = self.replies.pop(0)
            if callable(reply):
                reply(handler)
                return None
            return reply
        if handler.command == "GET":
            return 200, {}, self.swagger
        key = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        table = json.loads(body)["Inputs"]["input1"]
        if isinstance(table, list):
            columns = {c.name: to_array([r[c.name] for r in table], c.type) for c in self.fake.schema.inputs}
        else:
            found = dict(zip(table["ColumnNames"], zip(*table["Values"], strict=True), strict=True))
            columns = {c.name: to_array(found[c.name], c.type) for c in self.fake.schema.inputs}
        try:
            answer = self.fake(Endpoint(self.url, key, self.fake.schema), columns)
        except EndpointError as error:
            return self.refusal(error)
        headers = {"x-sheetscore-model-version": answer.model_version}
        if answer.max_concurrent:
            headers["x-sheetscore-max-concurrent"] = str(answer.max_concurrent)
        return 200, headers, results(answer.columns, records=isinstance(table, list))

    def refusal(self, error: EndpointError) -> Reply:
        if isinstance(error, Throttled):
            headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:g}"}
            return error.status, headers, b'{"error":{"code":"ServiceUnavailable"}}'
        if isinstance(error, Rejected):
            detail: dict[str, Any] = {"code": error.code, "message": error.message}
            if error.row is not None:
                detail |= {"row": error.row, "column": error.column}
            body = {"error": {"code": "BadArgument", "message": "Invalid argument.", "details": [detail]}}
            return 400, {}, json.dumps(body).encode()
        if isinstance(error, Unauthorized):
            return 401, {}, b'{"error":{"code":"Unauthorized"}}'
        assert isinstance(error, ServerFailed), error
        return error.status, {}, b"Traceback: customer data"


def results(columns: Columns, *, records: bool = False) -> bytes:
    """An answer in the classic format; numbers as text, as the original wrote them."""
    names = list(columns)
    rows = [[None if pd.isna(v) else str(v) for v in row] for row in zip(*columns.values(), strict=True)]
    if records:
        return json.dumps({"Results": {"output1": [dict(zip(names, row, strict=True)) for row in rows]}}).encode()
    value = {"ColumnNames": names, "Values": rows}
    return json.dumps({"Results": {"output1": {"type": "DataTable", "value": value}}}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two cost 40 ms for each answer

    def do_POST(self) -> None:
        server: Any = self.server
        reply = server.classic.answer(self)
        if reply is None:
            self.close_connection = True
            return
        status, headers, body = reply
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the name is http.server's

    def log_message(self, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, *args: Any) -> None:
        """A client that went away is part of the tests."""


@pytest.fixture
def schema() -> Schema:
    """Three inputs, three outputs."""
    return SCHEMA


@pytest.fixture
def table() -> Callable[[int], pd.DataFrame]:
    """Makes a sound table of so many rows; age is the row's number."""
    return make_table


@pytest.fixture
def fake() -> Callable[..., FakeEndpoint]:
    """Makes an endpoint in memory with the model of these tests."""

    def make(**given: Any) -> FakeEndpoint:
        return FakeEndpoint(SCHEMA, given.pop("score", score_rows), **{"key": KEY} | given)

    return make


@pytest.fixture
def endpoint() -> Endpoint:
    """An endpoint for calls that do not leave the process."""
    return Endpoint(f"http://localhost{PATH}", KEY, SCHEMA)


@pytest.fixture
def limits() -> Limits:
    """Small parts, so that small tables have several."""
    return Limits(part_rows=10)


@pytest.fixture
def serve() -> Iterator[Callable[..., ClassicServer]]:
    """Starts a real classic endpoint in front of a fake one."""
    with serving() as start:
        yield start


@contextmanager
def serving() -> Iterator[Callable[..., ClassicServer]]:
    """What starts real classic endpoints, which end with the context."""
    servers: list[_Server] = []

    def start(fake: FakeEndpoint, tls: ssl.SSLContext | None = None) -> ClassicServer:
        server = _Server(("127.0.0.1", 0), _Handler)
        if tls is not None:
            # each handshake in its own thread: truststore makes one after the other, in an order of its own
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        classic = ClassicServer(fake)
        classic.url = f"http://127.0.0.1:{server.server_address[1]}{PATH}"
        server.classic = classic  # type: ignore[attr-defined]
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return classic

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def http() -> Iterator[Callable[..., HttpTransport]]:
    """Makes HTTP transports that are closed after the test."""
    made: list[HttpTransport] = []

    def make(**given: Any) -> HttpTransport:
        made.append(HttpTransport(**given))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


Reach = Callable[..., tuple[Endpoint, Transport]]


@pytest.fixture(params=["in memory", "http, columns", "http, records"])
def reach(
    request: pytest.FixtureRequest,
    endpoint: Endpoint,
    serve: Callable[..., ClassicServer],
    http: Callable[..., HttpTransport],
) -> Reach:
    """Brings a fake endpoint within reach, in memory or over real HTTP: what holds for one must hold for all."""

    def reach(fake: FakeEndpoint, key: str = KEY) -> tuple[Endpoint, Transport]:
        if request.param == "in memory":
            return Endpoint(endpoint.url, key, SCHEMA), fake
        codec = CLASSIC if request.param == "http, columns" else CLASSIC_RECORDS
        return Endpoint(serve(fake).url, key, SCHEMA), http(codec=codec)

    return reach


@pytest.fixture
def naps() -> list[float]:
    """Every wait of the client under test, in seconds; `naps.append` is its sleep."""
    return []
