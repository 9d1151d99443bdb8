"""`sheetscore addin ...`: what each command does, says and returns, and what it does not need."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import worker.cli
from addin import excel
from addin.cache import SECRET_NAME, open_cache
from addin.catalogue import Catalogue
from addin.commands import Seat, app, words
from addin.conf import read_conf
from addin.install import InstallError, InstallFault
from addin.keystore import SystemKeys
from addin.messages import explain
from addin.proxylogin import STORED
from tests.addin.computers import VERSIONS, Computer, Credentials, mac, make, windows
from tests.addin.servers import KEY, LOCATION, serving
from tests.addin.test_keystore import Plain

ROOT = Path(__file__).parents[2]


class Desk:
    """One person's computer, and the commands they type on it."""

    def __init__(self, computer: Computer) -> None:
        self.computer = computer
        self.credentials = Credentials()
        self.keys = SystemKeys(lambda: self.credentials)
        self.seat = Seat(computer.system, self.keys)

    def __call__(self, *typed: str, code: int = 0) -> str:
        ran = CliRunner().invoke(app, [*typed], obj=self.seat, catch_exceptions=False)
        assert ran.exit_code == code, ran.output
        return ran.stdout

    def add_endpoint(self, url: str) -> None:
        catalogue = self.seat.catalogue()
        catalogue.add("Credit", url + LOCATION, KEY)
        catalogue.transport.close()


@pytest.fixture(params=[windows, mac], ids=["Windows", "macOS"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    return Desk(request.param(tmp_path / "disk"))


def test_build_prints_what_it_made(desk: Desk, tmp_path: Path) -> None:
    """The SHA-256 of the very file."""
    out = tmp_path / "made.xlam"
    said = desk("build", "--out", str(out))
    assert said == f"{hashlib.sha256(out.read_bytes()).hexdigest()}  {out}\n"


def test_the_packaged_file_is_what_gets_installed(desk: Desk) -> None:
    """From the first command to the last: installed, sound, again, removed."""
    before = desk.computer.tree()
    said = desk("install")
    assert desk.computer.xlam.read_bytes() == excel.packaged().read_bytes()
    assert str(desk.computer.xlam) in said
    assert hashlib.sha256(excel.packaged().read_bytes()).hexdigest() in said
    assert "Start Excel: the tab Sheetscore is there." in said

    (conf,) = [desk.computer.home / name for name in desk.computer.tree() if name.endswith(".conf")]
    desk.computer.says[next(iter(read_conf(conf).values()))] = VERSIONS
    assert "wrong" not in desk("doctor")
    assert "in place of 0.1.0" in desk("install")
    assert f"Removed {desk.computer.xlam}" in desk("remove")
    assert desk.computer.tree() == before
    assert "nothing to remove" in desk("remove")


def test_excel_that_runs_must_be_started_anew(tmp_path: Path) -> None:
    """It is said at installing and at removing."""
    desk = Desk(windows(tmp_path))
    desk.computer.says["tasklist"] = "EXCEL.EXE  1  Console"
    assert "Quit Excel and start it again" in desk("install")
    assert "until you quit it" in desk("remove")


def test_a_signed_copy_is_installed_by_name_and_hash(desk: Desk, tmp_path: Path) -> None:
    """Another file than the one that was signed is refused."""
    signed = make(tmp_path / "signed.xlam", b"signed")
    with pytest.raises(InstallError) as caught:
        desk("install", "--file", str(signed), "--sha256", "00")
    assert caught.value.fault is InstallFault.NOT_THE_FILE
    desk("install", "--file", str(signed), "--sha256", hashlib.sha256(b"signed").hexdigest())
    assert desk.computer.xlam.read_bytes() == b"signed"
    desk("install", "--file", str(tmp_path / "none.xlam"), code=2)


def test_remove_keeps_endpoints_and_keys(desk: Desk) -> None:
    """Who installs again goes on where they were."""
    desk("install")
    with serving() as server:
        desk.add_endpoint(server.url)
    kept = dict(desk.credentials.kept)
    desk("remove")

    assert [entry.name for entry in desk.seat.catalogue().entries()] == ["Credit"]
    assert desk.credentials.kept == kept
    assert KEY in kept.values()


def test_remove_everything_leaves_nothing(desk: Desk) -> None:
    """Neither files nor keys; only what is not the add-in's stays: the folder can be a server's home too."""
    before = desk.computer.tree()
    desk("install")
    with serving() as server:
        desk.add_endpoint(server.url)
    open_cache(desk.seat.folder, desk.keys, 1, {}).close()
    for name in (
        "sheetscore.log",
        "sheetscore.log.1",
        "undo.json",
        "auto.json",
        "calls-stopped",
        "settings.toml",
        "scores.db",
        "scores.broken",
    ):
        make(desk.seat.folder / name, b"cache_mb = 9\n")
    theirs = make(desk.seat.folder / "sheetscore.db", b"a server's")
    assert any(SECRET_NAME in service for service in desk.credentials.kept)
    said = desk("remove", "--everything")

    assert "Deleted 1 endpoints with their keys" in said
    assert desk.credentials.kept == {}
    assert theirs.read_bytes() == b"a server's"
    theirs.unlink()
    assert desk.computer.tree() == before


def test_remove_everything_goes_on_where_the_key_store_is_refused(desk: Desk) -> None:
    """The list goes; a key in the environment is not ours."""
    desk("install")
    with serving() as server:
        desk.add_endpoint(server.url)
    environ = {**desk.seat.system.environ, "SHEETSCORE_KEY_CREDIT": KEY}
    system = replace(desk.seat.system, environ=environ)
    refused = replace(desk.seat, keys=SystemKeys(Plain), system=system)
    done = CliRunner().invoke(app, ["remove", "--everything"], obj=refused)

    assert done.exit_code == 0
    assert "SHEETSCORE_KEY_CREDIT stays: it is set in your environment" in done.output
    assert refused.catalogue().entries() == ()


def test_remove_everything_leaves_only_what_a_locked_key_store_holds(desk: Desk) -> None:
    """It is named, with what to do; the next try, once the store is unlocked, deletes it."""
    before = desk.computer.tree()
    desk("install")
    with serving() as server:
        desk.add_endpoint(server.url)
    open_cache(desk.seat.folder, desk.keys, 1, {}).close()
    desk.keys.set(STORED, "{}")
    desk.credentials.locked = True
    done = CliRunner().invoke(app, ["remove", "--everything"], obj=desk.seat, catch_exceptions=False)

    assert done.exit_code == 1
    assert f"Removed {desk.computer.xlam}" in done.stdout
    for name in desk.credentials.kept:
        assert f"'{name}' is still in the key store" in done.stderr
    assert "Unlock the key store and run this again" in done.stderr
    left = {name for name in desk.computer.tree() if name not in before}
    assert all(name.endswith(("endpoints.jsonl", ".conf", "lock")) for name in left)

    desk.credentials.locked = False
    assert "Deleted 1 endpoints" in desk("remove", "--everything")
    assert desk.credentials.kept == {}
    assert desk.computer.tree() == before


def test_the_doctor_asks_each_endpoint(desk: Desk, tmp_path: Path) -> None:
    """A wrong key makes its exit code 1; the report has no key in it, nor has what is printed."""
    desk("install")
    with serving() as server:
        desk.add_endpoint(server.url)
        assert "ok        endpoint Credit" in desk("doctor", code=1)  # the made-up Python of this computer cannot run
        desk.credentials.kept = dict.fromkeys(desk.credentials.kept, "wrong-key-4711")
        report = tmp_path / "report.txt"
        told = json.loads(desk("doctor", "--json", "--report", str(report), code=1))
    (found,) = [check for check in told["checks"] if check["check"] == "endpoint Credit"]

    assert not told["ok"]
    assert found["verdict"] == "wrong"
    assert "unauthorized (401)" in report.read_text("utf-8")
    assert "4711" not in json.dumps(told) + report.read_text("utf-8")
    assert KEY not in json.dumps(told) + report.read_text("utf-8")


@pytest.mark.parametrize("fault", InstallFault)
def test_every_fault_has_words(fault: InstallFault) -> None:
    """With the path, and no placeholder left."""
    said = words(InstallError(fault, "C:\\here"))
    assert said.startswith(explain(InstallError(fault, "C:\\here"), sheet=False))
    assert "C:\\here" in said
    assert "{" not in said
    assert "nobody foresaw" not in said


def test_the_servers_command_line_lists_it() -> None:
    """With the sentence of its help."""
    said = CliRunner().invoke(worker.cli.app, ["--help"]).stdout
    assert "addin      The Excel add-in on this computer." in said
    assert CliRunner().invoke(worker.cli.app, ["addin", "--help"]).exit_code == 0


# The real program, on a computer that has only one of the two extras.

BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
sys.argv[:] = ["sheetscore", *{words!r}]
from worker.__main__ import main
main()
"""
_MODULES = {"protobuf": "google", "python-calamine": "python_calamine", "pyOpenVBA": "pyopenvba"}


def needs(*extras: str) -> set[str]:
    """The packages of pyproject that come with an extra; of the project itself for ''."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [need for e in extras for need in (project["optional-dependencies"][e] if e else project["dependencies"])]
    names = {need.split(";")[0].split("=")[0].split("[")[0].strip() for need in listed}
    return {_MODULES.get(name, name) for name in names}


def run(blocked: set[str], *typed: str, **environ: str) -> subprocess.CompletedProcess[str]:
    code = BLOCKED.format(blocked=blocked, words=typed)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environ},
    )


SERVER_ONLY = needs("worker", "scale", "convert") | {"pyopenvba", "oletools", "openpyxl", "pytest"}
SERVER_ONLY -= needs("", "addin")


@pytest.mark.parametrize(
    "typed", [["doctor", "--json"], ["doctor"], ["--help"], ["remove", "--everything"], ["install"]]
)
def test_a_desk_needs_no_server_library(typed: list[str], tmp_path: Path) -> None:
    """Only the extra `addin`: no sqlalchemy, no onnxruntime, nothing that builds or tests."""
    assert {"sqlalchemy", "onnxruntime", "uvicorn", "pyopenvba"} <= SERVER_ONLY
    ran = run(SERVER_ONLY, "addin", *typed, HOME=str(tmp_path), PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")

    assert "Traceback" not in ran.stderr
    assert "missing" not in ran.stderr
    assert ran.returncode == (0 if typed == ["--help"] else 1)
    if typed == ["doctor", "--json"]:
        assert {"versions", "Excel", "key store", "proxy"} <= {
            check["check"] for check in json.loads(ran.stdout)["checks"]
        }


def test_a_desk_is_told_what_a_server_needs() -> None:
    """In one sentence, with the command; and what does work there."""
    ran = run(SERVER_ONLY, "serve")
    assert ran.returncode == 1
    assert ran.stderr.startswith("sheetscore: ")
    assert ran.stderr.endswith(
        "Run: pip install 'sheetscore[worker]'. For Excel on this computer: sheetscore addin --help\n"
    )
    assert ran.stderr.count("\n") == 1


def test_a_server_is_told_what_a_desk_needs(tmp_path: Path) -> None:
    """Its own commands work without."""
    blocked = needs("addin") - needs("", "worker")
    assert blocked == {"keyring", "xlwings"}
    ran = run(blocked, "addin", "doctor")
    assert (ran.returncode, ran.stderr) == (
        1,
        "sheetscore: keyring is missing. Run: pip install 'sheetscore[addin]'.\n",
    )
    listed = run(blocked, "customers", "list", "--home", str(tmp_path))
    assert listed.returncode == 0, listed.stderr


def test_a_fault_of_our_own_is_not_hidden() -> None:
    """A module of this package that is missing is no matter of extras."""
    ran = run({"addin"}, "addin", "doctor")
    assert "Traceback" in ran.stderr


def test_an_error_is_one_sentence(tmp_path: Path) -> None:
    """And exit code 1; letters that the console lacks are replaced."""
    ran = run(set(), "addin", "install", HOME=str(tmp_path / "Γιώργος"), PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"sheetscore: {words(InstallError(InstallFault.NO_EXCEL_HERE, sys.platform))}\n"
    told = run(set(), "addin", "doctor", HOME=str(tmp_path / "Γιώργος"), PYTHONIOENCODING="ascii")
    assert "???????" in told.stdout
    assert "Traceback" not in told.stderr


def test_the_system_proxy_is_used_and_its_sign_in_told(tmp_path: Path) -> None:
    """The program as an analyst starts it, behind a proxy that answers 407."""
    folder = tmp_path / ".sheetscore"
    Catalogue(folder, SystemKeys(Credentials))
    make(folder / "endpoints.jsonl", _line(f"https://scores.example.com{LOCATION}"))
    with serving(status=407, headers={"Proxy-Authenticate": "Negotiate"}, checks_key=False) as proxy:
        address = proxy.url.replace("//", "//ana:secret@")
        told = run(set(), "addin", "doctor", HOME=str(tmp_path), HTTPS_PROXY=address, SHEETSCORE_KEY_CREDIT=KEY)

    assert "https: " + proxy.url in told.stdout
    assert "proxy wants a sign-in (407)" in told.stdout
    assert proxy.asked[0][:2] == ("CONNECT", "scores.example.com:443")
    assert "secret" not in told.stdout + told.stderr
    assert KEY not in told.stdout + told.stderr


def _line(url: str) -> bytes:
    entry: dict[str, Any] = {"name": "Credit", "url": url, "added": "2026-01-01"}
    return json.dumps(entry).encode() + b"\n"
