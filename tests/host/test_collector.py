"""What a host asks of Python's garbage collector, it gives back."""

from __future__ import annotations

import gc

from tests.host.test_serve import APP
from worker.host import HostServer
from worker.host.collector import COLLECTOR, GC_OBJECTS


def test_a_host_that_stopped_leaves_the_collector_as_it_was() -> None:
    """A program that goes on afterwards would keep every cycle that was there for ever."""
    before = gc.get_threshold()
    with HostServer(APP, "127.0.0.1", 0):
        pass
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_the_last_one_gives_it_back() -> None:
    """Of two that overlap the first ends first."""
    before = gc.get_threshold()
    first, second = COLLECTOR.seldom(), COLLECTOR.seldom()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == GC_OBJECTS
    assert gc.get_freeze_count() > 0
    second.__exit__(None, None, None)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
