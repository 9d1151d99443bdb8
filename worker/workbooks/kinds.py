"""What kind of file it is whose rows are to be scored, by what is in it; only a CSV file is known by its name."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from worker.workbooks.archive import Archive, FileLimits, part_name
from worker.workbooks.errors import Fault, FileBroken

CSV_ENDINGS = (".csv", ".tsv", ".txt")
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"


class Kind(StrEnum):
    """WORKBOOK gets result sheets added (.xlsx and its relatives); every other kind is only read."""

    WORKBOOK = "xlsx"
    BINARY = "xlsb"
    OLD = "xls"
    OPEN_DOCUMENT = "ods"
    CSV = "csv"


ZIPPED = (Kind.WORKBOOK, Kind.BINARY, Kind.OPEN_DOCUMENT)


def kind_of(path: str | os.PathLike[str], name: str = "", limits: FileLimits | None = None) -> Kind:
    """The kind of a file that is called `name` (as `path` if not given). Raises FileBroken (PASSWORD when only a
    password tells), FileTooCostly.
    """
    try:
        with Archive(path, limits or FileLimits()) as archive:
            entries = {part_name(entry.info.filename): entry for entry in archive.entries}
            first = entries.get("/mimetype")
            if first is not None and archive.read(first, 200).startswith(_OPEN_DOCUMENT):
                return Kind.OPEN_DOCUMENT
            return Kind.BINARY if "/xl/workbook.bin" in entries else Kind.WORKBOOK
    except FileBroken as error:
        if error.fault is Fault.OLD_FORMAT:
            return Kind.OLD
        if error.fault is Fault.NOT_A_WORKBOOK and Path(name or path).suffix.lower() in CSV_ENDINGS:
            return Kind.CSV
        raise
