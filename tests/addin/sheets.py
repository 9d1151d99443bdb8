"""Worksheet functions on a workbook in memory: a desk, xlwings' own Windows code, and a sheet to call them from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from addin.formulas.formulas import Formulas
from tests.addin.com_sheet import MISSING, ComBook, ComRange, ComSheet
from tests.addin.desks import MadeDesk
from tests.addin.win_shim import Windows

HEADERS = ("age", "income", "purpose")
ROWS = ((30.0, 1000.5, "A40"), (40.0, None, "A41"), (50.0, 2000.0, "A40"))
SCORES = [[0.03, 60.0, "30-A40"], [0.04, 80.0, "40-A41"], [0.05, 100.0, "50-A40"]]
NAMES = ["probability", "double age", "decision"]
NONE = [None, None, None]
"""A row of #N/A: what VBA gets is Null."""


@dataclass
class Switches:
    """The two settings that worksheet functions look at."""

    desk: MadeDesk
    function_seconds: float = 20.0

    @property
    def stopped(self) -> bool:
        return self.desk.stopped


@dataclass
class Sheet:
    """A sheet with functions on it; `book.asked` counts the questions to Excel."""

    excel: Windows
    desk: MadeDesk
    seconds: float = 20.0
    sheet: ComSheet = field(default_factory=lambda: ComBook().add())

    def __post_init__(self) -> None:
        self.reopen()

    @property
    def book(self) -> ComBook:
        return self.sheet.Parent

    def reopen(self) -> None:
        """Excel was closed and opened again: what was in memory is gone."""
        self.desk.scorer = self.desk.new_scorer()
        settings: Any = Switches(self.desk, self.seconds)
        self.formulas = Formulas(
            self.desk.catalogue, self.desk.cache, self.desk.scorer, settings, lambda: self.desk.time
        )
        self.excel.functions.use(lambda: self.formulas)

    def put(self, rows: Sequence[Sequence[Any]], top: int = 1, left: int = 1) -> ComRange:
        return self.sheet.put(top, left, rows)

    def score(
        self,
        data: Any,
        endpoint: Any = MISSING,
        outputs: Any = MISSING,
        headers: Any = MISSING,
        origin: ComRange | None = None,
    ) -> Any:
        """`=SCORE(...)` in H1, or in another cell."""
        return self.excel.call("SCORE", data, endpoint, outputs, headers, origin or self.sheet.at(1, 8))

    def status(self, row: int, column: int = 8, rows: int = 1) -> Any:
        """`=SCORE_STATUS(...)` of a cell, or of cells one below the other."""
        return self.excel.call("SCORE_STATUS", self.sheet.at(row, column, rows), self.sheet.at(1, 30))

    @property
    def calls(self) -> list[int]:
        """Rows of each call that the endpoint received."""
        return [len(next(iter(call.values()))) for call in self.desk.host.fake.calls]


def wait_for(done: Any, seconds: float = 10.0) -> None:
    """Return once `done()` holds."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)
