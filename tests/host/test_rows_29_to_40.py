"""Rows 29 to 40 of the table of what the classic service did: one test a row, against a running host.

Exchanges stand in `golden/`, under the number of their row.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.host import golden
from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD, codes, question
from tests.host.test_swagger import fetch, references
from tests.host.test_throttle import Far, X, publish
from worker.endpoints import NewEndpoint
from worker.host import HostLimits
from worker.scoring import read_swagger


def of_row(number: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", golden.files(f"{number}-"), ids=lambda file: file.stem)


@of_row(29)
def test_row_29_column_form(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Names once, rows of values."""
    golden.check(file, host, credit)


@of_row(30)
def test_row_30_record_form(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Each row with its names, for `format=swagger`."""
    golden.check(file, host, credit)


@of_row(31)
def test_row_31_details(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Types of the columns, in the column form and if asked for; row 29 has none."""
    golden.check(file, host, credit)


@of_row(32)
def test_row_32_columns_in_any_order(file: Path, host: Host, credit: NewEndpoint) -> None:
    """By name; the row's score is that of row 29."""
    golden.check(file, host, credit)
    mine, plain = (golden.read(one)["answer"]["Results"]["output1"]["value"] for one in (file, *golden.files("29-")))
    assert mine["Values"] == plain["Values"][:1]


@of_row(33)
def test_row_33_values_as_text(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Sent and answered; the scores are those of the same values as numbers."""
    golden.check(file, host, credit)
    case = golden.read(file)
    texts = case["request"]["Inputs"]["input1"]["Values"]
    assert all(isinstance(value, str | None) for row in texts for value in row)
    assert case["answer"] == golden.read(golden.files("29-")[0])["answer"]


@of_row(34)
def test_row_34_global_parameters(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Given, left at the default, missing, unknown, of the wrong kind."""
    golden.check(file, host, credit)


@of_row(35)
def test_row_35_schema_errors_name_row_and_column(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Both codes of the classic service, each with what it never told."""
    golden.check(file, host, credit)


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


def test_row_36_four_megabytes(host: Host, credit: NewEndpoint) -> None:
    """By the length that is told, before anything is read; and by what comes when no length is told."""
    padding = b" " * (4 * 2**20)
    assert codes(host.execute(credit, padding + b"{}")) == (413, "MemoryQuotaViolation", ["OutOfMemoryLimit"])
    assert host.execute(credit, json.dumps(GOOD).encode() + padding[: 4 * 2**20 - 500]).status_code == 200
    assert b" 413 " in send_raw(host, credit, "Content-Length: 4194305\r\n")
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert b" 413 " in send_raw(host, credit, "Transfer-Encoding: chunked\r\n", *[piece] * 65)


def test_row_37_a_hundred_seconds(open_host: Open, credit: NewEndpoint) -> None:
    """Reading the body counts, and so does the model: 408, in time. A hundred unless the host is told otherwise."""
    assert HostLimits().seconds == 100
    far = Far()
    host = open_host(HostLimits(seconds=0.3), transport=far)
    made = publish(host)
    began = time.monotonic()
    answer = send_raw(host, credit, "Content-Length: 100\r\n", b"{")
    assert b" 408 " in answer
    assert b"ScoreRequestTimeout" in answer
    assert codes(host.execute(made, X)) == (408, "RequestTimeout", ["ScoreRequestTimeout"])
    assert time.monotonic() - began < 5
    far.go.set()


def test_a_body_that_is_cut_off_is_no_call(host: Host, credit: NewEndpoint) -> None:
    """The sender went away before the length it told: nothing is scored, and the next call is answered."""
    place = urlsplit(host.url)
    body = json.dumps(GOOD).encode()
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = f"POST {urlsplit(host.location(credit)).path}/execute HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {credit.primary}\r\nContent-Length: {len(body) + 1}\r\n\r\n"
        connection.sendall(head.encode() + body)
    deadline = time.monotonic() + 10
    while not host.lines:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert [(line["rows"], line["status"]) for line in host.lines] == [(0, 499)]
    assert host.execute(credit, GOOD).status_code == 200


@pytest.mark.parametrize("rows", [1, 25_000])
def test_row_38_rows_come_back_in_order(rows: int, host: Host, credit: NewEndpoint) -> None:
    """As many as went in, scored in slices; rows sent alone have the same scores."""
    sent = [["car", number % 3000, number % 48] for number in range(rows)]
    answer = host.execute(credit, question(*sent)).json()["Results"]["output1"]["value"]["Values"]
    assert len(answer) == rows
    for at in {0, 4_999 % rows, 5_000 % rows, rows - 1}:
        alone = host.execute(credit, question(sent[at])).json()["Results"]["output1"]["value"]["Values"]
        assert alone == [answer[at]]


def test_row_39_swagger(host: Host, credit: NewEndpoint) -> None:
    """To the letter, but for the endpoint's id; every reference leads somewhere."""
    answer = fetch(host, credit)
    document = answer.json()
    wanted = json.loads((Path(__file__).parent / "swagger.json").read_text("utf-8"))
    assert document.pop("basePath") == f"/workspaces/default/services/{credit.endpoint.id}"
    assert f"{document.pop('schemes')[0]}://{document.pop('host')}" == host.url
    assert document == wanted
    assert {name.rpartition("/")[2] for name in references(document)} <= set(document["definitions"])
    assert answer.headers["x-sheetscore-model-version"] == "1"
    assert answer.headers["x-sheetscore-max-concurrent"] == "20"
    assert answer.headers["x-ms-request-id"]


def test_row_40_sample_rows_or_placeholders(host: Host, credit: NewEndpoint) -> None:
    """Only if the endpoint shows them. Placeholders have the form of a request all the same."""
    hidden = host.registry.add_endpoint("credit", "hidden", "acme", sample_data=False)
    host.snapshots.refresh()
    shown, placeholders = (read_swagger(fetch(host, one).json()).sample for one in (credit, hidden))
    assert shown[0] == {"Purpose": "car", "Amount": 1200.5, "Months": 12}
    assert placeholders == ({"Purpose": "value", "Amount": 0, "Months": 0},)
    example = fetch(host, credit).json()["definitions"]["ExecutionRequest"]["example"]
    assert host.execute(credit, example, "?api-version=2.0&format=swagger").status_code == 200
