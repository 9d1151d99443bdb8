"""What is taken from the VBA that xlwings ships: its library's declarations and six procedures, word for word.

Everything else of it stays out, above all what lets a workbook decide which code runs: settings from its sheets or its
folder, that folder and the workbook itself (a zip) on sys.path, code on sheets named *.py, RunPython for any text from
any cell, cmd.exe (looked for in the current folder first), and the workbook's name or path inside a command.
"""

from __future__ import annotations

import re

from addin.excel.errors import BuildError

VERSION = "0.37.8"
"""The version of xlwings whose VBA was read and reviewed."""

_TAKEN = (
    "XLPy",
    "ParentFolder",
    "FileExists",
    "FileExistsOnWindows",
    "FileOrFolderExistsOnMac",
    "GetConfigFromFile",
)

# The declarations move into a class, where all must be private.
_EDITS = (
    ('#Const App = "Microsoft Excel" \'Adjust when using outside of Excel\n', "", 1),
    (f"'Version: {VERSION}\n", f"' Parts of xlwings {VERSION}:\n", 1),
    ("        Declare PtrSafe Function", "        Private Declare PtrSafe Function", 4),
    ("        Const XLPyDLLName As String", "        Private Const XLPyDLLName As String", 1),
    ("    Declare Function XLPyDLLVersion", "    Private Declare Function XLPyDLLVersion", 1),
    ("Public Const XLWINGS_VERSION As String", "Private Const XLWINGS_VERSION As String", 1),
)

_HEADLINE = ("'--- xlwings' own procedures, as they are " + "-" * 60, "")

# What must not be in the outcome, however it came there.
_NEVER = (
    "ADD_WORKBOOK_TO_PYTHONPATH",
    "ActiveWorkbook",
    "CONDA",
    "DEBUG UDFS",
    "ExpandEnvironmentStrings",
    "GetConfigFromSheet",
    "LICENSE_KEY",
    "Public Const",
    "RunFrozenPython",
    "TEMP DIR",
    "WScript",
    "cmd.exe",
    "prepare_sys_path",
    "xlwings.pro",
    '".py"',
)


def bridge(stock: str, own: str) -> str:
    """The text of the class Bridge: declarations of `stock`, the xlwings module of its template; `own`; procedures of
    `stock`. VBA wants all declarations before the first procedure, so `own` begins with its own.

    Raises BuildError if anything looked for is not there exactly as often as it was in the version reviewed.
    """
    stock = stock.replace("\r\n", "\n")
    head, mark, _ = stock.partition('Public Const PROJECT_NAME As String = "myaddin"\n')
    if not mark or "distributed under a BSD 3-clause license" not in head:
        raise BuildError("xlwings declarations", "Public Const PROJECT_NAME", 0)
    head = re.sub(r"\A(Attribute .*\n)*", "", head)
    for old, new, times in _EDITS:
        if head.count(old) != times:
            raise BuildError("xlwings declarations", old.strip(), head.count(old))
        head = head.replace(old, new)
    taken = [_procedure(stock, name) for name in _TAKEN]
    text = "\n".join(["Option Explicit\n", head.rstrip(), "", own.strip(), "", *_HEADLINE, *taken])
    refuse_holes(text)
    return text


def refuse_holes(text: str) -> None:
    """Raise BuildError if VBA text has, outside its comments, any of the ways in that must stay out."""
    code = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("'")).lower()
    for word in _NEVER:
        if word.lower() in code:
            raise BuildError("class Bridge", word, code.count(word.lower()))


def _procedure(stock: str, name: str) -> str:
    found = re.findall(rf"^(Function {name}\(.*?^End Function\n)", stock, re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        raise BuildError("xlwings procedures", f"Function {name}", len(found))
    return str(found[0])
