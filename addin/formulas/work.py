"""Work with a time limit: what takes longer is finished behind Excel's back, and never done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Late(Exception):
    """The work was not done in time; it goes on."""


class Work:
    """One thread that does one job after the other, for one endpoint.

    One at a time, so that a row asked for again while it is under way is found in the cache when its turn comes. The
    thread does not keep the process alive.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._late: Future[Any] | None = None
        self._thread: threading.Thread | None = None

    def do(self, job: Callable[[], T], seconds: float) -> T:
        """What the job gives, or raises. Raises Late when that takes longer than `seconds`.

        While an earlier job is late, the next ones are not waited for: many formulas on one endpoint that hangs freeze
        Excel once, not each.
        """
        behind = self._late is not None and not self._late.done()
        future: Future[T] = Future()
        self._jobs.put((future, job))
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="worksheet functions", daemon=True)
            self._thread.start()
        wait([future], 0 if behind else seconds)
        if not future.done():
            self._late = future
            raise Late
        return future.result()

    def _serve(self) -> None:
        while True:
            future, job = self._jobs.get()
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - whoever asked gets it
                future.set_exception(error)
