"""The classic batch API: what a request may say, what is answered, and to whom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints import tiny
from tests.host.batching import TABLE, Batch, link
from tests.host.conftest import Host, Open
from tests.host.operating import code
from worker.batch.tablejobs import CannotStart, TableRequest, TableState, UnknownJob
from worker.endpoints import Access, EndpointRow, NewEndpoint
from worker.host import HostLimits
from worker.host.jobrequest import read_request
from worker.host.refusals import Refusal


@dataclass
class Desk:
    """Takes tables and scores none; a test says what has become of a job."""

    folder: Path
    states: dict[str, TableState] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    submitted: list[tuple[bytes, str, TableRequest]] = field(default_factory=list)

    def submit(self, endpoint: EndpointRow, source: Path, name: str, request: TableRequest) -> str:
        job_id = f"{len(self.submitted):032x}"
        self.submitted.append((source.read_bytes(), name, request))
        self.states[job_id], self.owners[job_id] = TableState("NotStarted", "", None, request.output), endpoint.id
        return job_id

    def start(self, endpoint_id: str, job_id: str) -> None:
        state = self.state(endpoint_id, job_id)
        if state is None:
            raise UnknownJob(job_id)
        if state.status != "NotStarted":
            raise CannotStart(state.status)
        self.become(job_id, status="Running")

    def state(self, endpoint_id: str, job_id: str) -> TableState | None:
        return self.states[job_id] if self.owners.get(job_id) == endpoint_id else None

    def cancel(self, endpoint_id: str, job_id: str) -> bool:
        if self.states[job_id].status not in ("NotStarted", "Running"):
            return False
        self.become(job_id, status="Cancelled")
        return True

    def become(self, job_id: str, **changes: Any) -> None:
        self.states[job_id] = replace(self.states[job_id], **changes)

    def finish(self, job_id: str, content: bytes) -> None:
        file = self.folder / job_id
        self.folder.mkdir(exist_ok=True)
        file.write_bytes(content)
        self.become(job_id, status="Finished", result=file)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


@pytest.fixture
def host(open_host: Open, desk: Desk) -> Host:
    return open_host(HostLimits(body_bytes=100_000), tables=desk)


@pytest.fixture
def batch(host: Host, credit: NewEndpoint) -> Batch:
    return Batch(host, credit)


def test_from_submit_to_result(batch: Batch, desk: Desk) -> None:
    """Table, name and parameters arrive; the state comes as it is; the result by a link that reads and writes not."""
    job = batch.submitted()
    assert desk.submitted == [(TABLE, "rows.csv", TableRequest("output1.csv", {}))]
    assert batch.show(job).json() == {"StatusCode": "NotStarted", "Results": None, "Details": None}
    assert (batch.start(job).status_code, batch.start(job).status_code) == (204, 400)
    desk.finish(job, b"scores")
    answer = batch.show(job)
    told = answer.json()
    assert (told["StatusCode"], told["Details"], answer.headers["cache-control"]) == ("Finished", None, "no-store")
    assert told["Results"]["output1"]["ConnectionString"] is None
    fetched = batch.result(told)
    assert (fetched.status_code, fetched.content) == (200, b"scores")
    assert 'filename="output1.csv"' in fetched.headers["content-disposition"]
    assert batch.host.session.put(link(told["Results"]["output1"]), data=b"other").status_code == 404
    assert batch.result(batch.show(job).json()).content == b"scores"


def test_why_it_failed(batch: Batch, desk: Desk) -> None:
    """Details has what the engine says."""
    job = batch.submitted()
    desk.become(job, status="Failed", details="Row 3: 'boot' is not a value of Purpose.")
    told = {"StatusCode": "Failed", "Results": None, "Details": "Row 3: 'boot' is not a value of Purpose."}
    assert batch.show(job).json() == told


def test_a_job_that_has_ended_stays_as_it_is(batch: Batch, desk: Desk) -> None:
    """Old clients cancel when they have waited long enough, and expect 204."""
    job = batch.submitted()
    desk.finish(job, b"scores")
    assert batch.cancel(job).status_code == 204
    assert batch.show(job).json()["StatusCode"] == "Finished"
    refused = batch.start(job)
    assert (refused.status_code, refused.json()["error"]["code"], code(refused)) == (
        400,
        "InvalidOperation",
        "CannotStartJob",
    )


def test_a_foreign_job_and_a_missing_one_are_one_answer(batch: Batch, host: Host, desk: Desk) -> None:
    """With one's own key at one's own endpoint; another endpoint's key opens nothing."""
    theirs = Batch(host, host.registry.add_endpoint("credit", "theirs", "acme"))
    host.snapshots.refresh()
    job, missing = batch.submitted(), "f" * 32
    for act in (theirs.show, theirs.start, theirs.cancel):
        foreign, none = act(job), act(missing)
        assert (foreign.status_code, foreign.content) == (none.status_code, none.content)
        assert (foreign.status_code, code(foreign)) == (404, "JobNotFound")
    for act in (batch.show, batch.start, batch.cancel, batch.submit):
        refused = act(*[job] * (act != batch.submit), key=theirs.made.primary)
        assert (refused.status_code, code(refused)) == (401, "ScoreRequestUnauthorized")
    assert desk.states[job].status == "NotStarted"


def test_a_device_s_key_is_as_good(batch: Batch, host: Host, store: Any) -> None:
    """It submits, starts, sees and cancels its endpoint's jobs."""
    key = Access(store).add_device(batch.made.endpoint, "desk")
    host.snapshots.refresh()
    job = batch.submit(key=key).json()
    assert [act(job, key=key).status_code for act in (batch.start, batch.show, batch.cancel)] == [204, 200, 204]


REFERENCE = {"BaseLocation": "http://h/", "RelativeLocation": "area/x/rows.csv", "SasBlobToken": "?sig=x"}
SECRET = "AccountKey=canary7d1f"
BAD: list[tuple[Any, str]] = [
    (b"", "RequestIsEmpty"),
    (b"{", "RequestBodyInvalid"),
    (b"\xff{}", "RequestBodyInvalid"),
    (b"[" * 90_000, "RequestBodyInvalid"),
    ([], "RequestBodyInvalid"),
    ({}, "BatchJobInputsNotSpecified"),
    ({"Input": {}, "Inputs": {}}, "BatchJobInputsNotSpecified"),
    ({"Input": REFERENCE, "Inputs": {"input1": REFERENCE}}, "DuplicateInputInBatchCall"),
    ({"Inputs": [REFERENCE]}, "RequestBodyInvalid"),
    ({"Inputs": {"Input1": REFERENCE}}, "InvalidInputNames"),
    ({"Inputs": {"input1": REFERENCE, "input2": REFERENCE}}, "BatchJobInputsTooManySpecified"),
    ({"Inputs": {"input1": "rows.csv"}}, "RequestBodyInvalid"),
    ({"Input": {"RelativeLocation": 5}}, "RequestBodyInvalid"),
    ({"Inputs": {"input1": {}}}, "MissingInputBlobInformation"),
    ({"Inputs": {"input1": REFERENCE | {"SasBlobToken": None}}}, "MissingInputBlobInformation"),
    ({"Inputs": {"input1": {"ConnectionString": SECRET, "RelativeLocation": "c/a.csv"}}}, "ConnectionStringRefused"),
    ({"Inputs": {"input1": REFERENCE}}, "BlobNotFound"),
    ({"Input": REFERENCE, "Outputs": {"Output1": {}}}, "InvalidOutputOverrideName"),
    ({"Input": REFERENCE, "Outputs": ["output1"]}, "RequestBodyInvalid"),
    ({"Input": REFERENCE, "Outputs": {"output1": {"RelativeLocation": "c/scores.txt"}}}, "InvalidBlobExtension"),
    ({"Input": REFERENCE, "Outputs": {"output1": {"RelativeLocation": "c/m.ilearner"}}}, "InvalidBlobExtension"),
    ({"Input": REFERENCE, "Outputs": {"output1": {"ConnectionString": SECRET}}}, "ConnectionStringRefused"),
    ({"Input": REFERENCE, "Outputs": {"output1": REFERENCE}}, "OutputLocationRefused"),
    ({"Input": REFERENCE, "GlobalParameters": {"Shift": 1}}, "UnexpectedParameter"),
    ({"Input": REFERENCE, "GlobalParameters": []}, "RequestBodyInvalid"),
]


@pytest.mark.parametrize(("body", "wanted"), BAD)
def test_what_cannot_be_meant_is_refused(batch: Batch, desk: Desk, body: Any, wanted: str) -> None:
    """400 with the classic code where there is one; no job is made, no secret repeated."""
    refused = batch.submit(body)
    assert (refused.status_code, refused.json()["error"]["code"], code(refused)) == (400, "BadArgument", wanted)
    assert (desk.submitted, "canary7d1f" in f"{refused.text}{batch.host.lines}") == ([], False)


def test_an_uploaded_file_of_another_kind_is_refused(batch: Batch) -> None:
    """By its ending, in any case."""
    assert code(batch.submit({"Input": batch.upload(name="rows.arff")})) == "InvalidBlobExtension"
    assert batch.submit({"Input": batch.upload(name="ROWS.TSV")}).status_code == 200


def test_too_large_a_request_and_another_version_are_refused(batch: Batch) -> None:
    """Before anything is read, and at every address."""
    assert batch.submit(b" " * 100_001).status_code == 413
    job, other = batch.submitted(), {"params": {"api-version": "1.0"}}
    answers = [batch.submit({}, **other), *(act(job, **other) for act in (batch.start, batch.show, batch.cancel))]
    assert {(answer.status_code, code(answer)) for answer in answers} == {(400, "BadVersionCall")}
    assert batch.show(job, params={}).status_code == 200


@pytest.mark.parametrize(
    ("given", "wanted"),
    [({"Shift": "2"}, {"Shift": 2.0}), ({}, "MissingRequiredGlobalParameters"), ({"Shift": "x"}, "BadParameterValue")],
)
def test_parameters_are_read_as_in_a_call(host: Host, desk: Desk, given: dict[str, str], wanted: Any) -> None:
    """With the types of the contract; nothing is submitted that could not be scored."""
    host.registry.add_service("strict", tiny.shifted_contract(default=None), tiny.shifted([]))
    host.registry.add_customer("bolt")
    batch = Batch(host, host.registry.add_endpoint("strict", "main", "bolt"))
    host.snapshots.refresh()
    answer = batch.submit({"Input": batch.upload(), "GlobalParameters": given})
    if answer.status_code == 200:
        assert desk.submitted[0][2].parameters == wanted
    else:
        assert code(answer) == wanted


@pytest.mark.parametrize(
    ("place", "name"),
    [(None, "output1.csv"), ("", "output1.csv"), ("container/path/Mine 1.tsv", "Mine_1.tsv"), ("../../x.csv", "x.csv")],
)
def test_the_result_s_name(place: str | None, name: str) -> None:
    """The last part of what the caller chose, in characters that stand in an address."""
    body = json.dumps({"Input": REFERENCE, "Outputs": {"output1": {"RelativeLocation": place}}})
    assert read_request(body.encode()).output == name


def test_null_is_not_given() -> None:
    """Clients made from the description send every field."""
    nothing = {"Input": None, "Outputs": None, "GlobalParameters": None}
    body = {**nothing, "Inputs": {"input1": REFERENCE | {"ConnectionString": None}}, "AzureBatchPoolId": "pool"}
    asked = read_request(json.dumps(body).encode())
    assert (asked.source["SasBlobToken"], asked.output, asked.parameters) == ("?sig=x", "output1.csv", None)
    with pytest.raises(Refusal):
        read_request(json.dumps(nothing).encode())
