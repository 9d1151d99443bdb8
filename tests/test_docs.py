"""README is true: every command, setting and address stands in it, and its blocks run."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
import typer.main

from addin import functions
from addin import settings as analyst
from worker import __version__
from worker.batch.service import BatchService
from worker.cli import app
from worker.endpoints import Snapshots
from worker.host import Area, HostServer, Management, create_app
from worker.settings import TABLE, Settings
from worker.store import open_store

PARAMETERS = {"endpoint_id": "endpointId", "job_id": "jobId", "workspace": "ws"}
ROOT = Path(__file__).parent.parent
CLASSIC = ROOT / "tests" / "host" / "classic"
README = (ROOT / "README.md").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")


def commands(group: Any, words: tuple[str, ...] = ("sheetscore",)) -> Iterator[tuple[str, Any]]:
    """Every command with its full words."""
    inner = getattr(group, "commands", None)
    if inner:
        for name, command in inner.items():
            yield from commands(command, (*words, name))
    else:
        yield " ".join(words), group


UI = "{http://schemas.microsoft.com/office/2006/01/customui}"
RIBBON = ET.parse(ROOT / "addin" / "excel" / "customUI.xml")
BUTTONS = [e for kind in ("dropDown", "button", "toggleButton", "menu") for e in RIBBON.iter(UI + kind)]
COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_in_the_table(words: str) -> None:
    """With the sentence that `--help` says first."""
    row = re.search(rf"^\| `{re.escape(words)}[^|]*` \| ([^|]+) \|$", README, re.MULTILINE)
    assert row is not None, f"README has no row for {words}"
    help_line = (COMMANDS[words].help or "").splitlines()[0]
    assert row[1].strip() == help_line


@pytest.mark.parametrize("words", COMMANDS)
def test_help_says_what_every_word_of_a_command_is(words: str) -> None:
    """A name alone does not tell an id from a name, nor what may stand there."""
    assert [word.name for word in COMMANDS[words].params if not getattr(word, "help", None)] == []


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table(setting) -> None:
    """With its default and its line of help."""
    default = "" if setting.default == "" else f"`{setting.default}`"
    assert f"| `{setting.name}` | {default} | {setting.help} |" in README


def test_nothing_in_the_tables_is_gone_from_the_product() -> None:
    """A removed command or setting leaves the tables too."""
    told = set(re.findall(r"^\| `(sheetscore [a-z -]+?)(?: [A-Z<\[].*)?` \|", README, re.MULTILINE))
    assert told == set(COMMANDS)
    settings = README[README.index("## Settings") :].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", settings, re.MULTILINE)) == {s.name for s in TABLE}


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: str(button.get("id")))
def test_every_button_is_in_the_table(button) -> None:
    """With its label and the words that Excel shows over it."""
    assert f"| {button.get('label')} | {button.get('supertip')} |" in README


def test_every_worksheet_function_is_in_the_table() -> None:
    """With its arguments and its sentence; nothing is told that is not there."""
    made = {name: value for name, value in vars(functions).items() if name.startswith("SCORE")}
    told = re.findall(r"^\| `(SCORE\w*)\(([^)]*)\)` \| ([^|]+) \|$", README, re.MULTILINE)
    assert {name for name, _, _ in told} == set(made)
    for name, arguments, sentence in told:
        parameters = [p for p in inspect.signature(made[name]).parameters.values() if p.name != "origin"]
        assert arguments == ", ".join(p.name if p.default is p.empty else f"[{p.name}]" for p in parameters)
        assert sentence == made[name].__doc__


@pytest.mark.parametrize("setting", analyst.TABLE, ids=lambda setting: setting.name)
def test_every_setting_of_the_analyst_is_in_the_table(setting) -> None:
    """With its default and its line of help."""
    assert f"| `{setting.name}` | `{setting.default}` | {setting.help} |" in README


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_both_commands_install_pinned_versions(name: str) -> None:
    """What README prints is what CI runs; a PowerShell twin stands beside it."""
    made = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "readme_command.py"), name], capture_output=True, text=True, check=True
    )
    assert "-c .ci/constraints.txt" in made.stdout
    after = README[README.index(f"<!-- command: {name} -->") :]
    assert re.match(r".+?```sh\n.+?```\s+```powershell\n.+?-c \.ci\\constraints\.txt.+?```", after, re.DOTALL)


def test_every_address_is_in_the_table() -> None:
    """Method and path, as the host has them."""
    uploads: Any = object()
    snapshots: Any = SimpleNamespace(models=None)
    management = Management(SimpleNamespace(), SimpleNamespace(), SimpleNamespace(), snapshots)  # type: ignore[arg-type]
    for route in create_app(
        snapshots, Settings(ROOT, {}), uploads, management, area=uploads, tables=uploads, templates=uploads
    ).routes:
        path = re.sub(r"{(\w+?)(?::\w+)?}", lambda m: f"{{{PARAMETERS.get(m[1], m[1])}}}", route.path)
        for method in route.methods - {"HEAD"}:
            assert re.search(rf"^\| `{method} {re.escape(path)}[?`]", README, re.MULTILINE), f"{method} {path}"


def test_python_blocks_run(tmp_path: Path) -> None:
    """The Python in README works as printed, against the host that the block before it starts."""
    blocks = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    assert blocks
    script = tmp_path / "readme.py"
    script.write_text("\n".join(blocks))
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stderr


MOVING = re.findall(r"<!-- moving: (\S+) (\S+) -->\n```diff\n(.+?)```", README, re.DOTALL)


@pytest.mark.parametrize(("batch", "single", "block"), MOVING, ids=[batch for batch, _, _ in MOVING])
def test_what_changes_in_a_classic_client_is_what_the_tested_programs_have(batch: str, single: str, block: str) -> None:
    """Every new line stands in the batch program, address and key in the other too; no old line in either."""
    new, old = (re.findall(rf"^[{sign}](.+)$", block, re.MULTILINE) for sign in "+-")
    assert len(new) + len(old) == len(block.splitlines())
    there, also = ({line.strip() for line in (CLASSIC / name).read_text().splitlines()} for name in (batch, single))
    assert (set(new) - there, set(new[:2]) - also, set(old) & (there | also)) == (set(), set(), set())


def test_moving_is_shown_in_every_language_that_is_tested() -> None:
    """No program without its block."""
    assert {name for *names, _ in MOVING for name in names} == {file.name for file in CLASSIC.glob("*.*")}


def shell_block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```sh\n(.+?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_shell_blocks_run(tmp_path: Path) -> None:
    """An operator's first commands, then a developer's first call and job against what they made, as printed."""
    if not (shutil.which("bash") and shutil.which("curl")) and "CI" not in os.environ:
        pytest.skip("bash or curl is missing")
    home = tmp_path / "home"
    environ = {
        **os.environ,
        "SHEETSCORE_HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    made = run(shell_block("run"), ROOT, environ)
    keys = re.findall(r"primary_key\s+(ss_\S+)", made)
    url = re.findall(r"url\s+(\S+)", made)[-1]
    engine = open_store("", home)
    settings = Settings(home, {}, port=0)
    with (
        Snapshots(engine, home) as snapshots,
        BatchService(engine, home, settings, snapshots.models) as batch,
        HostServer(
            create_app(snapshots, settings, area=Area.of_home(home, settings), tables=batch.tables), "127.0.0.1", 0
        ) as server,
    ):
        environ |= {"URL": server.url + urlsplit(url).path, "KEY": keys[-1]}
        answer = json.loads(run(shell_block("call"), tmp_path, environ))
        table = run(shell_block("batch"), tmp_path, environ).splitlines()
    engine.dispose()
    scores = answer["Results"]["output1"]
    assert scores[0].keys() == {"Probability of default", "Predicted risk"}
    assert table[0] == "Probability of default,Predicted risk,Status"
    assert [line.split(",")[1:] for line in table[1:]] == [[row["Predicted risk"], "ok"] for row in scores]


def run(block: str, folder: Path, environ: dict[str, str]) -> str:
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_pictures_are_there() -> None:
    """Every picture that README shows lies in .github."""
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all(name.startswith(".github/") and (ROOT / name).stat().st_size > 1000 for name in pictures)


def test_changelog_knows_this_version() -> None:
    """The newest entry is the version of the package."""
    versions = re.findall(r"^## \[(?!Unreleased)([^\]]+)\]", CHANGELOG, re.MULTILINE)
    assert versions[0] == __version__
