"""The one LibreOffice of a test run."""

from __future__ import annotations

import atexit
import functools
import os

import pytest
import xlwings as xw

from tests.addin.lo_engine import host


def require() -> None:
    """Skip the test where LibreOffice cannot be driven; in CI that is a failure."""
    if why := host.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)


def shared() -> xw.App:
    """The LibreOffice that all tests of this run share: started by the first that asks, ended with the run."""
    require()
    app = _started()
    app.engine.activate()
    return app


@functools.cache
def _started() -> xw.App:
    app = host.start()
    for book in app.books:
        book.close()
    atexit.register(host.stop, app)
    return app
