"""The worksheet functions of Excel for Windows: SCORE, SCORE_SCHEMA, SCORE_SAMPLE, SCORE_ENDPOINTS, SCORE_STATUS.

xlwings' UDF server imports this module and calls what is decorated here, and nothing else may be: each name becomes a
function that any cell can call. `origin`, the last argument of each, is the calling cell, handed over by the add-in's
VBA: xlwings' own argument `caller` leaves an interface behind for each call, and its `Book.caller()` is the workbook
that happened to be in front.
"""

from __future__ import annotations

from collections.abc import Callable

import xlwings as xw
from xlwings import arg, func, ret

from addin.formulas.argument import Argument, FromExcel
from addin.formulas.formulas import Formulas
from addin.formulas.opening import open_formulas
from addin.formulas.spill import Spill
from addin.resident import settle

_CALLER = "Application.Caller"
_make: list[Callable[[], Formulas]] = [open_formulas]
_made: list[Formulas] = []


def use(make: Callable[[], Formulas]) -> None:
    """Answer from now on with what `make` makes at the first call."""
    _make[:] = [make]
    _made.clear()


def _formulas() -> Formulas:
    if not _made:
        settle()
        _made.append(_make[0]())
    return _made[0]


@func(call_in_wizard=False)
@arg("data", FromExcel, doc="The rows to score: a range or a table")
@arg("endpoint", FromExcel, doc="Name of the endpoint; left out, the one chosen in the ribbon")
@arg("outputs", FromExcel, doc="Names of the outputs wanted; left out, all of them")
@arg("headers", FromExcel, doc="TRUE if data begins with its header row, FALSE if it has none, or their range")
@arg("origin", "range", vba=_CALLER)
@ret(convert="raw")
def SCORE(  # noqa: N802 - Excel's functions are written so
    data: Argument,
    endpoint: Argument | None = None,
    outputs: Argument | None = None,
    headers: Argument | None = None,
    origin: xw.Range | None = None,
) -> Spill:
    """Scores rows: one row of results for each row of data."""
    return _formulas().score(data, endpoint, outputs, headers, origin)


@func(call_in_wizard=False)
@arg("endpoint", FromExcel, doc="Name of the endpoint; left out, the one chosen in the ribbon")
@arg("origin", "range", vba=_CALLER)
@ret(convert="raw")
def SCORE_SCHEMA(endpoint: Argument | None = None, origin: xw.Range | None = None) -> Spill:  # noqa: N802
    """Lists what an endpoint wants and what it returns."""
    return _formulas().schema(endpoint, origin)


@func(call_in_wizard=False)
@arg("endpoint", FromExcel, doc="Name of the endpoint; left out, the one chosen in the ribbon")
@arg("rows", FromExcel, doc="How many rows; left out, all of them")
@arg("origin", "range", vba=_CALLER)
@ret(convert="raw")
def SCORE_SAMPLE(  # noqa: N802
    endpoint: Argument | None = None, rows: Argument | None = None, origin: xw.Range | None = None
) -> Spill:
    """Shows rows that an endpoint gives as an example."""
    return _formulas().sample(endpoint, rows, origin)


@func(call_in_wizard=False)
@arg("origin", "range", vba=_CALLER)
@ret(convert="raw")
def SCORE_ENDPOINTS(origin: xw.Range | None = None) -> Spill:  # noqa: N802
    """Lists your endpoints."""
    return _formulas().endpoints(origin)


@func(call_in_wizard=False)
@arg("cell", FromExcel, doc="A cell that SCORE has filled")
@arg("origin", "range", vba=_CALLER)
@ret(convert="raw")
def SCORE_STATUS(cell: Argument, origin: xw.Range | None = None) -> Spill:  # noqa: N802
    """Says in full why a row has no score."""
    return _formulas().status(cell, origin)
