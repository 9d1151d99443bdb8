"""After a whole run of `serve`, no log knows a key or a cell, and usage knows what was done through each door."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests

from tests.endpoints import tiny
from worker.endpoints import Access, NewEndpoint, Registry
from worker.endpoints.usage import report
from worker.store import open_store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

TEXT, AMOUNT = "canary7d1f", 31_415_926.5
NAMES = ["Purpose", "Amount", "Months"]


def prepare(home: Path) -> tuple[NewEndpoint, str]:
    """An endpoint that logs everything, and an operator's token."""
    engine = open_store("", home)
    registry = Registry(engine, home)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    made = registry.add_endpoint("credit", "main", "acme", logging_level="All")
    token = Access(engine).add_token("operator")
    engine.dispose()
    return made, token


def make_book(file: Path) -> bytes:
    book = openpyxl.Workbook()
    for row in (NAMES, ["car", AMOUNT, 12], [TEXT, AMOUNT, 12]):
        book.active.append(row)
    book.save(file)
    return file.read_bytes()


def call(url: str, made: NewEndpoint, token: str, book: bytes) -> None:
    """Good and bad rows, a wrong key, a broken body, management, a workbook to its end."""
    session = requests.Session()
    place = f"{url}/workspaces/default/services/{made.endpoint.id}"
    session.headers["Authorization"] = f"Bearer {made.primary}"

    def execute(*rows: list[Any]) -> int:
        body = {"Inputs": {"input1": {"ColumnNames": NAMES, "Values": rows}}}
        return session.post(f"{place}/execute?api-version=2.0", json=body).status_code

    assert execute(["car", AMOUNT, 12], ["boat", AMOUNT, 6]) == 200
    assert execute([TEXT, AMOUNT, 12]) == 400
    assert session.post(f"{place}/execute", data=f'{{"{TEXT}": {AMOUNT}'.encode()).status_code == 400
    wrong = {"Authorization": f"Bearer {made.primary[:-4]}{TEXT}"}
    assert session.get(f"{place}/swagger.json", headers=wrong).status_code == 401
    patch = {"DiagnosticsExpiry": "2099-01-01T00:00:00Z"}
    managed = f"{url}/workspaces/w/webservices/credit/endpoints/main"
    assert session.patch(managed, json=patch, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    job = session.post(f"{place}/workbooks?name=book.xlsx", data=book).json()
    until = time.monotonic() + 60
    while (state := session.get(job["url"]).json()["state"]) != "done":
        assert state in {"queued", "running"}
        assert time.monotonic() < until
        time.sleep(0.1)
    session.close()


def test_no_log_knows_a_key_or_a_cell(tmp_path: Path) -> None:
    """In the host's log, the endpoint's, and what `serve` prints; the endpoint's log has a line for each thing."""
    home = tmp_path / "home"
    made, token = prepare(home)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "worker", "serve", "--home", str(home), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "SHEETSCORE_POLL_SECONDS": "0.1"},
    )
    assert process.stdout is not None
    try:
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None
        call(url[0], made, token, make_book(tmp_path / "book.xlsx"))
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    logs = [file for file in (home / "logs").rglob("*") if file.is_file()]
    texts = {file.name: file.read_text() for file in logs} | {"printed": said}
    assert len(logs) == 2
    for name, text in texts.items():
        for secret in (made.primary, made.secondary, token, TEXT, "31415926"):
            assert secret not in text, name
    [own] = (home / "logs" / "endpoints" / "credit_main").iterdir()
    whats = [
        (line["what"], line.get("status"), line.get("state")) for line in map(json.loads, own.read_text().splitlines())
    ]
    assert sorted(whats, key=str) == [
        ("call", 200, None),
        ("call", 400, None),
        ("call", 400, None),
        ("job", None, "done"),
        ("load", None, None),
    ]
    engine = open_store("", home)
    month = time.strftime("%Y-%m", time.gmtime())
    assert report(engine, month, "door") == [
        {"door": "http", "rows": 2, "problems": 1, "calls": 3, "jobs": 0},
        {"door": "upload", "rows": 1, "problems": 1, "calls": 1, "jobs": 1},
    ]
    engine.dispose()
