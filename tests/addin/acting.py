"""A desk for actions: one workbook, a Ui that records, an endpoint in this process, files in a folder of the test."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin.actions.desk import Desk
from addin.actions.table import ACTIONS
from addin.paths import log_file
from addin.ribbon import Door
from addin.settings import Settings
from addin.ui import RecordingUi
from tests.addin.desks import FakeHost, MadeDesk
from worker.scoring import Limits

HEADER = ["age", "income", "purpose"]
OUTPUTS = ["probability", "double age", "decision", "Status"]
NOON = dt.datetime(2026, 5, 3, 12)

in_memory = pytest.mark.parametrize("app", ["memory"], indirect=True)
"""For tests in which the sheet plays no part of its own: LibreOffice has nothing to add."""


class Bench:
    """A workbook on the bench. `do(action, answers...)` clicks a button as the ribbon would."""

    def __init__(self, book: xw.Book, folder: Path, environ: dict[str, str] | None = None, **host: Any) -> None:
        self.book = book
        self.folder = folder
        self.made = MadeDesk(folder, FakeHost(**host), Limits(part_rows=10, call_attempts=2))
        self.host = self.made.host
        self.settings = Settings(folder, environ or {})
        self.ui = RecordingUi()
        self.scorer = self.made.new_scorer()
        self.scorer._stopped = lambda: self.settings.stopped
        self.now = NOON

    def desk(self, book: xw.Book | None = None) -> Desk:
        made = self.made
        return Desk(
            book or self.book,
            self.ui,
            made.catalogue,
            self.scorer,
            made.cache,
            self.settings,
            self.folder,
            lambda: self.now,
        )

    def do(self, action: str, *answers: Any) -> RecordingUi:
        """Act through the door, with these answers; returns what was said. All answers must have been asked for."""
        self.ui = RecordingUi(
            answers=list(answers),
            cells=self.ui.cells,
            entries=self.ui.entries,
            cancel_after=self.ui.cancel_after,
            on_progress=self.ui.on_progress,
        )
        self._door().dispatch(action)
        assert "where" not in self.logged(), (self.logged(), self.ui)
        assert self.ui.answers == [], f"asked for less than was answered: {self.ui.told} {self.ui.asked}"
        assert self.ui.bar is None, "the status bar stayed"
        return self.ui

    def do_indexed(self, action: str, argument: str) -> None:
        """Act with a number."""
        self._door().dispatch(action, argument)

    def raw(self, action: str) -> None:
        """Act without the door, so that a test sees what is raised."""
        ACTIONS[action](self.desk())

    def _door(self) -> Door:
        return Door(
            self.folder,
            caller=lambda: self.book,
            open_ui=lambda _: self.ui,
            open_desk=lambda book, _ui, _folder: self.desk(book),
            now=lambda: self.now,
        )

    def logged(self) -> dict[str, Any]:
        """The last line of the log."""
        line: dict[str, Any] = json.loads(log_file(self.folder).read_text("utf-8").splitlines()[-1])
        return line

    @property
    def rows_sent(self) -> int:
        return self.host.fake.rows


def table(rows: int = 3) -> list[list[object]]:
    """A header and good rows."""
    return [HEADER, *([float(20 + n), 1000.0 * n, "A40"] for n in range(rows))]


def scores(*ages: float) -> list[list[object]]:
    """What the endpoint's columns show for rows of these ages, with their Status."""
    return [[age / 1000, age * 2, f"{age:g}-A40", "ok"] for age in ages]


def values(book: xw.Book, address: str, sheet: str = "Sheet1") -> Any:
    """Cells of a sheet as rows, errors in words."""
    return book.sheets[sheet].range(address).options(ndim=2, err_to_str=True).value


def front(bench: Bench) -> xw.Sheet:
    """The data's sheet, brought to the front with A1 selected."""
    sheet = bench.book.sheets["Sheet1"]
    sheet.impl.activate()
    sheet["A1"].impl.select()
    return sheet


def contents(book: xw.Book) -> dict[str, Any]:
    """Every cell of every sheet: formulas and values."""
    return {
        sheet.name: (sheet.used_range.address, sheet.used_range.formula, sheet.used_range.raw_value)
        for sheet in book.sheets
    }
