"""Python's garbage collector while hosts serve in this process."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GC_OBJECTS = 50_000


class Collector:
    """Comes seldom while any host serves; the last one that ends leaves it as the first one found it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts = 0
        self._before = gc.get_threshold()

    @contextmanager
    def seldom(self) -> Iterator[None]:
        """For the time of the block."""
        # A large body is many objects, none of them in a cycle: the collector need neither come often for them nor
        # walk over every loaded module when it comes.
        with self._lock:
            if not self._hosts:
                self._before = gc.get_threshold()
                gc.freeze()
                gc.set_threshold(GC_OBJECTS)
            self._hosts += 1
        try:
            yield
        finally:
            with self._lock:
                self._hosts -= 1
                if not self._hosts:
                    gc.unfreeze()
                    gc.set_threshold(*self._before)


COLLECTOR = Collector()
