"""Templates on the command line: a first definition, its check, the workbook of one customer and of all."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from tests.cli.test_manage import Shell
from workbook_templates import DefinitionError
from worker.batch.templates import NoTemplate, SeveralTemplates, Templates
from worker.cli import app
from worker.cli.home import opened
from worker.demo import material
from worker.endpoints import Registry
from worker.scoring.binding import Binding
from worker.workbooks import read_input


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A home with the service creditrisk in two versions, and customers acme (German) and beta."""
    shell, contract = Shell(tmp_path / "home"), tmp_path / "contract.json"
    for number in (1, 2):
        (tmp_path / f"{number}.onnx").write_bytes(material.model(number))
    contract.write_text(json.dumps(material.contract().to_dict()), "utf-8")
    shell("services", "add", "creditrisk", str(tmp_path / "1.onnx"), "--contract", str(contract))
    shell("services", "publish", "creditrisk", str(tmp_path / "2.onnx"), "--contract", str(contract))
    shell("customers", "add", "acme", "--language", "de-AT")
    shell("customers", "add", "beta")
    shell("endpoints", "add", "creditrisk", "acme", "--customer", "acme")
    shell("endpoints", "add", "creditrisk", "beta", "--customer", "beta", "--version", "1")
    return shell


def run(shell: Shell, *words: str) -> Result:
    """A command that may fail, in this process."""
    return CliRunner().invoke(app, [*words, "--home", str(shell.home)], catch_exceptions=False)


def defined(file: Path) -> Binding | None:
    """What a workbook says of its endpoint."""
    names = load_workbook(file).defined_names
    return Binding.from_formulas({name: str(defined.attr_text) for name, defined in names.items()})


def test_a_first_definition_is_written_checked_and_built(shell: Shell, tmp_path: Path) -> None:
    written = Path(shell("templates", "new", "mine", "--service", "creditrisk", "--language", "de")["file"])
    assert written == shell.home / "templates" / "mine.toml"
    assert shell("templates", "check", "mine") == []
    built = shell("templates", "build", "mine", "--endpoint", "creditrisk/acme", "--out", str(tmp_path / "out"))
    assert Path(built["file"]).name == "mine-acme.xlsx"
    assert len(read_input(built["file"], material.contract()).frame) == 2
    with pytest.raises(FileExistsError, match="There is such a template already"):
        run(shell, "templates", "new", "mine", "--service", "creditrisk")
    with pytest.raises(DefinitionError, match="must be lower-case letters, digits and hyphens"):
        run(shell, "templates", "new", "../mine", "--service", "creditrisk")
    assert run(shell, "templates", "new", "fr", "--service", "creditrisk", "--language", "fr").exit_code == 2
    assert not list(shell.home.glob("mine*"))


def test_shipped_and_own_templates_are_listed(shell: Shell) -> None:
    shell("templates", "new", "mine", "--service", "creditrisk")
    (shell.home / "templates" / "broken.toml").write_text("title = 3\n", "utf-8")
    found = {row["template"]: row for row in shell("templates", "list")}
    assert (found["credit"]["from"], found["credit"]["languages"], found["credit"]["for"]) == (
        "shipped",
        "en, de",
        "creditrisk",
    )
    assert (found["mine"]["from"], found["mine"]["version"]) == ("home", 1)
    assert found["broken"]["title"] == "2 faults: see templates check broken"


def test_every_fault_is_named_at_once(shell: Shell) -> None:
    shell("templates", "new", "mine", "--service", "creditrisk")
    file = shell.home / "templates" / "mine.toml"
    good = file.read_text("utf-8")
    file.write_text(good.replace('name = "Purpose"', 'name = "Porpose"').replace('"Housing"', '"Houses"', 1), "utf-8")
    checked = run(shell, "templates", "check", "mine", "--json")
    assert checked.exit_code == 1
    assert [(row["place"], row["fault"].split(";")[0]) for row in json.loads(checked.stdout)] == [
        ("columns ('Porpose')", "the endpoint does not take it"),
        ("columns ('Houses')", "the endpoint does not take it"),
    ]
    refused = shell.process("templates", "build", "mine", "--endpoint", "creditrisk/acme")
    assert refused.returncode == 1
    assert refused.stderr.startswith("sheetscore: Template 'mine' cannot be used:\n  line ")
    assert "Porpose" in refused.stderr
    assert "Houses" in refused.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('service = "nothing"', "there is no service 'nothing'"),
        ('endpoint = "creditrisk/gone"', "there is no endpoint 'creditrisk/gone'"),
    ],
)
def test_services_and_endpoints_that_are_not_there_are_named(shell: Shell, line: str, words: str) -> None:
    folder = shell.home / "templates"
    folder.mkdir()
    (folder / "mine.toml").write_text(f'{line}\ntitle = "Mine"\n', "utf-8")
    (fault,) = json.loads(run(shell, "templates", "check", "mine", "--json").stdout)
    assert words in fault["fault"]
    with pytest.raises(NoTemplate, match="no template is for creditrisk/acme"):
        run(shell, "templates", "build", "mine", "--endpoint", "creditrisk/acme")


def test_every_customer_gets_a_template_in_their_words(shell: Shell, tmp_path: Path) -> None:
    """Acme's language is the store's, beta's name, colour and contact are the table's; each knows its endpoint."""
    table = tmp_path / "customers.csv"
    table.write_text("customer,name,accent,contact\nbeta,Beta & Sons,aa3300,Ann\n", "utf-8")
    out = tmp_path / "out"
    made = shell("templates", "build", "credit", "--all", "--table", str(table), "--out", str(out))
    assert (made["built"], sorted(file.name for file in out.iterdir())) == (2, ["credit-acme.xlsx", "credit-beta.xlsx"])
    ids = {row["endpoint"]: row["id"] for row in shell("endpoints", "list")}
    german, english = (load_workbook(out / f"credit-{name}.xlsx") for name in ("acme", "beta"))
    assert german.sheetnames == ["Start", "Eingabe", "Schlüssel", "Listen"]
    assert english.sheetnames == ["Start", "Input", "Codes", "Lists"]
    assert (german["Start"]["B2"].value, english["Start"]["B2"].value) == ("für acme", "for Beta & Sons")
    assert english["Start"]["B1"].fill.fgColor.rgb == "FFAA3300"
    texts = {cell.value for row in english["Start"].iter_rows() for cell in row}
    assert "Ann" in texts
    assert any(str(text).startswith("version 1 of ") for text in texts)  # beta pins the older model
    for name in ("acme", "beta"):
        binding = defined(out / f"credit-{name}.xlsx")
        assert binding == Binding(ids[f"creditrisk/{name}"], "credit", "1", material.contract().fingerprint())


def test_sample_rows_are_there_only_where_the_endpoint_shows_sample_data(shell: Shell, tmp_path: Path) -> None:
    with opened(shell.home) as engine:
        Registry(engine, shell.home).change_endpoint("creditrisk/beta", sample_data=False)
    shell("templates", "build", "credit", "--all", "--out", str(tmp_path))
    filled = {
        name: load_workbook(tmp_path / f"credit-{name}.xlsx", data_only=True).worksheets[1]["A3"].value
        for name in ("acme", "beta")
    }
    assert filled == {"acme": 3, "beta": 0}


def test_a_table_with_strangers_builds_nothing(shell: Shell, tmp_path: Path) -> None:
    folder = shell.home / "templates"
    folder.mkdir()
    (folder / "credit.csv").write_text("customer,accent\nacme,aa3300\ngamma,\n", "utf-8")
    with pytest.raises(DefinitionError, match="no endpoint of this template belongs to gamma"):
        run(shell, "templates", "build", "credit", "--all", "--out", str(tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())


def test_one_that_cannot_be_built_does_not_stop_the_others(shell: Shell, tmp_path: Path) -> None:
    """Beta's contract is older and lacks a column that the definition names."""
    contract = material.contract().to_dict()
    contract["inputs"][0]["description"] = "newer"
    newer, file = tmp_path / "newer.json", tmp_path / "1.onnx"
    newer.write_text(json.dumps(contract | {"sample": []}), "utf-8")
    shell("services", "publish", "creditrisk", str(file), "--contract", str(newer))
    shell("customers", "add", "late")
    shell("endpoints", "add", "creditrisk", "late", "--customer", "late")
    ran = run(shell, "templates", "build", "credit", "--all", "--out", str(tmp_path / "out"), "--json")
    assert ran.exit_code == 1
    (failed,) = json.loads(ran.stdout)
    assert failed == {"endpoint": "creditrisk/late", "why": "sample_rows: the contract has 0 sample rows, not 3"}
    assert "1 of 3 templates could not be built" in ran.stderr
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["credit-acme.xlsx", "credit-beta.xlsx"]


def test_build_wants_one_endpoint_or_all(shell: Shell) -> None:
    assert run(shell, "templates", "build", "credit").exit_code == 2
    assert run(shell, "templates", "build", "credit", "--all", "--endpoint", "creditrisk/acme").exit_code == 2


def test_of_several_templates_for_an_endpoint_one_must_be_named(shell: Shell) -> None:
    """Over HTTP and in a job nobody names one: the one for it alone counts, else the choice is told."""
    shell("templates", "new", "mine", "--service", "creditrisk")
    with opened(shell.home) as engine:
        registry = Registry(engine, shell.home)
        row = registry.endpoint("creditrisk/acme")
        with pytest.raises(SeveralTemplates, match="credit, mine; say which"):
            Templates(registry, shell.home, time.time).build(row)
        (shell.home / "templates" / "only.toml").write_text('endpoint = "creditrisk/acme"\ntitle = "T"\n', "utf-8")
        assert Templates(registry, shell.home, time.time).build(row).file_name == "only-acme.xlsx"
