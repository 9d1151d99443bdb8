"""Management over HTTP: the classic exchanges, rights, and one clear error for each rule that is broken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.batch.explain import explain
from worker.endpoints import Access, NewEndpoint
from worker.scoring import Unauthorized, discover

Ask = Callable[..., requests.Response]


@pytest.fixture
def token(store: Engine, host: Host) -> str:
    made = Access(store).add_token("ops")
    host.snapshots.refresh()
    return made


@pytest.fixture
def ask(host: Host, credit: NewEndpoint, token: str) -> Ask:
    """Calls an address below `webservices`, as an operator unless told otherwise."""

    def ask(method: str, path: str, body: Any = None, key: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token if key is None else key}"}
        url = f"{host.url}/workspaces/w1/webservices{path}"
        answer = host.session.request(method, url, headers=headers, json=body)
        host.snapshots.refresh()
        return answer

    return ask


def code(answer: requests.Response) -> str:
    return answer.json()["error"]["details"][0]["code"]


ONE = "/credit/endpoints/acme1"


def test_an_endpoint_is_made_read_and_removed(ask: Ask, host: Host) -> None:
    """PUT shows both keys, GET never; the address in the answer scores with either key."""
    body = {"Description": "For Acme.", "ThrottleLevel": "High", "MaxConcurrentCalls": 50, "PreventUpdate": False}
    made = ask("PUT", ONE, body | {"WebServiceId": "x", "EndpointName": "acme1"})
    assert made.status_code == 201
    told = made.json()
    assert (told["Name"], told["MaxConcurrentCalls"], told["Customer"], told["ModelVersion"]) == (
        "acme1",
        50,
        "acme1",
        1,
    )
    url = f"{told['ApiLocation']}/execute?api-version=2.0&format=swagger"
    rows = {"Inputs": {"input1": list(tiny.CONTRACT["sample"])}, "GlobalParameters": {}}
    for key in (told["PrimaryKey"], told["SecondaryKey"]):
        assert host.session.post(url, json=rows, headers={"Authorization": f"bearer {key}"}).status_code == 200
    read = ask("GET", ONE).json()
    assert (read["PrimaryKey"], read["SecondaryKey"]) == (None, None)
    assert {k: v for k, v in read.items() if "Key" not in k} == {k: v for k, v in told.items() if "Key" not in k}
    assert ask("DELETE", ONE).status_code == 204
    assert ask("GET", ONE).status_code == 204


def test_lists_are_arrays_or_204(ask: Ask) -> None:
    """By name or id of the web service."""
    services = ask("GET", "").json()
    assert [(s["Name"], s["DefaultEndpointName"], s["WorkspaceId"]) for s in services] == [("credit", "default", "w1")]
    by_id = ask("GET", f"/{services[0]['Id']}/endpoints").json()
    assert [e["Name"] for e in by_id] == ["default", "main"]
    assert ask("GET", "/credit").json() == services[0]
    assert ask("GET", "/none").status_code == 204
    assert ask("GET", "/none/endpoints").status_code == 204


def test_settings_are_patched_and_the_others_stay(ask: Ask) -> None:
    """Description, throttle, concurrency, trace level, sample data, protection, expiry."""
    ask("PUT", ONE, {})
    changes = {
        "Description": "Other.",
        "MaxConcurrentCalls": 7,
        "DiagnosticsTraceLevel": "All",
        "SampleDataEnabled": False,
        "PreventUpdate": True,
        "ExpiresAt": "2031-01-01T00:00:00.000Z",
        "DiagnosticsExpiry": "2099-01-01T00:00:00.000Z",
    }
    before = ask("GET", ONE).json()
    for name, value in changes.items():
        after = ask("PATCH", ONE, {name: value}).json()
        assert after == before | {name: value}
        before = after
    assert ask("PATCH", ONE, {"ThrottleLevel": "Low"}).json()["MaxConcurrentCalls"] == 4
    assert ask("PATCH", ONE, {"ExpiresAt": ""}).json()["ExpiresAt"] is None


def test_refresh_keeps_or_overwrites_the_model(ask: Ask, host: Host) -> None:
    """304 the second time; `Version` moves with the model alone."""
    ask("PUT", ONE, {})
    first = ask("GET", ONE).json()
    host.registry.publish("credit", tiny.contract(), tiny.credit(0.5))
    kept = ask("POST", f"{ONE}/refresh", {"OverwriteResources": False}).json()
    assert (kept["ContractVersion"], kept["ModelVersion"], kept["Version"]) == (2, 1, first["Version"])
    assert ask("POST", f"{ONE}/refresh").status_code == 304
    taken = ask("POST", f"{ONE}/refresh", {"OverwriteResources": True}).json()
    assert (taken["ContractVersion"], taken["ModelVersion"]) == (2, 2)
    assert ask("PATCH", ONE, {"ModelVersion": 1}).json()["ModelVersion"] == 1


def test_keys_rotate_one_at_a_time(ask: Ask, host: Host) -> None:
    """The old key ends, the other stays valid."""
    made = ask("PUT", ONE, {}).json()
    new = ask("POST", f"{ONE}/keys/primary").json()["PrimaryKey"]
    statuses = {
        key: host.session.get(
            f"{made['ApiLocation']}/swagger.json", headers={"Authorization": f"Bearer {key}"}
        ).status_code
        for key in (made["PrimaryKey"], made["SecondaryKey"], new)
    }
    assert list(statuses.values()) == [401, 200, 200]


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
    ask: Ask, method: str, path: str, body: Any, status: int, specific: str
) -> None:
    """With the classic code where there is one; nothing was changed."""
    before = ask("GET", "/credit/endpoints").json()
    answer = ask(method, path, body)
    assert (answer.status_code, code(answer)) == (status, specific)
    assert ask("GET", "/credit/endpoints").json() == before


def test_a_protected_endpoint_is_not_moved(ask: Ask, host: Host) -> None:
    """PreventUpdate blocks refresh and change of model, not settings."""
    ask("PUT", ONE, {"PreventUpdate": True})
    host.registry.publish("credit", tiny.contract(), tiny.credit(0.5))
    for answer in (ask("POST", f"{ONE}/refresh", {"OverwriteResources": True}), ask("PATCH", ONE, {"ModelVersion": 2})):
        assert (answer.status_code, code(answer)) == (409, "UpdatePrevented")
    assert ask("PATCH", ONE, {"Description": "x"}).json()["ModelVersion"] == 1


def test_without_an_operator_s_token_everything_is_closed(
    ask: Ask, host: Host, credit: NewEndpoint, store: Engine
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


def test_an_endpoint_s_own_key_reads_it_and_nothing_else(ask: Ask, credit: NewEndpoint) -> None:
    """A sibling and a missing endpoint look the same: 204."""
    assert ask("GET", "/credit/endpoints/main", key=credit.primary).json()["Name"] == "main"
    sibling, missing = (ask("GET", f"/credit/endpoints/{n}", key=credit.primary) for n in ("default", "none"))
    assert (sibling.status_code, sibling.content) == (missing.status_code, missing.content) == (204, b"")


def test_an_expired_endpoint_says_so_to_its_own_keys_only(ask: Ask, host: Host, credit: NewEndpoint) -> None:
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
