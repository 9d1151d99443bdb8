"""A filled-in template over HTTP, from upload to result: with a key, and with the customer's token alone."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests

from tests.batch.filled import Desk, applicants, changed, fill, renew
from worker.batch.service import BatchService
from worker.demo import material
from worker.endpoints import Access, Models, Snapshots
from worker.host import HostServer, create_app
from worker.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    """A host over the desk's home, with its batch engine."""
    settings, models = Settings(desk.home, {}), Models(desk.engine, desk.home)
    with (
        Snapshots(desk.engine, desk.home, models) as snapshots,
        BatchService(desk.engine, desk.home, settings, models) as batch,
        HostServer(create_app(snapshots, settings, batch.uploads), "127.0.0.1", 0) as server,
    ):
        yield f"{server.url}/workspaces/default"


def upload(url: str, file: Path, bearer: str) -> tuple[dict[str, Any], str, dict[str, str]]:
    """Send it and wait for its end: the state, the job's address, and the headers to ask with."""
    headers = {"Authorization": f"Bearer {bearer}"}
    with file.open("rb") as stream:
        made = requests.post(f"{url}/workbooks?name={file.name}", data=stream, headers=headers, timeout=30)
    assert made.status_code == 202, made.text
    job = made.json()["url"]
    for _ in range(300):
        state = requests.get(job, headers=headers, timeout=30).json()
        if state["state"] in ("done", "failed"):
            return state, job, headers
        time.sleep(0.1)
    raise AssertionError(state)


def test_the_customers_token_is_enough(desk: Desk, url: str) -> None:
    """The workbook says which endpoint; an old template brings a new one back with the result."""
    file = fill(desk.template("de"), applicants(3))
    renew(desk, material.model(1), {"Age (years)": changed("Age (years)", maximum=90)})
    token = Access(desk.engine).add_token("office", "acme")
    time.sleep(1)  # so long a token may take to be known
    state, job, headers = upload(url, file, token)
    assert (state["state"], state["endpoint"], state["rowsScored"]) == ("done", "creditrisk/acme", 3)
    result = openpyxl.load_workbook(io.BytesIO(requests.get(f"{job}/result", headers=headers, timeout=30).content))
    assert result.sheetnames[-1] == "Ergebnisse"
    fresh = requests.get(f"{job}/template", headers=headers, timeout=30)
    made = openpyxl.load_workbook(io.BytesIO(fresh.content))
    assert made.defined_names["Sheetscore_Endpoint"].attr_text == f'"{desk.endpoint.id}"'


def test_another_customers_template_fails_as_one_of_an_endpoint_that_is_not_there(desk: Desk, url: str) -> None:
    """Same state, same words, for a token and for a key; nobody learns which endpoints there are."""
    desk.registry.add_customer("bolt")
    bolt = desk.registry.add_endpoint("creditrisk", "bolt", "bolt")
    token = Access(desk.engine).add_token("bolt-office", "bolt")
    foreign = fill(desk.template("en"), applicants(2))
    book = openpyxl.load_workbook(foreign)
    book.defined_names["Sheetscore_Endpoint"].attr_text = '"' + "f" * 32 + '"'
    missing = foreign.with_name("missing.xlsx")
    book.save(missing)
    time.sleep(1)
    told = set()
    for bearer, place in ((token, url), (bolt.primary, f"{url}/services/{bolt.endpoint.id}")):
        for file in (foreign, missing):
            state, job, headers = upload(place, file, bearer)
            told.add((state["state"], state["reason"], state["rowsRead"], state["calls"]))
            assert requests.get(f"{job}/result", headers=headers, timeout=30).status_code == 409
            assert requests.get(f"{job}/template", headers=headers, timeout=30).status_code == 404
    assert len(told) == 1
    assert next(iter(told))[0] == "failed"
