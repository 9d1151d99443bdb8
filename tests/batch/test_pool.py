"""The pool of calls: never over the call limit of an endpoint, over all its jobs."""

from __future__ import annotations

import threading
import time

import pytest

from worker.batch.pool import FAILURES_IN_A_ROW, CallFailed, CallPool, Stopped
from worker.scoring import Throttled, Unauthorized


class Meter:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self.inside = self.peak = 0
        self._lock = threading.Lock()

    def __call__(self, item: int) -> None:
        with self._lock:
            self.inside += 1
            self.peak = max(self.peak, self.inside)
        time.sleep(0.002)
        with self._lock:
            self.inside -= 1


def never() -> bool:
    return False


def test_two_jobs_on_one_endpoint_share_its_call_limit() -> None:
    """The limit is the endpoint's, however many workbooks are scored."""
    pool, meter = CallPool(), Meter()
    threads = [threading.Thread(target=lambda: list(pool.run("e", 3, range(1, 40), meter, never))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.peak == 3


def test_a_pool_for_each_job_would_break_the_limit() -> None:
    """The broken twin of the test above: its meter shows more than the limit."""
    meter = Meter()
    threads = [
        threading.Thread(target=lambda: list(CallPool().run("e", 3, range(1, 40), meter, never))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.peak > 3


def test_every_item_is_done_once() -> None:
    """Each is yielded when it is done."""
    assert sorted(CallPool().run("e", 4, range(1, 100), lambda item: None, never)) == list(range(1, 100))


def test_a_stop_finishes_what_is_paid_for_and_begins_nothing_new() -> None:
    """Calls under way end before the pool is left."""
    begun, ended, stop = [], [], threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        stop.set()
        time.sleep(0.01)
        ended.append(item)

    with pytest.raises(Stopped):
        list(CallPool().run("e", 2, range(1, 100), work, stop.is_set))
    assert sorted(begun) == sorted(ended)
    assert len(begun) <= 2


def test_a_refused_key_ends_the_calls_at_once() -> None:
    """No call helps where the key is wrong."""
    calls = []

    def work(item: int) -> None:
        calls.append(item)
        raise Unauthorized

    with pytest.raises(CallFailed) as failed:
        list(CallPool().run("e", 1, range(1, 100), work, never))
    assert isinstance(failed.value.error, Unauthorized)
    assert len(calls) <= 2


def test_some_failures_in_a_row_end_the_calls() -> None:
    """An endpoint that is down is not called for every part."""
    calls = []

    def work(item: int) -> None:
        calls.append(item)
        raise Throttled

    with pytest.raises(CallFailed):
        list(CallPool().run("e", 1, range(1, 100), work, never))
    assert FAILURES_IN_A_ROW <= len(calls) <= FAILURES_IN_A_ROW + 1


def test_a_single_failure_lets_the_others_be_scored() -> None:
    """The failure is told at the end."""
    done = []

    def work(item: int) -> None:
        if item == 5:
            raise Throttled
        done.append(item)

    with pytest.raises(CallFailed):
        list(CallPool().run("e", 1, range(1, 10), work, never))
    assert done == [1, 2, 3, 4, 6, 7, 8, 9]


def test_a_fault_of_ours_is_not_taken_for_the_endpoints() -> None:
    """It ends the job as what it is."""

    def work(item: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(CallPool().run("e", 1, range(1, 10), work, never))


def test_a_stop_begins_nothing_that_waits_for_another_jobs_call() -> None:
    """Two jobs share the limit: what still waits when its job is stopped is never begun."""
    pool, inside, go, stop, begun = CallPool(), threading.Event(), threading.Event(), threading.Event(), []

    def hold(item: int) -> None:
        inside.set()
        go.wait(5)

    first = threading.Thread(target=lambda: list(pool.run("e", 1, [1], hold, never)))
    first.start()
    inside.wait(5)

    def stopped() -> None:
        with pytest.raises(Stopped):
            list(pool.run("e", 1, [2, 3], begun.append, stop.is_set))

    second = threading.Thread(target=stopped)
    second.start()
    stop.set()
    threading.Timer(0.5, go.set).start()
    second.join(5)
    first.join(5)
    assert begun == []


def test_ctrl_c_does_not_wait_for_a_slow_endpoint() -> None:
    """The person gets their prompt back; the call ends by itself or with the process."""
    go, ended = threading.Event(), []

    def slow(item: int) -> None:
        go.wait(5)
        ended.append(item)

    def interrupted() -> bool:
        if began.is_set():
            raise KeyboardInterrupt
        began.set()
        return False

    began = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        list(CallPool().run("e", 1, [1], slow, interrupted))
    assert ended == []
    go.set()
