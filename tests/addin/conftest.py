"""Excel twice: in memory, and as LibreOffice. Tests that take `app` or `book` run on both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import xlwings as xw

from addin import memory
from tests.addin.lo_engine import session


@pytest.fixture(params=["memory", "libreoffice"])
def app(request: pytest.FixtureRequest) -> Iterator[xw.App]:
    """An Excel with no workbook open, on each engine in turn; without LibreOffice skipped at a desk, failed in CI."""
    if request.param == "memory":
        yield memory.app()
        return
    app = session.shared()
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
