"""Calls side by side, never more at once for one endpoint than its call limit, over all jobs of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

from worker.scoring import EndpointError, NotFound, ProxySignIn, Unauthorized

Item = TypeVar("Item")

FAILURES_IN_A_ROW = 3
LOOK_SECONDS = 0.2


class Stopped(Exception):
    """The process is asked to stop; what was under way is finished or given back."""


class CallFailed(Exception):
    """The endpoint failed for some parts; the other parts are stored."""

    def __init__(self, error: EndpointError) -> None:
        super().__init__(str(error))
        self.error = error


class CallPool:
    """One for each process: jobs on one endpoint share its call limit, first come first served, a part at a time."""

    def __init__(self) -> None:
        self._gates: dict[str, tuple[int, threading.Semaphore]] = {}
        self._lock = threading.Lock()

    def _gate(self, endpoint_id: str, limit: int) -> threading.Semaphore:
        with self._lock:
            known = self._gates.get(endpoint_id)
            if known is None or known[0] != limit:
                known = (limit, threading.Semaphore(limit))
                self._gates[endpoint_id] = known
            return known[1]

    def run(
        self,
        endpoint_id: str,
        limit: int,
        items: Iterable[Item],
        work: Callable[[Item], None],
        must_stop: Callable[[], bool],
    ) -> Iterator[Item]:
        """Do `work` for every item and yield each as it is done, in any order.

        `must_stop` is asked between items and may raise; calls under way are finished first, because they are paid
        for. Raises Stopped; CallFailed at the end if the endpoint failed for an item, or at once if it refused the
        key, is not there, or failed for three items in a row. Ctrl-C waits for nothing.
        """
        gate, over = self._gate(endpoint_id, limit), threading.Event()

        def guarded(item: Item) -> Item:
            with gate:
                if over.is_set():
                    raise Stopped
                work(item)
            return item

        under_way: set[Future[Item]] = set()
        failures = _Failures()
        try:
            for item in items:
                while len(under_way) >= limit:
                    yield from _done(under_way, failures, must_stop)
                under_way.add(_begin(guarded, item))
            while under_way:
                yield from _done(under_way, failures, must_stop)
        except Exception:
            over.set()
            wait(under_way)
            raise
        finally:
            over.set()
        if failures.first is not None:
            raise CallFailed(failures.first)


def _done(under_way: set[Future[Item]], failures: _Failures, must_stop: Callable[[], bool]) -> Iterator[Item]:
    """Wait a moment and take what is done out of `under_way`."""
    if must_stop():
        raise Stopped
    for future in wait(under_way, LOOK_SECONDS, FIRST_COMPLETED).done:
        under_way.discard(future)
        if failures.passed(future):
            yield future.result()


def _begin(work: Callable[[Item], Item], item: Item) -> Future[Item]:
    """Do `work` in a thread that does not keep the process from ending: an endpoint may never answer."""
    future: Future[Item] = Future()

    def run() -> None:
        try:
            future.set_result(work(item))
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)

    threading.Thread(target=run, name="call", daemon=True).start()
    return future


class _Failures:
    """The first failure of the endpoint, and how many came in a row."""

    def __init__(self) -> None:
        self.first: EndpointError | None = None
        self._row = 0

    def passed(self, future: Future[Item]) -> bool:
        error = future.exception()
        if error is None:
            self._row = 0
            return True
        if not isinstance(error, EndpointError):
            raise error
        self.first = self.first or error
        self._row += 1
        if isinstance(error, Unauthorized | NotFound | ProxySignIn) or self._row >= FAILURES_IN_A_ROW:
            raise CallFailed(error)
        return False
