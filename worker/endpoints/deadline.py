"""Ends runs of models that take too long: one thread looks at all of them four times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.endpoints.runtime import onnxruntime, run_options

TICK = 0.25
"""Seconds by which a run may be longer than it is allowed."""


class Watch:
    """Runs with a deadline. The thread is made with the first one and sleeps while there is none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: dict[int, tuple[float, onnxruntime.RunOptions]] = {}
        self._awake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def run(self, seconds: float) -> Iterator[onnxruntime.RunOptions]:
        """Options for runs that end, with an error, `seconds` from now; `terminate` then says that it was this.

        An operator that has begun is finished first: only a model of many is ended in time.
        """
        options = run_options()
        key = id(options)
        self._running[key] = (self._clock() + seconds, options)
        if not self._awake.is_set():
            self._wake()
        try:
            yield options
        finally:
            del self._running[key]

    def _wake(self) -> None:
        with self._lock:
            self._awake.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="model-deadlines", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while self._awake.wait():
            time.sleep(TICK)
            now = self._clock()
            for until, options in list(self._running.values()):
                if until <= now:
                    options.terminate = True
            if not self._running:
                self._awake.clear()
                if self._running:  # begun between the two lines
                    self._awake.set()


WATCH = Watch()
"""The one of this process."""
