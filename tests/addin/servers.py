"""Real servers on loopback ports: an endpoint, a proxy that wants a sign-in, and what else may answer."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY = "correct-horse-battery-staple"
LOCATION = "/workspaces/w1/services/e1"


def swagger() -> bytes:
    """An endpoint of one input and one output, as it describes itself."""

    def table(columns: dict[str, str]) -> dict[str, Any]:
        item = {"type": "object", "properties": {name: {"type": kind} for name, kind in columns.items()}}
        return {"type": "object", "properties": {"t": {"type": "array", "items": item}}}

    definitions = {"ExecutionInputs": table({"age": "number"}), "ExecutionOutputs": table({"score": "number"})}
    return json.dumps({"swagger": "2.0", "definitions": definitions}).encode()


@dataclass
class Server:
    """What it answers: `status`, `headers` and `body`, after `gate` is open; 401 for any other key."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = field(default_factory=swagger)
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    checks_key: bool = True


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Server = self.server.told  # type: ignore[attr-defined]
        key = self.headers.get("Authorization", "")
        server.asked.append((self.command, self.path, key))
        server.gate.wait(30)
        right = not server.checks_key or key == f"Bearer {KEY}"
        self.send_response(server.status if right else 401)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(server.body if right else b"")

    do_CONNECT = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *args: Any) -> None:
        pass


class _Listener(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """A client that went away is part of the tests."""


@contextmanager
def serving(certificate: Path | None = None, **facts: Any) -> Iterator[Server]:
    """A server that is open from the start; with a certificate it speaks TLS."""
    listener = _Listener(("127.0.0.1", 0), _Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        scheme = "https"
    server = Server(f"{scheme}://localhost:{listener.server_address[1]}", **facts)
    server.gate.set()
    listener.told = server  # type: ignore[attr-defined]
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
