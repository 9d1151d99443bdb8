"""Web services over HTTP: what is refused, and what removal leaves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.endpoints import tiny
from tests.host.operating import Operator, code

AWAY = {"BaseLocation": "https://elsewhere.example/", "RelativeLocation": "m.onnx", "SasBlobToken": "?sig=secret"}


@pytest.mark.parametrize(
    ("location", "specific"),
    [
        (AWAY, "BlobNotFound"),
        ({}, "MissingInputBlobInformation"),
        ({**AWAY, "ConnectionString": "AccountKey=secret"}, "ConnectionStringRefused"),
    ],
)
def test_a_model_from_elsewhere_is_refused_unfetched(ask: Operator, location: dict[str, Any], specific: str) -> None:
    """In every body that refers to one; its token is repeated in no answer and no log."""
    ask("PUT", "/credit/endpoints/acme1", {})
    new = {"Contract": tiny.CONTRACT, "Model": location}
    resource = {"Resources": [{"Name": "credit [trained model]", "Location": location}]}
    for method, path, body in (
        ("PUT", "/fresh", new),
        ("POST", "/credit/versions", new),
        ("PATCH", "/credit/endpoints/acme1", resource),
    ):
        refused = ask(method, path, body)
        assert (refused.status_code, code(refused)) == (400, specific)
        assert "secret" not in refused.text + str(ask.host.lines)
    assert [row["Number"] for row in ask("GET", "/credit/versions").json()] == [1]


def test_a_service_is_removed_when_no_customer_has_an_endpoint_of_it(ask: Operator) -> None:
    """409 until then; 404 after."""
    refused = ask("DELETE", "/credit")
    assert (refused.status_code, code(refused)) == (409, "EndpointsRemain")
    ask("DELETE", "/credit/endpoints/main")
    assert [ask("DELETE", "/credit").status_code for _ in range(2)] == [204, 404]
    assert ask("GET", "").status_code == 204


def test_versions_tell_their_contract_and_whom_they_are_for(ask: Operator) -> None:
    """A name that is taken and a contract that is none are refused before anything is made."""
    ask("PATCH", "/credit/endpoints/main", ask.resource(tiny.credit(0.3)))
    first, second = ask("GET", "/credit/versions").json()
    assert (first["OnlyFor"], second["OnlyFor"]) == (None, "main")
    assert first["Contract"] == second["Contract"]
    taken = ask("PUT", "/credit", ask.version(tiny.credit()))
    assert (taken.status_code, code(taken)) == (409, "NameTaken")
    wrong = ask("PUT", "/fresh", {**ask.version(tiny.credit()), "Contract": {"inputs": 5}})
    assert (wrong.status_code, code(wrong)) == (400, "BadParameterValue")
