"""What the doctor says of made-up computers: each thing that can be wrong is made wrong once, and found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keyring.backends.fail
import pytest

from addin.catalogue import Catalogue
from addin.conf import update_conf
from addin.doctor import Finding, Patient, Verdict, can_import, diagnose
from addin.doctor.files import versions
from addin.doctor.report import as_json, as_report, healthy, line
from addin.install import install
from addin.install.libraries import library_names, script_name, xlwings_version
from addin.keystore import MemoryKeys, SystemKeys
from addin.paths import user_folder
from tests.addin.computers import VERSIONS, XLAM, Computer, Credentials, mac, make, windows
from worker import __version__


class Ward:
    """A computer with the add-in installed, all well, and the doctor beside it."""

    def __init__(self, computer: Computer, tmp_path: Path) -> None:
        self.computer = computer
        self.packaged = make(tmp_path / "wheel" / "sheetscore.xlam", XLAM)
        self.folder = user_folder(computer.system.environ, computer.system.platform)
        self.credentials = Credentials()
        self.more: dict[str, Any] = {"proxies": dict, "can_import": lambda _: True}
        install(computer.system, self.packaged)
        (self.conf,) = [computer.home / name for name in computer.tree() if name.endswith(".conf")]
        said = self.conf.read_text("utf-8").split('"')[3]
        computer.says |= {said: VERSIONS}
        for hive in ("HKCU", "HKLM"):
            computer.keys[f"{hive}\\Software\\Microsoft\\Windows\\CurrentVersion\\App Paths\\excel.exe"] = {
                "": "EXCEL.EXE"
            }

    def findings(self) -> dict[str, Finding]:
        """What is not ok, or everything that is, by the check's name; the last of a name counts."""
        found = list(self.all())
        return {f.check: f for f in found if f.verdict is not Verdict.OK} or {f.check: f for f in found}

    def all(self) -> list[Finding]:
        catalogue = Catalogue(self.folder, MemoryKeys(), conf=self.conf)
        keys = SystemKeys(lambda: self.credentials)
        return list(diagnose(Patient(self.computer.system, catalogue, keys, lambda: self.packaged, **self.more)))

    def wrong(self, check: str) -> str:
        """The one thing that is wrong, and how to mend it."""
        found = self.findings()
        assert set(found) == {check}, found
        assert found[check].verdict is not Verdict.OK
        assert found[check].mend
        return f"{found[check].verdict}: {found[check].what} {found[check].mend}"


@pytest.fixture(params=[windows, mac], ids=["Windows", "macOS"])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Ward:
    return Ward(request.param(tmp_path / "disk"), tmp_path)


@pytest.fixture
def on_windows(tmp_path: Path) -> Ward:
    return Ward(windows(tmp_path / "disk"), tmp_path)


@pytest.fixture
def on_mac(tmp_path: Path) -> Ward:
    return Ward(mac(tmp_path / "disk"), tmp_path)


def test_a_sound_installation_is_sound(ward: Ward) -> None:
    """Every check is done and says ok."""
    found = ward.findings()
    helper = "xlwings libraries" if ward.computer.system.windows else "AppleScript"

    assert {finding.verdict for finding in found.values()} == {Verdict.OK}
    assert set(found) == {
        "versions",
        "Excel",
        "add-in file",
        "Python for Excel",
        helper,
        "macro policy",
        "settings",
        "key store",
        "tkinter",
        "proxy",
        "endpoints",
    }


def test_the_doctor_changes_nothing(ward: Ward) -> None:
    """Not a file; and the key with which it tried the key store is gone."""
    before = ward.computer.tree()
    ward.all()

    assert ward.computer.tree() == before
    assert ward.credentials.kept == {}


# Files and versions.


def test_nothing_installed(ward: Ward) -> None:
    """It says so, and what to run."""
    for name in ward.computer.tree():
        (ward.computer.home / name).unlink()
    found = ward.findings()

    assert found["add-in file"].mend == "Run: sheetscore addin install"
    assert "does not say" in found["Python for Excel"].what


def test_a_file_that_vanished(ward: Ward) -> None:
    """IT gets the hash that they can allow."""
    sha256 = json.loads((ward.folder / "installed.json").read_text())["sha256"]
    ward.computer.xlam.unlink()

    assert f"allow the file with SHA-256 {sha256}" in ward.wrong("add-in file")


def test_a_file_that_was_changed(ward: Ward) -> None:
    """Whoever did it."""
    ward.computer.xlam.write_bytes(XLAM + b"!")
    assert "was changed after" in ward.wrong("add-in file")


def test_a_file_of_another_version(ward: Ward) -> None:
    """The package was updated and the add-in was not installed anew."""
    ward.packaged.write_bytes(b"a newer one")
    assert "not the file that came with this version" in ward.wrong("add-in file")
    record = ward.folder / "installed.json"
    record.write_text(record.read_text().replace(__version__, "0.0.9"))
    assert f"of version 0.0.9, this Python of {__version__}" in ward.wrong("add-in file")


def test_a_signed_copy_may_differ_from_the_package(ward: Ward) -> None:
    """A signature changes the file; what counts is that it is the one that was installed."""
    signed = make(ward.packaged.with_name("signed.xlam"), XLAM + b" signed")
    install(ward.computer.system, signed, signed=True)

    found = {finding.check: finding for finding in ward.all()}
    assert found["add-in file"].verdict is Verdict.OK
    assert "signed copy" in found["add-in file"].what


def test_another_xlwings_than_the_vba_was_made_from() -> None:
    """Library, script, VBA and Python must be of one version; pip mends it."""
    assert versions(xlwings_version()).verdict is Verdict.OK
    found = versions("0.30.1")
    assert (found.verdict, found.mend) == (Verdict.WRONG, f"Run: pip install xlwings=={xlwings_version()}")


def test_excel_is_told_of_no_python(ward: Ward) -> None:
    """The file that the VBA reads was lost."""
    ward.conf.unlink()
    assert "does not say which Python" in ward.wrong("Python for Excel")


def test_excel_is_told_of_a_python_that_is_gone(ward: Ward, tmp_path: Path) -> None:
    """The environment was deleted or moved."""
    key = "INTERPRETER_WIN" if ward.computer.system.windows else "INTERPRETER_MAC"
    update_conf(ward.conf, {key: str(tmp_path / "nowhere")})
    assert "which is not there" in ward.wrong("Python for Excel")


def test_excel_is_told_of_another_python(ward: Ward, tmp_path: Path) -> None:
    """One that works is worth a word; one that has other versions is wrong."""
    other = ward.computer.system.python.with_name("other")
    make(other)
    key = "INTERPRETER_WIN" if ward.computer.system.windows else "INTERPRETER_MAC"
    update_conf(ward.conf, {key: str(other)})
    ward.computer.says[str(other)] = VERSIONS
    assert ward.wrong("Python for Excel").startswith(f"warning: Excel is told to use {other}; this is ")
    ward.computer.says[str(other)] = f"{__version__} 0.30.1\n"
    assert f"has Sheetscore and xlwings {__version__} 0.30.1, not" in ward.wrong("Python for Excel")
    del ward.computer.says[str(other)]
    assert "does not start" in ward.wrong("Python for Excel")


def test_a_library_is_missing(on_windows: Ward) -> None:
    """Named with both folders in which the VBA looks."""
    (on_windows.computer.system.python.parent.parent / library_names()[0]).unlink()
    words = on_windows.wrong("xlwings libraries")

    assert library_names()[0] in words
    assert library_names()[1] not in words
    assert str(on_windows.computer.system.python.parent) in words


@pytest.mark.parametrize("content", [None, b"an older one"])
def test_the_script_is_missing_or_old(on_mac: Ward, content: bytes | None) -> None:
    """Without it no button does anything."""
    (file,) = on_mac.computer.home.rglob(script_name())
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert f"not of xlwings {xlwings_version()}" in on_mac.wrong("AppleScript")


def test_settings_that_cannot_be_used(ward: Ward) -> None:
    """In the words that Excel would show."""
    (ward.folder / "settings.toml").write_text("confirm_rows = -1\n")
    assert "0 or more" in ward.wrong("settings")


def test_a_broken_line_in_the_list_of_endpoints(ward: Ward) -> None:
    """By its number."""
    (ward.folder / "endpoints.jsonl").write_text("{}\n")
    assert ward.wrong("list of endpoints").startswith("warning: Line 1 ")


def test_linux_is_told_that_excel_is_elsewhere(on_windows: Ward) -> None:
    """And still all that does not need Excel."""
    on_windows.computer = on_windows.computer.but(platform="linux", environ={"HOME": str(on_windows.computer.home)})
    assert "Excel runs on Windows and macOS" in on_windows.wrong("Excel")
    assert {"key store", "tkinter", "proxy", "endpoints"} <= {finding.check for finding in on_windows.all()}


def test_excel_not_found(on_windows: Ward) -> None:
    """Windows knows where each program is."""
    on_windows.computer.keys.clear()
    assert on_windows.wrong("Excel").startswith("warning")


# Policies. Keys and values as Microsoft's administrative templates write them.

POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0"
MACHINE = r"HKLM\Software\Policies\Microsoft\Office\16.0"
OWN = r"HKCU\Software\Microsoft\Office\16.0"
TRUSTED = r"Excel\Security\Trusted Locations"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({rf"{POLICY}\Common": {"vbaoff": 1}}, "wrong: Your company switched VBA off"),
        ({rf"{MACHINE}\Common": {"vbaoff": 1}}, "wrong: Your company switched VBA off"),
        ({rf"{POLICY}\Excel\Security": {"disablealladdins": 1}}, "wrong: Excel is set to load no add-in"),
        ({rf"{OWN}\Excel\Security": {"disablealladdins": 1}}, "wrong: Excel is set to load no add-in"),
        ({rf"{POLICY}\Common\Security": {"requirealwaysonmacrosig": 1}}, "wrong: Only add-ins signed"),
        ({rf"{OWN}\Excel\Security": {"requireaddinsig": 1}}, "wrong: Only add-ins signed"),
        (
            {rf"{POLICY}\{TRUSTED}": {"alllocationsdisabled": 1}, rf"{POLICY}\Excel\Security": {"vbawarnings": 4}},
            "wrong: Trusted locations are switched off, and all macros",
        ),
        (
            {rf"{OWN}\{TRUSTED}": {"alllocationsdisabled": 1}, rf"{MACHINE}\Excel\Security": {"vbawarnings": 3}},
            "wrong: Trusted locations are switched off, and only signed",
        ),
        ({rf"{OWN}\{TRUSTED}": {"alllocationsdisabled": 1}}, "warning: Trusted locations are switched off: Excel asks"),
        ({rf"{POLICY}\Excel\Resiliency": {"restricttolist": 1}}, "wrong: Only add-ins on your company's list"),
        ({rf"{POLICY}\Excel\Resiliency\AddinList": {"sheetscore.xlam": "0"}}, "wrong: Your company's list of add-ins"),
        (
            {
                rf"{OWN}\Excel\Resiliency\DisabledItems": {
                    "3f2a": b"\1\0\0\0\x30\0\0\0\0\0\0\0" + r"c:\xlstart\SheetScore.xlam".encode("utf-16-le")
                }
            },
            "wrong: Excel disabled sheetscore.xlam after a crash",
        ),
    ],
)
def test_what_keeps_an_addin_from_loading(on_windows: Ward, keys: dict[str, Mapping[str, object]], words: str) -> None:
    """Each by what it is, and who can change it."""
    on_windows.computer.keys |= keys
    assert on_windows.wrong("macro policy").startswith(words)


@pytest.mark.parametrize(
    "keys",
    [
        {rf"{POLICY}\Excel\Security": {"vbawarnings": 4, "blockcontentexecutionfrominternet": 1}},
        {rf"{OWN}\Excel\Security": {"vbawarnings": 3}},
        {rf"{POLICY}\{TRUSTED}": {"alllocationsdisabled": 0}, rf"{POLICY}\Excel\Security": {"vbawarnings": 4}},
        {rf"{POLICY}\{TRUSTED}": {"alllocationsdisabled": 1}, rf"{POLICY}\Excel\Security": {"vbawarnings": 1}},
        {
            rf"{POLICY}\Excel\Resiliency": {"restricttolist": 1},
            rf"{POLICY}\Excel\Resiliency\AddinList": {"sheetscore.xlam": "1"},
        },
        {rf"{OWN}\Excel\Resiliency\DisabledItems": {"3f2a": "other.xlam".encode("utf-16-le"), "n": 1}},
    ],
)
def test_what_does_not(on_windows: Ward, keys: dict[str, Mapping[str, object]]) -> None:
    """Macros in Excel's own start-up folder run whatever the level is; what is on the company's list loads."""
    on_windows.computer.keys |= keys
    assert {finding.verdict for finding in on_windows.all()} == {Verdict.OK}


def test_a_signed_copy_passes_where_signatures_are_asked_for(on_windows: Ward) -> None:
    """The company signs it once and hands it in at installing."""
    install(on_windows.computer.system, on_windows.packaged, signed=True)
    on_windows.computer.keys |= {
        rf"{POLICY}\Common\Security": {"requirealwaysonmacrosig": 1},
        rf"{POLICY}\{TRUSTED}": {"alllocationsdisabled": 1},
        rf"{POLICY}\Excel\Security": {"vbawarnings": 3, "requireaddinsig": 1},
    }
    assert healthy(on_windows.all())


def test_a_file_from_the_internet_is_blocked(on_windows: Ward) -> None:
    """Windows keeps the mark in a second stream of the file; a file that pip brought has none."""
    make(on_windows.computer.xlam.with_name("sheetscore.xlam:Zone.Identifier"), b"[ZoneTransfer]\r\nZoneId=3\r\n")
    assert "coming from the internet" in on_windows.wrong("macro policy")


@pytest.mark.parametrize(
    ("state", "words"), [("DisabledWithoutWarnings", "wrong: Macros"), ("DisabledWithWarnings", "warning: Excel asks")]
)
def test_macros_are_off_on_macos(on_mac: Ward, state: str, words: str) -> None:
    """As Office for Mac keeps it."""
    on_mac.computer.says["defaults"] = f"{state}\n"
    assert on_mac.wrong("macro policy").startswith(words)


# The person.


def test_no_safe_key_store(ward: Ward) -> None:
    """Named, with what serves instead."""
    ward.credentials = keyring.backends.fail.Keyring()  # type: ignore[assignment]
    assert "keyring.backends.fail.Keyring" in ward.wrong("key store")


def test_a_key_store_that_forgets(ward: Ward) -> None:
    """It is tried, not only asked for its name."""
    ward.credentials.forgetful = True
    assert "does not give back" in ward.wrong("key store")


def test_no_tkinter(ward: Ward) -> None:
    """Worth a warning: actions do without windows."""
    ward.more["can_import"] = lambda name: name != "tkinter"
    assert ward.wrong("tkinter").startswith("warning")


def test_modules_are_looked_for_by_importing_them() -> None:
    """A package that is there and cannot be loaded does not count."""
    assert can_import("json")
    assert not can_import("no_such_module")


# What is told.


def test_the_report_has_what_it_needs(ward: Ward) -> None:
    """When, which system, which Python, all checks, and how to mend what is wrong."""
    ward.computer.xlam.unlink()
    text = as_report(ward.all(), datetime(2026, 5, 3, 12, 30, tzinfo=UTC))

    assert "2026-05-03 12:30 UTC" in text
    assert "Python 3." in text
    assert text.count("wrong  ") == 1
    assert "Run: sheetscore addin install" in text


def test_health_is_that_nothing_is_wrong() -> None:
    """A warning keeps nothing from working."""
    fine, odd, bad = (Finding("x", verdict, "what", "mend") for verdict in Verdict)
    assert healthy([fine, odd])
    assert not healthy([fine, bad])
    assert json.loads(as_json([fine, bad])) == {
        "ok": False,
        "checks": [
            {"check": "x", "verdict": "ok", "what": "what", "mend": "mend"},
            {"check": "x", "verdict": "wrong", "what": "what", "mend": "mend"},
        ],
    }
    assert line(odd).splitlines() == ["warning   x: what", "          mend"]
