"""Puts the add-in where Excel loads it, and points it at this Python. Needs no administrator; may be run again."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from addin import paths
from addin.conf import drop_down, update_conf
from addin.entries import names, read_entries
from addin.install.errors import InstallError, InstallFault
from addin.install.interpreter import interpreter, launcher, spoken
from addin.install.libraries import missing_libraries, script
from addin.install.places import Places, places
from addin.install.record import Record, load
from addin.install.system import System
from addin.settings import TABLE
from worker import __version__


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done. `before` is the version that was replaced, blank if there was none; `excel_runs` says that Excel
    must be started anew to see it.
    """

    xlam: Path
    sha256: str
    before: str
    excel_runs: bool


def install(system: System, source: Path, *, wanted: str = "", signed: bool = False) -> Installed:
    """Install the add-in file `source`; everything else comes with this Python.

    `wanted` is the SHA-256 it must have, if that is known from elsewhere; `signed` says that it is the company's own
    signed copy. What is there already and is the same stays untouched, so that it works while Excel runs. Raises
    InstallError; whatever was put in place before stays, and a second run completes it.
    """
    goal = places(system)
    content = source.read_bytes()
    sha256 = digest(content)
    if wanted and sha256 != wanted.strip().lower():
        raise InstallError(InstallFault.NOT_THE_FILE, source)
    python = interpreter(system)
    said, helper = _speech(system, goal, python)
    extra = dict(helper)
    if system.windows:
        extra |= {target: found.read_bytes() for target, found in missing_libraries(python, system).items()}
    if goal.script:
        extra[goal.script] = script().read_bytes()
    before = load(goal.record)
    _put(goal.xlam, content)
    made = [path for path, data in extra.items() if _put(path, data)]
    for path in helper:
        path.chmod(0o700)
    Record(__version__, sha256, signed, _all_made(before, made)).save(goal.record)
    if not goal.settings.exists():
        _put(goal.settings, default_settings())
    with refusals(goal.conf):
        update_conf(goal.conf, {**conf_keys(system, said), **_ribbon(goal.folder)})
    excel_runs = system.excel_runs
    if not goal.xlam.is_file() or digest(goal.xlam.read_bytes()) != sha256:
        raise InstallError(InstallFault.FILE_VANISHED, goal.xlam)
    return Installed(goal.xlam, sha256, before.version if before else "", excel_runs)


def digest(content: bytes) -> str:
    """A SHA-256 as hex digits."""
    return hashlib.sha256(content).hexdigest()


def conf_keys(system: System, said: str) -> dict[str, str]:
    """What the VBA reads from its settings file to find this Python. Nothing else is configured there."""
    return {"INTERPRETER_WIN" if system.windows else "INTERPRETER_MAC": said}


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """A refused access as an InstallError: Windows says 'access denied' for a file in use, macOS guards the folders of
    other programs with EPERM where files are simply not ours with EACCES.
    """
    try:
        yield
    except PermissionError as error:
        in_use = os.access(path, os.W_OK) and error.errno != errno.EPERM
        raise InstallError(InstallFault.FILE_IN_USE if in_use else InstallFault.REFUSED, path) from None


def _speech(system: System, goal: Places, python: Path) -> tuple[str, dict[Path, bytes]]:
    """How the VBA is told of the interpreter, and the file needed for it, if one is."""
    said, helper = spoken(python, system), {}
    if said is None and goal.launcher is not None:
        said, helper = spoken(goal.launcher, system), {goal.launcher: launcher(python)}
    if said is None:
        raise InstallError(InstallFault.PATH_UNSPEAKABLE, python)
    return said, helper


def _put(path: Path, content: bytes) -> bool:
    """Write a file unless it is the same already; whether there was none before."""
    with refusals(path):
        with suppress(FileNotFoundError):
            if path.read_bytes() == content:
                return False
        new = not path.exists()
        paths.write_whole(path, content)
        return new


def default_settings() -> bytes:
    """A settings file that changes nothing and shows everything that can be changed."""
    lines = ["# Settings of the Sheetscore add-in. Take away a # and change the value. They count at the next click.\n"]
    lines += [f"\n# {setting.help}\n# {setting.name} = {setting.default}\n" for setting in TABLE]
    return "".join(lines).encode()


def _ribbon(folder: Path) -> dict[str, str | None]:
    """Drop-down and Stop calls as the person's own files have them: the file that the VBA reads may have been lost with
    an older Excel.
    """
    found = read_entries(folder)
    listed = drop_down(names(found.entries), found.selected) if found.entries else {}
    return {**listed, "STOPPED": "1" if paths.stop_file(folder).exists() else None}


def _all_made(before: Record | None, made: list[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(before.made if before else ()), *map(str, made)]))
