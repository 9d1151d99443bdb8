"""After a whole run of `serve` through every door, no log, answer or file of ours knows a key or a cell, and usage
knows what was done.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pyarrow.ipc
import pytest
import requests

from tests.endpoints import tiny
from worker.endpoints import Access, NewEndpoint, Registry
from worker.endpoints.usage import report
from worker.store import open_store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

TEXT, AMOUNT = "canary7d1f", 31_415_926.5
NAMES = ["Purpose", "Amount", "Months"]
THEIRS = ("area", "drop", "jobs")


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


def arrow() -> bytes:
    """One row as an Arrow stream."""
    table = pa.table({"Purpose": ["car"], "Amount": [AMOUNT], "Months": pa.array([12], pa.int64())})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def call(url: str, made: NewEndpoint, token: str, book: bytes) -> tuple[list[requests.Response], list[str]]:
    """Good and bad rows in every format, a wrong key, a broken body, management, numbers, a workbook and a table to
    their ends; all that was answered but the table's scores, and the signatures of links.
    """
    session = requests.Session()
    answers: list[requests.Response] = []
    session.hooks["response"].append(lambda answer, **_: answers.append(answer))
    place = f"{url}/workspaces/default/services/{made.endpoint.id}"
    session.headers["Authorization"] = f"Bearer {made.primary}"

    def execute(*rows: list[Any]) -> int:
        body = {"Inputs": {"input1": {"ColumnNames": NAMES, "Values": rows}}}
        return session.post(f"{place}/execute?api-version=2.0", json=body).status_code

    assert execute(["car", AMOUNT, 12], ["boat", AMOUNT, 6]) == 200
    assert execute([TEXT, AMOUNT, 12]) == 400
    assert session.post(f"{place}/execute", data=f'{{"{TEXT}": {AMOUNT}'.encode()).status_code == 400
    records = {"Inputs": {"input1": [dict(zip(NAMES, ["car", AMOUNT, 12], strict=True))]}}
    assert session.post(f"{place}/execute?api-version=2.0&format=swagger", json=records).status_code == 200
    for kind, body in (
        ("text/csv", f"{','.join(NAMES)}\ncar,{AMOUNT},12\n".encode()),
        ("application/vnd.apache.arrow.stream", arrow()),
    ):
        answer = session.post(f"{place}/execute?api-version=2.0", data=body, headers={"Content-Type": kind})
        assert answer.status_code == 200, answer.text
    tensors = [
        {"name": name, "datatype": kind, "shape": [1, 1], "data": [value]}
        for name, kind, value in zip(NAMES, ("BYTES", "FP64", "INT64"), ("car", AMOUNT, 12), strict=True)
    ]
    inferred = session.post(f"{url}/v2/models/{made.endpoint.id}/infer", json={"inputs": tensors})
    assert inferred.status_code == 200, inferred.text
    wrong = {"Authorization": f"Bearer {made.primary[:-4]}{TEXT}"}
    assert session.get(f"{place}/swagger.json", headers=wrong).status_code == 401
    patch = {"DiagnosticsExpiry": "2099-01-01T00:00:00Z"}
    managed = f"{url}/workspaces/w/webservices/credit/endpoints/main"
    assert session.patch(managed, json=patch, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    operator = {"Authorization": f"Bearer {token}"}
    for path, status in (("metrics", 200), ("readyz", 200), ("nowhere", 404), ("workspaces/w/webservices", 200)):
        assert session.get(f"{url}/{path}", headers=operator).status_code == status
    assert session.get(f"{url}/healthz", headers={"Host": f"{TEXT}.test"}).status_code == 400
    job = session.post(f"{place}/workbooks?name=book.xlsx", data=book).json()
    until = time.monotonic() + 60
    while (state := session.get(job["url"]).json()["state"]) != "done":
        assert state in {"queued", "running"}
        assert time.monotonic() < until
        time.sleep(0.1)
    links = score_table(session, place)
    assert 'sheetscore_jobs{state="done"} 2.0' in session.get(f"{url}/metrics", headers=operator).text
    session.close()
    return answers, [parse_qs(urlsplit(link).query)["sig"][0].rstrip("=") for link in links]  # "=" is "%3D" in a link


def score_table(session: requests.Session, place: str) -> list[str]:
    """One good row and one bad one by the batch API; returns the links that were handed out."""
    secret = {"ConnectionString": f"AccountKey={TEXT}", "RelativeLocation": "c/rows.csv"}
    assert session.post(f"{place}/jobs", json={"Inputs": {"input1": secret}}).status_code == 400
    source = session.post(f"{place}/uploads?name=rows.csv").json()
    table = f"{','.join(NAMES)}\ncar,{AMOUNT},12\n{TEXT},{AMOUNT},12\n"
    assert requests.put("".join(source.values()), data=table).status_code == 201
    job = session.post(f"{place}/jobs?api-version=2.0", json={"Inputs": {"input1": source}}).json()
    assert session.post(f"{place}/jobs/{job}/start?api-version=2.0").status_code == 204
    until = time.monotonic() + 60
    while (told := session.get(f"{place}/jobs/{job}?api-version=2.0").json())["StatusCode"] != "Finished":
        assert told["StatusCode"] in {"NotStarted", "Running"}, told
        assert time.monotonic() < until
        time.sleep(0.1)
    result = told["Results"]["output1"]
    scores = "".join(result[part] for part in ("BaseLocation", "RelativeLocation", "SasBlobToken"))
    assert TEXT in requests.get(scores).text
    return ["".join(source.values()), scores]


def own_files(home: Path) -> dict[str, bytes]:
    """Every file of the home but what customers sent and get back."""
    theirs = [home / at for at in THEIRS]
    files = [file for file in home.rglob("*") if file.is_file() and not any(file.is_relative_to(at) for at in theirs)]
    return {str(file.relative_to(home)): file.read_bytes() for file in files}


def parts(home: Path) -> dict[str, bytes]:
    """Everything in the customers' files, unpacked."""
    files = [file for at in THEIRS for file in (home / at).rglob("*") if file.is_file()]
    found = {str(file): file.read_bytes() for file in files}
    for book in [Path(name) for name in found if name.endswith(".xlsx")]:
        with ZipFile(book) as packed:
            found |= {f"{book}!{name}": packed.read(name) for name in packed.namelist()}
    return found


def test_nothing_of_ours_knows_a_key_or_a_cell(tmp_path: Path) -> None:
    """No log, database, page, number or refusal; the endpoint's log has a line for each thing. A refusal repeats a
    value to whoever sent it, and a customer's file holds its own cells, but no key.
    """
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
        answers, signatures = call(url[0], made, token, make_book(tmp_path / "book.xlsx"))
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    keys = [made.primary, made.secondary, token]
    ours = own_files(home)
    assert {"sheetscore.db", "logs/sheetscore.log"} <= set(ours)
    assert len([name for name in ours if name.startswith("logs")]) == 2
    for name, content in {**ours, "printed": said.encode()}.items():
        for secret in (*keys, *signatures, TEXT, "31415926"):
            assert secret.encode() not in content, name
    assert any(TEXT.encode() in content for content in parts(home).values())
    for name, content in parts(home).items():
        assert not any(key.encode() in content for key in keys), name
    for answer in answers:
        everything = f"{answer.headers}{answer.text}"
        assert not any(secret in everything for secret in (*keys, "31415926")), answer.url
        assert TEXT not in everything or (answer.status_code, answer.request.method) == (400, "POST"), answer.url
    [own] = (home / "logs" / "endpoints" / "credit_main").iterdir()
    whats = [
        (line["what"], line.get("status"), line.get("state")) for line in map(json.loads, own.read_text().splitlines())
    ]
    assert sorted(whats, key=str) == [
        *[("call", 200, None)] * 5,
        ("call", 400, None),
        ("call", 400, None),
        ("job", None, "done"),
        ("job", None, "done"),
        ("load", None, None),
    ]
    engine = open_store("", home)
    month = time.strftime("%Y-%m", time.gmtime())
    assert report(engine, month, "door") == [
        {"door": "batch", "rows": 1, "problems": 1, "calls": 1, "jobs": 1},
        {"door": "http", "rows": 6, "problems": 1, "calls": 7, "jobs": 0},
        {"door": "upload", "rows": 1, "problems": 1, "calls": 1, "jobs": 1},
    ]
    engine.dispose()
