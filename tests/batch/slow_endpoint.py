"""A classic endpoint in a process of its own: `python slow_endpoint.py LOG SECONDS`. Prints its port.

Scores Risk = Amount / 1e6 after SECONDS, and writes a line to LOG for each call: the first and last amount it was sent.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOG, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing on standard error."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        table = body["Inputs"]["input1"]
        at = table["ColumnNames"].index("Amount")
        amounts = [float(row[at]) for row in table["Values"]]
        with LOCK, LOG.open("a") as log:
            log.write(json.dumps([amounts[0], amounts[-1], len(amounts)]) + "\n")
        time.sleep(SECONDS)
        values = [[repr(a / 1e6), "low"] for a in amounts]
        answer = {
            "Results": {"output1": {"type": "table", "value": {"ColumnNames": ["Risk", "Label"], "Values": values}}}
        }
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # the caller was killed


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A caller that was killed is what this endpoint is for."""


server = Server(("127.0.0.1", 0), Handler)
sys.stdout.write(f"{server.server_address[1]}\n")
sys.stdout.flush()
server.serve_forever()
