"""Installing and removing, on made-up Windows and macOS computers: what lies where afterwards, and what is said."""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from addin import excel
from addin.conf import read_conf, update_conf
from addin.entries import Entries, Entry, write_entries
from addin.excel.stock import VERSION
from addin.install import InstallError, InstallFault, install, remove, this_system
from addin.install.interpreter import spoken
from addin.install.libraries import library_names, script, script_name, xlwings_version
from addin.install.put import conf_keys, refusals
from addin.paths import conf_file
from addin.settings import TABLE, Settings
from tests.addin.computers import XLAM, Computer, mac, make, windows
from worker import __version__


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The add-in file as the wheel brings it."""
    return make(tmp_path / "wheel" / "sheetscore.xlam", XLAM)


@pytest.fixture(params=[windows, mac], ids=["Windows", "macOS"])
def computer(request: pytest.FixtureRequest, tmp_path: Path) -> Computer:
    return request.param(tmp_path / "disk")


def test_the_file_lies_where_excel_loads_it(computer: Computer, source: Path) -> None:
    """Byte for byte; what is told is its SHA-256 and that Excel was not running."""
    done = install(computer.system, source)

    assert computer.xlam.read_bytes() == XLAM
    assert done.xlam == computer.xlam
    assert (done.sha256, done.before, done.excel_runs) == (hashlib.sha256(XLAM).hexdigest(), "", False)


def test_windows_is_told_of_this_python(tmp_path: Path, source: Path) -> None:
    """In the file that the VBA reads, under the name that it knows, and of nothing else."""
    computer = windows(tmp_path)
    install(computer.system, source)

    conf = read_conf(computer.home / ".sheetscore" / "sheetscore.conf")
    assert conf == {"INTERPRETER_WIN": str(computer.system.python)}


def test_macos_is_told_of_this_python_and_gets_the_script(tmp_path: Path, source: Path) -> None:
    """The file lies in Excel's sandbox, the script where Excel may run it."""
    computer = mac(tmp_path)
    install(computer.system, source)

    conf = read_conf(computer.home / "Library/Containers/com.microsoft.Excel/Data/sheetscore.conf")
    assert conf["INTERPRETER_MAC"] == str(computer.system.python)
    placed = computer.home / "Library/Application Scripts/com.microsoft.Excel" / script_name()
    assert placed.read_bytes() == script().read_bytes()
    assert b"VbaHandler" in placed.read_bytes()


def test_again_is_the_same(computer: Computer, source: Path) -> None:
    """Nothing is written that is there already, so that it may be done while Excel runs."""
    install(computer.system, source)
    before = computer.tree()
    times = {path: path.stat().st_mtime_ns for path in [computer.xlam]}
    again = install(computer.system, source)

    assert computer.tree() == before
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert again.before == __version__


def test_an_older_one_is_replaced(computer: Computer, source: Path) -> None:
    """With its settings for the VBA; the person's own stay."""
    install(computer.system, make(source.with_name("old.xlam"), b"an older one"))
    settings = computer.home / ".sheetscore" / "settings.toml"
    settings.write_text("confirm_rows = 5\n")
    moved = computer.system.python.with_name("python4")
    computer = computer.but(python=make(moved))
    install(computer.system, source)

    assert computer.xlam.read_bytes() == XLAM
    assert settings.read_text() == "confirm_rows = 5\n"
    assert str(moved) in " ".join(b.decode() for f, b in computer.tree().items() if f.endswith(".conf"))


def test_stopped_calls_stay_stopped_and_the_button_says_so(computer: Computer, source: Path) -> None:
    """Whether the file that the VBA reads was lost, or comes from before the calls were allowed again."""
    environ = computer.system.environ
    conf = conf_file(environ, computer.system.platform)
    settings = Settings(computer.home / ".sheetscore", environ, conf)
    settings.stop_calls(stopped=True)
    conf.unlink()
    install(computer.system, source)
    assert (settings.stopped, read_conf(conf)["STOPPED"]) == (True, "1")
    settings.stop_calls(stopped=False)
    update_conf(conf, {"STOPPED": "1"})
    install(computer.system, source)
    assert (settings.stopped, "STOPPED" in read_conf(conf)) == (False, False)


def test_endpoints_stay_in_the_drop_down(computer: Computer, source: Path) -> None:
    """Also when the file that the VBA reads was lost."""
    folder = computer.home / ".sheetscore"
    url = "https://scores.example.com/workspaces/w/services/s"
    write_entries(
        folder, Entries([Entry("Credit", url, "2026-01-01"), Entry("Churn", url + "2", "2026-01-01")], "Churn")
    )
    install(computer.system, source)
    (conf,) = [computer.home / name for name in computer.tree() if name.endswith(".conf")]

    assert (read_conf(conf)["ENDPOINTS"], read_conf(conf)["SELECTED"]) == ("Credit;Churn", "1")
    update_conf(conf, {"SELECTED": "0"})
    remove(computer.system)
    assert read_conf(conf) == {"ENDPOINTS": "Credit;Churn", "SELECTED": "0"}
    assert (folder / "endpoints.jsonl").exists()


def test_remove_leaves_what_was_there_before(computer: Computer, source: Path) -> None:
    """Not a file more, not one less, none changed."""
    before = computer.tree()
    install(computer.system, source)
    removed = remove(computer.system)

    assert computer.tree() == before
    assert not (computer.home / ".sheetscore").exists()
    assert computer.xlam in removed.files
    assert remove(computer.system).files == ()


def test_remove_keeps_what_others_use(tmp_path: Path, source: Path) -> None:
    """Xlwings' own add-in needs the same script: one that was there before stays. So do changed settings."""
    computer = mac(tmp_path)
    theirs = make(
        computer.home / "Library/Application Scripts/com.microsoft.Excel" / script_name(), script().read_bytes()
    )
    install(computer.system, source)
    settings = computer.home / ".sheetscore" / "settings.toml"
    settings.write_text("confirm_rows = 5\n")
    remove(computer.system)

    assert theirs.is_file()
    assert settings.is_file()


def test_the_settings_file_shows_all_and_changes_nothing(computer: Computer, source: Path) -> None:
    """Every setting stands in it with its default, as a comment that becomes valid when the mark is taken away."""
    install(computer.system, source)
    folder = computer.home / ".sheetscore"
    assert [Settings(folder, {})[row.name] for row in TABLE] == [row.default for row in TABLE]

    file = folder / "settings.toml"
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines() if " = " in line]
    file.write_text("\n".join(lines))
    assert len(lines) == len(TABLE)
    assert [Settings(folder, {})[row.name] for row in TABLE] == [row.default for row in TABLE]


def test_a_file_that_is_not_the_one_wanted_is_refused(computer: Computer, source: Path) -> None:
    """Before anything is touched."""
    before = computer.tree()
    with pytest.raises(InstallError) as caught:
        install(computer.system, source, wanted="0" * 64)

    assert caught.value.fault is InstallFault.NOT_THE_FILE
    assert computer.tree() == before
    install(computer.system, source, wanted=hashlib.sha256(XLAM).hexdigest().upper())


def test_a_company_signs_its_copy(computer: Computer, source: Path) -> None:
    """It is installed as it is; that it was theirs is remembered."""
    signed = make(source.with_name("signed.xlam"), XLAM + b" signed")
    install(computer.system, signed, wanted=hashlib.sha256(signed.read_bytes()).hexdigest(), signed=True)

    assert computer.xlam.read_bytes() == XLAM + b" signed"
    assert b'"signed": true' in computer.tree()[".sheetscore/installed.json"]


def test_linux_has_no_excel(tmp_path: Path, source: Path) -> None:
    """A clear refusal, by name of the platform."""
    with pytest.raises(InstallError) as caught:
        install(windows(tmp_path).but(platform="linux").system, source)

    assert (caught.value.fault, caught.value.path) == (InstallFault.NO_EXCEL_HERE, "linux")


def test_macos_makes_excels_folders_itself(tmp_path: Path, source: Path) -> None:
    """A sandbox made by somebody else is not Excel's."""
    computer = mac(tmp_path)
    (computer.home / "Library/Containers/com.microsoft.Excel/Data").rmdir()
    (computer.home / "Library/Containers/com.microsoft.Excel").rmdir()
    with pytest.raises(InstallError) as caught:
        install(computer.system, source)

    assert caught.value.fault is InstallFault.EXCEL_NEVER_STARTED


def test_excel_that_runs_is_told(tmp_path: Path, source: Path) -> None:
    """It loads the add-in when it starts, and shows it until it ends."""
    computer = windows(tmp_path)
    computer.says["tasklist"] = "EXCEL.EXE    4711 Console   1   120,000 K"
    assert install(computer.system, source).excel_runs
    assert remove(computer.system).excel_runs


@pytest.mark.parametrize(
    ("number", "exists", "fault"),
    [
        (errno.EACCES, True, InstallFault.FILE_IN_USE),
        (errno.EACCES, False, InstallFault.REFUSED),
        (errno.EPERM, True, InstallFault.REFUSED),
    ],
)
def test_a_refused_access_is_told_apart(tmp_path: Path, number: int, exists: bool, fault: InstallFault) -> None:
    """Windows refuses a file that Excel holds open; macOS keeps other programs out of Excel's folders."""
    file = tmp_path / "sheetscore.xlam"
    if exists:
        file.touch()
    with pytest.raises(InstallError) as caught, refusals(file):
        raise PermissionError(number, os.strerror(number), str(file))

    assert caught.value.fault is fault


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_is_told(computer: Computer, source: Path) -> None:
    """By the file that could not be written."""
    folder = computer.xlam.parent
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    with pytest.raises(InstallError) as caught:
        install(computer.system, source)
    folder.chmod(0o700)

    assert (caught.value.fault, caught.value.path) == (InstallFault.REFUSED, str(computer.xlam))


def test_a_scanner_that_takes_the_file_is_noticed(tmp_path: Path, source: Path) -> None:
    """What was written is looked at again at the very end."""
    computer = windows(tmp_path)

    def scanner(_words: Sequence[str]) -> str:
        computer.xlam.unlink()
        return ""

    with pytest.raises(InstallError) as caught:
        install(computer.but(run=scanner).system, source)

    assert caught.value.fault is InstallFault.FILE_VANISHED


# Where this Python is, and how the VBA is told.


def test_a_python_of_the_store_is_refused(tmp_path: Path, source: Path) -> None:
    """Windows would give it a private %APPDATA%: Excel would never see the file."""
    store = Path(r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2288.0_x64__qbz5n2kfra8p0")
    computer = windows(tmp_path, python_home=store)
    with pytest.raises(InstallError) as caught:
        install(computer.system, source)

    assert caught.value.fault is InstallFault.STORE_PYTHON
    assert not computer.xlam.exists()


def test_the_python_without_a_console_is_not_used(tmp_path: Path, source: Path) -> None:
    """Its twin is, which says what goes wrong."""
    computer = windows(tmp_path)
    twin = computer.system.python
    install(computer.but(python=twin.with_name("pythonw.exe")).system, source)

    assert read_conf(computer.home / ".sheetscore/sheetscore.conf")["INTERPRETER_WIN"] == str(twin)


SHORT = Path(r"C:\Users\4C7E~1\AppData\Local\SHEETS~1\Scripts\python.exe")


@pytest.mark.parametrize(
    ("text", "code_page", "said"),
    [
        (r"C:\Program Files (x86)\A & B\it's; 50,5 ^ now\python.exe", "cp1252", True),
        (r"C:\Users\Γιώργος\python.exe", "cp1253", True),
        (r"C:\Users\Γιώργος\python.exe", "cp1252", False),
        (r"C:\Users\王\python.exe", "cp1253", False),
        (r"C:\50% of %TEMP%\python.exe", "cp1252", True),
    ],
)
def test_windows_paths_that_the_vba_cannot_read_are_said_in_short(
    tmp_path: Path, text: str, code_page: str, said: bool
) -> None:
    """VBA reads files in the computer's code page; most disks give every file a short name in plain letters too."""
    system = windows(tmp_path, code_page=code_page, short=lambda _: SHORT).system
    assert spoken(Path(text), system) == (text if said else str(SHORT))


def test_a_path_without_any_form_that_works_is_told(tmp_path: Path, source: Path) -> None:
    """Some disks have no short names. Nothing is installed that could not work."""
    computer = windows(tmp_path, user="王", code_page="cp1253")
    before = computer.tree()
    with pytest.raises(InstallError) as caught:
        install(computer.system, source)

    assert (caught.value.fault, caught.value.path) == (InstallFault.PATH_UNSPEAKABLE, str(computer.system.python))
    assert computer.tree() == before


def test_a_greek_user_with_blanks_is_served(tmp_path: Path, source: Path) -> None:
    """On a Greek computer, from the first file to the last."""
    computer = windows(tmp_path, user="Γιώργος Παπαδάκης", environment="AppData/Local/Sheet score & Co")
    before = computer.tree()
    install(computer.system, source)

    assert computer.xlam.read_bytes() == XLAM
    assert read_conf(computer.home / ".sheetscore/sheetscore.conf")["INTERPRETER_WIN"] == str(computer.system.python)
    remove(computer.system)
    assert computer.tree() == before


def test_macos_paths_with_blanks_are_said_as_they_are(tmp_path: Path, source: Path) -> None:
    """The VBA puts them between quotes."""
    computer = mac(tmp_path, environment="My Environments/it's (new) & $HOME")
    install(computer.system, source)
    conf = read_conf(computer.home / "Library/Containers/com.microsoft.Excel/Data/sheetscore.conf")
    assert conf == {"INTERPRETER_MAC": str(computer.system.python)}


@pytest.mark.parametrize("environment", ["Περιβάλλοντα/it's βαθμοί", 'a "b" `c`', "a|b"])
def test_macos_paths_go_over_a_launcher(tmp_path: Path, source: Path, environment: str) -> None:
    """The VBA may misread other letters, and parts parameters by `|`. The launcher, at a plain path, is that Python."""
    computer = mac(tmp_path, environment=environment)
    before = computer.tree()
    shutil.copy(shutil.which("echo") or "/bin/echo", computer.system.python)
    install(computer.system, source)
    said = read_conf(computer.home / "Library/Containers/com.microsoft.Excel/Data/sheetscore.conf")["INTERPRETER_MAC"]

    assert re.fullmatch(r"[A-Za-z0-9/._-]+", said)
    ran = subprocess.run(["sh", "-c", f"{said} -B 'a b'"], capture_output=True, text=True, check=True)
    assert ran.stdout == "-B a b\n"
    computer.system.python.write_bytes(b"")
    remove(computer.system)
    assert computer.tree() == before


def test_the_vba_reads_what_is_written() -> None:
    """Keys, files and libraries go by the same names on both sides."""
    vba = (Path(excel.__file__).parent / "vba" / "Bridge.cls").read_text("utf-8")
    stock = Path(find_spec("xlwings").origin).with_name("xlwings.bas").read_text("utf-8")  # type: ignore[union-attr, arg-type]

    for platform, key in (("win32", "INTERPRETER_WIN"), ("darwin", "INTERPRETER_MAC")):
        assert list(conf_keys(replace(this_system(), platform=platform), "")) == [key]
        assert f'Setting("{key}")' in vba
    assert r'Environ("USERPROFILE") & "\.sheetscore\"' in vba
    assert '"/Library/Containers/com.microsoft.Excel/Data"' in vba
    assert '"sheetscore.conf"' in vba
    assert all(f'Lib "{name}"' in stock for name in library_names())
    assert '"xlwings-" & XLWINGS_VERSION & ".applescript"' in vba
    assert xlwings_version() == VERSION


# xlwings' libraries.


def test_libraries_that_pip_put_at_the_root_stay_there(tmp_path: Path, source: Path) -> None:
    """That is where the VBA looks when there is none beside the interpreter."""
    computer = windows(tmp_path)
    install(computer.system, source)
    assert [name for name in computer.tree() if name.endswith(".dll")] == [
        f"AppData/Local/Sheetscore/{name}" for name in sorted(library_names())
    ]


def test_libraries_elsewhere_are_copied_beside_the_interpreter(tmp_path: Path, source: Path) -> None:
    """`pip install --user` puts them where the VBA never looks. Removing takes the copies away, not the originals."""
    computer = windows(tmp_path)
    user = tmp_path / "Users/ana/AppData/Roaming/Python"
    for name in library_names():
        (computer.system.python.parent.parent / name).unlink()
        make(user / name, name.encode())
    computer = computer.but(data=(tmp_path / "elsewhere", user))
    before = computer.tree()
    install(computer.system, source)

    assert all((computer.system.python.parent / name).read_bytes() == name.encode() for name in library_names())
    install(computer.system, source)
    remove(computer.system)
    assert computer.tree() == before


def test_libraries_nowhere_are_told_by_name(tmp_path: Path, source: Path) -> None:
    """Before anything is installed."""
    computer = windows(tmp_path)
    (computer.system.python.parent.parent / library_names()[1]).unlink()
    before = computer.tree()
    with pytest.raises(InstallError) as caught:
        install(computer.system, source)

    assert (caught.value.fault, caught.value.path) == (InstallFault.NO_LIBRARY, library_names()[1])
    assert computer.tree() == before


def test_this_computer_is_described_as_it_is() -> None:
    """The real one: what installing would use here."""
    system = this_system()
    assert (system.platform, system.python) == (sys.platform, Path(sys.executable))
    assert system.run([sys.executable, "-c", "print(6 * 7)"]).strip() == "42"
    assert system.run(["no-such-program"]) == ""
    assert dict(system.registry(r"HKCU\Software\Nobody\Has\This")) == {}
    assert codecs.lookup(system.code_page)
    assert system.short(Path(sys.executable)).exists()
