"""`sheetscore score`: one workbook now, against an endpoint of this home or any endpoint by its URL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from worker.demo import material
from worker.endpoints import Registry, Snapshots
from worker.endpoints.conventions import set_conventions
from worker.host import HostServer, create_app
from worker.settings import Settings
from worker.store import open_store
from worker.workbooks import decrypt_apart, encrypt_apart


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the demonstration's service."""
    home = tmp_path / "home"
    engine = open_store("", home)
    Registry(engine, home).add_service("creditrisk", material.contract(), material.model(1))
    engine.dispose()
    return home


@pytest.fixture
def book(tmp_path: Path) -> Path:
    file = tmp_path / "applicants.xlsx"
    file.write_bytes(material.workbook())
    return file


def score(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "worker", "score", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environ},
    )


def scores(file: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(file).get_sheet_by_name("Scores").to_python()


def test_score_by_local_name(home: Path, book: Path) -> None:
    """The result stands beside the workbook; exit code 3 says that some rows have problems."""
    before = book.read_bytes()
    ran = score(str(book), "--endpoint", "creditrisk/default", "--home", str(home))
    assert ran.returncode == 3, ran.stderr
    assert "980 of 1,000 rows scored, 20 need attention" in ran.stdout
    assert len(scores(book.with_name("applicants.scored.xlsx"))) == 1001
    assert book.read_bytes() == before
    again = score(str(book), "--endpoint", "creditrisk/default", "--home", str(home))
    assert "applicants.scored (2).xlsx" in again.stdout


def test_score_a_range_into_a_file(home: Path, book: Path, tmp_path: Path) -> None:
    """The input may be said, and where the result goes."""
    out = tmp_path / "out.xlsx"
    ran = score(
        str(book), "--endpoint", "creditrisk/default", "--home", str(home), "--input", "Applicants", "--out", str(out)
    )
    assert ran.returncode == 3, ran.stderr
    assert len(scores(out)) == 1001


def test_a_workbook_scored_again_has_the_last_scores_alone(home: Path, book: Path) -> None:
    """Its customer's setting, or an option for one file; else the new sheets come beside the earlier ones."""
    engine = open_store("", home)
    registry = Registry(engine, home)
    registry.add_customer("acme")
    registry.add_endpoint("creditrisk", "acme", "acme")
    set_conventions(engine, "acme", replace_earlier=True)
    engine.dispose()
    first = CalamineWorkbook.from_path(book).sheet_names
    for endpoint, options, added in (
        ("acme", [], ["Scores", "Scores summary"]),
        ("acme", [], ["Scores", "Scores summary"]),
        ("default", ["--replace-earlier"], ["Scores", "Scores summary"]),
        ("acme", ["--keep-earlier"], ["Scores", "Scores summary", "Scores 2", "Scores summary 2"]),
    ):
        words = ["--endpoint", f"creditrisk/{endpoint}", "--home", str(home), *options]
        assert (ran := score(str(book), *words)).returncode == 3, ran.stderr  # some of its rows have problems
        book.with_name(f"{book.stem}.scored.xlsx").replace(book)
        assert CalamineWorkbook.from_path(book).sheet_names == [*first, *added]


def test_a_job_on_an_endpoint_of_this_home_loads_only_what_it_needs(home: Path, book: Path) -> None:
    """The process that drives a large job has its memory for that: no server, nothing that builds, changes the store,
    calls another server, or opens what is encrypted.
    """
    heavy = {"alembic", "cryptography", "fastapi", "keyring", "openpyxl", "requests", "starlette", "uvicorn", "xlwings"}
    code = f"import atexit, sys; atexit.register(lambda: print({heavy!r} & set(sys.modules)))\n"
    code += "from worker.__main__ import main; main()"
    words = ["score", str(book), "--endpoint", "creditrisk/default", "--home", str(home)]
    ran = subprocess.run([sys.executable, "-P", "-c", code, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 3, ran.stderr  # some of its rows have problems
    assert ran.stdout.splitlines()[-1] == "set()"


def test_a_host_loads_neither_what_fetches_nor_what_encrypts_before_it_does() -> None:
    """It drives jobs of a million rows too."""
    heavy = {"alembic", "cryptography", "openpyxl", "requests"}
    said = "import sys, worker.cli; from worker.host import Accounts, Area, HostServer, Management, create_app; "
    said += f"print({heavy!r} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-P", "-c", said], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "set()"


def test_where_the_result_cannot_go_is_told_before_anything_is_scored(home: Path, book: Path, tmp_path: Path) -> None:
    """Wrong usage: no job is made. A folder is fine: the usual name is taken in it."""
    to = ("--endpoint", "creditrisk/default", "--home", str(home), "--out")
    ran = score(str(book), *to, str(tmp_path / "no" / "such.xlsx"))
    assert ran.returncode == 2
    assert "there is no folder" in ran.stderr
    assert list((home / "jobs").glob("*/original*")) == []
    (tmp_path / "results").mkdir()
    ran = score(str(book), *to, str(tmp_path / "results"))
    assert ran.returncode == 3, ran.stderr
    assert [file.name for file in (tmp_path / "results").iterdir()] == ["applicants.scored.xlsx"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_is_refused(home: Path, tmp_path: Path) -> None:
    """A pipe would be waited for, for ever."""
    os.mkfifo(tmp_path / "pipe.xlsx")
    ran = score(str(tmp_path / "pipe.xlsx"), "--endpoint", "creditrisk/default", "--home", str(home))
    assert ran.returncode == 2
    assert "is not a file" in ran.stderr


def test_an_input_that_is_not_there_lists_what_is(home: Path, book: Path) -> None:
    """One sentence, exit code 1, no file."""
    ran = score(str(book), "--endpoint", "creditrisk/default", "--home", str(home), "--input", "Aplicants")
    assert ran.returncode == 1
    assert "There is no 'Aplicants' in the workbook. Sheets: " in ran.stderr
    assert not book.with_name("applicants.scored.xlsx").exists()


@pytest.fixture
def host(home: Path) -> Iterator[tuple[str, str]]:
    """The home served over HTTP; address of its endpoint and a key."""
    engine = open_store("", home)
    registry = Registry(engine, home)
    row = registry.endpoint("creditrisk/default")
    key = registry.rotate_key(row.id, "primary")
    settings = Settings(home, {}, port=0)
    with (
        Snapshots(engine, home) as snapshots,
        HostServer(create_app(snapshots, settings, None), settings.host, 0) as server,
    ):
        yield f"{server.url}/workspaces/default/services/{row.id}", key
    engine.dispose()


def test_score_by_url(host: tuple[str, str], home: Path, book: Path, tmp_path: Path) -> None:
    """Nothing but the address and the key is needed; the scores are the same."""
    url, key = host
    ran = score(str(book), "--endpoint", url, "--out", str(tmp_path / "remote.xlsx"), SHEETSCORE_KEY=key)
    assert ran.returncode == 3, ran.stderr
    score(str(book), "--endpoint", "creditrisk/default", "--home", str(home), "--out", str(tmp_path / "local.xlsx"))
    remote, local = scores(tmp_path / "remote.xlsx"), scores(tmp_path / "local.xlsx")
    assert remote[0] == local[0]
    at = local[0].index("Probability of default")
    assert [r[at] for r in remote[1:] if r[at] != ""] == pytest.approx([r[at] for r in local[1:] if r[at] != ""])


def test_a_wrong_key_is_told(host: tuple[str, str], book: Path) -> None:
    """Exit code 1 and what to do."""
    ran = score(str(book), "--endpoint", host[0], SHEETSCORE_KEY="wrong")
    assert ran.returncode == 1
    assert "key" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_encrypted_workbook(home: Path, book: Path, tmp_path: Path) -> None:
    """Its password comes from the environment; the result has it too; without it the reason says what to do."""
    locked, out = tmp_path / "locked.xlsx", tmp_path / "out.xlsx"
    encrypt_apart(book, locked, "canary", like=book)
    words = (str(locked), "--endpoint", "creditrisk/default", "--home", str(home), "--out", str(out))
    refused = score(*words)
    assert (refused.returncode, out.exists()) == (1, False)
    assert "protected by a password" in refused.stderr
    assert "another password" in score(*words, SHEETSCORE_PASSWORD="wrong").stderr
    ran = score(*words, SHEETSCORE_PASSWORD="canary")
    assert ran.returncode == 3, ran.stderr
    decrypt_apart(out, tmp_path / "plain.xlsx", "canary")
    assert len(scores(tmp_path / "plain.xlsx")) == 1001
    kept = [path for path in home.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
    assert kept == []


def test_a_link_is_not_followed(home: Path, book: Path, tmp_path: Path) -> None:
    """Where it leads is told; a pipe is no file and not waited for."""
    (tmp_path / "link.xlsx").symlink_to(book)
    ran = score(str(tmp_path / "link.xlsx"), "--endpoint", "creditrisk/default", "--home", str(home))
    assert ran.returncode == 2
    assert "is a link to" in " ".join(ran.stderr.split())
    os.mkfifo(tmp_path / "pipe.xlsx")
    assert score(str(tmp_path / "pipe.xlsx"), "--endpoint", "creditrisk/default", "--home", str(home)).returncode == 2


def test_score_a_csv_file_as_its_author_writes(home: Path, tmp_path: Path) -> None:
    """Semicolons, decimal commas, an old encoding: the options of the command say so, and the scores are a workbook."""
    schema = material.contract()
    rows = [[str(sample[name]).replace(".", ",") for name in schema.input_names] for sample in schema.sample]
    lines = [";".join([*schema.input_names, "Bemerkung"]), *(";".join([*row, "geprüft"]) for row in rows)]
    file = tmp_path / "antraege.csv"
    file.write_bytes("\n".join(lines).encode("cp1252"))
    refused = score(str(file), "--endpoint", "creditrisk/default", "--home", str(home), "--decimal-sign", ",")
    assert refused.returncode == 1
    assert "encoding" in refused.stderr
    options = ["--decimal-sign", ",", "--csv-encoding", "cp1252"]
    ran = score(str(file), "--endpoint", "creditrisk/default", "--home", str(home), *options)
    assert ran.returncode == 0, ran.stderr
    header, *found = scores(tmp_path / "antraege.scored.xlsx")
    assert len(found) == len(rows)
    assert {row[header.index("Bemerkung")] for row in found} == {"geprüft"}
    assert {row[-1] for row in found} == {"ok"}
    odd = score(str(file), "--endpoint", "creditrisk/default", "--home", str(home), "--csv-separator", "x")
    assert odd.returncode != 0
    assert "csv_separator" in odd.stderr


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_a_template_knows_its_endpoint(home: Path, tmp_path: Path) -> None:
    """Without --endpoint the workbook says which; one that says nothing and fits several is asked about."""
    engine = open_store("", home)
    registry = Registry(engine, home)
    registry.add_customer("acme")
    registry.add_endpoint("creditrisk", "acme", "acme")
    engine.dispose()
    made = [sys.executable, "-P", "-m", "worker", "templates", "build", "credit", "--endpoint", "creditrisk/acme"]
    subprocess.run([*made, "--out", str(tmp_path), "--home", str(home)], check=True, capture_output=True)
    ran = score(str(tmp_path / "credit-acme.xlsx"), "--home", str(home))
    assert ran.returncode == 0, ran.stderr
    assert "All 3 rows scored" in ran.stdout
    scored = CalamineWorkbook.from_path(tmp_path / "credit-acme.scored.xlsx")
    assert scored.sheet_names[-1] == "Results"
    plain = tmp_path / "applicants.xlsx"
    plain.write_bytes(material.workbook())
    ran = score(str(plain), "--home", str(home))
    assert ran.returncode == 1
    assert "Name one with --endpoint: creditrisk/acme, creditrisk/default." in " ".join(ran.stderr.split())
