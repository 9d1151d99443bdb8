"""Why a claimed file cannot become a job that is scored."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from worker.scoring import SheetscoreError


class BatchError(SheetscoreError):
    """Base of the errors of this room."""


class NotAFile(BatchError):
    """What was dropped is a link or a device, or is gone; links are not followed."""


class HardLink(BatchError):
    """What was dropped has a second name elsewhere; whoever made it need not be allowed to read it."""


class NotReadable(BatchError):
    """The file's permissions keep us from reading it."""


class NoEndpoint(BatchError):
    """It is not clear which endpoint a workbook is for. `choices` are those that its sender may use: of a dropped one
    their inbox folders, else service/name. `door` is where it came in.
    """

    def __init__(self, choices: Sequence[str], door: str = "folder") -> None:
        super().__init__("no endpoint")
        self.choices = tuple(choices)
        self.door = door


class UnknownEndpoint(BatchError):
    """The workbook says that it is for an endpoint that its sender has no right to, or that is not there."""


class OtherFolder(BatchError):
    """The workbook says that it is for another endpoint of its sender's, whose folder is `folder`."""

    def __init__(self, folder: str) -> None:
        super().__init__("other folder")
        self.folder = folder


class StaleTemplate(BatchError):
    """The workbook is from a template older than its endpoint, and cannot be scored: `cause` says why, `told` what has
    changed, in the customer's words.
    """

    def __init__(self, cause: SheetscoreError, told: Sequence[str]) -> None:
        super().__init__(f"stale template: {cause}")
        self.cause = cause
        self.told = tuple(told)


class OriginalChanged(BatchError):
    """The file was written to while it was scored."""


class TableFault(StrEnum):
    """Why a file is no table that can be read."""

    NOT_UTF8 = "not-utf8"
    NOT_CSV = "not-csv"
    LONG_ROW = "long-row"
    WIDTH = "width"


class TableBroken(BatchError):
    """A CSV or TSV file cannot be read. `line` is where, counted from 1; of WIDTH, the row ends there and has `found`
    values where `wanted` columns are.
    """

    def __init__(self, fault: TableFault, line: int, found: int = 0, wanted: int = 0) -> None:
        super().__init__(f"{fault} at line {line}")
        self.fault = fault
        self.line = line
        self.found = found
        self.wanted = wanted
