"""Programs written for the classic service, with another address and key, and for batch another storage: each does what
they did, in their order, with no library but Python's own.
"""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.host.conftest import Host, Open
from worker.batch.service import BatchService
from worker.endpoints import Models, NewEndpoint
from worker.settings import Settings

NAMES, ROWS = ["Purpose", "Amount", "Months"], [["car", "1500", "12"], ["boat", "20", "3"]]


@pytest.fixture
def host(open_host: Open, store: Engine, home: Path) -> Iterator[Host]:
    with BatchService(store, home, Settings(home, {}, poll_seconds=0.05), Models(store, home)) as service:
        yield open_host(tables=service.tables)


def send(url: str, key: str, body: Any = None, method: str = "POST", scheme: str = "Bearer") -> bytes:
    """As the portal's Python sample sent."""
    headers = {"Content-Type": "application/json", "Authorization": f"{scheme} {key}"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as response:
        answer: bytes = response.read()
    return answer


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_request_response_in_columns(host: Host, credit: NewEndpoint, scheme: str) -> None:
    """All values as text; the types of the answer tell which are numbers, as R's and Python's clients convert them."""
    body = {"Inputs": {"input1": {"ColumnNames": NAMES, "Values": ROWS}}, "GlobalParameters": {}}
    url = f"{host.location(credit)}/execute?api-version=2.0&details=true"
    table = json.loads(send(url, credit.primary, body, scheme=scheme))["Results"]["output1"]
    assert table["type"] == "DataTable"
    convert = {"Double": float, "Int64": int, "String": str}
    rows = [
        {
            n: convert[k](v)
            for n, k, v in zip(table["value"]["ColumnNames"], table["value"]["ColumnTypes"], row, strict=True)
        }
        for row in table["value"]["Values"]
    ]
    assert [row["Scored Labels"] for row in rows] == ["yes", "no"]
    assert [round(row["Scored Probabilities"], 4) for row in rows] == [0.7685, 0.1571]


def test_request_response_in_records_by_what_swagger_says(host: Host, credit: NewEndpoint) -> None:
    """Names of input and output from the definitions, rows from the example; the answer has the output's columns."""
    swagger = json.loads(send(f"{host.location(credit)}/swagger.json?api-version=2.0", credit.primary, method="GET"))
    definitions = swagger["definitions"]
    [name] = definitions["ExecutionInputs"]["properties"]
    [output] = definitions["ExecutionOutputs"]["properties"]
    rows = definitions["ExecutionRequest"]["example"]["Inputs"][name]
    [path] = [path for path in swagger["paths"] if path.startswith("/execute")]
    url = f"{swagger['schemes'][0]}://{swagger['host']}{swagger['basePath']}{path}"
    url += ("&" if "?" in url else "?") + "api-version=2.0&format=swagger" * ("format=swagger" not in url)
    answer = json.loads(send(url, credit.secondary, {"Inputs": {name: rows}, "GlobalParameters": {}}))
    columns = definitions[f"{output}Item"]["properties"]
    assert [list(row) for row in answer["Results"][output]] == [list(columns)] * len(rows)


def test_an_error_is_read_as_the_samples_read_it(host: Host, credit: NewEndpoint) -> None:
    """Status, headers with the request's id, JSON with a code and details."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(f"{host.location(credit)}/execute?api-version=2.0", credit.primary, {"Inputs": {}})
    assert refused.value.code == 400
    assert refused.value.headers["x-ms-request-id"]
    error = json.loads(refused.value.read())["error"]
    assert (error["code"], error["details"][0]["code"]) == ("BadArgument", "MissingRequestInput")


def test_batch(host: Host, credit: NewEndpoint) -> None:
    """Upload to the storage, submit, start, ask each second, read the blob that the answer names."""
    table = "\r\n".join(",".join(row) for row in (NAMES, *ROWS)).encode()
    url = f"{host.location(credit)}/jobs"
    blob = json.loads(send(f"{host.location(credit)}/uploads?name=input1data.csv", credit.primary, {}))
    put = urllib.request.Request("".join(blob.values()), table, method="PUT")
    put.add_header("x-ms-blob-type", "BlockBlob")
    urllib.request.urlopen(put).close()
    wanted = {"output1": {"RelativeLocation": f"mycontainer/output1results-{random.randrange(10**6)}.csv"}}
    body = {"Inputs": {"input1": blob}, "Outputs": wanted, "GlobalParameters": {}}
    job = send(f"{url}?api-version=2.0", credit.primary, body).decode()[1:-1]
    send(f"{url}/{job}/start?api-version=2.0", credit.primary, {})
    until = time.monotonic() + 60
    while (told := json.loads(send(f"{url}/{job}?api-version=2.0", credit.primary, method="GET")))["StatusCode"] in (
        0,
        "NotStarted",
        1,
        "Running",
    ):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert told["StatusCode"] in (4, "Finished")
    result = told["Results"]["output1"]
    with urllib.request.urlopen(result["BaseLocation"] + result["RelativeLocation"] + result["SasBlobToken"]) as file:
        lines = file.read().decode().splitlines()
    assert (lines[0], len(lines)) == ("Scored Labels,Scored Probabilities,Status", 3)
