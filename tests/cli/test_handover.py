"""`sheetscore handover`: a parcel for each customer, in their language, with a code that works once and no key."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from tests.endpoints import tiny
from tests.endpoints.trials import remembered
from workbook_templates.instructions import Handed, instructions
from workbook_templates.shelf import Shelf
from worker.cli import app
from worker.demo import material
from worker.endpoints import Access, Registry
from worker.scoring import Schema
from worker.store import open_store

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

WORDS = {"acme": ("en", "How to get your scores"), "bolt": ("de", "So kommen Sie zu Ihren Ergebnissen")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Credit risk for acme (English) and bolt (German); bolt has an endpoint without a template too."""
    home = tmp_path / "home"
    engine = open_store("", home)
    registry = Registry(engine, home, trial=remembered)
    registry.add_service("creditrisk", material.contract(), material.model(1))
    registry.add_service("tiny", tiny.contract(), tiny.credit())
    for customer, (language, _) in WORDS.items():
        registry.add_customer(customer, language)
        registry.add_endpoint("creditrisk", customer, customer)
    engine.dispose()
    return home


@pytest.fixture
def engine(home: Path) -> Any:
    engine = open_store("", home)
    yield engine
    engine.dispose()


def run(home: Path, *words: str) -> Any:
    return CliRunner().invoke(app, ["handover", *words, "--home", str(home), "--json"], catch_exceptions=False)


def parcel(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def test_every_customer_gets_a_parcel(home: Path, engine: Engine, tmp_path: Path) -> None:
    """Template, page, address and connection file; the code opens that customer's endpoint and no other."""
    ran = run(home, "--all", "--out", str(tmp_path / "out"))
    assert ran.exit_code == 0, ran.output
    assert [row["customer"] for row in json.loads(ran.stdout)] == ["acme", "bolt"]
    registry, access = Registry(engine, home), Access(engine)
    for customer, (_, heading) in WORDS.items():
        file = tmp_path / "out" / f"{customer}-creditrisk-{customer}.zip"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        files = parcel(file)
        page = files["Start.html"].decode()
        assert set(files) == {
            f"credit-{customer}.xlsx",
            "Start.html",
            "upload-address.txt",
            f"creditrisk-{customer}.sheetscore.json",
        }
        endpoint = registry.endpoint(f"creditrisk/{customer}")
        address = f"http://127.0.0.1:8765/workspaces/default/services/{endpoint.id}"
        assert files["upload-address.txt"].decode() == f"{address}/workbooks\n"
        assert heading in page
        assert f"{address}/workbooks" in page
        told = json.loads(files[f"creditrisk-{customer}.sheetscore.json"])
        assert (told["address"], told["endpoint"]) == (address, f"creditrisk/{customer}")
        assert access.opened_by_code(told["code"]) == endpoint.id
        assert Schema.from_dict(told["schema"]).input_names == material.contract().input_names
        book = openpyxl.load_workbook(io.BytesIO(files[f"credit-{customer}.xlsx"]))
        assert book.defined_names["Sheetscore_Endpoint"].attr_text == f'"{endpoint.id}"'


def test_no_key_and_no_code_is_anywhere_but_in_the_connection_file(home: Path, tmp_path: Path) -> None:
    """Not in the page, the workbook, the address, the names, or what is said; sample rows are not handed out either."""
    ran = run(home, "creditrisk/acme", "--out", str(tmp_path))
    files = parcel(tmp_path / "acme-creditrisk-acme.zip")
    connection = files.pop("creditrisk-acme.sheetscore.json")
    code = json.loads(connection)["code"]
    assert not re.search(rb"\bsst?_", connection)
    assert "sample" not in json.loads(connection)["schema"] or not json.loads(connection)["schema"]["sample"]
    unpacked = dict(files)
    with zipfile.ZipFile(io.BytesIO(files["credit-acme.xlsx"])) as book:
        unpacked |= {name: book.read(name) for name in book.namelist()}
    for name, data in unpacked.items():
        assert code.encode() not in data, name
        assert not re.search(rb"\bss[ct]?_[A-Za-z0-9_-]{20}", data), name
    assert code not in ran.output


def test_a_customer_without_a_template_is_told_and_the_others_get_theirs(
    home: Path, engine: Engine, tmp_path: Path
) -> None:
    """Exit code 1, the reason beside the name; no code was made for it."""
    Registry(engine, home, trial=remembered).add_endpoint("tiny", "bolt", "bolt")
    ran = run(home, "--all", "--out", str(tmp_path / "out"))
    assert ran.exit_code == 1
    rows = {row["endpoint"]: row for row in json.loads(ran.stdout)}
    assert "no template is for tiny/bolt" in rows["tiny/bolt"]["fault"]
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_either_one_or_all(home: Path) -> None:
    assert run(home).exit_code == 2
    assert run(home, "creditrisk/acme", "--all").exit_code == 2


def test_the_page_needs_nothing_from_elsewhere_and_says_what_it_is_given(home: Path) -> None:
    """No script, no picture of another host; what a definition or a name says stays text."""
    definition = Shelf(home).read("credit", "en")
    odd = replace(definition, title="<b>Credit & more</b>", contact='"x"<script>', customer="A & B")
    page = instructions(odd, Handed("<i>.xlsx", "c.json", "https://scores.example.com/x?a=1&b=2", date(2026, 12, 8)))
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;Credit &amp; more&lt;/b&gt; for A &amp; B" in page
    assert re.findall(r"(?:src|href)=", page) == []
    assert page.count("<svg") == 3
    assert "2026-12-08" in page
