"""Errors in plain words, for reason files and the command line: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from worker.batch.errors import (
    HardLink,
    NoEndpoint,
    NotAFile,
    NotReadable,
    OriginalChanged,
    OtherFolder,
    StaleTemplate,
    TableBroken,
    TableFault,
    UnknownEndpoint,
)
from worker.endpoints import RuleError
from worker.scoring import AddressError, AddressFault, ContractError, RowsLost
from worker.scoring import errors as scoring
from worker.scoring.words import cut, day
from worker.settings import SettingError
from worker.workbooks.errors import (
    AmbiguousInput,
    DuplicateHeaders,
    Fault,
    FileBroken,
    FileTooCostly,
    HeaderInOneCell,
    Limit,
    NoInput,
    SheetTooLarge,
    UnknownInput,
    WrittenWrong,
)

LONGEST_REASON = 2000

_CLOSED = {
    scoring.Unauthorized.EXPIRED: "The endpoint has expired. Ask your provider for a longer term.",
    scoring.Unauthorized.QUOTA: "This month's quota of rows is used up. Ask your provider for more.",
}


def _refused(error: scoring.Unauthorized) -> str:
    since = f": it was revoked on {day(error.at)}" if error.code == error.REVOKED and error.at else ""
    return f"The endpoint refused the key{since}. Ask your provider for one that is valid."


_CHOOSE: dict[str, Callable[[Sequence[str]], str]] = {
    "folder": lambda choices: (
        f"Put the workbook into one of these folders: {', '.join(f'inbox/{name}' for name in choices)}"
    ),
    "upload": lambda choices: f"Upload the workbook to one of these endpoints: {', '.join(choices)}",
    "command": lambda choices: f"Name one with --endpoint: {', '.join(choices)}",
}

_ERRORS: dict[type[Exception], Callable[..., str]] = {
    scoring.NoRows: lambda _: "There is a header but no row below it. Add the rows to be scored.",
    scoring.MissingColumns: lambda e: (
        f"These columns are missing: {', '.join(e.missing)}. Found: {', '.join(e.found)}."
    ),
    scoring.DuplicateColumns: lambda e: (
        f"More than one column is called {', '.join(e.duplicates)}. Keep one of each, rename the others."
    ),
    scoring.MissingParameters: lambda e: (
        f"The endpoint needs a value for {', '.join(e.missing)}, which a workbook cannot give. Ask your provider "
        "for a default."
    ),
    scoring.Unauthorized: lambda e: _CLOSED.get(e.code, _refused(e)),
    scoring.NotFound: lambda _: "Nothing answers at the endpoint's address. Ask your provider to check the address.",
    scoring.ProxySignIn: lambda _: (
        "The proxy on the way to the endpoint wants a sign-in (407). Ask the people who run your network to let this "
        "machine through."
    ),
    scoring.Rejected: lambda e: f"The endpoint refused the data: {e.message or e.code}.",
    scoring.TooLarge: lambda _: "One row is larger than the endpoint takes. Shorten its texts.",
    scoring.BadAnswer: lambda e: (
        f"The endpoint's answer cannot be trusted ({e.reason}). Nothing was written. Tell your provider."
    ),
    scoring.Throttled: lambda _: "The endpoint is busy and stayed busy. Try again later.",
    scoring.TimedOut: lambda e: f"The endpoint gave no answer in {e.seconds:g} seconds. Try again later.",
    scoring.Unreachable: lambda e: f"The endpoint cannot be reached ({e.reason}). Try again later.",
    scoring.ServerFailed: lambda e: (
        f"The endpoint failed ({e.status}). Try again later; if it stays, tell your provider."
    ),
    NotAFile: lambda _: "What was dropped is a link or a device, not a file. Send the workbook itself.",
    HardLink: lambda _: "The file has a second name elsewhere (a hard link). Send a copy of it.",
    NotReadable: lambda _: "We are not allowed to read the file. Give it read permission and send it again.",
    OriginalChanged: lambda _: "The file was changed while it was scored. Send it again when it is complete.",
    RowsLost: lambda _: (
        "The rows that came back are not the rows that were sent. Nothing was written. Tell your provider."
    ),
    NoEndpoint: lambda e: (
        f"It is not clear which endpoint is meant. {_CHOOSE[e.door](e.choices)}."
        if e.choices
        else "There is no endpoint for you yet. Ask your provider to make one."
    ),
    UnknownEndpoint: lambda _: (
        "The workbook says that it is for an endpoint that you do not have. Ask your provider for a template of yours."
    ),
    StaleTemplate: lambda e: " ".join((*e.told, explain(e.cause))),
    OtherFolder: lambda e: f"The workbook was made for another endpoint of yours. Put it into inbox/{e.folder}.",
}


_FAULTS: dict[Fault, str] = {
    Fault.EMPTY: "The file is empty (0 bytes). Send it again.",
    Fault.UNFINISHED: "The file is not complete: it looks like the copying stopped half-way. Send it again.",
    Fault.LOCKED: "The file is open in another program. Close it and send it again.",
    Fault.NOT_A_FILE: "What was dropped is a link or a device, not a file. Send the workbook itself.",
    Fault.NOT_A_WORKBOOK: "This is not an Excel workbook. Save it as .xlsx or .xlsm and send it again.",
    Fault.PASSWORD: (
        "The workbook is protected by a password. Remove it (File, Info, Protect Workbook) and send it again; or save "
        "as .xlsx, and give the password with it or ask your provider to keep it for your workbooks."
    ),
    Fault.WRONG_PASSWORD: (
        "The workbook is protected by another password than the one that was given for it. Tell your provider the new "
        "one, or save the workbook under the old one."
    ),
    Fault.RIGHTS: (
        "The workbook is protected by rights management or a certificate, which no password opens. Save a copy without "
        "and send that."
    ),
    Fault.OLD_FORMAT: "This is an old Excel file (.xls), which no sheet can be added to. Save it as .xlsx.",
    Fault.BINARY_FORMAT: "This is a binary Excel file (.xlsb), which no sheet can be added to. Save it as .xlsx.",
    Fault.CSV_ENCODING: (
        "The CSV file is not in the encoding that is agreed ({detail}). Save it as CSV UTF-8, or tell your provider "
        "which one it is in."
    ),
    Fault.NOT_CSV: (
        "This is no CSV file ({detail}): a quotation mark is not closed or stands inside a cell, or a cell is too long."
    ),
    Fault.WIDTH: (
        "The CSV file has more or fewer cells than its header ({detail}). Check what separates the cells, and put "
        "those that hold it in quotation marks; tell your provider if you use another separator."
    ),
    Fault.DAMAGED: "The workbook is damaged. Open it in Excel, let Excel repair it, save it, and send it again.",
    Fault.DTD: "The workbook holds a document type declaration, which no workbook needs; it is refused for safety.",
    Fault.DUPLICATE_ENTRY: "Two parts of the workbook have one name; it is refused for safety. Save it again in Excel.",
    Fault.ENTRY_NAME: "A part of the workbook has a forbidden name; it is refused for safety. Save it again in Excel.",
    Fault.OVERLAP: "The workbook's parts overlap; it is refused for safety. Save it again in Excel.",
    Fault.UNUSUAL_LAYOUT: "The workbook's inner layout is not one that can be added to. Save it again in Excel.",
    Fault.METHOD: "The workbook is packed in a way that Excel does not use. Save it again in Excel.",
    Fault.FALSE_SIZE: (
        "A part of the workbook says it has another size, or more entries, than it has; it is refused for safety. Save "
        "it again in Excel."
    ),
    Fault.OUTSIDE: (
        "A cell, row or column lies outside of what a sheet can hold (1,048,576 rows by 16,384 columns); the workbook "
        "is refused for safety. Save it again in Excel."
    ),
    Fault.ENCODING: "A part of the workbook is written in an encoding that Excel does not use. Save it again in Excel.",
    Fault.CRASHED: "The workbook could not be read: reading it ended the reader. Save it again in Excel.",
    Fault.DEADLY: (
        "Reading this very file ended the reader twice; it is not tried again. Save it again in Excel, or split it, "
        "and send that."
    ),
}

_ADDRESSES: dict[AddressFault, str] = {
    AddressFault.NOT_A_URL: "This is not an address. It begins with https:// and has a host.",
    AddressFault.NOT_HTTPS: "The address must begin with https://, or the key could be read on its way.",
    AddressFault.HAS_USER: "The address must not hold a user or password. Give the key apart.",
    AddressFault.NOT_AN_ENDPOINT: "This is no endpoint's address. It looks like https://.../workspaces/.../services/...",
    AddressFault.KEY_NOT_ASCII: "The key holds characters that no key has. Copy it again.",
}

_LIMITS: dict[Limit, str] = {
    Limit.FILE_BYTES: "The file is too large",
    Limit.ENTRIES: "The workbook has too many parts",
    Limit.EXPANDED_BYTES: "The workbook is too large when unpacked",
    Limit.RATIO: "The workbook is packed so densely that it looks like a trap",
    Limit.CELLS: "A sheet has too many cells",
    Limit.MERGED: "A sheet has too many merged cells",
    Limit.SECONDS: "The workbook took too long to read or write",
    Limit.MEMORY: "The workbook took too much memory to read or write",
}

_BYTES = {Limit.FILE_BYTES, Limit.EXPANDED_BYTES, Limit.MEMORY}


def _costly(error: FileTooCostly) -> str:
    words = _LIMITS[error.limit]
    if error.allowed:
        unit = " MB" if error.limit in _BYTES else " s" if error.limit is Limit.SECONDS else ""
        scale = 1_000_000 if error.limit in _BYTES else 1
        found = f"{error.found / scale:,.0f}{unit}, " if error.found else ""
        words += f" ({found}at most {error.allowed / scale:,.0f}{unit})"
    return f"{words}. Split it and send the pieces."


def _no_input(error: NoInput) -> str:
    if not error.nearest:
        return (
            f"No sheet has a header row with these columns: {', '.join(error.missing)}. "
            "Put them above the rows to be scored."
        )
    return (
        f"The header in {error.nearest} lacks {', '.join(error.missing)}. Add what is missing, or correct its spelling."
    )


_SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}


def _in_one_cell(error: HeaderInOneCell) -> str:
    signs = _SEPARATORS[error.separator]
    return (
        f"The whole header stands in one cell, {error.nearest}, with {signs} in it. In a workbook split it (in Excel: "
        f"Data, Text to Columns); for a CSV file tell your provider that {signs} separate its cells."
    )


def _unknown_input(error: UnknownInput) -> str:
    there = [("Sheets", error.sheets), ("Tables", error.tables), ("Names", error.names)]
    listed = " ".join(f"{what}: {', '.join(names)}." for what, names in there if names)
    return f"There is no '{error.where}' in the workbook. {listed}".strip()


_TABLES: dict[TableFault, Callable[[TableBroken], str]] = {
    TableFault.NOT_UTF8: lambda e: f"Line {e.line} is not UTF-8. Save the file as CSV UTF-8 and send it again.",
    TableFault.NOT_CSV: lambda e: (
        f"Line {e.line} is not CSV: a quotation mark is not closed or stands inside a cell, or a cell is too long."
    ),
    TableFault.LONG_ROW: lambda e: f"The row at line {e.line} is too long. Check its quotation marks.",
    TableFault.WIDTH: lambda e: f"Line {e.line} has {e.found} values; there are {e.wanted} columns.",
}

_ERRORS |= {
    TableBroken: lambda e: _TABLES[e.fault](e),
    AddressError: lambda e: _ADDRESSES[e.fault],
    FileBroken: lambda e: _FAULTS[e.fault].format(detail=e.detail),
    FileTooCostly: _costly,
    NoInput: _no_input,
    HeaderInOneCell: _in_one_cell,
    AmbiguousInput: lambda e: (
        f"More than one block has all the columns: {', '.join(e.addresses)}. Keep one, or name the one that is meant."
    ),
    UnknownInput: _unknown_input,
    DuplicateHeaders: lambda e: f"{e.column} stands in {' and in '.join(e.cells)}. Keep one, rename the other.",
    SheetTooLarge: lambda e: (
        f"The result would need {e.rows:,} rows and {e.columns:,} columns; a sheet holds 1,048,576 by 16,384. "
        "Split the rows."
    ),
    WrittenWrong: lambda e: (
        f"The result was looked at before it was handed out, and it is not what it should be ({e.part}: {e.detail}). "
        "Nothing was published. Send the file again; if it stays, tell your provider."
    ),
}


def explain(error: Exception) -> str:
    """Why a file could not be scored, in words that say how to mend it."""
    for kind in type(error).__mro__:
        if kind in _ERRORS:
            return cut(_ERRORS[kind](error), LONGEST_REASON)
    if isinstance(error, RuleError | ContractError | SettingError):  # the operator's own errors say it themselves
        return str(error)
    raise error


def our_fault(job_id: str) -> str:
    """For what nobody foresaw: no trace, but the number under which the log has one."""
    return f"Something went wrong on our side. Your file is unchanged. Tell your provider the number {job_id}."


def our_trouble(error: Exception) -> str:
    """For a disk or store that fails: what the operating system calls it."""
    what = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"This could not be finished on our side{what}. Your file is unchanged. Send it again later."
