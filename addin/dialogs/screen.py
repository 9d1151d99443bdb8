"""Starts the process of a window and talks to it: JSON, one object a line, over its pipes.

Nothing stands on the command line, in the environment or in a log: what a person types may be a key.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import IO, Any

from addin.errors import AddinError

SILENCE = 20
"""Seconds without a sign of life (each window gives one a second) after which a window counts as hung."""

_NEEDED = {
    *("DISPLAY", "XAUTHORITY", "XMODIFIERS", "XDG_RUNTIME_DIR", "LANG", "LC_ALL", "LC_CTYPE"),
    *("HOME", "TMPDIR", "PATH", "TCL_LIBRARY", "TK_LIBRARY", "__CF_USER_TEXT_ENCODING"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"),
}

Message = dict[str, Any]


class NoWindows(AddinError):
    """No window can be shown, or it ended or hung before it was answered. `reason` never holds what was typed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no windows: {reason}")
        self.reason = reason


class Child:
    """One window. Use as a context manager: leaving it ends the window, whatever state that is in."""

    def __init__(self, command: list[str], environment: Mapping[str, str], silence: int) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=sys.exec_prefix,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise NoWindows(type(error).__name__) from None
        self._silence = silence
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=_read, args=(self._process.stdout, self._inbox), daemon=True),
            threading.Thread(target=_write, args=(self._process.stdin, self._outbox), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._outbox.put(None)
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()

    @property
    def pid(self) -> int:
        """The process that shows the window."""
        return self._process.pid

    @property
    def is_behind(self) -> bool:
        """Whether the window has not yet taken what was sent."""
        return not self._outbox.empty()

    def send(self, **message: object) -> None:
        """Hand a message to the window; never waits for it."""
        self._outbox.put(json.dumps(message).encode() + b"\n")

    def receive(self) -> Message:
        """The next message. Waits as long as the window gives signs of life; then raises NoWindows."""
        silent = 0  # counted in waits, not by the clock: a laptop that slept is no hung window
        while silent < self._silence:
            try:
                message = self._inbox.get(timeout=1)
            except queue.Empty:
                silent += 1
                continue
            silent = 0
            if message is None:
                raise NoWindows("ended")
            if "failed" in message:
                raise NoWindows(message["failed"])
            if message:
                return message
        raise NoWindows("hung")

    def received(self) -> list[Message]:
        """What has come since the last look; does not wait."""
        messages = []
        with contextlib.suppress(queue.Empty):
            while True:
                messages.append(self._inbox.get_nowait() or {})
        return messages


def _read(pipe: IO[bytes], inbox: queue.SimpleQueue[Message | None]) -> None:
    with pipe, contextlib.suppress(ValueError):
        for line in pipe:
            inbox.put(json.loads(line))
    inbox.put(None)


def _write(pipe: IO[bytes], outbox: queue.SimpleQueue[bytes | None]) -> None:
    with contextlib.suppress(OSError), pipe:
        while (line := outbox.get()) is not None:
            pipe.write(line)
            pipe.flush()


class Screen:
    """Where windows are shown: which Python runs them, and the environment it gets no more than Tk's part of.

    -P keeps the current folder off sys.path. -E keeps tkinter from running `.Sheetscore.py`, `.Tk.py` and their like
    from the home folder, or from the current one where HOME is not set, as on Windows (tkinter.Tk.readprofile, which
    is called unless sys.flags.ignore_environment). The current folder is Python's own: Windows finds DLLs there.
    """

    def __init__(
        self, python: str = sys.executable or "", environ: Mapping[str, str] = os.environ, silence: int = SILENCE
    ) -> None:
        self._command = [python, "-E", "-P", "-m", "addin.dialogs"]
        self._environ = environ
        self._silence = silence

    def open(self, window: str, **facts: object) -> Child:
        """Start a window; see addin.dialogs.windows for the facts it wants. Raises NoWindows."""
        environment = {name: value for name, value in self._environ.items() if name.upper() in _NEEDED}
        child = Child(self._command, environment, self._silence)
        child.send(window=window, **facts)
        return child

    def answer(self, window: str, **facts: object) -> Any:  # noqa: ANN401 - each window has its own answer
        """Show a window and wait for its answer. Raises NoWindows."""
        with self.open(window, **facts) as child:
            return child.receive()["answer"]

    @cached_property
    def available(self) -> bool:
        """Whether a window can be shown: one is made, unseen, at the first question."""
        try:
            return bool(self.answer("probe"))
        except NoWindows:
            return False


HERE = Screen()
"""This process's own Python and screen."""


def available(screen: Screen = HERE) -> bool:
    """Whether windows can be shown here. The first question takes a fraction of a second, later ones nothing."""
    return screen.available
