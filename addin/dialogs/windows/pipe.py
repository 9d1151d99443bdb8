"""The window's end of the pipes to the process that shows it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
from typing import IO, Any, NoReturn


class Pipe:
    """Messages are JSON objects, one a line. When the other side closes, this process ends, whatever it is doing."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self) -> dict[str, Any]:
        """The next message."""
        return self._inbox.get()

    def received(self) -> list[dict[str, Any]]:
        """What has come since the last look."""
        messages = []
        with contextlib.suppress(queue.Empty):
            while True:
                messages.append(self._inbox.get_nowait())
        return messages

    def send(self, **message: object) -> None:
        """Send a message; one without anything in it says that the window is alive."""
        try:
            self._outgoing.write(json.dumps(message).encode() + b"\n")
            self._outgoing.flush()
        except OSError:
            self.end()

    def end(self) -> NoReturn:
        """End this process at once: an orderly exit would wait for the thread that reads."""
        os._exit(0)

    def _read(self) -> None:
        for line in self._incoming:
            self._inbox.put(json.loads(line))
        self.end()
