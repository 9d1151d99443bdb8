"""Whether everything lies where Excel looks for it, and is of one version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from addin.conf import read_conf
from addin.doctor.findings import Finding, ok, warning, wrong
from addin.entries import read_entries
from addin.excel.stock import VERSION
from addin.install.interpreter import spoken
from addin.install.libraries import found, library_folders, library_names, script, xlwings_version
from addin.install.places import Places
from addin.install.put import digest
from addin.install.record import Record
from addin.install.system import System
from addin.messages import bad_line, explain
from addin.paths import endpoints_file, settings_file
from addin.settings import SettingError, Settings
from worker import __version__

INSTALL = "Run: sheetscore addin install"
_VERSIONS = "from importlib.metadata import version as v; print(v('sheetscore'), v('xlwings'))"


def addin_file(goal: Places, record: Record | None, packaged: Callable[[], Path]) -> Finding:
    """The file in Excel's start-up folder is the one that belongs to this Python, or the company's signed copy."""
    check = "add-in file"
    if record is None:
        return wrong(check, f"The add-in is not installed: {goal.xlam}", INSTALL)
    if not goal.xlam.is_file():
        mend = f"Ask your IT department to allow the file with SHA-256 {record.sha256}. {INSTALL}"
        return wrong(check, f"{goal.xlam} was installed and is gone; a virus scanner may have taken it.", mend)
    if record.version != __version__:
        return wrong(check, f"The add-in is of version {record.version}, this Python of {__version__}.", INSTALL)
    sha256 = digest(goal.xlam.read_bytes())
    if sha256 != record.sha256:
        return wrong(check, f"{goal.xlam} was changed after it was installed.", f"Close Excel. {INSTALL}")
    if not record.signed and sha256 != digest(packaged().read_bytes()):
        return wrong(check, f"{goal.xlam} is not the file that came with this version.", INSTALL)
    return ok(check, f"{goal.xlam}, version {record.version}, SHA-256 {sha256}{', signed copy' * record.signed}")


def settings_of_vba(goal: Places, system: System) -> Iterator[Finding]:
    """The file that the VBA reads names a Python that starts and has the same versions, and its libraries are there."""
    check = "Python for Excel"
    said = read_conf(goal.conf).get("INTERPRETER_WIN" if system.windows else "INTERPRETER_MAC", "")
    if not said:
        yield wrong(check, f"{goal.conf} does not say which Python to use.", INSTALL)
        return
    if not Path(said).is_file():
        yield wrong(check, f"Excel is told to use {said}, which is not there.", INSTALL)
        return
    told, wanted = system.run([said, "-P", "-c", _VERSIONS]).strip(), f"{__version__} {xlwings_version()}"
    if told != wanted:
        theirs = f"has Sheetscore and xlwings {told}, not {wanted}" if told else "does not start, or has no Sheetscore"
        yield wrong(check, f"Excel is told to use {said}, which {theirs}.", INSTALL)
    elif said not in {spoken(system.python, system), str(goal.launcher)}:
        mend = "If this one is meant, run with it: sheetscore addin install"
        yield warning(check, f"Excel is told to use {said}; this is {system.python}.", mend)
    else:
        yield ok(check, said)
    yield helpers(goal, Path(said))


def helpers(goal: Places, python: Path) -> Finding:
    """What of xlwings must lie outside of Python is there."""
    if goal.script is not None:
        same = goal.script.is_file() and goal.script.read_bytes() == script().read_bytes()
        fault = f"{goal.script} is not there, or not of xlwings {xlwings_version()}."
        return ok("AppleScript", str(goal.script)) if same else wrong("AppleScript", fault, INSTALL)
    gone = [name for name in library_names() if found(name, python) is None]
    if gone:
        folders = " nor in ".join(map(str, library_folders(python)))
        return wrong("xlwings libraries", f"{' and '.join(gone)}: neither in {folders}.", INSTALL)
    return ok("xlwings libraries", ", ".join(library_names()))


def versions(xlwings: str) -> Finding:
    """The xlwings that is installed is the one that the add-in's VBA was made from."""
    what = f"Sheetscore {__version__}, xlwings {xlwings}"
    if xlwings != VERSION:
        return wrong("versions", f"{what}; the add-in needs xlwings {VERSION}.", f"Run: pip install xlwings=={VERSION}")
    return ok("versions", what)


def own_files(folder: Path, system: System) -> Iterator[Finding]:
    """The person's settings and list of endpoints can be read."""
    try:
        Settings(folder, system.environ)
    except SettingError as error:
        yield wrong("settings", str(error), explain(error, sheet=False))
    else:
        yield ok("settings", str(settings_file(folder)))
    for line in read_entries(folder).bad:
        yield warning("list of endpoints", bad_line(line), f"Mend the line, or take it away: {endpoints_file(folder)}")
