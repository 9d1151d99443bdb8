"""Workbooks: read the rows to score, add result sheets, survive hostile files.

The names below are loaded when first used: a child process that reads one file must not wait for pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.workbooks.archive import FileLimits, is_encrypted
    from worker.workbooks.block import Look
    from worker.workbooks.errors import WorkbookError
    from worker.workbooks.frames import Sheet
    from worker.workbooks.graft import append_sheets
    from worker.workbooks.kinds import Kind, kind_of
    from worker.workbooks.labels import Labels
    from worker.workbooks.newbook import new_workbook
    from worker.workbooks.page import Cell, Chart
    from worker.workbooks.quarantine import (
        append_apart,
        decrypt_apart,
        encrypt_apart,
        look_apart,
        read_apart,
        read_inputs_apart,
    )
    from worker.workbooks.reader import Input, Rows, read_input, read_inputs
    from worker.workbooks.splice import Appended
    from worker.workbooks.triage import Readiness, readiness

__all__ = [
    "Appended",
    "Cell",
    "Chart",
    "FileLimits",
    "Input",
    "Kind",
    "Labels",
    "Look",
    "Readiness",
    "Rows",
    "Sheet",
    "WorkbookError",
    "append_apart",
    "append_sheets",
    "decrypt_apart",
    "encrypt_apart",
    "is_encrypted",
    "kind_of",
    "look_apart",
    "new_workbook",
    "read_apart",
    "read_input",
    "read_inputs",
    "read_inputs_apart",
    "readiness",
]

_HOMES = {
    "Appended": "splice",
    "Cell": "page",
    "Chart": "page",
    "FileLimits": "archive",
    "Input": "reader",
    "Labels": "labels",
    "Look": "block",
    "Kind": "kinds",
    "Readiness": "triage",
    "Rows": "reader",
    "Sheet": "frames",
    "WorkbookError": "errors",
    "append_apart": "quarantine",
    "append_sheets": "graft",
    "look_apart": "quarantine",
    "decrypt_apart": "quarantine",
    "encrypt_apart": "quarantine",
    "is_encrypted": "archive",
    "read_apart": "quarantine",
    "kind_of": "kinds",
    "new_workbook": "newbook",
    "read_input": "reader",
    "read_inputs": "reader",
    "read_inputs_apart": "quarantine",
    "readiness": "triage",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type checker reads the imports above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
