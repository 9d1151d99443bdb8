"""Management over HTTP: the classic exchanges, rights, and one clear error for each rule that is broken."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.endpoints.trials import remembered
from tests.host.conftest import Host
from tests.host.operating import ONE, Operator, code
from worker.batch.explain import explain
from worker.endpoints import Access, EndpointRow, Models, NewEndpoint, Registry, Snapshots, Updates
from worker.host import HostServer, Management, create_app
from worker.scoring import Unauthorized, discover
from worker.settings import Settings


def test_lists_are_arrays_or_204(ask: Operator) -> None:
    """By name or id of the web service."""
    services = ask("GET", "").json()
    assert [(s["Name"], s["DefaultEndpointName"], s["WorkspaceId"]) for s in services] == [("credit", "default", "w1")]
    by_id = ask("GET", f"/{services[0]['Id']}/endpoints").json()
    assert [e["Name"] for e in by_id] == ["default", "main"]
    assert ask("GET", "/credit").json() == services[0]
    assert ask("GET", "/none").status_code == 204
    assert ask("GET", "/none/endpoints").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "specific"),
    [
        ("PUT", "/credit/endpoints/main", {}, 409, "NameTaken"),
        ("PUT", "/credit/endpoints/No", {}, 400, "BadParameterValue"),
        ("PUT", ONE, {"MaxConcurrentCalls": 201}, 400, "WebServiceTooManyConcurrentRequestRequirement"),
        ("PUT", ONE, {"MaxConcurrentCalls": 0}, 400, "WebServiceConcurrentRequestRequirementInvalid"),
        ("PUT", ONE, {"ThrottleLevel": "Middle"}, 400, "BadParameterValue"),
        ("PUT", ONE, {"Description": "x" * 2001}, 400, "BadParameterValue"),
        ("PUT", ONE, {"Description": 5}, 400, "RequestBodyInvalid"),
        ("PUT", ONE, {"ExpiresAt": "soon"}, 400, "BadParameterValue"),
        ("PUT", ONE, {"DiagnosticsExpiry": "2020-01-01T00:00:00Z"}, 400, "ExpiryTimeInThePast"),
        ("PATCH", "/credit/endpoints/main", {"DiagnosticsExpiry": "2020-01-01T00:00:00Z"}, 400, "ExpiryTimeInThePast"),
        ("PUT", ONE, {"Customer": "nobody"}, 400, "BadParameterValue"),
        ("PUT", ONE, {"ModelVersion": 9}, 400, "BadParameterValue"),
        ("PUT", ONE, {"ModelVersion": 10**30}, 400, "BadParameterValue"),
        ("PUT", ONE, {"Description": "half a pair: \ud800"}, 400, "RequestBodyInvalid"),
        ("PUT", ONE, {"Customer": "acme\0"}, 400, "RequestBodyInvalid"),
        ("PATCH", "/credit", {"Description": "\ud800"}, 400, "RequestBodyInvalid"),
        ("PATCH", "/credit/endpoints/main", {"ExpiresAt": "0001-01-01T00:00:00Z"}, 400, "BadParameterValue"),
        ("PUT", "/none/endpoints/acme1", {}, 404, "WebServiceNotFound"),
        ("PATCH", "/credit/endpoints/none", {}, 404, "EndpointNotFound"),
        ("PATCH", "/credit/endpoints/main", {"ModelVersion": 9}, 400, "BadParameterValue"),
        ("PATCH", "/credit/endpoints/default", {"ModelVersion": 1}, 400, "DefaultEndpointFollows"),
        ("POST", "/credit/endpoints/default/refresh", {}, 400, "DefaultEndpointFollows"),
        ("DELETE", "/credit/endpoints/default", None, 409, "DefaultEndpointNeeded"),
        ("DELETE", "/credit/endpoints/none", None, 404, "EndpointNotFound"),
        ("POST", "/credit/endpoints/main/keys/third", None, 400, "BadParameterValue"),
    ],
)
def test_a_broken_rule_is_one_clear_error(
    ask: Operator, method: str, path: str, body: Any, status: int, specific: str
) -> None:
    """With the classic code where there is one; nothing was changed."""
    before = ask("GET", "/credit/endpoints").json()
    answer = ask(method, path, body)
    assert (answer.status_code, code(answer)) == (status, specific)
    assert ask("GET", "/credit/endpoints").json() == before


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (ONE, b"{bad", "The body is not JSON, from character 1 on."),
        (ONE, b"[]", "The body is not a JSON object."),
        (ONE, b'"PreventUpdate"', "The body is not a JSON object."),
        (ONE, b"", "The body is missing; it is a JSON object."),
        (ONE, b'{"MaxConcurrentCalls": 201}', "MaxConcurrentCalls 201 is not a whole number from 1 to 200"),
        (ONE, b'{"ThrottleLevel": "low"}', "ThrottleLevel 'low' is not one of Low, High"),
        (
            ONE,
            b'{"DiagnosticsExpiry": "2020-01-01T00:00:00Z"}',
            "DiagnosticsExpiry 2020-01-01 00:00 UTC is in the past",
        ),
    ],
)
def test_an_error_says_what_to_mend_in_the_words_of_the_request(
    ask: Operator, host: Host, path: str, body: bytes, told: str
) -> None:
    """Not in those of a library, nor in names that only the command line has."""
    headers = {"Authorization": f"Bearer {ask.token}"}
    answer = host.session.put(f"{host.url}/workspaces/w1/webservices{path}", data=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["details"][0]["message"]) == (400, told)


@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_is_json_whatever_it_is_called(ask: Operator, host: Host, kind: str | None) -> None:
    """As in `execute`: what curl sends unasked is no fault of the rows or settings in it."""
    headers = {"Authorization": f"Bearer {ask.token}"} | ({"Content-Type": kind} if kind else {})
    url = f"{host.url}/workspaces/w1/webservices{ONE}"
    answer = host.session.put(url, data=b'{"Description": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["Description"]) == (201, "x")


def test_an_endpoint_goes_back_to_an_earlier_version_as_a_whole(ask: Operator) -> None:
    """Contract and model in one step; what its own object says changes nothing; a mixture is not made by a slip."""
    ask("PUT", ONE, {})
    ask("POST", "/credit/versions", ask.version(tiny.credit(0.5)))
    moved = ask("POST", f"{ONE}/refresh", {"OverwriteResources": True}).json()
    assert ask("PATCH", ONE, {name: moved[name] for name in ("ContractVersion", "ModelVersion")}).status_code == 304
    for body in ({"ContractVersion": 1}, {"ContractVersion": 1, "ModelVersion": 2}):
        refused = ask("PATCH", ONE, body)
        assert (refused.status_code, code(refused)) == (400, "BadParameterValue")
    unknown = ask("PATCH", ONE, {"ContractVersion": 9, "ModelVersion": 9})
    assert "there is no version 9 of credit; known: 1, 2" in unknown.text
    back = ask("PATCH", ONE, {"ContractVersion": 1, "ModelVersion": 1, "Description": "as before"}).json()
    assert (back["ContractVersion"], back["ModelVersion"], back["Description"]) == (1, 1, "as before")


@pytest.mark.parametrize("field", ["ExpiresAt", "DiagnosticsExpiry"])
def test_the_last_moment_there_is_can_be_said(ask: Operator, field: str) -> None:
    """.NET clients send DateTime.MaxValue for never. What was read can be written back: it changes nothing."""
    path = "/credit/endpoints/main"
    assert ask("PATCH", path, {field: "9999-12-31T23:59:59.9999999Z"}).status_code == 200
    read = ask("GET", path).json()
    assert read[field] == "9999-12-31T23:59:59.000Z"
    assert ask("GET", "/credit/endpoints").status_code == 200
    assert ask("PATCH", path, {field: read[field]}).status_code == 304


@pytest.mark.parametrize("settings", [{"ModelVersion": 9}, {"MaxConcurrentCalls": 0}, {"ThrottleLevel": "Middle"}])
def test_an_endpoint_that_was_refused_leaves_no_customer_behind(
    ask: Operator, host: Host, settings: dict[str, Any]
) -> None:
    """Without `Customer` one of the endpoint's name is made, together with the endpoint or not at all."""
    assert ask("PUT", ONE, settings).status_code == 400
    assert ask("PUT", "/credit/endpoints/main", {}).status_code == 409
    assert [row.name for row in host.registry.customers()] == ["acme"]
    assert ask("PUT", ONE, {}).json()["Customer"] == "acme1"


def test_without_an_operator_s_token_everything_is_closed(
    ask: Operator, host: Host, credit: NewEndpoint, store: Engine
) -> None:
    """No token, a wrong one, a customer's one, a foreign endpoint's key: one answer, whatever is asked for."""
    customer = Access(store).add_token("acme-it", "acme")
    host.snapshots.refresh()
    calls = [
        ("GET", ""),
        ("GET", "/credit"),
        ("GET", "/credit/endpoints"),
        ("PUT", ONE),
        ("PATCH", ONE),
        ("DELETE", ONE),
    ]
    calls += [("POST", f"{ONE}/refresh"), ("POST", f"{ONE}/keys/primary"), ("GET", "/none")]
    answers = {
        (answer.status_code, answer.content)
        for key in ("", "wrong", customer, credit.primary)
        for method, path in calls
        for answer in [ask(method, path, {} if method in {"PUT", "PATCH"} else None, key)]
    }
    assert {status for status, _ in answers} == {401}
    assert len(answers) == 1


def test_an_expired_endpoint_says_so_to_its_own_keys_only(ask: Operator, host: Host, credit: NewEndpoint) -> None:
    """403 EndpointExpired; to any other key it is 401, as ever."""
    host.registry.change_endpoint("credit/main", expires_at=time.time() - 60)
    host.snapshots.refresh()
    rows = {"Inputs": {"input1": list(tiny.CONTRACT["sample"])}}
    answer = host.execute(credit, rows, "?api-version=2.0&format=swagger")
    assert (answer.status_code, code(answer)) == (403, "EndpointExpired")
    assert host.execute(credit, rows, key="wrong").status_code == 401
    with pytest.raises(Unauthorized) as refused:
        discover(host.location(credit), credit.primary)
    assert refused.value.code == Unauthorized.EXPIRED
    assert "has expired" in explain(refused.value)
    assert "refused the key" in explain(Unauthorized())
    host.registry.change_endpoint("credit/main", expires_at=time.time() + 60)
    host.snapshots.refresh()
    assert host.execute(credit, rows, "?api-version=2.0&format=swagger").status_code == 200


def test_a_customer_s_token_lists_own_endpoints_and_makes_device_keys(
    host: Host, credit: NewEndpoint, store: Engine
) -> None:
    """Somebody else's endpoint and a missing one are one answer; an operator's token and keys open nothing here."""
    host.registry.add_customer("bolt")
    other = host.registry.add_endpoint("credit", "bolt", "bolt").endpoint
    token, operator = Access(store).add_token("acme-it", "acme"), Access(store).add_token("ops")
    host.snapshots.refresh()

    def ask(method: str, path: str, key: str = token) -> requests.Response:
        url = f"{host.url}/workspaces/w1/endpoints{path}"
        answer = host.session.request(method, url, headers={"Authorization": f"Bearer {key}"})
        host.snapshots.refresh()
        return answer

    (own,) = ask("GET", "").json()
    assert (own["Name"], own["Customer"], own["PrimaryKey"]) == ("main", "acme", None)
    device = f"/{credit.endpoint.id}/devices/Anna PC"
    key = ask("PUT", device).json()["Key"]
    assert host.session.get(f"{own['ApiLocation']}/swagger.json", headers={"Authorization": f"Bearer {key}"}).ok
    assert (ask("PUT", device).status_code, code(ask("PUT", device))) == (409, "NameTaken")
    foreign, missing = ask("PUT", f"/{other.id}/devices/PC"), ask("PUT", "/none/devices/PC")
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
    assert missing.status_code == 404
    assert {ask("GET", "", k).status_code for k in (operator, credit.primary, "", "x")} == {401}
    assert ask("DELETE", device).status_code == 204
    gone = host.session.get(f"{own['ApiLocation']}/swagger.json", headers={"Authorization": f"Bearer {key}"})
    assert gone.status_code == 401


class _PublishesMeanwhile(Registry):
    """Somebody publishes while the endpoints are being listed."""

    def endpoints(self, *args: Any, **kwargs: Any) -> list[EndpointRow]:
        self.publish("credit", tiny.contract(), tiny.credit())
        return super().endpoints(*args, **kwargs)


def test_a_version_that_comes_while_endpoints_are_listed(store: Engine, home: Path) -> None:
    """`default` follows at once: the list knows when that version was published."""
    registry = _PublishesMeanwhile(store, home, trial=remembered)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    token = Access(store).add_token("ops")
    with Snapshots(store, home, Models(store, home)) as snapshots:
        management = Management(registry, Updates(store, snapshots.models), Access(store), snapshots)
        with HostServer(create_app(snapshots, Settings(home, {}), None, management), "127.0.0.1", 0) as server:
            answer = requests.get(
                f"{server.url}/workspaces/w1/webservices/credit/endpoints",
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            )
    assert [(e["Name"], e["ModelVersion"]) for e in answer.json()] == [("default", 2)]
