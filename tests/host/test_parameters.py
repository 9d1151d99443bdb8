"""Parameters of a model: given by a call, in every format, or left at their defaults."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
import requests

from tests.endpoints import tiny
from tests.host.conftest import Host
from tests.host.test_execute import codes
from worker.batch.explain import explain
from worker.endpoints import NewEndpoint
from worker.scoring import ColumnType, ContractError, MissingParameters, ScoringClient, discover
from worker.scoring.schema import Parameter


@pytest.fixture
def shifted(host: Host) -> NewEndpoint:
    """An endpoint whose parameter `Shift` is added to each number; 0.5 if it is not given."""
    return added(host, "shifted")


def added(host: Host, name: str, **parameter: Any) -> NewEndpoint:
    host.registry.add_service(name, tiny.shifted_contract(**parameter), tiny.shifted([]))
    host.registry.add_customer(name)
    made = host.registry.add_endpoint(name, "main", name)
    host.snapshots.refresh()
    return made


def body(given: Any, rows: int = 1) -> dict[str, Any]:
    table = {"ColumnNames": ["x"], "Values": [[number] for number in range(1, rows + 1)]}
    return {"Inputs": {"input1": table}, "GlobalParameters": given}


def scores(answer: requests.Response) -> list[float]:
    assert answer.status_code == 200, answer.text
    return [float(row[0]) for row in answer.json()["Results"]["output1"]["value"]["Values"]]


@pytest.mark.parametrize(
    ("given", "shift"),
    [
        (None, 0.5),
        ({}, 0.5),
        ({"Shift": None}, 0.5),
        ({"Shift": " "}, 0.5),
        ({"Shift": 2}, 2),
        ({"Shift": "-1.5"}, -1.5),
    ],
)
def test_given_or_default(given: Any, shift: float, host: Host, shifted: NewEndpoint) -> None:
    """As a number or as text, like cells; null and blank text are not given. One value for every row."""
    assert scores(host.execute(shifted, body(given, 3))) == [1 + shift, 2 + shift, 3 + shift]


def test_a_large_body_has_parameters_too(host: Host, shifted: NewEndpoint) -> None:
    """The fast way through the body keeps them."""
    found = scores(host.execute(shifted, body({"Shift": 2}, 60_000)))
    assert (found[0], found[-1]) == (3, 60_002)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"shift": 1}, ["UnexpectedParameter"]),
        ({"Shift": "much"}, ["BadParameterValue"]),
        ({"Shift": 10}, ["BadParameterValue"]),
        ({"Shift": [1]}, ["BadParameterValue"]),
        ({"Shift": "x", "Other": 1}, ["UnexpectedParameter", "BadParameterValue"]),
        (5, ["RequestBodyInvalid"]),
    ],
)
def test_what_is_wrong_is_named(given: Any, wanted: list[str], host: Host, shifted: NewEndpoint) -> None:
    """Every fault with its classic code, in both forms."""
    assert codes(host.execute(shifted, body(given))) == (400, "BadArgument", wanted)
    records = {"Inputs": {"input1": [{"x": 1}]}, "GlobalParameters": given}
    assert codes(host.execute(shifted, records, "?format=swagger"))[2] == wanted


def test_a_parameter_without_default_must_be_given(host: Host) -> None:
    """The classic code without it; a client that cannot give it sends nothing and says which."""
    made = added(host, "strict", default=None)
    assert codes(host.execute(made, body({}))) == (400, "BadArgument", ["MissingRequiredGlobalParameters"])
    assert scores(host.execute(made, body({"Shift": 1}))) == [2]
    client = ScoringClient(discover(host.location(made), made.primary))
    with pytest.raises(MissingParameters) as missing:
        client.score(pd.DataFrame({"x": [1.0]}))
    assert missing.value.missing == ("Shift",)
    assert "needs a value for Shift" in explain(missing.value)
    assert client.score(pd.DataFrame({"x": [1.0]}), parameters={"Shift": 3}).frame["score"].tolist() == [4]


def test_the_client_gives_parameters(host: Host, shifted: NewEndpoint) -> None:
    """For one table; the next one has the defaults again. A wrong name or value is refused before any call."""
    endpoint = discover(host.location(shifted), shifted.primary)
    assert endpoint.schema.parameters == (Parameter("Shift", ColumnType.NUMBER, minimum=-9, maximum=9, default=0.5),)
    client, frame = ScoringClient(endpoint), pd.DataFrame({"x": [1.0, 2.0]})
    assert client.score(frame, parameters={"Shift": 2.0}).frame["score"].tolist() == [3, 4]
    assert client.score(frame).frame["score"].tolist() == [1.5, 2.5]
    for wrong in ({"shift": 1}, {"Shift": "1"}, {"Shift": 10}):
        with pytest.raises(ContractError):
            client.score(frame, parameters=wrong)


def test_swagger_describes_them(host: Host, shifted: NewEndpoint) -> None:
    """With default and limits; the example has a value for each. What must be given is required."""

    def described(endpoint: NewEndpoint) -> Any:
        headers = {"Authorization": f"Bearer {endpoint.primary}"}
        return requests.get(f"{host.location(endpoint)}/swagger.json", headers=headers).json()["definitions"]

    found = described(shifted)
    shift = {"type": "number", "format": "double", "minimum": -9, "maximum": 9, "default": 0.5}
    assert found["GlobalParameters"] == {"type": "object", "properties": {"Shift": shift}}
    assert found["ExecutionRequest"]["example"]["GlobalParameters"] == {"Shift": 0.5}
    strict = described(added(host, "strict", default=None))
    assert strict["GlobalParameters"]["required"] == ["Shift"]
    assert strict["ExecutionRequest"]["required"] == ["Inputs", "GlobalParameters"]
    assert strict["ExecutionRequest"]["example"]["GlobalParameters"] == {"Shift": -9}


def test_tables_have_theirs_in_the_query(host: Host, shifted: NewEndpoint) -> None:
    """As JSON: a table has no place for them."""

    def post(given: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {shifted.primary}", "Content-Type": "text/csv"}
        url = f"{host.location(shifted)}/execute?GlobalParameters={quote(given)}"
        return requests.post(url, headers=headers, data=b"x\n1\n")

    assert post('{"Shift": 2}').text == "score\r\n3.0\r\n"
    assert codes(post("{"))[2] == ["RequestBodyInvalid"]
    assert codes(post('{"a": 2}'))[2] == ["UnexpectedParameter"]
