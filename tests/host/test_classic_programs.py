"""Programs in the shape of the classic product's samples, as `classic/` has them: with address and key of a host of
ours, and for batch its storage, each language gets the scores.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.host.conftest import Host, Open
from worker.batch.service import BatchService
from worker.endpoints import Models, NewEndpoint
from worker.settings import Settings

FOLDER = Path(__file__).parent / "classic"
COLUMNS, ROWS = ["Purpose", "Amount", "Months"], [["car", "1500", "12"], ["boat", "20", "3"]]
TABLE = {"Inputs": {"input1": {"ColumnNames": COLUMNS, "Values": ROWS}}, "GlobalParameters": {}}
LIBRARIES = ["-r:System.Net.Http.dll", "-r:System.Net.Http.Formatting.dll"]

Run = Callable[[str, NewEndpoint], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def host(open_host: Open, store: Engine, home: Path) -> Iterator[Host]:
    with BatchService(store, home, Settings(home, {}, poll_seconds=0.05), Models(store, home)) as service:
        yield open_host(tables=service.tables)


@pytest.fixture
def run(host: Host, tmp_path: Path) -> Run:
    """Runs a program of `classic/` beside the table `input1data.csv`; it knows address and key from its environment."""
    tmp_path.joinpath("input1data.csv").write_text("\n".join(",".join(row) for row in (COLUMNS, *ROWS)), "utf-8")

    def start(program: str, endpoint: NewEndpoint) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "URL": host.location(endpoint), "KEY": endpoint.primary}
        command = prepared(FOLDER / program, tmp_path)
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    return start


def prepared(program: Path, folder: Path) -> list[str]:
    """The command that runs a program. Skips where its language is not installed, and fails there under CI."""
    if program.suffix == ".py":
        return [sys.executable, str(program)]
    missing = [tool for tool in ({".cs": ["mcs", "mono"], ".R": ["Rscript"]}[program.suffix]) if not shutil.which(tool)]
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"not installed: {', '.join(missing)}")
    if program.suffix == ".R":
        return ["Rscript", "--vanilla", str(program)]
    made = folder / f"{program.stem}.exe"
    subprocess.run(["mcs", str(program), f"-out:{made}", "-warnaserror", *LIBRARIES], check=True)
    return ["mono", str(made)]


@pytest.mark.parametrize("program", ["request_response.py", "RequestResponse.cs", "request_response.R"])
def test_request_response(program: str, run: Run, host: Host, credit: NewEndpoint) -> None:
    """What is printed is what the host answers to the same rows, in columns and in records."""
    ran = run(program, credit)
    assert ran.returncode == 0, ran.stderr
    table, records = map(json.loads, ran.stdout.splitlines())
    assert table == host.execute(credit, TABLE, "?api-version=2.0&details=true").json()
    value = table["Results"]["output1"]["value"]
    assert [row[0] for row in value["Values"]] == ["yes", "no"]
    rows = [dict(zip(value["ColumnNames"], row, strict=True)) for row in value["Values"]]
    assert records == {"Results": {"output1": rows}}


@pytest.mark.parametrize("program", ["batch.py", "Batch.cs", "batch.R"])
def test_batch(program: str, run: Run, host: Host, credit: NewEndpoint) -> None:
    """The file has the scores that request-response gives to the same rows."""
    ran = run(program, credit)
    assert ran.returncode == 0, ran.stderr
    value = host.execute(credit, TABLE).json()["Results"]["output1"]["value"]
    header, *scored = csv.reader(io.StringIO(ran.stdout))
    assert header == [*value["ColumnNames"], "Status"]
    assert [row[-1] for row in scored] == ["ok", "ok"]
    assert [[row[0], float(row[1])] for row in scored] == [[label, float(p)] for label, p in value["Values"]]


@pytest.mark.parametrize("program", sorted(file.name for file in FOLDER.glob("*.*")))
def test_a_wrong_key_is_told(program: str, run: Run, credit: NewEndpoint) -> None:
    """Each program ends with an error, none with an empty result."""
    ran = run(program, NewEndpoint(credit.endpoint, "wrong", "wrong"))
    assert (ran.returncode != 0, ran.stdout) == (True, "")
    assert "Unauthorized" in ran.stderr or "401" in ran.stderr
