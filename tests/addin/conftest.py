"""Excel twice: in memory, and as LibreOffice. Tests that take `app` or `book` run on both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import xlwings as xw

from addin import memory


@pytest.fixture(scope="session")
def libreoffice() -> Iterator[xw.App]:
    """One LibreOffice for all tests. Skips at a desk without it, fails in CI."""
    from tests.addin.lo_engine import host

    if why := host.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    app = host.start()
    yield app
    host.stop(app)


@pytest.fixture(params=["memory", "libreoffice"])
def app(request: pytest.FixtureRequest) -> Iterator[xw.App]:
    """An Excel with no workbook open, on each engine in turn."""
    if request.param == "memory":
        yield memory.app()
        return
    app = request.getfixturevalue("libreoffice")
    _reset(app)
    yield app
    _reset(app)


def _reset(app: xw.App) -> None:
    app.impl.busy, app.impl.protected_views = 0, 0
    app.impl.alerts.clear()
    for book in list(app.books):
        book.close()


@pytest.fixture
def book(app: xw.App) -> xw.Book:
    """A new workbook with one sheet, in front."""
    return app.books.add()


@pytest.fixture
def sheet(book: xw.Book) -> xw.Sheet:
    """The sheet of the new workbook."""
    return book.sheets[0]


@pytest.fixture
def select_chart(app: xw.App) -> Callable[[xw.Sheet], None]:
    """Puts a chart on a sheet and selects it."""

    def select(sheet: xw.Sheet) -> None:
        if app.engine.name == "memory":
            app.impl.chart = object()
        else:
            chart: Any = sheet.charts.add()
            chart.api[0].Select()

    return select
