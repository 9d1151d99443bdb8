"""The Open Inference Protocol: golden exchanges, what its clients send, and the duties it shares with `execute`."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.endpoints import tiny
from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD, told_apart
from tests.host.test_throttle import Far, X, publish
from worker.endpoints import NewEndpoint

GOLDEN = sorted((Path(__file__).parent / "golden" / "inference").glob("*.json"))


def tensor(name: str, datatype: str, *data: Any, shape: list[int] | None = None) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": list(data)}


CAR = [tensor("Purpose", "BYTES", "car"), tensor("Amount", "FP64", 1500), tensor("Months", "INT64", 12)]


def call(host: Host, endpoint: NewEndpoint, path: str, body: Any = None, key: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {endpoint.primary if key is None else key}"}
    url = f"{host.url}/v2/models/{endpoint.endpoint.id}{path}"
    data = {"data": body} if isinstance(body, bytes) else {"json": body}
    return requests.get(url, headers=headers) if body is None else requests.post(url, headers=headers, **data)


def infer(host: Host, endpoint: NewEndpoint, *inputs: Any, **more: Any) -> requests.Response:
    return call(host, endpoint, "/infer", {"inputs": inputs, **more})


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Question and answer as they stand in the file, to the letter but for the endpoint's id."""
    case = json.loads(file.read_text("utf-8").replace("ENDPOINT", credit.endpoint.id))
    answer = call(host, credit, case["path"], case.get("request"))
    assert (answer.status_code, answer.json()) == (case["status"], case["answer"])
    assert answer.headers["content-type"] == "application/json"


def test_the_server_needs_no_key(host: Host) -> None:
    """Live, ready, and what it is."""
    assert requests.get(f"{host.url}/v2").json()["name"] == "sheetscore"
    assert requests.get(f"{host.url}/v2/health/live").json() == {"live": True}
    assert requests.get(f"{host.url}/v2/health/ready").json() == {"ready": True}


def test_scores_are_those_of_execute(host: Host, credit: NewEndpoint) -> None:
    """To the digit; whatever the order and shape of the tensors and the datatypes that clients choose."""
    label, probability = host.execute(credit, GOOD).json()["Results"]["output1"]["value"]["Values"][0]
    for inputs in (
        CAR,
        CAR[::-1],
        [
            tensor("Purpose", "BYTES", "car", shape=[1, 1]),
            tensor("Amount", "FP32", [1500]),
            tensor("Months", "UINT8", 12),
        ],
        [tensor("Purpose", "BYTES", "car"), tensor("Amount", "BYTES", "1500"), tensor("Months", "FP64", 12.0)],
    ):
        answer = infer(host, credit, *inputs)
        assert answer.status_code == 200, answer.text
        assert [output["data"] for output in answer.json()["outputs"]] == [[label], [float(probability)]]


def test_what_clients_add_is_no_matter(host: Host, credit: NewEndpoint) -> None:
    """Hints for other servers are passed over; the id comes back; only the outputs asked for are answered."""
    hints = {"content_type": "pd", "binary_data_output": True}
    wanted = [{"name": "Scored Probabilities", "parameters": {"binary_data": False}}]
    answer = infer(host, credit, *CAR, id="42", parameters=hints, outputs=wanted).json()
    assert answer["id"] == "42"
    assert [output["name"] for output in answer["outputs"]] == ["Scored Probabilities"]
    assert "id" not in infer(host, credit, *CAR, id=42).json()


REFUSED: list[tuple[Any, str]] = [
    (b"", "RequestIsEmpty"),
    (b"{", "not JSON"),
    (b'{"inputs":[{"name":"Amount","data":[NaN]}]}', "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"[]", "it has no inputs"),
    ({"inputs": []}, "it has no inputs"),
    ({"inputs": [5]}, "has no name"),
    ({"inputs": [*CAR, CAR[0]]}, "the same name"),
    ({"inputs": CAR[1:]}, "(column 'Purpose'): The column is missing."),
    ({"inputs": [*CAR, tensor("Age", "FP64", 1)]}, "(column 'Age'): The endpoint has no such column."),
    ({"inputs": [tensor("Purpose", "FP64", 1), *CAR[1:]]}, "The datatype must be BYTES."),
    ({"inputs": [{"name": "Purpose", "datatype": ["BYTES"]}, *CAR[1:]]}, "The datatype must be BYTES."),
    ({"inputs": [{**CAR[0], "data": "car"}, *CAR[1:]]}, "no data as a list"),
    ({"inputs": [{**CAR[0], "shape": [2]}, *CAR[1:]]}, "with n values in data"),
    ({"inputs": [{**CAR[0], "shape": [1, 1, 1]}, *CAR[1:]]}, "with n values in data"),
    ({"inputs": [tensor("Purpose", "BYTES", "car", "car"), *CAR[1:]]}, "differ in length"),
    ({"inputs": [{**one, "data": [], "shape": [0]} for one in CAR]}, "RequestIsEmpty"),
    (
        {"inputs": [tensor("Purpose", "BYTES", "plane"), *CAR[1:]]},
        "(row 0, column 'Purpose'): 'plane' is not an allowed",
    ),
    ({"inputs": [*CAR[:2], tensor("Months", "FP64", 1.5)]}, "(row 0, column 'Months'): '1.5' is not a whole number."),
    ({"inputs": CAR, "outputs": [{"name": "x"}]}, "has no output 'x'"),
]


@pytest.mark.parametrize(("body", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_wrong_is_said_in_one_text(body: Any, said: str, host: Host, credit: NewEndpoint) -> None:
    """400, as the protocol has errors."""
    answer = call(host, credit, "/infer", body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert said in answer.json()["error"]


def test_binary_tensors_are_refused_in_words(host: Host, credit: NewEndpoint) -> None:
    """415: a client can be told to send JSON."""
    headers = {"Authorization": f"Bearer {credit.primary}", "Inference-Header-Content-Length": "10"}
    url = f"{host.url}/v2/models/{credit.endpoint.id}/infer"
    answer = requests.post(url, data=b"x" * 20, headers=headers)
    assert (answer.status_code, "send the data as JSON" in answer.json()["error"]) == (415, True)


def test_parameters_are_tensors_of_one_value(host: Host) -> None:
    """The metadata names them; a default stands in for one that is left out."""
    host.registry.add_service("shifted", tiny.shifted_contract(), tiny.shifted([]))
    host.registry.add_customer("acme")
    made = host.registry.add_endpoint("shifted", "main", "acme")
    host.snapshots.refresh()
    about = call(host, made, "").json()
    assert about["inputs"][1] == {"name": "Shift", "datatype": "FP64", "shape": [1]}
    x = tensor("x", "FP64", 1, 2)
    for given, wanted in (([], [1.5, 2.5]), ([tensor("Shift", "FP64", 2)], [3, 4])):
        assert infer(host, made, x, *given).json()["outputs"][0]["data"] == wanted
    assert "with one value" in infer(host, made, x, tensor("Shift", "FP64", 1, 2)).json()["error"]
    assert "out of range" in infer(host, made, x, tensor("Shift", "FP64", 10)).json()["error"]


@pytest.mark.parametrize("path", ["", "/ready", "/infer", "/versions/1", "/versions/1/infer", "/versions/9"])
def test_one_answer_for_every_wrong_key(path: str, host: Host, credit: NewEndpoint) -> None:
    """Missing, wrong or foreign key, endpoint there or not: the same 401."""
    other = host.registry.add_service("other", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    body = {"inputs": CAR} if path.endswith("infer") else None
    missing = NewEndpoint(other.endpoint, credit.primary, "")
    answers = [call(host, credit, path, body, key) for key in ("", "wrong", other.primary)]
    answers += [call(host, missing, path, body)]
    assert answers[0].status_code == 401
    assert list(answers[0].json()) == ["error"]
    assert told_apart(answers) == 1


def test_the_version_is_that_of_the_model(host: Host, credit: NewEndpoint) -> None:
    """Only the pinned one is there."""
    assert call(host, credit, "/versions/1/infer", {"inputs": CAR}).json()["model_version"] == "1"
    for path, body in (("/versions/2", None), ("/versions/2/ready", None), ("/versions/2/infer", {"inputs": CAR})):
        answer = call(host, credit, path, body)
        assert (answer.status_code, "version 1" in answer.json()["error"]) == (404, True)


def test_limits_and_log_are_those_of_execute(host: Host, credit: NewEndpoint) -> None:
    """The size of a body, the headers, a line for each call."""
    good = infer(host, credit, *CAR)
    assert good.headers["x-sheetscore-model-version"] == "1"
    assert call(host, credit, "/infer", b" " * (4 * 2**20 + 1)).status_code == 413
    facts = [(line["endpoint"], line["rows"], line["status"]) for line in host.lines]
    assert facts == [(credit.endpoint.id, 1, 200), (credit.endpoint.id, 0, 413)]


def test_the_throttle_is_that_of_execute(open_host: Open) -> None:
    """Calls of both kinds take the same places; one too many is 503 with Retry-After in each."""
    far = Far()
    host = open_host(transport=far)
    made = publish(host)
    x = tensor("x", "FP64", 1.5)
    with ThreadPoolExecutor(4) as threads:
        held = [threads.submit(infer, host, made, x) for _ in range(4)]
        for _ in held:
            assert far.entered.acquire(timeout=20)
        refused = [infer(host, made, x), host.execute(made, X)]
        far.go.set()
        assert [each.result().status_code for each in held] == [200] * 4
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in refused] == [(503, "1")] * 2
    assert "RequestThrottled" in refused[0].json()["error"]
