"""The computer that the add-in is put on, as a value: handed in, so that Windows and macOS can be tried anywhere."""

from __future__ import annotations

import ctypes
import locale
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

Registry = Callable[[str], Mapping[str, object]]
"""The values of a key such as `HKCU\\Software\\X`, by their names in lower case; nothing where there is no such key."""


def _no_registry(_key: str) -> Mapping[str, object]:
    return {}


def _same(path: Path) -> Path:
    return path


@dataclass(frozen=True, slots=True)
class System:
    """What installing needs to know of a computer.

    `platform` as in `sys.platform`; `python` is the interpreter to be used and `python_home` the installation behind
    its environment; `data` are the folders where pip puts data files; `code_page` is the encoding in which VBA reads
    text files; `run` gives what a program prints, nothing if it fails; `short` the 8.3 form of a path on Windows.
    """

    platform: str
    environ: Mapping[str, str]
    python: Path
    python_home: Path
    data: tuple[Path, ...] = ()
    code_page: str = "ascii"
    registry: Registry = field(default=_no_registry)
    run: Callable[[Sequence[str]], str] = field(default=lambda _words: "")
    short: Callable[[Path], Path] = field(default=_same)

    @property
    def windows(self) -> bool:
        """Whether it is Windows."""
        return self.platform == "win32"

    @property
    def mac(self) -> bool:
        """Whether it is macOS."""
        return self.platform == "darwin"

    @property
    def excel_runs(self) -> bool:
        """Whether Excel is open now, as far as the operating system says."""
        if self.windows:
            return "excel.exe" in self.run(["tasklist", "/NH", "/FI", "IMAGENAME eq EXCEL.EXE"]).lower()
        return self.mac and bool(self.run(["pgrep", "-x", "Microsoft Excel"]).strip())


def this_system() -> System:
    """The computer this runs on."""
    return System(
        platform=sys.platform,
        environ=os.environ,
        python=Path(sys.executable),
        python_home=Path(sys.base_prefix),
        data=tuple({Path(sysconfig.get_path("data")), Path(sysconfig.get_path("data", _user_scheme()))}),
        code_page=locale.getencoding(),
        registry=_windows_registry,
        run=_output,
        short=_short,
    )


def _user_scheme() -> str:
    return sysconfig.get_preferred_scheme("user")


def _output(words: Sequence[str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        ran = subprocess.run(list(words), capture_output=True, check=False, timeout=20, stdin=subprocess.DEVNULL)
        return ran.stdout.decode("ascii", "replace")
    return ""


def _windows_registry(key: str) -> Mapping[str, object]:
    if sys.platform != "win32":
        return {}
    import winreg  # noqa: PLC0415 - there on Windows only

    hive, _, path = key.partition("\\")
    root = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}[hive]
    with suppress(OSError), winreg.OpenKey(root, path) as opened:
        values = [winreg.EnumValue(opened, number) for number in range(winreg.QueryInfoKey(opened)[1])]
        return {name.lower(): value for name, value, _ in values}
    return {}


def _short(path: Path) -> Path:
    if sys.platform != "win32":
        return path
    room = ctypes.create_unicode_buffer(32_768)
    found = ctypes.windll.kernel32.GetShortPathNameW(str(path), room, len(room))
    return Path(room.value) if found else path
