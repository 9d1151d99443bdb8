"""What is taken from the VBA that xlwings ships: its library's declarations and five procedures, word for word.

Everything else of it stays out, above all what lets a workbook decide which code runs: settings from a sheet or a folder,
the workbook's folder and zip on sys.path, code on sheets named *.py, RunPython for any text from any cell, command lines
through cmd.exe (looked for in the current folder first), and file names inside shell commands.
"""

from __future__ import annotations

import re

from addin.excel.errors import BuildError

VERSION = "0.37.8"
"""The version of xlwings whose VBA this was read and reviewed in."""

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
    (
        f'Public Const XLWINGS_VERSION As String = "{VERSION}"',
        f'Private Const XLWINGS_VERSION As String = "{VERSION}"',
        1,
    ),
)

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
    """The text of the class Bridge: what is taken from `stock`, the xlwings module of its template, then `own`.

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
    text = "\n".join(
        ["Option Explicit\n", head.rstrip(), "", *(_procedure(stock, name) for name in _TAKEN), own.strip(), ""]
    )
    code = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("'"))
    for word in _NEVER:
        if word.lower() in code.lower():
            raise BuildError("class Bridge", word, code.lower().count(word.lower()))
    return text


def _procedure(stock: str, name: str) -> str:
    found = re.findall(rf"^(Function {name}\(.*?^End Function\n)", stock, re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        raise BuildError("xlwings procedures", f"Function {name}", len(found))
    return str(found[0])
