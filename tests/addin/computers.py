"""Made-up computers: what Windows and macOS look like to the installer, in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from addin.install import System
from addin.install.libraries import library_names, xlwings_version
from worker import __version__

VERSIONS = f"{__version__} {xlwings_version()}\n"
XLAM = b"PK a file that stands for the add-in"
XLSTART = "AppData/Roaming/Microsoft/Excel/XLSTART"
STARTUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"


@dataclass
class Computer:
    """One person's computer; `says` are outputs of its programs by their first word, `keys` its registry."""

    home: Path
    system: System
    xlam: Path
    says: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def tree(self) -> dict[str, bytes]:
        """Every file of the person, with its content."""
        return {str(p.relative_to(self.home)): p.read_bytes() for p in sorted(self.home.rglob("*")) if p.is_file()}

    def but(self, **facts: Any) -> Computer:
        """The same computer with another fact."""
        return replace(self, system=replace(self.system, **facts))


def windows(root: Path, *, user: str = "ana", environment: str = "AppData/Local/Sheetscore", **facts: Any) -> Computer:
    """Windows with a virtual environment in which pip put the libraries, as it does, at the root."""
    home = root / "Users" / user
    prefix = home / environment
    python = make(prefix / "Scripts" / "python.exe")
    for name in library_names():
        make(prefix / name, name.encode())
    environ = {"USERPROFILE": str(home), "APPDATA": str(home / "AppData" / "Roaming")}
    given = {"code_page": "cp1253", "python_home": root / "Python312", "data": (prefix,)} | facts
    return _computer(
        home, home / XLSTART / "sheetscore.xlam", platform="win32", environ=environ, python=python, **given
    )


def mac(root: Path, *, environment: str = "sheetscore", **facts: Any) -> Computer:
    """MacOS where Excel has been started once."""
    home = root / "Users" / "ana"
    for made_by_excel in ("Library/Group Containers/UBF8T346G9.Office", "Library/Containers/com.microsoft.Excel/Data"):
        (home / made_by_excel).mkdir(parents=True)
    python = make(home / environment / "bin" / "python3")
    given = {"code_page": "utf-8", "python_home": root / "opt"} | facts
    environ = {"HOME": str(home)}
    return _computer(
        home, home / STARTUP / "sheetscore.xlam", platform="darwin", environ=environ, python=python, **given
    )


def make(file: Path, content: bytes = b"") -> Path:
    """A file with all the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def _computer(home: Path, xlam: Path, **facts: Any) -> Computer:
    says: dict[str, str] = {}
    keys: dict[str, Mapping[str, object]] = {}
    programs: dict[str, Callable[..., Any]] = {
        "registry": lambda key: keys.get(key, {}),
        "run": lambda words: _said(says, words),
    }
    return Computer(home, System(**programs | facts), xlam, says, keys)


def _said(says: Mapping[str, str], words: Sequence[str]) -> str:
    return says.get(words[0], "")


class Credentials(KeyringBackend):
    """A key store that goes by the name of Windows' own and does as it is told."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, kept: dict[str, str] | None = None, *, forgetful: bool = False) -> None:
        self.kept = kept if kept is not None else {}
        self.forgetful = forgetful
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        return None if self.forgetful else self.kept.get(service)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.locked:
            raise KeyringLocked(service)
        self.kept.pop(service, None)


Credentials.__module__, Credentials.__qualname__ = "keyring.backends.Windows", "WinVaultKeyring"
