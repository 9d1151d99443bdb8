"""Every setting in one table: name, default, one line of help. `--help`, README and the portal read the same table.

A value is looked up in the environment (`SHEETSCORE_<NAME>`), then in `<home>/settings.toml`, then here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. The default's type is the setting's type; numbers are from `least` to `most`."""

    name: str
    default: int | float | str
    help: str
    least: float = 0
    most: float = float("inf")


TABLE = (
    Setting("database", "", "SQLAlchemy address of the store; empty means <home>/sheetscore.db (SQLite)"),
    Setting("host", "127.0.0.1", "address to listen on; one that others reach needs a token and TLS or a proxy"),
    Setting("port", 8765, "port to listen on; 0 takes a free one", most=65535),
    Setting("public_url", "", "what customers see in front of the host's paths, as https://scores.example.com/base"),
    Setting("allowed_hosts", "", "names, by commas, that the host answers to besides this machine's and public_url's"),
    Setting("behind_proxy", "", "addresses, by commas, of the proxies whose X-Forwarded headers are believed"),
    Setting("cors_origins", "", "origins, by commas, whose pages may score from a browser, as https://app.example.com"),
    Setting("tls_certificate", "", "PEM file with the certificate, and those up to its root; serves https"),
    Setting("tls_key", "", "PEM file with the certificate's key, without a password"),
    Setting("part_rows", 1000, "rows scored by one call in batch", 1),
    Setting("call_seconds", 100.0, "how long one call may take before it is given up and tried again", 0.1),
    Setting("call_attempts", 6, "how often one call is tried before its rows are reported as not scored", 1),
    Setting("jobs_at_once", 2, "workbooks scored side by side by one process", 1),
    Setting("jobs_per_endpoint", 40, "jobs of the batch API that run at once for one endpoint; others wait", 1),
    Setting(
        "poll_seconds", 2.0, "how often the drop folders are looked at; a file must be unchanged for two looks", 0.01
    ),
    Setting("retention_days", 30, "how long originals and results of ended jobs are kept under <home>/jobs"),
    Setting("area_days", 7, "how many days files of the upload area are kept", 1),
    Setting("area_mb", 1024, "most MB in the upload area for one endpoint, and for all operators together", 1),
    Setting(
        "location_prefixes",
        "",
        "https addresses, by commas, that models and batch input may be fetched from; each ends in /",
    ),
    Setting("endpoint_log_days", 30, "how many days the logs of endpoints go back", 1),
    Setting("max_upload_mb", 150, "largest workbook or file of the upload area taken, in MB", 1),
    Setting("max_expanded_mb", 1200, "largest workbook taken, unpacked, in MB", 1),
    Setting("max_cells_millions", 15, "most cells read from one sheet, in millions", 1),
    Setting("file_seconds", 120, "processor seconds one workbook may cost to read, and again to write", 1),
    Setting("file_memory_mb", 2048, "memory one workbook may cost to read or write, in MB", 1),
    Setting("pass_through_columns", 10, "most columns of the customer's own that are repeated beside the scores"),
)


def help_of(name: str) -> str:
    """The line of help of one setting."""
    return next(setting.help for setting in TABLE if setting.name == name)


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message says which, where it was read and what is wanted."""


class Settings:
    """The values in force for one home. `settings.port`, `settings["port"]`."""

    def __init__(self, home: Path, environ: Mapping[str, str] = os.environ, **given: Any) -> None:  # noqa: ANN401 - typed by TABLE
        self.home = home
        file = home / "settings.toml"
        stored = _load(file)
        known = {setting.name for setting in TABLE}
        if unknown := sorted((set(stored) | set(given)) - known):
            raise SettingError(f"{file}: unknown settings {', '.join(unknown)}. Known: {', '.join(sorted(known))}")
        self._values: dict[str, Any] = {}
        for setting in TABLE:
            variable = f"SHEETSCORE_{setting.name.upper()}"
            where, value = str(file), stored.get(setting.name, setting.default)
            if variable in environ:
                where, value = variable, environ[variable]
            if given.get(setting.name) is not None:
                where, value = "command line", given[setting.name]
            self._values[setting.name] = _convert(setting, value, where)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typed by TABLE
        return self._values[name]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - typed by TABLE
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{file}: {error}") from None


def _convert(setting: Setting, value: Any, where: str) -> int | float | str:  # noqa: ANN401 - checked here
    kind = type(setting.default)
    if kind is str:
        return str(value)
    wanted = "a whole number" if kind is int else "a number"
    try:
        number = float(value) if kind is float else int(str(value))
    except (TypeError, ValueError):
        raise SettingError(f"{setting.name} ({where}): {value!r} is not {wanted}") from None
    if isinstance(value, bool) or not setting.least <= number <= setting.most or number == float("inf"):
        bounds = (
            f", {setting.least:g} or more"
            if setting.most == float("inf")
            else f" from {setting.least:g} to {setting.most:g}"
        )
        raise SettingError(f"{setting.name} ({where}): {value!r} must be {wanted}{bounds}")
    return number
