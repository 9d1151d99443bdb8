"""Why the add-in could not be put in place or taken out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from addin.errors import AddinError


class InstallFault(StrEnum):
    """What stands in the way."""

    NO_EXCEL_HERE = "no-excel-here"
    """Excel runs on Windows and macOS only."""
    EXCEL_NEVER_STARTED = "excel-never-started"
    """macOS makes Excel's own folders at its first start; made by another program they are not Excel's."""
    STORE_PYTHON = "store-python"
    """Windows gives programs from the Microsoft Store a private copy of the folders Excel reads."""
    NOT_THE_FILE = "not-the-file"
    """The file's SHA-256 is not the one that was wanted."""
    FILE_VANISHED = "file-vanished"
    """The file was written and is gone, or another: the work of a virus scanner."""
    FILE_IN_USE = "file-in-use"
    """Excel holds the file open."""
    REFUSED = "refused"
    """The operating system does not let this account (or this terminal) write there."""
    PATH_UNSPEAKABLE = "path-unspeakable"
    """Excel's VBA cannot be told the path of this Python."""
    NO_LIBRARY = "no-library"
    """xlwings' library is not where pip puts it."""


class InstallError(AddinError):
    """The add-in was not installed or removed. `path` is the file or folder it is about."""

    def __init__(self, fault: InstallFault, path: Path | str = "") -> None:
        super().__init__(f"install: {fault}")
        self.fault = fault
        self.path = str(path)
