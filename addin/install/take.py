"""Takes the add-in out again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from addin.conf import read_conf, update_conf
from addin.install.places import Places, places
from addin.install.put import conf_keys, default_settings, refusals
from addin.install.record import load
from addin.install.system import System


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken away; `excel_runs` says that Excel shows the add-in until it is closed."""

    files: tuple[Path, ...]
    excel_runs: bool


def remove(system: System) -> Removed:
    """Undo what `install` did, and nothing else: endpoints, their keys, scores and changed settings stay.

    Raises InstallError when Excel holds the file open.
    """
    goal = places(system)
    record = load(goal.record)
    doomed = [goal.xlam, *map(Path, record.made if record else ()), goal.record]
    if goal.settings.is_file() and goal.settings.read_bytes() == default_settings():
        doomed.append(goal.settings)
    gone = [path for path in doomed if _unlink(path)]
    if _forget(goal, system):
        gone.append(goal.conf)
    with suppress(OSError):  # files of the person keep it
        goal.folder.rmdir()
    return Removed(tuple(gone), system.excel_runs)


def _unlink(path: Path) -> bool:
    with refusals(path), suppress(FileNotFoundError):
        path.unlink()
        return True
    return False


def _forget(goal: Places, system: System) -> bool:
    """Take our keys out of the settings file of the VBA; whether nothing was left of it."""
    with refusals(goal.conf):
        if goal.conf.is_file():
            blank = [key for key, value in read_conf(goal.conf).items() if not value]
            update_conf(goal.conf, dict.fromkeys([*conf_keys(system, ""), *blank]))
            return not read_conf(goal.conf) and _unlink(goal.conf)
    return False
