"""Errors in plain words for whoever sits before the sheet: what happened, and what to do now.

Problems of rows have their words in `worker.scoring.words`. What a room above this one raises is listed by its name
here, as those rooms import this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from addin.catalogue import NameTaken, NoKey, UnknownEndpoint, VariableTaken
from addin.entries import LONGEST_NAME, BadLine, BadName, LineFault
from addin.errors import GridError, GridFault
from addin.install.errors import InstallError, InstallFault
from addin.keystore import KeyStoreFailed, KeyStoreRefused
from addin.scorer import CallsStopped
from addin.settings import SettingError
from addin.signin import BadConnectionFile, CodeRefused, NoSignIn, NothingOwned, TokenRefused
from worker.scoring import AddressError, AddressFault, DeviceTaken, RowsLost
from worker.scoring import errors as scoring
from worker.scoring.account import DevicesFull
from worker.scoring.words import cut, day, shown

UNCHANGED = "Sheet unchanged."
LONGEST = 1000  # Excel's message boxes cut off at 1,023 characters
_LISTED = 12
_UNTRUSTED = "certificate not trusted"


def _list(names: tuple[str, ...]) -> str:
    more = len(names) - _LISTED
    listed = ", ".join(names[:_LISTED])
    return f"{listed}, and {more} more" if more > 0 else listed


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _unreachable(error: scoring.Unreachable) -> str:
    if error.reason.startswith(_UNTRUSTED):
        why = error.reason.removeprefix(f"{_UNTRUSTED}: ")
        return (
            f"This computer does not trust the endpoint's certificate ({why}). "
            "Send this to your IT; nothing was sent to the endpoint."
        )
    return f"The endpoint cannot be reached ({error.reason}). Check your connection and try again."


def _unknown(error: UnknownEndpoint) -> str:
    there = f"There are: {_list(error.known)}." if error.known else "There is none yet: click Add endpoint."
    return f"There is no endpoint '{cut(error.name, LONGEST_NAME)}'. {there}"


def _setting(error: SettingError) -> str:
    if not error.name:
        return f"The settings in {error.where} cannot be read: {error.wanted}. Correct the file or delete it."
    return f"The setting {error.name} in {error.where} is {shown(error.value)}; it must be {error.wanted}."


def _grid(error: GridError) -> str:
    where = f"{error.sheet}!{error.address}" if error.sheet and error.address else error.address or error.sheet
    return GRID[error.fault].format(at=f" ({where})" if where else "")


_NEW_KEY = "Ask your provider for a new one, then click Add endpoint and enter the same address with it."
_CLOSED = {
    scoring.Unauthorized.EXPIRED: "The endpoint has expired. Ask your provider for a longer term.",
    scoring.Unauthorized.QUOTA: "This month's quota of rows is used up. Ask your provider for more.",
}


def _unauthorized(error: scoring.Unauthorized) -> str:
    if error.code == error.REVOKED:
        since = f" on {day(error.at)}" if error.at else ""
        return f"Your key was revoked{since}. {_NEW_KEY}"
    refused = f"The endpoint refused your key: it was revoked, or belongs to another endpoint. {_NEW_KEY}"
    return _CLOSED.get(error.code, refused)


_SCORING: dict[type[Exception], Callable[[Any], str]] = {
    scoring.NoRows: lambda _: "There is no row below the headers. Select the rows to be scored.",
    scoring.MissingColumns: lambda e: (
        f"These columns are missing: {_list(e.missing)}. Found: {_list(e.found)}. Correct the headers, or choose "
        "another endpoint."
    ),
    scoring.DuplicateColumns: lambda e: (
        f"More than one column is called {_list(e.duplicates)}. Keep one of each, rename the others."
    ),
    scoring.MissingParameters: lambda e: (
        f"The endpoint needs a value for {_list(e.missing)}, which a workbook cannot give. Ask your provider "
        "for a default."
    ),
    scoring.Unauthorized: _unauthorized,
    scoring.NotFound: lambda _: (
        "The endpoint is gone: nothing answers at its address. Ask your provider whether it has moved."
    ),
    scoring.ProxySignIn: lambda _: (
        "Your company's proxy wants a sign-in (407). Click Refresh on the Sheetscore tab and enter your name and "
        "password, or send this to your IT."
    ),
    scoring.Rejected: lambda e: f"The endpoint refused the data: {e.message or e.code}.",
    scoring.TooLarge: lambda _: "One row is larger than the endpoint takes. Shorten its texts.",
    scoring.BadAnswer: lambda e: f"The endpoint's answer cannot be trusted ({e.reason}). Tell your provider.",
    scoring.Throttled: lambda _: "The endpoint is busy and stayed busy. Try again in a few minutes.",
    scoring.TimedOut: lambda e: f"The endpoint gave no answer in {e.seconds:g} seconds. Try again later.",
    scoring.Unreachable: _unreachable,
    scoring.ServerFailed: lambda e: (
        f"The endpoint failed ({e.status}). Try again later; if it stays, tell your provider."
    ),
    DevicesFull: lambda _: (
        "The endpoint has keys for as many computers as it takes. Ask your provider to remove some that are not used."
    ),
    DeviceTaken: lambda e: f"There is a key called '{e.device}' at this endpoint already.",
    RowsLost: lambda _: "The rows that came back are not the rows that were sent. Tell your provider.",
    AddressError: lambda e: ADDRESSES[e.fault],
}

_DESK: dict[type[Exception], Callable[[Any], str]] = {
    UnknownEndpoint: _unknown,
    NameTaken: lambda e: f"You have another endpoint called '{e.name}'. Choose another name.",
    VariableTaken: lambda e: (
        f"This name and that of your endpoint '{e.name}' make one environment variable for the key, {e.variable}. "
        "Choose a name with other letters or digits."
    ),
    NoKey: lambda e: (
        f"The key of '{e.name}' is not on this computer. Click Add endpoint and enter its address with your key."
    ),
    TokenRefused: lambda _: (
        "The host does not take this token: it is wrong, was revoked, or is not your company's. Ask your provider for "
        "a new one."
    ),
    NoSignIn: lambda _: (
        "Nothing at this address knows a sign-in. Ask your provider for the address, or use Add endpoint with an "
        "endpoint's own address and key."
    ),
    BadConnectionFile: lambda e: f"{e.name} is no connection file. Use the one from your provider as it came.",
    CodeRefused: lambda _: (
        "The code in the connection file was used already, or is older than 7 days. Ask your provider for a new file."
    ),
    NothingOwned: lambda _: "Your company has no endpoint there yet. Ask your provider to make one.",
    BadName: lambda _: f'A name has 1 to {LONGEST_NAME} characters, and none of " ; % |. Choose another name.',
    KeyStoreRefused: lambda e: (
        f"There is no safe place for keys here: {e.store} does not protect them. Have your IT set up the system's key "
        "store, or set the key as an environment variable (README: keys)."
    ),
    KeyStoreFailed: lambda e: (
        f"The system's key store did not answer ({e.store}: {e.reason}). Unlock it and try again."
    ),
    SettingError: _setting,
    CallsStopped: lambda e: (
        f"Calls are stopped, and {_rows(e.rows)} would have to be sent. Everything keeps its last scores. Click Stop "
        "calls again to allow them."
    ),
    GridError: _grid,
    InstallError: lambda e: INSTALL[e.fault].format(path=e.path),
}

ADDRESSES: dict[AddressFault, str] = {
    AddressFault.NOT_A_URL: "This is not an address. It begins with https:// and has a host.",
    AddressFault.NOT_HTTPS: "The address must begin with https://, or your key could be read on its way.",
    AddressFault.HAS_USER: "The address must not hold a user or password. Enter the key in its own field.",
    AddressFault.NOT_AN_ENDPOINT: "This is no endpoint's address. It looks like https://.../workspaces/.../services/...",
    AddressFault.KEY_NOT_ASCII: "The key or token holds characters that none has. Copy it again.",
}

GRID: dict[GridFault, str] = {
    GridFault.NO_WORKBOOK: "No workbook is open. Open one and select the rows to be scored.",
    GridFault.PROTECTED_VIEW: "The workbook is in Protected View. Click Enable Editing, then try again.",
    GridFault.BUSY: "Excel is busy: a cell is being edited or a window is open. Finish there, then try again.",
    GridFault.NOTHING_SELECTED: "Nothing is selected. Select the rows to be scored.",
    GridFault.CHART_SELECTED: "A chart or shape is selected. Click a cell of the rows to be scored.",
    GridFault.SEVERAL_AREAS: "Several areas are selected{at}. Select one.",
    GridFault.MERGED: "Cells are merged{at}. Unmerge them (Home, Merge & Center) and try again.",
    GridFault.NO_DATA: "There are no rows to be scored{at}. Select the rows, with their headers if there are any.",
    GridFault.NO_TABLE: "The active cell is in no table{at}. Click a cell of the table, or use Score selection.",
    GridFault.SEVERAL_TABLES: "There is more than one table{at}. Click a cell of the one that is meant.",
    GridFault.SHEET_GONE: "The sheet is not there any more{at}: it was deleted or renamed.",
    GridFault.SHEET_PROTECTED: "The sheet is protected{at}. Unprotect it (Review, Unprotect Sheet) and try again.",
    GridFault.STRUCTURE_PROTECTED: (
        "The workbook's structure is protected, so no sheet can be added. Unprotect it (Review, Protect Workbook) and "
        "try again."
    ),
    GridFault.FORMULAS: "Formulas stand{at}; they are never overwritten. Choose another place.",
    GridFault.NO_ROOM: "There is no room for the results{at}. Choose another place.",
}

INSTALL: dict[InstallFault, str] = {
    InstallFault.NO_EXCEL_HERE: "Excel runs on Windows and macOS; the add-in is installed there. This is {path}.",
    InstallFault.EXCEL_NEVER_STARTED: "Excel has not made its folders yet ({path}). Start Excel once, then try again.",
    InstallFault.STORE_PYTHON: (
        "This Python is from the Microsoft Store ({path}): Windows hides from Excel what it writes. Install Python "
        "from python.org, for yourself alone, and begin again with it."
    ),
    InstallFault.NOT_THE_FILE: "{path} is not the file that was wanted: its SHA-256 is another. Nothing was changed.",
    InstallFault.FILE_VANISHED: (
        "{path} was written, and is gone or changed: a virus scanner may have taken it. Ask your IT to allow it; "
        "sheetscore addin doctor --report FILE makes a report for them."
    ),
    InstallFault.FILE_IN_USE: "{path} is in use. Quit Excel, all windows of it, and try again.",
    InstallFault.REFUSED: (
        "This account may not write {path}. On macOS, allow it when asked, or give the terminal Full Disk Access "
        "(System Settings, Privacy & Security); elsewhere ask your IT."
    ),
    InstallFault.PATH_UNSPEAKABLE: (
        "Excel cannot be told where this Python is: {path}. Make the environment in a folder whose name has plain "
        "letters."
    ),
    InstallFault.NO_LIBRARY: "{path} is missing. Run: pip install --force-reinstall --no-deps xlwings",
}

LINES: dict[LineFault, str] = {
    LineFault.NOT_READABLE: "it cannot be read",
    LineFault.BAD_NAME: "its name cannot be used",
    LineFault.BAD_ADDRESS: "its address cannot be used",
    LineFault.TWICE: "its name or address stands above already",
}

_ROOMS: dict[str, Callable[[Any], str]] = {
    "addin.actions.errors.NoEndpoint": lambda e: (
        "No endpoint is chosen. Choose one in the list on the Sheetscore tab."
        if e.known
        else "There is no endpoint yet. Click Add endpoint."
    ),
    "addin.actions.errors.NotScored": lambda _: "Nothing was scored here yet. Use Score selection first.",
    "addin.actions.errors.NothingToUndo": lambda _: "There is nothing to undo in this workbook.",
    "addin.dialogs.screen.NoWindows": lambda e: (
        f"The window could not be shown ({e.reason}). Try again; if it stays so, run: sheetscore addin doctor."
    ),
    "addin.excel.errors.BuildError": lambda e: (
        f"The add-in file could not be built ({e.part}: {cut(e.anchor, 100)} is there {e.found} times). Its parts do "
        "not fit together: install Sheetscore again."
    ),
    "addin.formulas.errors.FormulaError": lambda e: FORMULAS[e.fault].format(
        argument=e.argument, found=e.found, wanted=f"{e.wanted:g}"
    ),
    "addin.formulas.errors.UnknownOutput": lambda e: (
        f"The endpoint has no output '{cut(e.name, LONGEST_NAME)}'. It has: {_list(e.known)}."
    ),
}


FORMULAS: dict[str, str] = {
    "no-endpoint": (
        "No endpoint is named in the formula and none is chosen. Choose one in the list on the Sheetscore tab."
    ),
    "several-areas": "A reference is of several areas. Give one rectangle of cells.",
    "bad-argument": "The argument '{argument}' cannot be used. README says what it may hold.",
    "headers-width": "There are {found} headers for {wanted} columns of data. Give one header for each column.",
    "column-count": (
        "There are no headers, so columns go by their position, and there are {found} for the endpoint's {wanted} "
        "inputs. Give the headers (fourth argument), or exactly the inputs in their order."
    ),
    "headers-unknown": (
        "The first row reads like headers, and these inputs are not among them: {argument}. Correct the headers, or "
        "give FALSE as the fourth argument if the first row is data, its columns in the order of the inputs."
    ),
    "late": ("Not scored within {wanted} seconds. The work goes on: calculate the cell again in a while (F2, Enter)."),
    "blank-row": "Nothing stands in this row.",
    "not-calculated": (
        "Nothing is known of this cell since Excel was opened. Calculate its formula again (F2, Enter)."
    ),
    "data-changed": "The row holds something else than what was scored. Calculate the formula again (F2, Enter).",
    "unexpected": "Something went wrong that nobody foresaw. The log says more (button Log).",
}


def bad_line(line: BadLine) -> str:
    """A line of the list of endpoints that is left out."""
    return f"Line {line.number} of the list of endpoints is left out: {LINES[line.fault]}."


def explain(error: Exception, *, sheet: bool = True) -> str:
    """What happened and what to do now, at most as long as a message box shows.

    `sheet`: also say that the sheet is unchanged, which holds for whatever an action raises. An error that nobody
    foresaw is called that; its own text can hold anything.
    """
    words = cut(_words(error), LONGEST)
    return f"{words} {UNCHANGED}" if sheet else words


def _words(error: Exception) -> str:
    for kind in type(error).__mro__:
        words = _SCORING.get(kind) or _DESK.get(kind) or _ROOMS.get(f"{kind.__module__}.{kind.__qualname__}")
        if words:
            return words(error)
    if isinstance(error, OSError) and error.strerror:
        return f"The computer did not allow it ({error.strerror}). Try again; the log says more."
    return "Something went wrong that nobody foresaw. The log says more (button Log)."
