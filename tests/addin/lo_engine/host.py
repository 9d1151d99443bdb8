"""LibreOffice as a host for xlwings: for tests that need real cells. Never shipped."""

from __future__ import annotations

import xlwings as xw

from tests.addin.lo_engine import bridge, office
from tests.addin.lo_engine.engine import ENGINE, NAME, App
from tests.addin.lo_engine.office import Office

missing = bridge.missing


def start() -> xw.App:
    """Start a LibreOffice of our own with one new workbook, and make it xlwings' active engine.

    Raises TimeoutError when it does not answer in 90 s. Its pipe, for `attach`, is `app.impl.office.pipe`.
    """
    return _use(office.launch(), with_book=True)


def attach(pipe: str) -> xw.App:
    """The LibreOffice that another process started, as xlwings' active engine; `stop` leaves it running."""
    return _use(office.connect(pipe), with_book=False)


def stop(app: xw.App) -> None:
    """End the LibreOffice that `start` started; its profile is deleted."""
    app.quit()


def _use(host: Office, *, with_book: bool) -> xw.App:
    if NAME not in [engine.name for engine in xw.engines]:
        xw.engines.add(xw.main.Engine(impl=ENGINE))
    xw.engines[NAME].activate()
    made: App = ENGINE.apps.take(host)
    if with_book:
        made.books.add()
    return xw.App(impl=made)
