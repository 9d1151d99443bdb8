"""How Excel's VBA is told where this Python is.

It reads the path from a text file: on Windows in the computer's code page, on macOS in whatever encoding. On Windows it
looks for the file with GetAttr and for the library beside it with LoadLibraryA, both in the code page too.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from addin.install.errors import InstallError, InstallFault
from addin.install.system import System

_STORE = re.compile(r"[\\/]WindowsApps[\\/]", re.IGNORECASE)


def interpreter(system: System) -> Path:
    """This Python, not its twin without a console: the server of xlwings wants the one with.

    Raises InstallError for a Python from the Microsoft Store: Windows gives it a private copy of %APPDATA%, so that
    Excel would see nothing of what it installs.
    """
    if system.windows and _STORE.search(str(system.python_home)):
        raise InstallError(InstallFault.STORE_PYTHON, system.python_home)
    if system.windows and system.python.name.lower() == "pythonw.exe":
        return system.python.with_name("python.exe")
    return system.python


def spoken(path: Path, system: System) -> str | None:
    """The path as VBA can be told it, in its short 8.3 form if need be; None if there is no way.

    On macOS `|` parts what the VBA hands to the script.
    """
    if not system.windows:
        return str(path) if re.fullmatch(r"[ -~]+", str(path)) and not set('"|\\') & set(str(path)) else None
    return next((str(form) for form in (path, system.short(path)) if _sayable(str(form), system)), None)


def launcher(path: Path) -> bytes:
    """A shell script at a plain path that becomes the Python at a path with other letters (macOS)."""
    return f'#!/bin/sh\nexec {shlex.quote(str(path))} "$@"\n'.encode()


def _sayable(text: str, system: System) -> bool:
    try:
        text.encode(system.code_page)
    except UnicodeEncodeError:
        return False
    return '"' not in text
