"""The engine and its applications: what xlwings asks first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from xlwings import base_classes, utils

from addin.memory.typed import ERRORS
from tests.addin.lo_engine import com, office
from tests.addin.lo_engine.books import Books
from tests.addin.lo_engine.office import Office
from tests.addin.lo_engine.ranges import Range
from tests.addin.lo_engine.selecting import selected

NAME = "libreoffice"
_ERROR_TEXTS = {number: text for text, number in ERRORS.items()}


class App(base_classes.App):
    """One LibreOffice, with what the memory engine's App has for tests: `busy` (how often Ready says no),
    `protected_views` (how many), `alerts` (what was asked) with `answers` (what the user will press, else "ok"), `ran`
    (macros that were called), `status_bars` (all texts that were shown).
    """

    visible = False
    screen_updating = True
    display_alerts = True
    enable_events = True
    interactive = True
    cut_copy_mode = False
    version = "16.0"
    hwnd = 0

    def __init__(self, host: Office) -> None:
        self.office = host
        self.alerts: list[tuple[Any, ...]] = []
        self.answers: list[str] = []
        self.hidden_names: set[tuple[str, str]] = set()
        self.busy = 0
        self.ran: list[tuple[str, tuple[Any, ...]]] = []
        self.status_bars: list[Any] = []
        self.protected_views = 0

    @property
    def api(self) -> com.Application:
        return com.Application(self)

    @property
    def engine(self) -> Engine:
        return ENGINE

    @property
    def pid(self) -> int:
        return self.office.process.pid if self.office.process else 0

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def selection(self) -> Range | None:
        """The selected cells; None when no workbook is open or something else is selected."""
        if not len(self.books):
            return None
        book = self.books.active
        if (found := selected(book.document)) is None:
            return None
        number, boxes = found
        return book.sheets(number + 1).at(*boxes)

    @property
    def chart(self) -> Any:
        """The selected chart, None for anything else. Setting it puts a chart on the sheet and selects it."""
        return self.api.ActiveChart

    @chart.setter
    def chart(self, value: Any) -> None:
        sheet = self.books.active.sheets.active
        if value is None:
            sheet.range("A1").select()
        else:
            sheet.charts.add(0, 0, 300, 200).activate()

    def activate(self, steal_focus: bool = False) -> None:
        """There is no window to bring to the front."""

    @property
    def calculation(self) -> str:
        return "automatic" if self.books.active.document.isAutomaticCalculationEnabled() else "manual"

    @calculation.setter
    def calculation(self, value: str) -> None:
        for book in self.books:
            book.document.enableAutomaticCalculation(value == "automatic")

    def calculate(self) -> None:
        for book in self.books:
            book.document.calculate()

    def alert(self, prompt: str, title: str, buttons: str | None, mode: str | None, callback: Any) -> str:
        self.alerts.append((prompt, title, buttons, mode))
        return self.answers.pop(0) if self.answers else "ok"

    def run(self, macro: str, args: tuple[Any, ...]) -> None:
        """Record the call of a macro: there is no VBA here."""
        self.ran.append((macro, args))

    @property
    def status_bar(self) -> Any:
        return self.status_bars[-1] if self.status_bars else False

    @status_bar.setter
    def status_bar(self, value: Any) -> None:
        self.status_bars.append(value)

    def kill(self) -> None:
        if self in ENGINE.apps.open:
            ENGINE.apps.open.remove(self)
        office.end(self.office)

    def quit(self) -> None:
        self.kill()


class Apps(base_classes.Apps):
    """The offices in use, the newest first."""

    def __init__(self) -> None:
        self.open: list[App] = []

    def keys(self) -> list[int]:
        return [app.pid for app in self.open]

    def __iter__(self) -> Iterator[App]:
        return iter(self.open)

    def __len__(self) -> int:
        return len(self.open)

    def __getitem__(self, pid: int) -> App:
        return next(app for app in self.open if app.pid == pid)

    def add(self, spec: Any = None, add_book: bool | None = None, xl: Any = None, visible: bool | None = None) -> App:
        made = self.take(office.launch())
        if add_book is not False:
            made.books.add()
        return made

    def take(self, host: Office) -> App:
        """Use an office that is running."""
        made = App(host)
        self.open.insert(0, made)
        return made

    @staticmethod
    def cleanup() -> None:
        """Nothing is left behind by an office that has ended."""


class Engine:
    """What xlwings calls an engine; of the type "desktop", as Excel is."""

    name = NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = Apps()

    @staticmethod
    def clean_value_data(
        data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool
    ) -> list[list[Any]]:
        def clean(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, dt.datetime):
                parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
                return datetime_builder(**{part: getattr(value, part) for part in parts}, tzinfo=None)
            if type(value) is int and value in _ERROR_TEXTS:
                return _ERROR_TEXTS[value] if err_to_str else None
            return number_builder(value) if number_builder and isinstance(value, float) else value

        return [[clean(value) for value in row] for row in data]

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any) -> Any:
        if isinstance(x, np.datetime64):
            x = utils.np_datetime_to_datetime(x)
        if x is None or pd.isna(x):
            return ""
        if isinstance(x, np.bool_):
            return bool(x)
        if isinstance(x, np.number):
            return float(x)
        return x.to_pydatetime() if isinstance(x, pd.Timestamp) else x


ENGINE = Engine()
