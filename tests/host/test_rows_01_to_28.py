"""Rows 1 to 28 of the table of what the classic service did, but 17: one test a row, against a running host."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.host.conftest import Host, Open
from tests.host.operating import ONE, Operator, code
from tests.host.test_throttle import Far, X, far, publish
from worker.endpoints import NewEndpoint
from worker.store import tables

__all__ = ["far"]

OTHER = "/credit/endpoints/bolt1"
HIDDEN = {"BaseLocation": None, "RelativeLocation": None, "SasBlobToken": None}


def pins(ask: Operator, path: str) -> tuple[int, int]:
    told = ask("GET", path).json()
    return told["ContractVersion"], told["ModelVersion"]


def probabilities(answer: requests.Response) -> list[str]:
    return [row["Scored Probabilities"] for row in answer.json()["Results"]["output1"]]


def test_row_01_a_service_is_a_template(ask: Operator, host: Host) -> None:
    """It names its default endpoint and can itself be called at no address."""
    service = ask("GET", "/credit").json()
    assert service["DefaultEndpointName"] == "default"
    assert ask("POST", "/credit/execute", {}).status_code == 404
    called = host.session.post(f"{host.url}/workspaces/w1/services/{service['Id']}/execute?api-version=2.0", json={})
    assert called.status_code == 401


def test_row_02_default_is_made_with_the_service(ask: Operator) -> None:
    """One endpoint, whose keys are in the answer that made it."""
    made = ask("PUT", "/fresh", {"Description": "New.", **ask.version(tiny.credit())})
    assert (made.status_code, made.json()["EndpointCount"]) == (201, 1)
    assert [row["Name"] for row in ask("GET", "/fresh/endpoints").json()] == ["default"]
    assert ask.scores(made.json()["DefaultEndpoint"]).ok


def test_row_03_default_follows_a_publish(ask: Operator) -> None:
    """And nobody else does."""
    ask("PUT", ONE, {})
    assert ask("POST", "/credit/versions", ask.version(tiny.credit(0.5))).json()["Number"] == 2
    assert (pins(ask, "/credit/endpoints/default"), pins(ask, ONE)) == ((2, 2), (1, 1))


def test_row_04_a_pinned_version_stays(ask: Operator) -> None:
    """Model and `Version` are the same before and after a publish."""
    made = ask("PUT", ONE, {}).json()
    before = ask.scores(made).content
    ask("POST", "/credit/versions", ask.version(tiny.credit(0.5)))
    assert ask("GET", ONE).json()["Version"] == made["Version"]
    assert ask.scores(made).content == before


def test_row_05_default_goes_last(ask: Operator) -> None:
    """Refused while others exist, allowed when alone."""
    refused = ask("DELETE", "/credit/endpoints/default")
    assert (refused.status_code, code(refused)) == (409, "DefaultEndpointNeeded")
    assert ask("DELETE", "/credit/endpoints/main").status_code == 204
    assert ask("DELETE", "/credit/endpoints/default").status_code == 204
    assert ask("GET", "/credit/endpoints").status_code == 204


def test_row_06_an_endpoint_is_made_by_put(ask: Operator) -> None:
    """With what was asked for; GET says the same but for the keys. Gone after DELETE."""
    body = {"Description": "For Acme.", "ThrottleLevel": "High", "MaxConcurrentCalls": 50, "PreventUpdate": True}
    made = ask("PUT", ONE, body | {"WebServiceId": "x", "EndpointName": "acme1"})
    assert made.status_code == 201
    told = made.json()
    assert {name: told[name] for name in body} == body
    assert (told["Name"], told["Customer"], told["ModelVersion"]) == ("acme1", "acme1", 1)
    read = ask("GET", ONE).json()
    assert (read["PrimaryKey"], read["SecondaryKey"]) == (None, None)
    assert {k: v for k, v in read.items() if "Key" not in k} == {k: v for k, v in told.items() if "Key" not in k}
    assert ask("DELETE", ONE).status_code == 204
    assert ask("GET", ONE).status_code == 204


@pytest.mark.parametrize("name", ["a" * 25, "Acme", "-a", "a-", "a-b", "a_b", "ä"])
def test_row_07_names_are_24_small_letters_and_digits(ask: Operator, name: str) -> None:
    """Strict, as the classic page had it: no hyphens."""
    refused = ask("PUT", f"/credit/endpoints/{name}", {})
    assert (refused.status_code, code(refused)) == (400, "BadParameterValue")
    assert ask("PUT", f"/credit/endpoints/{'a1' * 12}", {}).status_code == 201


def test_row_08_a_name_is_taken_once_in_a_service(ask: Operator) -> None:
    """409, and no keys."""
    ask("PUT", ONE, {})
    again = ask("PUT", ONE, {})
    assert (again.status_code, code(again)) == (409, "NameTaken")
    assert "Key" not in again.text


def test_row_09_a_description_has_2000_characters(ask: Operator) -> None:
    """One more is refused, of endpoint and service alike."""
    assert ask("PUT", ONE, {"Description": "x" * 2000}).status_code == 201
    assert ask("PATCH", "/credit", {"Description": "x" * 2000}).json()["Description"] == "x" * 2000
    for refused in (
        ask("PUT", OTHER, {"Description": "x" * 2001}),
        ask("PATCH", "/credit", {"Description": "x" * 2001}),
    ):
        assert (refused.status_code, code(refused)) == (400, "BadParameterValue")


def test_row_10_address_and_keys_are_the_endpoint_s_own(ask: Operator) -> None:
    """Either key opens it; neither opens another."""
    one, other = ask("PUT", ONE, {}).json(), ask("PUT", OTHER, {}).json()
    assert one["ApiLocation"] != other["ApiLocation"]
    for key in (one["PrimaryKey"], one["SecondaryKey"]):
        assert ask.scores(one, key).status_code == 200
        assert ask.scores(other, key).status_code == 401


def test_row_11_without_a_bearer_key_nothing_is_opened(ask: Operator, host: Host) -> None:
    """Missing and wrong are one answer."""
    made = ask("PUT", ONE, {}).json()
    missing = host.session.post(f"{made['ApiLocation']}/execute?api-version=2.0", json={})
    wrong = ask.scores(made, "wrong")
    assert (missing.status_code, missing.content) == (wrong.status_code, wrong.content)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "Unauthorized")
    assert code(wrong) == "ScoreRequestUnauthorized"


def test_row_12_an_endpoint_s_own_key_reads_it_and_nothing_else(ask: Operator, credit: NewEndpoint) -> None:
    """A sibling and a missing endpoint look the same: 204. It changes nothing, its own endpoint either."""
    assert ask("GET", "/credit/endpoints/main", key=credit.primary).json()["Name"] == "main"
    sibling, missing = (ask("GET", f"/credit/endpoints/{n}", key=credit.primary) for n in ("default", "none"))
    assert (sibling.status_code, sibling.content) == (missing.status_code, missing.content) == (204, b"")
    assert ask("PATCH", "/credit/endpoints/main", {"Description": "x"}, credit.primary).status_code == 401


@dataclass
class Saturated:
    """A host whose endpoint with four calls has four under way: the fifth one's answer, those of another endpoint."""

    fifth: requests.Response
    others: list[int]
    held: list[int]


@pytest.fixture
def saturated(far: Far, open_host: Open) -> Iterator[Saturated]:
    host = open_host(transport=far)
    made = publish(host)
    near = host.registry.add_service("near", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    good = {"Inputs": {"input1": {"ColumnNames": ["Purpose", "Amount", "Months"], "Values": [["car", 1, 1]] * 5000}}}
    with ThreadPoolExecutor(4) as threads:
        held = [threads.submit(host.execute, made, X) for _ in range(4)]
        for _ in held:
            assert far.entered.acquire(timeout=20)
        fifth = host.execute(made, b"not even JSON")
        others = [host.execute(near, good).status_code for _ in range(30)]
        far.go.set()
        yield Saturated(fifth, others, [each.result().status_code for each in held])


def test_row_13_low_is_four_calls_at_once(saturated: Saturated, ask: Operator) -> None:
    """The fifth is refused; a number that was given is left alone."""
    assert (saturated.held, saturated.fifth.status_code) == ([200] * 4, 503)
    told = ask("PUT", ONE, {"ThrottleLevel": "Low", "MaxConcurrentCalls": 100}).json()
    assert (told["ThrottleLevel"], told["MaxConcurrentCalls"]) == ("Low", 4)


def test_row_14_high_is_20_calls_unless_told_and_200_at_most(ask: Operator) -> None:
    """201 is refused."""
    assert ask("PUT", ONE, {"ThrottleLevel": "High"}).json()["MaxConcurrentCalls"] == 20
    assert ask("PATCH", ONE, {"MaxConcurrentCalls": 200}).json()["MaxConcurrentCalls"] == 200
    refused = ask("PATCH", ONE, {"MaxConcurrentCalls": 201})
    assert (refused.status_code, code(refused)) == (400, "WebServiceTooManyConcurrentRequestRequirement")


def test_row_15_overflow_names_endpoint_and_limit(saturated: Saturated) -> None:
    """503, before the body is read, with when to come again."""
    error = saturated.fifth.json()["error"]
    assert (error["code"], error["details"][0]["code"]) == ("ServiceUnavailable", "RequestThrottled")
    assert error["details"][0]["message"] == (
        "Request is throttled for far/main endpoint. The maximum concurrency for the endpoint is 4."
    )
    assert saturated.fifth.headers["retry-after"] == "1"


def test_row_16_one_endpoint_s_throttle_leaves_others_alone(saturated: Saturated) -> None:
    """Thirty calls of 5,000 rows are answered beside it."""
    assert saturated.others == [200] * 30


def test_row_18_a_service_has_ten_thousand_endpoints(ask: Operator, store: Engine, credit: NewEndpoint) -> None:
    """And not one more."""
    with store.begin() as db:
        service = db.execute(tables.service.select()).one().id
        pinned = {
            "service_id": service,
            "contract_version": 1,
            "model_version": 1,
            "created_at": 1.0,
            "changed_at": 1.0,
        }
        rows = [{"id": uuid.uuid4().hex, "name": f"n{number}", **pinned} for number in range(10_000 - 3)]
        db.execute(tables.endpoint.insert(), rows)
    assert ask("PUT", ONE, {}).status_code == 201
    assert len(ask("GET", "/credit/endpoints").json()) == 10_000
    refused = ask("PUT", OTHER, {})
    assert (refused.status_code, code(refused)) == (409, "TooMany")


def test_row_19_settings_are_patched_and_the_others_stay(ask: Operator) -> None:
    """Description, throttle, concurrency, trace level, sample data, protection, expiry; 304 for what it is already."""
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
        assert after == before | {name: value} == ask("GET", ONE).json()
        before = after
    assert ask("PATCH", ONE, changes).status_code == 304
    assert ask("PATCH", ONE, {"ThrottleLevel": "Low"}).json()["MaxConcurrentCalls"] == 4
    assert ask("PATCH", ONE, {"ExpiresAt": ""}).json()["ExpiresAt"] is None


def test_row_20_one_endpoint_is_given_a_model_of_its_own(ask: Operator) -> None:
    """Same input, different scores; `default` cannot be; the same model again is 304."""
    one, other = ask("PUT", ONE, {}).json(), ask("PUT", OTHER, {}).json()
    before = probabilities(ask.scores(other))
    patched = ask("PATCH", ONE, ask.resource(tiny.credit(0.5))).json()
    assert (patched["ContractVersion"], patched["ModelVersion"]) == (1, 2)
    assert probabilities(ask.scores(one)) != before == probabilities(ask.scores(other))
    assert ask("PATCH", ONE, ask.resource(tiny.credit(0.5))).status_code == 304
    refused = ask("PATCH", "/credit/endpoints/default", ask.resource(tiny.credit(0.5)))
    assert (refused.status_code, code(refused)) == (400, "DefaultEndpointFollows")


@pytest.mark.parametrize(
    ("resources", "specific"),
    [
        ([], "MissingResources"),
        ([{"Name": "other [trained model]", "Location": {}}], "InvalidResourceName"),
        ([{"Name": "credit [trained model]", "Location": {}}] * 2, "InvalidResourceName"),
        ([{"Name": "credit [trained model]"}], "RequestBodyInvalid"),
    ],
)
def test_row_21_a_resource_is_named_as_the_endpoint_names_it(ask: Operator, resources: Any, specific: str) -> None:
    """Anything else is refused; nothing is fetched."""
    told = ask("PUT", ONE, {}).json()
    assert told["Resources"] == [{"Name": "credit [trained model]", "Kind": "TrainedModel", "Location": HIDDEN}]
    refused = ask("PATCH", ONE, {"Resources": resources})
    assert (refused.status_code, code(refused)) == (400, specific)
    assert pins(ask, ONE) == (1, 1)


def test_row_22_refresh_keeps_the_endpoint_s_own_model(ask: Operator) -> None:
    """Contract new, model and `Version` as they were."""
    made = ask("PUT", ONE, {}).json()
    sent = ask("PATCH", ONE, ask.resource(tiny.credit(0.3))).json()
    own = probabilities(ask.scores(made))
    ask("POST", "/credit/versions", ask.version(tiny.credit(0.5)))
    kept = ask("POST", f"{ONE}/refresh", {"OverwriteResources": False}).json()
    assert (kept["ContractVersion"], kept["ModelVersion"], kept["Version"]) == (3, 2, sent["Version"])
    assert probabilities(ask.scores(made)) == own


def test_row_23_refresh_overwrites_the_model_when_asked(ask: Operator) -> None:
    """With the newest that was published."""
    ask("PUT", ONE, {})
    ask("PATCH", ONE, ask.resource(tiny.credit(0.3)))
    ask("POST", "/credit/versions", ask.version(tiny.credit(0.5)))
    taken = ask("POST", f"{ONE}/refresh", {"OverwriteResources": True}).json()
    assert (taken["ContractVersion"], taken["ModelVersion"]) == (3, 3)


def test_row_24_a_refresh_that_changes_nothing_is_304(ask: Operator) -> None:
    """Also right after one that did."""
    ask("PUT", ONE, {})
    assert ask("POST", f"{ONE}/refresh").status_code == 304
    ask("POST", "/credit/versions", ask.version(tiny.credit(0.5)))
    answers = [ask("POST", f"{ONE}/refresh", {"OverwriteResources": True}) for _ in range(2)]
    assert [(answer.status_code, bool(answer.content)) for answer in answers] == [(200, True), (304, False)]


def test_row_25_default_cannot_be_refreshed(ask: Operator) -> None:
    """It follows by itself."""
    refused = ask("POST", "/credit/endpoints/default/refresh", {"OverwriteResources": True})
    assert (refused.status_code, code(refused)) == (400, "DefaultEndpointFollows")


def test_row_26_a_protected_endpoint_is_not_moved(ask: Operator) -> None:
    """PreventUpdate blocks refresh and both changes of model, not settings."""
    ask("PUT", ONE, {"PreventUpdate": True})
    ask("POST", "/credit/versions", ask.version(tiny.credit(0.5)))
    for answer in (
        ask("POST", f"{ONE}/refresh", {"OverwriteResources": True}),
        ask("PATCH", ONE, {"ModelVersion": 2}),
        ask("PATCH", ONE, ask.resource(tiny.credit(0.3))),
    ):
        assert (answer.status_code, code(answer)) == (409, "UpdatePrevented")
    assert ask("PATCH", ONE, {"Description": "x"}).json()["ModelVersion"] == 1


def test_row_27_keys_rotate_one_at_a_time(ask: Operator) -> None:
    """The old key ends, the other stays valid."""
    made = ask("PUT", ONE, {}).json()
    new = ask("POST", f"{ONE}/keys/primary").json()["PrimaryKey"]
    keys = (made["PrimaryKey"], made["SecondaryKey"], new)
    assert [ask.scores(made, key).status_code for key in keys] == [401, 200, 200]


def test_row_28_every_answer_has_an_id_that_stands_in_the_log(ask: Operator, host: Host) -> None:
    """200, 201, 204, 400, 401, 404 and 304 alike; a call's own is in the host's log."""
    made = ask("PUT", ONE, {})
    answers = [
        made,
        ask("GET", ONE),
        ask("GET", "/none"),
        ask("PUT", "/credit/endpoints/No", {}),
        ask("GET", "", key="x"),
    ]
    answers += [ask("DELETE", "/none"), ask("POST", f"{ONE}/refresh"), ask.scores(made.json())]
    assert [answer.status_code for answer in answers] == [201, 200, 204, 400, 401, 404, 304, 200]
    ids = [answer.headers["x-ms-request-id"] for answer in answers]
    assert len({str(uuid.UUID(each)) for each in ids}) == len(answers)
    assert ids[-1] in {line.get("request") for line in host.lines}
