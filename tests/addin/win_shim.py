"""xlwings' own Windows code in this process, with only pywin32 and the Windows parts of ctypes made up.

with windows() as excel:
    excel.call("SCORE", ComRange(...), MISSING, ..., origin)   # what the add-in's VBA gets

Nothing of it is left behind: the modules of before, xlwings among them, are put back.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

FRESH = ("xlwings", "addin.functions")
"""Modules that are another under Windows: they are imported anew, and forgotten again."""


class ComTime(dt.datetime):
    """pywintypes.datetime: a subclass of datetime."""


class ComError(Exception):
    """pywintypes.com_error."""

    hresult = 0


@dataclass(frozen=True)
class Windows:
    """xlwings with its Windows engine and UDF server, and our functions imported by it."""

    functions: ModuleType
    udfs: ModuleType
    server: Any

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a worksheet function as the add-in's VBA does; the last argument is the calling cell."""
        return self.server.CallUDF("addin.functions", name, arguments, None, arguments[-1])

    def wrapper(self) -> str:
        """The VBA that xlwings would write for our functions."""
        text = StringIO()
        self.udfs.generate_vba_wrapper("addin.functions", self.functions, text, SimpleNamespace(Name="x.xlam"))
        return text.getvalue()


@contextmanager
def windows() -> Iterator[Windows]:
    """What xlwings is on Windows, for the time of a with block."""
    importlib.import_module("addin.formulas.opening")  # what the functions stand on is the same on every system
    before, addin = dict(sys.modules), importlib.import_module("addin")
    functions = addin.__dict__.pop("functions", None)
    for name in before:
        if name in FRESH or name.startswith("xlwings."):
            del sys.modules[name]
    sys.modules.update(_pywin32())
    try:
        with _on_windows():
            importlib.import_module("xlwings")
            udfs = importlib.import_module("xlwings.udfs")
            server = importlib.import_module("xlwings.com_server").XLPython()
        yield Windows(importlib.import_module("addin.functions"), udfs, server)
    finally:
        for name in set(sys.modules) - set(before):
            if name.startswith(("xlwings", "pywintypes", "pythoncom", "win32")) or name in FRESH:
                del sys.modules[name]
        sys.modules.update(before)
        addin.__dict__.pop("functions", None)
        if functions is not None:
            addin.__dict__["functions"] = functions


@contextmanager
def _on_windows() -> Iterator[None]:
    """While xlwings is imported: it looks at the platform then, and binds functions of Windows' libraries."""
    platform, library = sys.platform, ctypes.PyDLL
    windows = dict.fromkeys(("oledll", "windll", "PyDLL"))
    for name in windows:
        setattr(ctypes, name, MagicMock())
    sys.platform = "win32"
    try:
        yield
    finally:
        sys.platform = platform
        ctypes.PyDLL = library
        del ctypes.oledll, ctypes.windll


def _pywin32() -> dict[str, ModuleType]:
    def unwrap(_value: Any) -> Any:
        raise ComError

    def same(thing: Any, **_how: Any) -> Any:
        return thing

    kinds = {name: type(name, (), {}) for name in ("CDispatch", "CoClassBaseClass", "DispatchBaseClass")}
    utc = SimpleNamespace(utc=lambda: dt.UTC)
    contents: dict[str, dict[str, Any]] = {
        "pywintypes": {"TimeType": ComTime, "com_error": ComError, "error": ComError, "IID": lambda text: text},
        "pythoncom": {"__file__": "", "CoInitialize": lambda *_: None, "IID_IDispatch": 0, "TypeIIDs": {0: ComError}},
        "win32com": {"__path__": []},
        "win32com.client": {"Dispatch": same, "DispatchEx": same, "gencache": MagicMock(), **kinds},
        "win32com.server": {"__path__": []},
        "win32com.server.dispatcher": {},
        "win32com.server.policy": {},
        "win32com.server.util": {"unwrap": unwrap},
        "win32timezone": {"TimeZoneInfo": utc},
        "win32process": {"GetWindowThreadProcessId": lambda _window: (1, 1)},
    }
    contents |= {name: {} for name in ("win32api", "win32con", "win32gui", "win32event")}
    modules = {name: _module(name, names) for name, names in contents.items()}
    for name, module in modules.items():
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, module)
    return modules


def _module(name: str, names: dict[str, Any]) -> ModuleType:
    """A module with these names; any other that xlwings binds while it is imported is a mock."""
    module = ModuleType(name)
    module.__dict__.update(names)
    module.__dict__["__getattr__"] = _anything(name)
    return module


def _anything(module: str) -> Callable[[str], Any]:
    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=f"{module}.{name}")

    return get
