"""Processes that end in the middle of a job, and work that is done in this process."""

from __future__ import annotations

import threading
from typing import Any

from worker.batch.ledger import Ledger
from worker.workbooks import append_sheets, read_inputs


class Crash(BaseException):
    """Stands for the end of the process: nothing in the code under test may catch it and go on."""


class FailingLedger(Ledger):
    """Ends the process at its n-th word to the store, before or after the store took it."""

    def __init__(self, engine: Any, at: int, *, after: bool) -> None:
        super().__init__(engine)
        self.left, self.after, self.lock = at, after, threading.Lock()

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name not in ("pin", "begin_call", "store_part", "finish", "results", "done_parts"):
            return value

        def counted(*args: Any, **options: Any) -> Any:
            with self.lock:
                self.left -= 1
                mine = self.left
            if mine < 0 or (mine == 0 and not self.after):
                raise Crash
            returned = value(*args, **options)
            if mine == 0:
                raise Crash
            return returned

        return counted


# Reading and writing in this process: hundreds of jobs need no child to keep them apart.
HERE = {
    "read": lambda file, schema, scratch, where, limits, written, labels: read_inputs(file, schema, where),
    "write": lambda source, target, sheets, limits, replace: append_sheets(source, target, sheets, replace=replace),
}
READ_HERE = {"read": HERE["read"]}
