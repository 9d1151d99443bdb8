"""Ends runs of models that take too long: one thread looks at all of them four times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from worker.endpoints.runtime import onnxruntime, run_options

TICK = 0.25
"""Seconds by which a run may be longer than it is allowed."""

SPARE = 16
"""Options of runs that are kept for the next ones."""


class Watch:
    """Runs with a deadline. The thread is made with the first one and sleeps while there is none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: dict[int, tuple[float, onnxruntime.RunOptions]] = {}
        self._spare: list[onnxruntime.RunOptions] = []
        self._awake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def run(self, seconds: float) -> Run:
        """Options for runs that end, with an error, `seconds` from now; `terminate` then says that it was this.

        An operator that has begun is finished first: only a model of many is ended in time.
        """
        return Run(self, seconds)

    def begin(self, seconds: float) -> tuple[float, onnxruntime.RunOptions]:
        """When the run will be ended, and its options; those of an earlier run serve again."""
        try:
            options = self._spare.pop()
        except IndexError:
            options = run_options()
        until = self._clock() + seconds
        self._running[id(options)] = (until, options)
        if not self._awake.is_set():
            self._wake()
        return until, options

    def end(self, until: float, options: onnxruntime.RunOptions) -> None:
        """The run has ended. Nobody ends its options any more if it was in time: they may serve again."""
        del self._running[id(options)]
        if self._clock() < until and len(self._spare) < SPARE:
            self._spare.append(options)

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


class Run:
    """One run under a watch, while its block lasts. A class: a generator costs a small call more."""

    __slots__ = ("_options", "_seconds", "_until", "_watch")

    def __init__(self, watch: Watch, seconds: float) -> None:
        self._watch = watch
        self._seconds = seconds

    def __enter__(self) -> onnxruntime.RunOptions:
        self._until, self._options = self._watch.begin(self._seconds)
        return self._options

    def __exit__(self, *_: object) -> None:
        self._watch.end(self._until, self._options)


WATCH = Watch()
"""The one of this process."""
