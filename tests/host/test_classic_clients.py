"""What clients of the classic service read of our answers; the portal's samples as programs are in `classic/`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.host.conftest import Host
from worker.endpoints import NewEndpoint

NAMES, ROWS = ["Purpose", "Amount", "Months"], [["car", "1500", "12"], ["boat", "20", "3"]]


def send(url: str, key: str, body: Any = None, method: str = "POST", scheme: str = "Bearer") -> bytes:
    """As the portal's Python sample sent."""
    headers = {"Content-Type": "application/json", "Authorization": f"{scheme} {key}"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as response:
        answer: bytes = response.read()
    return answer


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
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
    """Names of input and output from the definitions, rows from the example, the query from what `execute` requires;
    the answer has the output's columns.
    """
    swagger = json.loads(send(f"{host.location(credit)}/swagger.json?api-version=2.0", credit.primary, method="GET"))
    definitions = swagger["definitions"]
    [name] = definitions["ExecutionInputs"]["properties"]
    [output] = definitions["ExecutionOutputs"]["properties"]
    rows = definitions["ExecutionRequest"]["example"]["Inputs"][name]
    given = swagger["paths"]["/execute"]["post"]["parameters"]
    query = "&".join(f"{p['name']}={p['enum'][0]}" for p in given if p["in"] == "query" and p.get("required"))
    url = f"{swagger['schemes'][0]}://{swagger['host']}{swagger['basePath']}/execute?{query}"
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
