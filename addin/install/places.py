"""Where the add-in's files go on each system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from addin import paths
from addin.excel import XLAM
from addin.install.errors import InstallError, InstallFault
from addin.install.libraries import script_name
from addin.install.system import System

_OFFICE = "Library/Group Containers/UBF8T346G9.Office"
_STARTUP = "User Content.localized/Startup.localized/Excel"
_SCRIPTS = "Library/Application Scripts/com.microsoft.Excel"
_SANDBOX = "Library/Containers/com.microsoft.Excel"


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one installation. `script` and `launcher` are macOS's; `launcher` is needed for odd paths only."""

    folder: Path
    xlam: Path
    conf: Path
    settings: Path
    record: Path
    script: Path | None
    launcher: Path | None


def places(system: System) -> Places:
    r"""Where everything goes. Nothing is made. Raises InstallError where Excel does not run, or never did.

    The start-up folder serves every version of Excel, is trusted by default, and what lies in it is loaded. An entry
    under the registry's `Excel\Options\OPEN` is lost when Excel, which writes these values at its end, runs while it is
    made; and `%APPDATA%\Microsoft\AddIns`, where such add-ins lie, is not a trusted location.
    """
    if not (system.windows or system.mac):
        raise InstallError(InstallFault.NO_EXCEL_HERE, system.platform)
    home = paths.home(system.environ, system.platform)
    folder = paths.user_folder(system.environ, system.platform)
    if system.windows:
        roaming = Path(system.environ.get("APPDATA") or home / "AppData" / "Roaming")
        startup, script, launcher = roaming / "Microsoft" / "Excel" / "XLSTART", None, None
    else:
        for made_by_excel in (home / _OFFICE, home / _SANDBOX):
            if not made_by_excel.is_dir():
                raise InstallError(InstallFault.EXCEL_NEVER_STARTED, made_by_excel)
        startup = home / _OFFICE / _STARTUP
        script, launcher = home / _SCRIPTS / script_name(), folder / "python"
    return Places(
        folder=folder,
        xlam=startup / XLAM,
        conf=paths.conf_file(system.environ, system.platform),
        settings=paths.settings_file(folder),
        record=folder / "installed.json",
        script=script,
        launcher=launcher,
    )
