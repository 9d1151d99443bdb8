"""What can go wrong with a workbook. Errors carry facts; each face chooses words.

WorkbookError
├── FileBroken          the file cannot be used; `fault` says why
├── FileTooCostly       it would take, or took, more than a limit allows
├── InputError          the file is fine, the rows to score are not
│   ├── NoInput             no header row holds the columns; carries the nearest one
│   │   └── HeaderInOneCell     they all stand in one cell
│   ├── AmbiguousInput      more than one block would do
│   ├── UnknownInput        no sheet, range, table or name of that name
│   └── DuplicateHeaders    one input's name stands above two columns
├── SheetTooLarge       a result sheet would be larger than a worksheet can be
└── WrittenWrong        what was written does not read back as it should; nothing was handed out
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from worker.scoring.errors import SheetscoreError


class Fault(StrEnum):
    """Why a file cannot be used as a workbook. The value is stable."""

    EMPTY = "empty"
    UNFINISHED = "unfinished"
    LOCKED = "locked"
    NOT_A_FILE = "not-a-file"
    NOT_A_WORKBOOK = "not-a-workbook"
    PASSWORD = "password"  # noqa: S105 - a fault, no secret
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a fault, no secret
    RIGHTS = "rights"
    OLD_FORMAT = "old-format"
    BINARY_FORMAT = "binary-format"
    CSV_ENCODING = "csv-encoding"
    NOT_CSV = "not-csv"
    WIDTH = "width"
    DAMAGED = "damaged"
    DTD = "dtd"
    DUPLICATE_ENTRY = "duplicate-entry"
    ENTRY_NAME = "entry-name"
    OVERLAP = "overlap"
    METHOD = "method"
    FALSE_SIZE = "false-size"
    OUTSIDE = "outside"
    ENCODING = "encoding"
    UNUSUAL_LAYOUT = "unusual-layout"
    CRASHED = "crashed"
    DEADLY = "deadly"


class Limit(StrEnum):
    """What a file can have, or take, too much of. The value is stable."""

    FILE_BYTES = "file-bytes"
    ENTRIES = "entries"
    EXPANDED_BYTES = "expanded-bytes"
    RATIO = "ratio"
    CELLS = "cells"
    MERGED = "merged"
    SECONDS = "seconds"
    MEMORY = "memory"


class WorkbookError(SheetscoreError):
    """Base of what this room raises. Every subclass is a dataclass whose fields are its facts."""

    def facts(self) -> dict[str, Any]:
        """The facts by name: plain values that survive JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type] # see class

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.facts().items() if value not in ("", ()))


@dataclass(eq=False)
class FileBroken(WorkbookError):
    """The file cannot be used. `detail` names the part or what was found there."""

    fault: Fault
    detail: str = ""


@dataclass(eq=False)
class FileTooCostly(WorkbookError):
    """`limit` is exceeded: `found` is what the file has or says (0 when not known), `allowed` the most that is taken,
    both in the unit the limit's name gives. `detail` names the part, or the signal that ended the child process.
    """

    limit: Limit
    found: int = 0
    allowed: int = 0
    detail: str = ""


class InputError(WorkbookError):
    """The workbook can be read, but which rows to score is not clear."""


@dataclass(eq=False)
class NoInput(InputError):
    """No header row holds all the wanted columns. `nearest` is the address of the row that holds most of them
    ('' when no cell matches), `missing` what that row lacks, `found` the header texts there.
    """

    nearest: str = ""
    missing: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


@dataclass(eq=False)
class HeaderInOneCell(NoInput):
    """All the wanted columns are named, but in the one cell `nearest`, with `separator` between them: a CSV file by
    another separator than agreed, or one that was opened as text.
    """

    separator: str = ","


@dataclass(eq=False)
class AmbiguousInput(InputError):
    """Several blocks hold all the wanted columns."""

    addresses: tuple[str, ...]


@dataclass(eq=False)
class UnknownInput(InputError):
    """`where` is no sheet, range, table or defined name; the other fields list what there is."""

    where: str
    sheets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(eq=False)
class DuplicateHeaders(InputError):
    """The name of input `column` stands in several header cells."""

    column: str
    cells: tuple[str, ...]


@dataclass(eq=False)
class SheetTooLarge(WorkbookError):
    """A worksheet holds 1,048,576 rows by 16,384 columns; this one would have more (header rows counted)."""

    name: str
    rows: int
    columns: int


@dataclass(eq=False)
class WrittenWrong(WorkbookError):
    """The written workbook was read back, and `part` is not what it should be; `detail` says where, or in what."""

    part: str
    detail: str


KINDS: dict[str, type[WorkbookError]] = {
    kind.__name__: kind
    for kind in (
        FileBroken,
        FileTooCostly,
        NoInput,
        HeaderInOneCell,
        AmbiguousInput,
        UnknownInput,
        DuplicateHeaders,
        SheetTooLarge,
        WrittenWrong,
    )
}
"""Every error that can be raised, by name: what a child process reports is raised again from this table."""
