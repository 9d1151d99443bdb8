"""Says what keeps the add-in from working on this computer, and how to mend it."""

from __future__ import annotations

import importlib
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from addin.catalogue import Catalogue
from addin.doctor.files import addin_file, own_files, settings_of_vba, versions
from addin.doctor.findings import Finding, Verdict, ok, warning, wrong
from addin.doctor.network import endpoints, proxies
from addin.doctor.person import drawing, key_store
from addin.doctor.policy import policies
from addin.install.errors import InstallError
from addin.install.libraries import xlwings_version
from addin.install.places import places
from addin.install.record import load
from addin.install.system import System
from addin.keystore import SystemKeys
from addin.messages import explain
from addin.paths import user_folder

__all__ = ["Finding", "Patient", "Verdict", "can_import", "diagnose"]

_EXCEL = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"


def can_import(module: str) -> bool:
    """Whether a module of Python's own can be loaded; some systems leave parts out."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Patient:
    """What the doctor looks at. `packaged` is where the add-in file of this version lies; the catalogue's transport
    has the time limit after which an endpoint counts as not answering; `slow_seconds` is worth a warning.
    """

    system: System
    catalogue: Catalogue
    keys: SystemKeys
    packaged: Callable[[], Path]
    slow_seconds: float = 10.0
    can_import: Callable[[str], bool] = can_import
    proxies: Callable[[], Mapping[str, str]] = field(default=urllib.request.getproxies)


def diagnose(patient: Patient) -> Iterator[Finding]:
    """Every check, one after the other, as it is done. Nothing is changed but what endpoints say of themselves."""
    system = patient.system
    yield versions(xlwings_version())
    yield from _excel(patient)
    yield from own_files(user_folder(system.environ, system.platform), system)
    yield key_store(patient.keys)
    yield drawing(patient.can_import)
    yield from proxies(system, patient.proxies)
    yield from endpoints(patient.catalogue, patient.slow_seconds)


def _excel(patient: Patient) -> Iterator[Finding]:
    system = patient.system
    try:
        goal = places(system)
    except InstallError as error:
        yield wrong("Excel", f"{error.fault.replace('-', ' ')} ({error.path})", explain(error, sheet=False))
        return
    if system.windows and not (found := _excel_path(system)):
        yield warning("Excel", "Windows does not say where Excel is.", "Check that the desktop version is installed.")
    else:
        yield ok("Excel", found if system.windows else "its folders are there")
    record = load(goal.record)
    yield addin_file(goal, record, patient.packaged)
    yield from settings_of_vba(goal, system)
    yield from policies(system, goal.xlam, signed=record is not None and record.signed)


def _excel_path(system: System) -> str:
    return next(
        (str(key[""]) for hive in ("HKCU", "HKLM") if (key := system.registry(f"{hive}\\{_EXCEL}")).get("")), ""
    )
