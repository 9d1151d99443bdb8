"""LibreOffice's Python bridge, imported without the rest of the system's Python packages."""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_SYSTEM_PACKAGES = Path("/usr/lib/python3/dist-packages")


def soffice() -> Path | None:
    """The office program itself, not the script in front of it; None without LibreOffice."""
    found = shutil.which("soffice")
    return Path(found).resolve().parent / "soffice.bin" if found else None


@functools.cache
def missing() -> str | None:
    """Why LibreOffice cannot be driven from this Python; None when it can."""
    program = soffice()
    if program is None or not program.exists():
        return "LibreOffice is not installed: no soffice on the path"
    if _source() is None:
        return "python3-uno is not installed: no uno.py beside LibreOffice or in the system's Python"
    with _only_uno() as folder:
        command = [sys.executable, "-c", _TRY, folder, str(program.parent)]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"python3-uno does not fit Python {sys.version.split()[0]}: {tried.stderr.strip()[-200:]}"
    return None


@functools.cache
def uno() -> ModuleType:
    """The module uno. Its hook on `import` and its paths are taken back out, so that nothing else sees them."""
    path, importer, program = list(sys.path), builtins.__import__, soffice()
    with _only_uno() as folder:
        sys.path[:0] = [folder, *([str(program.parent)] if program else [])]
        try:
            return importlib.import_module("uno")
        finally:
            sys.path[:] = path
            builtins.__import__ = importer


@functools.cache
def constant(name: str) -> int:
    """The value of one of LibreOffice's constants: "util.NumberFormat.DATE"."""
    return int(uno().getConstantByName(f"com.sun.star.{name}"))


def enum(kind: str, name: str) -> Any:
    """One name of one of LibreOffice's enumerations: "sheet.FillDirection", "TO_BOTTOM"."""
    return uno().Enum(f"com.sun.star.{kind}", name)


def struct(kind: str, **fields: Any) -> Any:
    """One of LibreOffice's structs with these fields: "table.CellAddress"."""
    made = uno().createUnoStruct(f"com.sun.star.{kind}")
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def properties(**values: Any) -> tuple[Any, ...]:
    """Named arguments as LibreOffice takes them when it opens or stores a file."""
    return tuple(struct("beans.PropertyValue", Name=name, Value=value) for name, value in values.items())


def typed_sequence(kind: str, values: Sequence[Any]) -> Any:
    """A sequence whose type LibreOffice cannot guess, of one of its structs: "sheet.TableFilterField3"."""
    return uno().Any(f"[]com.sun.star.{kind}", tuple(values))


def call_with(target: Any, method: str, *arguments: Any) -> Any:
    """Call a method with arguments that hold a `typed_sequence`."""
    return uno().invoke(target, method, arguments)


_TRY = "import sys; sys.path[:0] = sys.argv[1:]; import uno; uno.getComponentContext()"


def _source() -> Path | None:
    program = soffice()
    places = ([program.parent] if program else []) + [_SYSTEM_PACKAGES]
    return next((place for place in places if (place / "uno.py").exists()), None)


@contextlib.contextmanager
def _only_uno() -> Iterator[str]:
    """A folder that holds the bridge and nothing else of the system's Python."""
    source = _source()
    if source is None:
        raise ModuleNotFoundError("uno")
    with tempfile.TemporaryDirectory(prefix="uno-") as folder:
        for name in ("uno.py", "unohelper.py"):
            (Path(folder) / name).symlink_to(source / name)
        yield folder
