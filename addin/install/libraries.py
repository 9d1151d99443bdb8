"""xlwings' own files that Excel needs outside of Python: two libraries on Windows, one script on macOS.

Their names carry the version of xlwings: they, the VBA in the add-in and the Python package must be of one version.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from addin.install.errors import InstallError, InstallFault
from addin.install.system import System


def xlwings_version() -> str:
    """The version of the xlwings that is installed beside this package."""
    return version("xlwings")


def library_names() -> tuple[str, ...]:
    """The libraries for Excel of 64 and 32 bits: it is Excel's own kind that counts, not Python's."""
    return tuple(f"xlwings{bits}-{xlwings_version()}.dll" for bits in (64, 32))


def library_folders(python: Path) -> tuple[Path, Path]:
    """Where the VBA looks for a library (XLPyLoadDLL): beside the interpreter, then one folder up, as in a venv."""
    return python.parent, python.parent.parent


def found(name: str, python: Path) -> Path | None:
    """The library that the VBA would load."""
    return next((folder / name for folder in library_folders(python) if (folder / name).is_file()), None)


def missing_libraries(python: Path, system: System) -> dict[Path, Path]:
    """What must be copied so that the VBA finds each library: target and source. Raises InstallError.

    pip puts them at the root of a venv or of a Python installation, where they are found; but with `pip install --user`
    into a folder of the user, where they are not.
    """
    copies = {}
    for name in library_names():
        if found(name, python) is None:
            source = next((folder / name for folder in system.data if (folder / name).is_file()), None)
            if source is None:
                raise InstallError(InstallFault.NO_LIBRARY, name)
            copies[python.parent / name] = source
    return copies


def script_name() -> str:
    """The AppleScript through which Excel for macOS starts Python."""
    return f"xlwings-{xlwings_version()}.applescript"


def script() -> Path:
    """The AppleScript as it came with xlwings. Raises InstallError."""
    spec = find_spec("xlwings")
    folders = (spec.submodule_search_locations if spec else None) or ()
    for folder in folders:
        if (file := Path(folder) / script_name()).is_file():
            return file
    raise InstallError(InstallFault.NO_LIBRARY, script_name())
