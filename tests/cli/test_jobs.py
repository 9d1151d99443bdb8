"""`sheetscore jobs` with tables of the batch API: listed, shown and cancelled as workbooks are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from worker.batch.folders import JobFolders
from worker.batch.ledger import Ledger
from worker.batch.tablejobs import TableJobs, TableRequest
from worker.cli import app
from worker.endpoints import Registry, Remote
from worker.scoring import Column, ColumnType, Output, Schema
from worker.store import open_store

SCHEMA = Schema((Column("x", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER),))


@pytest.fixture
def job_id(tmp_path: Path) -> str:
    """A table that was submitted and not started."""
    engine = open_store("", tmp_path)
    registry = Registry(engine, tmp_path)
    registry.add_service("loans", SCHEMA, Remote("http://127.0.0.1:9/workspaces/w/services/s", "classic", "k"))
    source = tmp_path / "in.csv"
    source.write_text("x\n1\n", "utf-8")
    tables = TableJobs(Ledger(engine), JobFolders(tmp_path), "nobody")
    made = tables.submit(registry.endpoint("loans/default"), source, "in.csv", TableRequest("out.csv", {}))
    engine.dispose()
    return made


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["jobs", *words, "--home", str(home)], catch_exceptions=False)


def shown(home: Path, job_id: str) -> dict[str, Any]:
    return dict(json.loads(run(home, "show", job_id, "--json").stdout))


def test_a_table_is_listed_and_cancelled(tmp_path: Path, job_id: str) -> None:
    """Once."""
    assert job_id in run(tmp_path, "list").stdout
    assert (shown(tmp_path, job_id)["state"], shown(tmp_path, job_id)["workbook"]) == ("new", "in.csv")
    assert run(tmp_path, "cancel", job_id).exit_code == 0
    assert shown(tmp_path, job_id)["state"] == "cancelled"
    again = run(tmp_path, "cancel", job_id)
    assert (again.exit_code, again.stderr) == (1, f"sheetscore: {job_id} is cancelled already\n")
