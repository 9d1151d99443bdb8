"""Runs an application over HTTP: on this machine only, unless its exposure says more."""

from __future__ import annotations

import atexit
import errno
import os
import socket
import threading
from typing import Any, Self

import uvicorn

from worker.host.collector import COLLECTOR
from worker.host.connection import Connection
from worker.host.exposure import Exposure
from worker.scoring.errors import SheetscoreError

KEEP_ALIVE_SECONDS = 30
MOST_CONNECTIONS = 500
"""At one time; more are answered 503. Systems give a process 1,024 open files by default."""

STOP_SECONDS = 10


class PortTaken(SheetscoreError):
    """Another program listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} of {host} is taken; another can be given with --port")
        self.host, self.port = host, port


class NotOurs(SheetscoreError):
    """The address to listen on is none of this machine's."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is no address of this machine; give one of its own with --host, or 0.0.0.0 for all")
        self.host = host


class HostServer:
    """Listens from the moment it is made, so that `port` and `url` are known; serves between `start` and `stop`.

    `run` serves in the foreground until SIGINT or SIGTERM. As a context manager it serves while the block runs.
    One that was started and never stopped ends with the program: uvloop's timers would crash a Python that is gone.
    """

    def __init__(
        self,
        app: Any,  # noqa: ANN401 - any ASGI application
        host: str,
        port: int,
        exposure: Exposure | None = None,
        *,
        connection: type[Connection] = Connection,
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        """Port 0 takes a free one. Raises NotSafe, PortTaken, NotOurs, OSError."""
        exposure = exposure or Exposure()
        exposure.check(host)
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        tls = exposure.tls
        secure = "s" if tls else ""
        self.url = f"http{secure}://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=connection,
                limit_concurrency=most_connections,
                ssl_context_factory=None if tls is None else lambda *_: tls,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self.run, name="host", daemon=True)

    def run(self) -> None:
        """Serve until stopped."""
        with COLLECTOR.seldom():
            self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in a thread."""
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """Take no more calls, wait for those under way (10 s at most), let go of the port."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would let another program listen on the same port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(512)
    except (socket.gaierror, UnicodeError):
        made.close()
        raise NotOurs(host) from None
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise NotOurs(host) from None
        if error.errno == errno.EADDRINUSE or os.name == "nt":
            raise PortTaken(host, port) from None
        raise
    return made
