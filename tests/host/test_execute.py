"""The execute address: golden answers in both forms, every refusal, keys, limits, the log."""

from __future__ import annotations

import datetime as dt
import json
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.endpoints import tiny
from tests.host import golden
from tests.host.conftest import Host
from worker.batch.explain import explain
from worker.endpoints import NewEndpoint
from worker.host.jobrequest import read_request
from worker.host.refusals import Refusal
from worker.scoring import Unauthorized, discover

QUERY = "?api-version=2.0"


def question(*rows: list[Any], names: tuple[str, ...] = ("Purpose", "Amount", "Months")) -> dict[str, Any]:
    return {"Inputs": {"input1": {"ColumnNames": names, "Values": rows}}, "GlobalParameters": {}}


GOOD = question(["car", 1500, 12])
GOOD_UTF_16 = json.dumps(GOOD).encode("utf-16")


def codes(answer: requests.Response) -> tuple[int, str, list[str]]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], [detail["code"] for detail in error["details"]]


@pytest.mark.parametrize("file", golden.files("refused-"), ids=lambda file: file.stem)
def test_refusals(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Each wrong request has the classic service's class and code, and the answer in the file."""
    golden.check(file, host, credit)


def test_a_body_that_is_not_utf_8(host: Host, credit: NewEndpoint) -> None:
    """In a text, in a name, or all of it."""
    sound = json.dumps(GOOD).encode()
    for body in (sound.replace(b"car", b"c\xffr"), sound.replace(b"Amount", b"\xc3"), GOOD_UTF_16, b"\xff" * 100):
        assert codes(host.execute(credit, body)) == (400, "BadArgument", ["RequestBodyInvalid"])


def test_countless_columns_cost_a_hundred_details(host: Host, credit: NewEndpoint) -> None:
    """Neither the answer nor the time grows with what was sent."""
    began = time.monotonic()
    wide = host.execute(credit, question(names=("x",) * 800_000))
    assert len(codes(wide)[2]) == 100
    assert len(codes(host.execute(credit, question(*[["car", "x", 1]] * 10_000)))[2]) == 100
    assert time.monotonic() - began < 10


def test_a_value_is_echoed_in_part_only(host: Host, credit: NewEndpoint) -> None:
    """60 characters of it, without control characters."""
    text = "\x1b[31m" + "x" * 10_000
    answer = host.execute(credit, question([text, 1, 1]))
    message = answer.json()["error"]["details"][0]["message"]
    assert "x" * 50 in message
    assert len(message) < 140
    assert "\x1b" not in message


def test_one_answer_for_every_wrong_key(host: Host, credit: NewEndpoint) -> None:
    """Missing, wrong, foreign, not a Bearer, for an endpoint that is there or not: same status, body and headers."""
    other = host.registry.add_service("other", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    url = f"{host.location(credit)}/execute{QUERY}"
    missing = url.replace(credit.endpoint.id, "0" * 32)
    headers: list[dict[str, str]] = [
        {},
        *({"Authorization": text} for text in ("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {credit.primary}")),
        {"Authorization": f"Bearer {other.primary}"},
        {"Authorization": f"Bearer {credit.primary}x"},
        {"Authorization": credit.primary},
    ]
    answers = [requests.post(url, json=GOOD, headers=h) for h in headers]
    answers.append(requests.post(missing, json=GOOD, headers={"Authorization": f"Bearer {credit.primary}"}))
    answers += [requests.get(a.replace(f"/execute{QUERY}", "/swagger.json")) for a in (url, missing)]
    assert codes(answers[0]) == (401, "Unauthorized", ["ScoreRequestUnauthorized"])
    assert told_apart(answers) == 1


def test_a_revoked_key_is_told_since_when_and_only_where_it_was_valid(host: Host, credit: NewEndpoint) -> None:
    """The same 401, with its own code and moment; at any other endpoint it is a wrong key like all others."""
    other = host.registry.add_service("other", tiny.contract(), tiny.credit())
    host.registry.rotate_key("credit/main", "primary")
    host.snapshots.refresh()
    answer = host.execute(credit, GOOD)
    assert codes(answer) == (401, "Unauthorized", ["KeyRevoked"])
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    (detail,) = answer.json()["error"]["details"]
    assert detail["at"].startswith(today)
    assert today in detail["message"]
    elsewhere = [host.execute(other, GOOD, key=key) for key in (credit.primary, "wrong")]
    missing = host.location(credit).replace(credit.endpoint.id, "0" * 32)
    elsewhere.append(host.session.get(f"{missing}/swagger.json", headers={"Authorization": f"Bearer {credit.primary}"}))
    assert codes(elsewhere[0]) == (401, "Unauthorized", ["ScoreRequestUnauthorized"])
    assert told_apart(elsewhere) == 1
    with pytest.raises(Unauthorized) as refused:
        discover(host.location(credit), credit.primary)
    assert refused.value.code == Unauthorized.REVOKED
    assert refused.value.at is not None
    assert explain(refused.value).startswith("The endpoint refused the key: it was revoked on ")


def told_apart(answers: Sequence[requests.Response]) -> int:
    """How many different answers a stranger sees: status, body and headers, but for the time and the request's id."""
    varying = {"date", "x-ms-request-id"}
    seen = {
        (a.status_code, a.content, *sorted((k, v) for k, v in a.headers.items() if k not in varying)) for a in answers
    }
    return len(seen)


def test_the_comparison_finds_a_twin_that_tells_missing_from_foreign(host: Host, credit: NewEndpoint) -> None:
    """A host that answers 404 for an endpoint that is not there, 401 for one that is, would be found out."""
    foreign = requests.get(f"{host.location(credit)}/swagger.json")
    missing = requests.get(f"{host.location(credit)}/nothing")
    assert told_apart([foreign, missing]) == 2


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_both_keys_open_until_they_are_rotated(scheme: str, host: Host, credit: NewEndpoint) -> None:
    """The scheme's case does not matter (RFC 9110, 11.1); a rotated key ends, the other stays."""
    url = f"{host.url}/workspaces/any-word/services/{credit.endpoint.id}/execute"

    def status(key: str) -> int:
        return requests.post(url, json=GOOD, headers={"Authorization": f"{scheme} {key}"}).status_code

    assert [status(credit.primary), status(credit.secondary)] == [200, 200]
    fresh = host.registry.rotate_key("credit/main", "primary")
    host.snapshots.refresh()
    assert [status(key) for key in (credit.primary, credit.secondary, fresh)] == [401, 200, 200]


def test_an_endpoint_keeps_its_pinned_model(host: Host, credit: NewEndpoint) -> None:
    """After a publish the same row has its old score here and a new one at `default`; the header says which model."""
    before = host.execute(credit, GOOD)
    host.registry.publish("credit", tiny.contract(), tiny.credit(0.2))
    default = host.registry.endpoint("credit/default")
    key = host.registry.rotate_key(default.id, "primary")
    host.snapshots.refresh()
    after = host.execute(credit, GOOD)
    newest = host.execute(NewEndpoint(default, key, ""), GOOD)
    assert after.content == before.content != newest.content
    assert [a.headers["x-sheetscore-model-version"] for a in (after, newest)] == ["1", "2"]
    assert after.headers["x-sheetscore-max-concurrent"] == "20"


def test_only_names_of_this_machine_are_answered(host: Host, credit: NewEndpoint) -> None:
    """A page whose name was made to point at this host sends that name: refused, with whatever key."""
    url = f"{host.location(credit)}/execute"
    for name, status in (
        ("evil.example", 400),
        ("localhost:1", 200),
        ("[::1]:99", 200),
        ("127.0.0.1.evil.example", 400),
    ):
        headers = {"Authorization": f"Bearer {credit.primary}", "Host": name}
        assert requests.post(url, json=GOOD, headers=headers).status_code == status
    assert codes(requests.get(f"{host.url}/healthz", headers={"Host": "evil.example"}))[2] == ["InvalidHost"]


def test_other_addresses_and_methods(host: Host, credit: NewEndpoint) -> None:
    """JSON as well, with an id; healthz needs no key."""
    assert requests.get(f"{host.url}/healthz").text == "ok"
    assert codes(requests.get(f"{host.url}/nothing"))[:2] == (404, "NotFound")
    assert codes(requests.get(f"{host.location(credit)}/execute"))[:2] == (405, "MethodNotAllowed")
    assert codes(requests.post(f"{host.location(credit)}/workbooks"))[:2] == (404, "NotFound")
    assert "server" not in requests.get(f"{host.url}/healthz").headers


def send_raw(host: Host, credit: NewEndpoint, headers: str, *chunks: bytes) -> bytes:
    """A request written by hand; returns the beginning of the answer."""
    place = urlsplit(f"{host.location(credit)}/execute")
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = (
            f"POST {place.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {credit.primary}\r\n{headers}\r\n"
        )
        connection.sendall(head.encode())
        for chunk in chunks:
            connection.sendall(chunk)
        return connection.recv(65_536)


def test_the_log_has_facts_and_no_values(host: Host, credit: NewEndpoint) -> None:
    """One line for each call: endpoint, rows, status, time, request id. Neither values nor keys."""
    good = host.execute(credit, question(["car", 1234.5, 12], ["boat", 1, 1]))
    host.execute(credit, question(["a secret", 1, 1]))
    host.execute(credit, GOOD, key="ss_wrong")
    deadline = time.monotonic() + 5
    while len(host.lines) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    facts = [(line["endpoint"], line["rows"], line["status"]) for line in host.lines]
    assert facts == [(credit.endpoint.id, 2, 200), (credit.endpoint.id, 0, 400), (None, 0, 401)]
    assert host.lines[0]["request"] == good.headers["x-ms-request-id"]
    assert all(line["ms"] >= 0 for line in host.lines)
    written = json.dumps(host.lines)
    assert not any(text in written for text in ("1234.5", "secret", "ss_", credit.primary))


@pytest.mark.parametrize("path", ["execute", "infer"])
def test_text_in_another_encoding_is_named(host: Host, credit: NewEndpoint, path: str) -> None:
    """Not as a fault of its JSON: whoever wrote it looks in the wrong place otherwise."""
    url = f"{host.location(credit)}/{path}"
    url = f"{host.url}/v2/models/{credit.endpoint.id}/infer" if path == "infer" else url
    headers = {"Authorization": f"Bearer {credit.primary}"}
    answers = [host.session.post(url, data=body, headers=headers) for body in (b'{"a": "\xe9"}', b"\xff\xfe{\0}\0")]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert ["not UTF-8, at byte 7" in answers[0].text, "not UTF-8, at byte 0" in answers[1].text] == [True, True]
    with pytest.raises(Refusal) as refused:
        read_request(b'{"a": "\xe9"}')
    assert "not UTF-8, at byte 7" in refused.value.details[0].message


@pytest.mark.parametrize("path", ["execute", "infer"])
def test_a_byte_order_mark_is_passed_over(host: Host, credit: NewEndpoint, path: str) -> None:
    """Writers of .NET put one before their text (RFC 8259, 8.1 lets a reader pass over it)."""
    body: Any = GOOD
    url = f"{host.location(credit)}/execute?api-version=2.0"
    if path == "infer":
        url = f"{host.url}/v2/models/{credit.endpoint.id}/infer"
        kinds = (("Purpose", "BYTES", "car"), ("Amount", "FP64", 1.5), ("Months", "INT64", 3))
        body = {"inputs": [{"name": n, "datatype": k, "shape": [1], "data": [v]} for n, k, v in kinds]}
    headers = {"Authorization": f"Bearer {credit.primary}"}
    text = json.dumps(body).encode()
    answers = [host.session.post(url, data=data, headers=headers) for data in (text, b"\xef\xbb\xbf" + text)]
    assert answers[0].status_code == 200
    assert told_apart(answers) == 1
