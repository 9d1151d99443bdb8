"""How far a run is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window, plain

_SPAN = 20.0
_SOON = 0.5
_WIDE = 500


class Pace:
    """Rows a second over the last `_SPAN` seconds, and what they say of the time left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def words(self, done: int, rows: int) -> str:
        """The pace and the time left, "" as long as there is nothing to go by."""
        now = self._clock()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _SPAN:
            self._seen.popleft()
        since, before = self._seen[0]
        if now - since < _SOON or done <= before:
            return ""
        rate = (done - before) / (now - since)
        said = f"{rate:,.0f} rows a second" if rate >= 1 else f"{rate * 60:,.0f} rows a minute"
        return f"{said}, {_left((rows - done) / rate)}" if done < rows else said


def _left(seconds: float) -> str:
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} seconds left"
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"about {minutes} minute{'s' if minutes > 1 else ''} left"
    return f"about {round(minutes / 60)} hours left"


class ProgressWindow(Window):
    """An answer, always None, means Cancel. The window ends with the run, as its pipe does."""

    def __init__(self, pipe: Pipe, title: str, rows: int) -> None:
        super().__init__(pipe, title, on_top=False)
        px = self.looks.px
        self._pace = Pace()
        self._counted = ttk.Label(self.body, text=f"0 of {rows:,} rows", style="Body.TLabel")
        self._counted.pack(anchor="w")
        self._bar = ttk.Progressbar(self.body, length=px(_WIDE), maximum=max(rows, 1))
        self._bar.pack(fill="x", pady=px(8))
        self._paced = ttk.Label(self.body, text=" ", style="Quiet.Body.TLabel")
        self._paced.pack(anchor="w")
        self._note = ttk.Label(self.body, text="\n", style="Body.TLabel", wraplength=px(_WIDE), justify="left")
        self._note.pack(anchor="w", fill="x", pady=(px(8), 0))
        self.make_default(self.button("Cancel", self.close))

    def heard(self, message: dict[str, Any]) -> None:
        """Show the newest state."""
        done, rows = message["done"], message["rows"]
        self._counted.configure(text=f"{done:,} of {rows:,} rows")
        self._bar.configure(maximum=max(rows, 1), value=min(done, rows))
        self._paced.configure(text=self._pace.words(done, rows) or " ")
        self._note.configure(text=plain(message["note"]))
