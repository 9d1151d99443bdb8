"""Which format a call is in, over HTTP; and that all else about it is the same in each."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

import pyarrow as pa
import pytest
import requests

from tests.host.conftest import Host
from tests.host.test_arrowstream import stream
from tests.host.test_execute import GOOD, codes, question
from worker.endpoints import NewEndpoint

ARROW = "application/vnd.apache.arrow.stream"
CSV = "text/csv"
BODIES = {
    CSV: b"Purpose,Amount,Months\ncar,1500,12\n",
    ARROW: stream({"Purpose": pa.array(["car"]), "Amount": pa.array([1500.0]), "Months": pa.array([12])}),
    "application/json": json.dumps(GOOD).encode(),
}


def post(host: Host, endpoint: NewEndpoint, body: bytes, key: str | None = None, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["Authorization"] = f"Bearer {endpoint.primary if key is None else key}"
    return requests.post(f"{host.location(endpoint)}/execute", data=body, headers=named)


def row(answer: requests.Response) -> tuple[str, float]:
    """Label and probability of the first row of an answer, whatever it is written in."""
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == CSV:
        _, first = answer.text.splitlines()
        label, probability = first.split(",")
    elif kind == ARROW:
        found = pa.ipc.open_stream(answer.content).read_all().to_pylist()[0]
        label, probability = found["Scored Labels"], found["Scored Probabilities"]
    else:
        label, probability = answer.json()["Results"]["output1"]["value"]["Values"][0]
    return label, float(probability)


@pytest.mark.parametrize("sent", BODIES)
@pytest.mark.parametrize("wanted", [None, *BODIES])
def test_each_format_in_and_out(sent: str, wanted: str | None, host: Host, credit: NewEndpoint) -> None:
    """The answer is written as the body was, unless Accept asks for another; the scores are the same to the digit."""
    headers = {"Accept": wanted} if wanted else {}
    answer = post(host, credit, BODIES[sent], Content_Type=sent, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(wanted or sent)
    assert answer.headers["x-sheetscore-model-version"] == "1"
    assert row(answer) == row(host.execute(credit, GOOD))


@pytest.mark.parametrize(
    ("content_type", "accept", "given"),
    [
        ("", "", "application/json"),
        ("application/x-www-form-urlencoded", "*/*", "application/json"),
        ("application/json; charset=utf-8", "text/html", "application/json"),
        ("application/json", f"text/html, {CSV};q=0.5, {ARROW}", CSV),
        ("application/json", "application/json, text/plain, */*", "application/json"),
        ("application/json", f"{CSV}, application/*", "application/json"),
    ],
)
def test_which_format_headers_mean(content_type: str, accept: str, given: str, host: Host, credit: NewEndpoint) -> None:
    """JSON for whatever is not known: old clients send any Content-Type and Accept."""
    answer = post(host, credit, BODIES["application/json"], Content_Type=content_type, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, given)


def test_a_charset_other_than_utf_8_is_refused(host: Host, credit: NewEndpoint) -> None:
    """415, as nothing of it can be read; quoted and in capitals it is UTF-8 all the same."""
    assert post(host, credit, BODIES[CSV], Content_Type='text/CSV; charset="UTF-8"').status_code == 200
    assert codes(post(host, credit, BODIES[CSV], Content_Type="text/csv; charset=latin1"))[0] == 415


@pytest.mark.parametrize("kind", [CSV, ARROW])
def test_refusals_are_json_whatever_the_format(kind: str, host: Host, credit: NewEndpoint) -> None:
    """The classic error with row and column; wrong keys and limits as ever; usage is counted alike."""
    bad = {
        CSV: b"Purpose,Amount,Months\ncar,1500,12\ncar,x,1.5\n",
        ARROW: stream({"Purpose": ["car", "car"], "Amount": [1500.0, -1], "Months": [12, 1.5]}),
    }[kind]
    answer = post(host, credit, bad, Content_Type=kind)
    assert codes(answer) == (400, "BadUserArgument", ["InputParseError"] * 2)
    details = answer.json()["error"]["details"]
    assert [(detail["row"], detail["column"]) for detail in details] == [(1, "Amount"), (1, "Months")]
    assert codes(post(host, credit, BODIES[kind], key="wrong", Content_Type=kind))[0] == 401
    assert codes(post(host, credit, b"x" * (4 * 2**20 + 1), Content_Type=kind))[0] == 413
    assert codes(post(host, credit, b"", Content_Type=kind))[2] == ["RequestIsEmpty"]
    facts = [(line["rows"], line["status"]) for line in host.lines if line["endpoint"]]
    assert facts == [(0, 400), (0, 413), (0, 400)]


def test_many_rows_are_the_same_in_each_format(host: Host, credit: NewEndpoint) -> None:
    """10,000 rows, read the fast way, scored in a thread."""
    rows = [["car", number % 3000 / 7, number % 48] for number in range(10_000)]
    wanted = host.execute(credit, question(*rows)).json()["Results"]["output1"]["value"]["Values"]
    lines = "".join(f"{purpose},{amount!r},{months}\n" for purpose, amount, months in rows)
    answer = post(host, credit, f"Purpose,Amount,Months\n{lines}".encode(), Content_Type=CSV)
    assert [line.split(",") for line in answer.text.splitlines()[1:]] == wanted
    columns = dict(zip(("Purpose", "Amount", "Months"), map(list, zip(*rows, strict=True)), strict=True))
    answer = post(host, credit, stream(columns), Content_Type=ARROW)
    found = pa.ipc.open_stream(answer.content).read_all().to_pydict()
    assert found["Scored Labels"] == [label for label, _ in wanted]
    assert found["Scored Probabilities"] == [float(probability) for _, probability in wanted]


def packed(body: bytes) -> bytes:
    return gzip.compress(body)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_bodies_may_be_packed(encoding: str, host: Host, credit: NewEndpoint) -> None:
    """With gzip, in one member or several."""
    body = BODIES["application/json"]
    for sent in (packed(body), packed(body[:20]) + packed(body[20:])):
        assert post(host, credit, sent, Content_Encoding=encoding).status_code == 200
    assert post(host, credit, body, Content_Encoding="identity").status_code == 200


def test_a_packed_bomb_is_given_up_at_the_limit(host: Host, credit: NewEndpoint) -> None:
    """4 MB inflated are taken, one byte more is not, and a gigabyte is never made."""
    body = BODIES["application/json"]
    whole = body + b" " * (4 * 2**20 - len(body))
    assert post(host, credit, packed(whole), Content_Encoding="gzip").status_code == 200
    assert codes(post(host, credit, packed(whole + b" "), Content_Encoding="gzip"))[2] == ["OutOfMemoryLimit"]
    squeezer, bomb = zlib.compressobj(9, zlib.DEFLATED, 31), io.BytesIO()
    for _ in range(1024):
        bomb.write(squeezer.compress(bytes(2**20)))
    bomb.write(squeezer.flush())
    assert bomb.tell() < 2 * 2**20
    assert codes(post(host, credit, bomb.getvalue(), Content_Encoding="gzip"))[0] == 413
    assert codes(post(host, credit, packed(b"") * 250_000, Content_Encoding="gzip"))[0] == 413


@pytest.mark.parametrize(
    ("body", "encoding", "wanted"),
    [
        (b"{}", "br", (415, ["UnsupportedMediaType"])),
        (b"{}", "gzip, gzip", (415, ["UnsupportedMediaType"])),
        (b"not gzip", "gzip", (400, ["RequestBodyInvalid"])),
        (packed(BODIES["application/json"])[:-9], "gzip", (400, ["RequestBodyInvalid"])),
        (packed(BODIES["application/json"]) + b"more", "gzip", (400, ["RequestBodyInvalid"])),
        (b"", "gzip", (400, ["RequestIsEmpty"])),
    ],
    ids=["another", "twice", "not packed", "cut off", "more behind", "empty"],
)
def test_what_is_packed_wrongly(body: bytes, encoding: str, wanted: Any, host: Host, credit: NewEndpoint) -> None:
    """415 with what is taken, or 400."""
    answer = post(host, credit, body, Content_Encoding=encoding)
    assert (answer.status_code, codes(answer)[2]) == wanted
    assert answer.headers.get("accept-encoding") == ("gzip, identity" if wanted[0] == 415 else None)
