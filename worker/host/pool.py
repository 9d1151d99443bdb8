"""Threads that calls share fairly: endpoints take turns, however many calls one of them has waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

R = TypeVar("R")
Task = tuple["Future[Any]", Callable[[], Any]]


class FairPool:
    """Runs tasks in a fixed number of daemon threads, started when first needed."""

    def __init__(self, threads: int, name: str) -> None:
        self._most = threads
        self._name = name
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._queued = 0
        self._waiting: dict[str, deque[Task]] = {}  # in the order of the turns
        self._changed = threading.Condition()

    def submit(self, owner: str, task: Callable[[], R]) -> Future[R]:
        """Run `task` when it is `owner`'s turn."""
        future: Future[R] = Future()
        with self._changed:
            self._waiting.setdefault(owner, deque()).append((future, task))
            self._queued += 1
            if self._queued > self._idle and len(self._threads) < self._most:
                thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        return future

    def _run(self) -> None:
        while True:
            future, task = self._next()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001 - raised again where the result is wanted
                future.set_exception(error)
            del future, task

    def _next(self) -> Task:
        with self._changed:
            self._idle += 1
            while not self._waiting:
                self._changed.wait()
            self._idle -= 1
            owner = next(iter(self._waiting))
            tasks = self._waiting.pop(owner)
            first = tasks.popleft()
            self._queued -= 1
            if tasks:
                self._waiting[owner] = tasks  # behind the others
            return first
