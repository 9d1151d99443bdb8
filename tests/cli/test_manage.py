"""The command line that manages a home: what it makes, how it shows it, what it says when a rule is broken."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from worker.batch.intake import printable
from worker.cli import app
from worker.cli.home import opened
from worker.demo import material
from worker.endpoints import Registry
from worker.endpoints.passwords import Passwords
from worker.settings import SettingError, Settings


class Shell:
    """Runs commands against one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str) -> Any:
        """Run a command that must succeed; its JSON."""
        ran = CliRunner().invoke(app, [*words, "--home", str(self.home), "--json"], catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)

    def text(self, *words: str) -> str:
        """What a person reads."""
        ran = CliRunner().invoke(app, [*words, "--home", str(self.home)], catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    def process(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """The real program."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "worker", *words],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "SHEETSCORE_HOME": str(self.home), **environ},
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A model and its contract, as files."""
    model, contract = tmp_path / "model.onnx", tmp_path / "contract.json"
    model.write_bytes(material.model(1))
    contract.write_text(json.dumps(material.contract().to_dict()))
    return str(model), str(contract)


def test_publish_make_customers_and_endpoints(shell: Shell, files: tuple[str, str]) -> None:
    """The operator's first ten minutes."""
    model, contract = files
    default = shell("services", "add", "creditrisk", model, "--contract", contract)
    assert (default["name"], default["customer"]) == ("default", None)
    assert shell("services", "publish", "creditrisk", model, "--contract", contract)["version"] == 2
    inbox = shell("customers", "add", "acme")["inbox"]
    assert inbox.endswith("drop/acme/inbox")
    made = shell("endpoints", "add", "creditrisk", "acme", "--customer", "acme", "--version", "1")
    assert made["primary_key"] != made["secondary_key"]
    assert made["id"] in made["url"]
    listed = {row["endpoint"]: row["model"] for row in shell("endpoints", "list")}
    assert listed == {"creditrisk/default": 2, "creditrisk/acme": 1}
    assert [row["customer"] for row in shell("customers", "list")] == ["acme"]
    assert shell("services", "show", "creditrisk")["endpoints"] == ["acme", "default"]
    assert [row["name"] for row in shell("services", "list")] == ["creditrisk"]
    assert shell("jobs", "list") == []


def test_keys_are_shown_once(shell: Shell, files: tuple[str, str]) -> None:
    """The answer that makes them has them; nothing else does, and no file of the home."""
    model, contract = files
    shell("services", "add", "creditrisk", model, "--contract", contract)
    shell("customers", "add", "acme")
    made = shell("endpoints", "add", "creditrisk", "acme", "--customer", "acme")
    keys = [made["primary_key"], made["secondary_key"]]
    shown = shell.text("endpoints", "show", "creditrisk/acme") + shell.text("endpoints", "list")
    kept = b"".join(file.read_bytes() for file in shell.home.rglob("*") if file.is_file())
    assert not any(key in shown or key.encode() in kept for key in keys)


def test_who_expires_soon_is_seen_in_the_list(shell: Shell, files: tuple[str, str]) -> None:
    """The days that are left, from thirty before; a far end is a date alone."""
    model, contract = files
    shell("services", "add", "creditrisk", model, "--contract", contract)
    shell("customers", "add", "acme")
    for name, days in (("soon", 6), ("later", 90), ("tomorrow", 1), ("today", 0), ("over", -1)):
        shell("endpoints", "add", "creditrisk", name, "--customer", "acme")
        day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).date()
        told = shell.text("endpoints", "update", f"creditrisk/{name}", "--expires", str(day))
    assert re.search(r"expires_at .+ UTC \(over\)", told), "a slip in the year would close an endpoint unseen"
    listed = {row["endpoint"].partition("/")[2]: row["expires"] for row in shell("endpoints", "list")}
    assert listed["default"] is None
    assert re.fullmatch(r".+ UTC \(in 6 days\)", listed["soon"])
    assert listed["later"].endswith("UTC")
    assert listed["tomorrow"].endswith("UTC (in 1 day)")
    assert listed["today"].endswith("UTC (in less than a day)")


def test_an_endpoint_is_made_as_it_shall_be(shell: Shell, files: tuple[str, str]) -> None:
    """In one step, as over HTTP: it is never there with another throttle, or without its end."""
    model, contract = files
    shell("services", "add", "creditrisk", model, "--contract", contract)
    shell("customers", "add", "acme")
    words = ["--throttle-level", "High", "--max-concurrent-calls", "7", "--expires", "2099-12-30", "--description", "x"]
    made = shell("endpoints", "add", "creditrisk", "main", "--customer", "acme", *words)
    assert (made["max_concurrent_calls"], made["description"], made["expires_at"]) == (7, "x", 4102358400.0)
    low = shell("endpoints", "add", "creditrisk", "low", "--customer", "acme", "--throttle-level", "Low")
    assert low["max_concurrent_calls"] == 4
    wrong = shell.process("endpoints", "add", "creditrisk", "bad", "--customer", "acme", "--expires", "soon")
    assert (wrong.returncode, "soon is not a day" in wrong.stderr) == (2, True)
    assert len(shell("endpoints", "list")) == 3


def test_empty_lists_say_what_to_do(shell: Shell) -> None:
    """A new home is no dead end."""
    assert "sheetscore services add" in shell.text("services", "list")
    assert "sheetscore customers add" in shell.text("customers", "list")
    assert "sheetscore score" in shell.text("jobs", "list")


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["services", "show", "nothing"], "nothing", 1),
        (["endpoints", "show", "a/b"], "a/b", 1),
        (["customers", "add", "CON"], "CON", 1),
        (["jobs", "show", "0" * 32], "There is no job", 1),
        (["jobs", "cancel", "0" * 32], "There is no job", 1),
        (["endpoints", "add", "x"], "Missing argument", 2),
        (["jobs", "list", "--limit", "0"], "--limit", 2),
        (["unknown"], "No such command", 2),
    ],
)
def test_mistakes_are_one_sentence(shell: Shell, words: list[str], said: str, code: int) -> None:
    """On standard error, without a trace, with the right exit code."""
    ran = shell.process(*words)
    assert ran.returncode == code
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_contract_with_faults_names_them_all(shell: Shell, files: tuple[str, str], tmp_path: Path) -> None:
    """File, column and fault."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"inputs": [{"name": "a", "type": "float"}, {"type": "text"}], "outputs": []}')
    ran = shell.process("services", "add", "x", files[0], "--contract", str(bad))
    assert ran.returncode == 1
    assert ran.stderr.startswith("sheetscore: ")
    assert "bad.json" in ran.stderr
    assert "'float'" in ran.stderr
    assert "no name" in ran.stderr
    bad.write_text('{"inputs":\n [,]}')
    ran = shell.process("services", "add", "x", files[0], "--contract", str(bad))
    assert ran.stderr.endswith("bad.json is not a contract: it is not JSON from line 2, column 3 on\n")


def test_every_fault_of_a_table_of_customers_has_a_line(shell: Shell, tmp_path: Path) -> None:
    """A wall of 300 faults in one line helps nobody."""
    table = tmp_path / "customers.csv"
    table.write_text("name,service\nACME,none\nbolt,none\n")
    ran = shell.process("customers", "import", str(table))
    assert ran.returncode == 1
    assert [line.split(":")[1] for line in ran.stderr.splitlines()] == [" line 2", " line 2", " line 3"]


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["serve", "--port", "{port}"], {}, "port {port} of 127.0.0.1 is taken; another can be given with --port"),
        (["services", "list", "--home", "/dev/null/home"], {}, "/dev/null/home"),
        (["services", "list"], {"SHEETSCORE_DATABASE": "mysql://u:secret@h/d"}, "must begin with sqlite"),
        (["services", "list"], {"SHEETSCORE_DATABASE": "postgresql://u:secret@127.0.0.1:1/d"}, "cannot be used"),
        (
            ["serve"],
            {"SHEETSCORE_PART_ROWS": "0"},
            "part_rows (SHEETSCORE_PART_ROWS): '0' must be a whole number, 1 or",
        ),
        (["serve"], {"SHEETSCORE_POLL_SECONDS": "0"}, "0.01 or more"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(
    shell: Shell, words: list[str], environ: dict[str, str], said: str
) -> None:
    """Port, address, folder, database, settings: no trace, exit code 1, no password repeated."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = shell.process(*(word.format(port=port) for word in words), **environ)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert said.format(port=port) in ran.stderr
    assert "secret" not in ran.stderr + ran.stdout


def test_settings_do_not_show_the_databases_password(shell: Shell) -> None:
    """The table is something people paste into a ticket."""
    ran = shell.process("settings", "--json", SHEETSCORE_DATABASE="postgresql://u:secret@h/d")
    values = {row["setting"]: row["value"] for row in json.loads(ran.stdout)}
    assert values["database"] == "postgresql://u:***@h/d"


@pytest.mark.parametrize("name", ["[bold]a[/x] :smile:.xlsx", "caf\udce9.xlsx"])
def test_names_are_shown_as_they_are(shell: Shell, files: tuple[str, str], tmp_path: Path, name: str) -> None:
    """Brackets and colons are no markup; what is not UTF-8 is escaped and ends nothing."""
    model, contract = files
    shell("services", "add", "creditrisk", model, "--contract", contract)
    (tmp_path / name.replace("/", "")).write_bytes(material.workbook())
    book = str(tmp_path / name.replace("/", ""))
    ran = shell.process("score", book, "--endpoint", "creditrisk/default", PYTHONIOENCODING="utf-8:strict")
    assert ran.returncode == 3, ran.stderr
    shown = printable(Path(book).name)
    assert shown in ran.stderr
    assert shown.replace(".xlsx", ".scored.xlsx") in ran.stdout
    assert shell("jobs", "list")[0]["workbook"] == shown
    assert shown.replace(".xlsx", "") in shell.text("jobs", "list")


def test_settings_come_from_environment_file_and_table(tmp_path: Path) -> None:
    """In this order; what is wrong is named with where it was read."""
    (tmp_path / "settings.toml").write_text("port = 1\npart_rows = 7\n")
    values = Settings(tmp_path, {"SHEETSCORE_PORT": "2"}, host="127.0.0.2")
    assert (values.port, values.part_rows, values.host, values.retention_days) == (2, 7, "127.0.0.2", 30)
    with pytest.raises(SettingError, match=r"port \(SHEETSCORE_PORT\): 'x' is not a whole number"):
        Settings(tmp_path, {"SHEETSCORE_PORT": "x"})
    with pytest.raises(SettingError, match=r"port \(command line\): 65536 must be a whole number from 0 to 65535"):
        Settings(tmp_path, {}, port=65536)
    (tmp_path / "settings.toml").write_text("prot = 1\n")
    with pytest.raises(SettingError, match="unknown settings prot"):
        Settings(tmp_path, {})


def test_the_home_is_private(shell: Shell) -> None:
    """Folders 0700, files 0600."""
    shell("customers", "add", "acme")
    for path in [shell.home, *shell.home.rglob("*")]:
        assert oct(path.stat().st_mode & 0o777) == ("0o700" if path.is_dir() else "0o600"), path


def test_the_password_of_a_customers_workbooks(shell: Shell) -> None:
    """Read from standard input, never an argument; shown as kept, never itself; taken back."""
    shell("customers", "add", "acme")
    words = ["customers", "password", "acme", "--home", str(shell.home)]
    kept = CliRunner().invoke(app, words, input="canary pässword\nmore\n", catch_exceptions=False)
    assert kept.exit_code == 0
    (row,) = shell("customers", "list")
    assert row["password"] == "kept"
    assert "canary" not in kept.output + json.dumps(row)
    with opened(shell.home) as engine:
        passwords, customer = Passwords(engine, shell.home), Registry(engine, shell.home).customer("acme")
        assert passwords.get(customer.id) == "canary pässword"
    assert CliRunner().invoke(app, words, input="\n").exit_code == 1
    shell.text("customers", "password", "acme", "--remove")
    assert shell("customers", "list")[0]["password"] is None
    assert CliRunner().invoke(app, [*words[:2], "nobody", *words[3:]], input="x\n").exit_code == 1


def test_how_a_customer_writes_is_said_shown_and_taken_back(shell: Shell) -> None:
    """A tab has a name, as no shell passes one easily."""
    shell("customers", "add", "acme")
    said = shell("customers", "update", "acme", "--decimal-sign", ",", "--csv-separator", "tab")
    assert (said["decimal_sign"], said["csv_separator"], said["date_order"]) == (",", "\t", "")
    assert re.search(r"^csv_separator +tab *$", shell.text("customers", "show", "acme"), re.MULTILINE)
    said = shell("customers", "update", "acme", "--decimal-sign", "", "--date-order", "dmy")
    shown = shell("customers", "show", "acme")
    assert said.items() <= shown.items()
    assert (shown["decimal_sign"], shown["csv_separator"], shown["date_order"]) == ("", "\t", "dmy")
    assert shell("customers", "update", "acme", "--replace-earlier")["replace_earlier"] is True
    assert shell("customers", "show", "acme")["replace_earlier"] is True
    assert shell("customers", "update", "acme", "--keep-earlier")["replace_earlier"] is False
    refused = shell.process("customers", "update", "acme", "--decimal-sign", "x")
    assert (refused.returncode, "decimal_sign" in refused.stderr) == (1, True)
    assert shell.process("customers", "show", "nobody").returncode == 1
