"""Whether a file in a drop folder is ready to be taken: cheap, and safe in any process."""

from __future__ import annotations

import os
from enum import StrEnum

from worker.workbooks.archive import FileLimits
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly
from worker.workbooks.package import Package


class Readiness(StrEnum):
    """READY to be read; UNFINISHED may become ready (it is being written, or locked); any other stays as it is."""

    READY = "ready"
    UNFINISHED = "unfinished"
    NOT_A_WORKBOOK = "not-a-workbook"
    PASSWORD = "password"  # noqa: S105 - a state, no secret
    OLD_FORMAT = "old-format"
    BINARY_FORMAT = "binary-format"
    REFUSED = "refused"


_BY_FAULT = {
    Fault.EMPTY: Readiness.UNFINISHED,
    Fault.UNFINISHED: Readiness.UNFINISHED,
    Fault.LOCKED: Readiness.UNFINISHED,
    Fault.NOT_A_WORKBOOK: Readiness.NOT_A_WORKBOOK,
    Fault.PASSWORD: Readiness.PASSWORD,
    Fault.OLD_FORMAT: Readiness.OLD_FORMAT,
    Fault.BINARY_FORMAT: Readiness.BINARY_FORMAT,
}


def readiness(path: str | os.PathLike[str], limits: FileLimits | None = None) -> Readiness:
    """Look at the zip's end record, every local header, the content types and the workbook part; no cell is read.

    REFUSED means that reading it will fail for a reason the error then names (damaged, hostile, too large).
    """
    try:
        with Package(path, limits):
            return Readiness.READY
    except FileBroken as error:
        return _BY_FAULT.get(error.fault, Readiness.REFUSED)
    except FileTooCostly:
        return Readiness.REFUSED
