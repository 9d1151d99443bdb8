"""Whether a file in a drop folder is ready to be taken: cheap, and safe in any process."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import BinaryIO

from worker.workbooks.archive import Archive, FileLimits
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly
from worker.workbooks.kinds import CSV_ENDINGS


class Readiness(StrEnum):
    """READY to be read; UNFINISHED may become ready (it is being written, or locked); any other stays as it is."""

    READY = "ready"
    UNFINISHED = "unfinished"
    NOT_A_WORKBOOK = "not-a-workbook"
    PASSWORD = "password"  # noqa: S105 - a state, no secret
    REFUSED = "refused"


_BY_FAULT = {
    Fault.EMPTY: Readiness.UNFINISHED,
    Fault.UNFINISHED: Readiness.UNFINISHED,
    Fault.LOCKED: Readiness.UNFINISHED,
    Fault.NOT_A_WORKBOOK: Readiness.NOT_A_WORKBOOK,
    Fault.PASSWORD: Readiness.PASSWORD,
    Fault.OLD_FORMAT: Readiness.READY,
}


def readiness(source: str | os.PathLike[str] | BinaryIO, limits: FileLimits | None = None, name: str = "") -> Readiness:
    """Look at the zip's end record, its directory and every local header; nothing is unpacked, no part is parsed. Of an
    old workbook (.xls) and of what is called CSV by its `name` nothing tells whether it is whole: they are READY.

    REFUSED means that reading it will fail for a reason the error then names (damaged, hostile, too large). A `source`
    that was opened is closed.
    """
    try:
        with Archive(source, limits or FileLimits()):
            return Readiness.READY
    except FileBroken as error:
        if error.fault is Fault.NOT_A_WORKBOOK and name.lower().endswith(CSV_ENDINGS):
            return Readiness.READY
        return _BY_FAULT.get(error.fault, Readiness.REFUSED)
    except FileTooCostly:
        return Readiness.REFUSED
