"""The engine and its application: Excel as a program, without Excel."""

# ruff: noqa: ANN401, ARG002 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

import datetime as dt
import itertools
import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from xlwings import base_classes

from addin.memory import com
from addin.memory.books import Book
from addin.memory.errors import ComError
from addin.memory.ranges import Range, Time
from addin.memory.typed import ERROR_NAMES

_pids = itertools.count(1)
_PLAIN = frozenset({str, float, bool})


class Engine:
    """What xlwings asks of an engine: applications, and the conversion of values from and for COM."""

    name = "memory"
    type = "desktop"

    @property
    def apps(self) -> Apps:
        """No application is found by looking: each is made by `addin.memory.app`."""
        return Apps()

    @staticmethod
    def clean_value_data(
        data: Sequence[Sequence[Any]],
        datetime_builder: Callable[..., object],
        empty_as: object,
        number_builder: Callable[[float], object] | None,
        err_to_str: bool,
    ) -> list[list[Any]]:
        """Raw values as Range.value gives them."""

        def clean(value: Any) -> object:
            if value is None or value == "":
                return empty_as
            if isinstance(value, Time):
                fields = ("year", "month", "day", "hour", "minute", "second", "microsecond")
                return datetime_builder(**{field: getattr(value, field) for field in fields}, tzinfo=None)
            if type(value) is int:
                return ERROR_NAMES[value] if err_to_str else None
            return number_builder(value) if number_builder and isinstance(value, float) else value

        return [[clean(value) for value in row] for row in data]

    @staticmethod
    def prepare_xl_data_element(value: Any, options: object) -> object:  # noqa: ARG004 - as xlwings
        """A value as COM takes it."""
        if type(value) in _PLAIN and value == value:  # noqa: PLR0124 - not NaN
            return value
        if isinstance(value, (np.bool_, np.number)):
            value = value.item()
        if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
            return ""
        if isinstance(value, np.datetime64):
            return pd.Timestamp(value).to_pydatetime()
        return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


class Apps(base_classes.Apps):
    """An empty collection."""

    def keys(self) -> list[int]:
        """Nothing."""
        return []

    def __iter__(self) -> Iterator[App]:
        return iter(())

    def __len__(self) -> int:
        return 0


class App(base_classes.App):
    """One Excel. What a test sets or looks at: `busy` (how often Ready says no), `chart` (any object: a chart is
    selected), `protected_views` (how many), `alerts` (what was asked) with `answers` (what the user will press, else
    "ok"), `ran` (macros that were called), `status_bars` (all texts that were shown).
    """

    visible = True
    screen_updating = True
    display_alerts = True
    enable_events = True
    interactive = True
    calculation = "automatic"
    cut_copy_mode = False
    version = "16.0"
    path = ""
    hwnd = 0
    pid = 0
    engine = Engine()

    def __init__(self) -> None:
        self.pid = next(_pids)
        self.open_books: list[Book] = []
        self.busy = 0
        self.chart: object = None
        self.protected_views = 0
        self.alerts: list[tuple[str, str | None, str, str | None]] = []
        self.answers: list[str] = []
        self.ran: list[tuple[str, tuple[object, ...]]] = []
        self.status_bars: list[object] = []

    @property
    def api(self) -> com.Application:
        """What Excel's Application object tells."""
        return com.Application(self)

    @property
    def books(self) -> Books:
        """The open workbooks."""
        return Books(self)

    @property
    def selection(self) -> Range | None:
        """The selected cells of the workbook in front; None when a chart is selected, or nothing."""
        book = self.open_books[0] if self.open_books else None
        if self.chart is not None or book is None or not book.selected:
            return None
        return Range(book.front, *book.selected)

    @property
    def status_bar(self) -> object:
        """The text in the status bar, False when Excel shows its own."""
        return self.status_bars[-1] if self.status_bars else False

    @status_bar.setter
    def status_bar(self, value: object) -> None:
        self.status_bars.append(value)

    def alert(self, prompt: str, title: str | None, buttons: str, mode: str | None, callback: object) -> str:
        """Record the question; give the next of `answers`."""
        self.alerts.append((prompt, title, buttons, mode))
        return self.answers.pop(0) if self.answers else "ok"

    def run(self, macro: str, args: tuple[object, ...]) -> None:
        """Record the call of a macro."""
        self.ran.append((macro, args))

    def calculate(self) -> None:
        """Formulas are worked out when they are written, and not again."""

    def activate(self, steal_focus: bool = False) -> None:
        """It is in front."""

    def quit(self) -> None:
        """Close all workbooks."""
        for book in list(self.open_books):
            book.close()

    def kill(self) -> None:
        """As quit."""
        self.quit()


class Books(base_classes.Books):
    """The open workbooks, the one in front first."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __len__(self) -> int:
        return len(self._app.open_books)

    def __iter__(self) -> Iterator[Book]:
        return iter(self._app.open_books)

    def __call__(self, key: str | float) -> Book:
        """A workbook by its name or place. Raises ComError when there is none."""
        if isinstance(key, numbers.Real):
            return self._app.open_books[int(key) - 1]
        for book in self:
            if book.name.lower() == str(key).lower():
                return book
        raise ComError(f"no workbook {key}")

    @property
    def active(self) -> Book:
        """The workbook in front. Raises ComError when none is open."""
        if not self._app.open_books:
            raise ComError("no workbook is open")
        return self._app.open_books[0]

    def add(self) -> Book:
        """A new workbook with one sheet, in front."""
        taken = {book.name for book in self}
        name = next(name for i in itertools.count(1) if (name := f"Book{i}") not in taken)
        return Book(self._app, name)
