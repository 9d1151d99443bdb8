"""Every setting of the analyst in one table: name, default, one line of help. README shows the same table.

A value is looked up in the environment (`SHEETSCORE_<NAME>`), then in `settings.toml` in the user folder, then here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from addin.conf import update_conf
from addin.errors import AddinError
from addin.paths import only_one, settings_file, stop_file, write_whole


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. The default's type is the setting's type; `least` is the smallest number allowed."""

    name: str
    default: int | float
    help: str
    least: float = 0


TABLE = (
    Setting("confirm_rows", 20_000, "more rows than this are scored only after a question"),
    Setting("function_seconds", 30.0, "how long a worksheet function may take before it gives up", 1),
    Setting("version_seconds", 60.0, "how long the model version that an endpoint told is believed"),
    Setting("cache_mb", 200, "how large the file of scores already paid for may grow, in MB", 1),
)


class SettingError(AddinError):
    """A setting that cannot be used. `where` is the file or variable it was read from; `name` is blank when the file
    as a whole cannot be read; `wanted` are the names or bounds that are allowed, or what is wrong.
    """

    def __init__(self, where: str, name: str, value: object, wanted: str) -> None:
        super().__init__(f"{name or 'settings'} ({where}): {wanted}")
        self.where = where
        self.name = name
        self.value = value
        self.wanted = wanted


class Settings:
    """The values in force for one person. `settings.cache_mb`, `settings["cache_mb"]`. Raises SettingError.

    `conf` is the file that the add-in's VBA reads: on macOS it sees no other of ours.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ, conf: Path | None = None) -> None:
        self._folder = folder
        self._conf = conf or folder / "sheetscore.conf"
        self._switch = stop_file(folder)
        file = settings_file(folder)
        stored = _load(file)
        known = [setting.name for setting in TABLE]
        for name in stored:
            if name not in known:
                raise SettingError(str(file), name, stored[name], f"known are {', '.join(known)}")
        self._values: dict[str, Any] = {}
        for setting in TABLE:
            variable = f"SHEETSCORE_{setting.name.upper()}"
            where, value = str(file), stored.get(setting.name, setting.default)
            if variable in environ:
                where, value = variable, environ[variable]
            self._values[setting.name] = _convert(setting, value, where)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typed by TABLE
        return self._values[name]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - typed by TABLE
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def stopped(self) -> bool:
        """Whether calls are stopped, as it stands now, by whichever process."""
        return self._switch.exists()

    def stop_calls(self, *, stopped: bool) -> None:
        """Stop all scoring calls of this person, in every workbook and process, or allow them again; the ribbon is told
        as STOPPED. Raises OSError.
        """
        with only_one(self._folder):
            if stopped:
                write_whole(self._switch, b"")
            else:
                self._switch.unlink(missing_ok=True)
            update_conf(self._conf, {"STOPPED": "1" if stopped else None})


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))  # Notepad puts a mark before the text
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(str(file), "", None, str(error)) from None


def _convert(setting: Setting, value: Any, where: str) -> int | float:  # noqa: ANN401 - checked here
    kind = type(setting.default)
    wanted = f"{'a whole number' if kind is int else 'a number'}, {setting.least:g} or more"
    try:
        number = float(value) if kind is float else int(str(value))
    except (TypeError, ValueError):
        raise SettingError(where, setting.name, value, wanted) from None
    if isinstance(value, bool) or not setting.least <= number < float("inf"):
        raise SettingError(where, setting.name, value, wanted)
    return number
