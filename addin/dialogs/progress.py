"""The window that shows how far a run is, and lets it be cancelled."""

from __future__ import annotations

import threading

from addin.dialogs.asking import TITLE
from addin.dialogs.screen import HERE, Child, NoWindows, Screen

PAUSE = 0.1
"""Seconds between two messages to the window, however often it is updated."""


class Progress:
    """Use as a context manager around a run. The run never waits for the window: if that dies, the run goes on, and
    nothing was cancelled.
    """

    def __init__(self, title: str, rows: int, screen: Screen) -> None:
        self._title = title
        self._rows = rows
        self._screen = screen
        self._latest = (0, rows, "")
        self._cancelled = False
        self._over = threading.Event()

    def __enter__(self) -> Progress:
        if not self._screen.available:
            raise NoWindows("none can be shown")
        self._child = self._screen.open("progress", title=self._title, rows=self._rows)
        self._feeder = threading.Thread(target=self._feed, args=(self._child,), daemon=True)
        self._feeder.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._feeder.join()
        self._child.__exit__()

    def update(self, done: int, rows: int, note: str = "") -> None:
        """So many rows of so many are done; `note` is a sentence for now. May be called as often as one likes."""
        self._latest = (done, rows, note)

    def cancelled(self) -> bool:
        """Whether the person has cancelled."""
        return self._cancelled

    def _feed(self, child: Child) -> None:
        sent = None
        while not self._over.wait(PAUSE):
            self._cancelled |= any("answer" in message for message in child.received())
            latest = self._latest
            if latest != sent and not child.is_behind:
                done, rows, note = sent = latest
                child.send(done=done, rows=rows, note=note)


def progress(title: str = TITLE, rows: int = 0, *, screen: Screen = HERE) -> Progress:
    """A window for a run over so many rows. Entering it raises NoWindows where none can be shown."""
    return Progress(title, rows, screen)
