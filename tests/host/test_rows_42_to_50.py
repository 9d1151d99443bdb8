"""Rows 42 to 50 and 17 of the table of what the classic service did: one test a row, against a running host and engine.

Exchanges stand in `golden/jobs/`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.host.batching import Batch
from tests.host.conftest import Host, Open
from tests.host.operating import code
from tests.host.test_area import Clock
from tests.host.test_throttle import Far, X, far, publish
from worker.batch.service import BatchService
from worker.endpoints import Models, NewEndpoint
from worker.host import Area
from worker.host.area import LINK_SECONDS, AreaLimits
from worker.host.links import Links
from worker.scoring import Answer, Columns, Endpoint, Transport
from worker.settings import Settings

__all__ = ["far"]

GOLDEN = Path(__file__).parent / "golden" / "jobs"
ONE = b"x\r\n1.5\r\n"
NOTHING = {"Results": None, "Details": None}

Serve = Callable[..., BatchService]


@pytest.fixture
def serve(store: Engine, home: Path) -> Iterator[Serve]:
    """Starts the engine; `transport` answers for every remote model."""
    running: list[BatchService] = []

    def start(transport: Transport | None = None) -> BatchService:
        given: dict[str, Any] = {"transport_for": lambda *_: transport} if transport else {}
        settings = Settings(home, {}, poll_seconds=0.05)
        running.append(BatchService(store, home, settings, Models(store, home, **given)))
        return running[-1].__enter__()

    yield start
    for service in running:
        service.__exit__()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host(open_host: Open, serve: Serve, home: Path, clock: Clock) -> Host:
    area = Area(home, Links(b"k" * 32), AreaLimits(10, 100, 7), clock=clock)
    return open_host(tables=serve().tables, area=area)


@pytest.fixture
def batch(host: Host, credit: NewEndpoint) -> Batch:
    """The endpoint of a model in this home."""
    return Batch(host, credit)


@pytest.fixture
def slow(open_host: Open, serve: Serve, far: Far) -> Batch:
    """An endpoint whose model answers jobs when it is told to."""
    host = open_host(tables=serve(far).tables)
    return Batch(host, publish(host))


def test_row_17_the_throttle_spares_batch(open_host: Open, serve: Serve, far: Far) -> None:
    """The endpoint has as many calls as it may; one more is refused, a job is scored meanwhile."""
    free = Far()
    free.go.set()
    host = open_host(transport=far, tables=serve(free).tables)
    batch = Batch(host, publish(host))
    with ThreadPoolExecutor(4) as threads:
        held = [threads.submit(host.execute, batch.made, X) for _ in range(4)]
        for _ in held:
            assert far.entered.acquire(timeout=20)
        told = batch.wait(batch.started(ONE))
        assert (told["StatusCode"], host.execute(batch.made, X).status_code) == ("Finished", 503)
        assert not any(each.done() for each in held)
        far.go.set()
        assert [each.result().status_code for each in held] == [200] * 4


def test_row_42_two_steps(slow: Batch, far: Far) -> None:
    """An id, then nothing until it is started; then its state, and scores; cancelling is 204."""
    answer = slow.submit({"Inputs": {"input1": slow.upload(ONE)}, "GlobalParameters": {}})
    job = answer.json()
    assert (answer.status_code, re.fullmatch("[0-9a-f]{32}", job) is not None) == (200, True)
    assert slow.show(job).json() == {"StatusCode": "NotStarted", **NOTHING}
    assert not far.entered.acquire(timeout=0.3)
    started = slow.start(job)
    assert (started.status_code, started.content) == (204, b"")
    assert far.entered.acquire(timeout=20)
    assert slow.show(job).json() == {"StatusCode": "Running", **NOTHING}
    far.go.set()
    assert slow.wait(job)["StatusCode"] == "Finished"
    cancelled = slow.cancel(job)
    assert (cancelled.status_code, cancelled.content) == (204, b"")


def test_row_43_the_states_by_name(slow: Batch, far: Far) -> None:
    """All five, and no number for any of them."""
    waiting, bad, gone, good = (slow.submitted(data) for data in (ONE, b"y\r\n1\r\n", ONE, ONE))
    assert slow.cancel(gone).status_code == 204
    seen = [slow.show(waiting).json()["StatusCode"], slow.wait(gone)["StatusCode"]]
    for job in (bad, good):
        assert slow.start(job).status_code == 204
    seen += [slow.wait(bad)["StatusCode"], slow.wait(good, "Running")["StatusCode"]]
    far.go.set()
    assert [*seen, slow.wait(good)["StatusCode"]] == ["NotStarted", "Cancelled", "Failed", "Running", "Finished"]


def test_row_44_a_job_is_started_once(batch: Batch) -> None:
    """Neither again, nor when it has ended, nor when it was cancelled."""
    job, gone = batch.started(), batch.submitted()
    batch.cancel(gone)
    batch.wait(job)
    for which, state in ((job, "Finished"), (gone, "Cancelled")):
        refused = batch.start(which)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidOperation")
        assert code(refused) == "CannotStartJob"
        assert f"in {state} state" in refused.text


def test_row_45_input_or_inputs(batch: Batch) -> None:
    """Either, never both."""
    reference = batch.upload()
    both = batch.submit({"Input": reference, "Inputs": {"input1": reference}})
    assert (both.status_code, code(both)) == (400, "DuplicateInputInBatchCall")
    assert batch.submit({"Input": reference}).status_code == 200
    assert batch.submit({"Inputs": {"input1": reference}}).status_code == 200


def test_row_46_forty_at_once_and_the_others_in_order(open_host: Open, serve: Serve) -> None:
    """The 41st and 42nd wait; the place of one that ends is taken by the one that was started first."""
    answers = threading.Semaphore(0)

    def one_by_one(_: Endpoint, columns: Columns) -> Answer:
        answers.acquire(timeout=20)
        return Answer(dict(columns))

    host = open_host(tables=serve(one_by_one).tables)
    batch = Batch(host, publish(host))
    host.registry.add_service("near", tiny.contract(), tiny.credit())
    beside = Batch(host, host.registry.add_endpoint("near", "main", "bolt"))
    host.snapshots.refresh()
    reference = batch.upload(ONE)
    jobs = [batch.submit({"Input": reference}).json() for _ in range(42)]
    jobs.reverse()  # it is the order of starting that counts
    for job in jobs:
        assert batch.start(job).status_code == 204
    for job in jobs[:40]:
        assert batch.wait(job, "Running")["StatusCode"] == "Running"
    assert beside.wait(beside.started())["StatusCode"] == "Finished"  # they were passed over
    assert [batch.show(job).json()["StatusCode"] for job in jobs[40:]] == ["NotStarted"] * 2
    answers.release()
    assert batch.wait(jobs[40], "Running")["StatusCode"] == "Running"
    assert beside.wait(beside.started())["StatusCode"] == "Finished"
    assert batch.show(jobs[41]).json()["StatusCode"] == "NotStarted"
    answers.release(41)
    assert {batch.wait(job)["StatusCode"] for job in jobs} == {"Finished"}


def test_row_47_a_running_job_is_cancelled(slow: Batch, far: Far) -> None:
    """What it was paid for is over; nothing comes of it."""
    job = slow.started(ONE)
    assert far.entered.acquire(timeout=20)
    assert slow.cancel(job).status_code == 204
    far.go.set()
    assert slow.wait(job) == {"StatusCode": "Cancelled", **NOTHING}


def test_row_48_results_by_links_that_end_and_are_renewed(batch: Batch, clock: Clock) -> None:
    """A row of scores for each row; the link reads for 24 hours and does nothing else; asking gives a fresh one."""
    told = batch.wait(batch.started())
    first = batch.result(told)
    lines = first.text.splitlines()
    assert (first.status_code, lines[0]) == (200, "Scored Labels,Scored Probabilities,Status")
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["ok", "ok"]
    job = re.search("area/[^/]+/([^/]+)/", told["Results"]["output1"]["RelativeLocation"])
    assert job is not None
    clock.now += LINK_SECONDS - 1
    assert batch.result(told).status_code == 200
    clock.now += 1
    ended = batch.result(told)
    assert (ended.status_code, code(ended)) == (404, "BlobNotFound")
    assert batch.result(batch.show(job[1]).json()).content == first.content


def test_row_49_why_a_job_failed(batch: Batch) -> None:
    """A table that cannot be scored fails, and Details says why; a bad row has its reason, the others their scores."""
    failed = batch.wait(batch.started(b"Purpose,Months\r\ncar,1\r\n"))
    assert (failed["StatusCode"], failed["Results"]) == ("Failed", None)
    assert "Amount" in failed["Details"]
    told = batch.wait(batch.started(b"Purpose,Amount,Months\r\nboot,1,1\r\ncar,1,1\r\n"))
    bad, good = batch.result(told).text.splitlines()[1:]
    assert "boot" in bad
    assert "Purpose" in bad
    assert good.endswith(",ok")


def test_row_50_the_output_s_name(batch: Batch) -> None:
    """Chosen by the caller, in either format; another ending is refused."""
    named = {"Outputs": {"output1": {"RelativeLocation": "container/mine.tsv"}}}
    told = batch.wait(batch.started(**named))
    assert told["Results"]["output1"]["RelativeLocation"].endswith("/mine.tsv")
    assert batch.result(told).text.splitlines()[0] == "Scored Labels\tScored Probabilities\tStatus"
    other = {"Input": batch.upload(), "Outputs": {"output1": {"RelativeLocation": "mine.txt"}}}
    refused = batch.submit(other)
    assert (refused.status_code, code(refused)) == (400, "InvalidBlobExtension")


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.json")), ids=lambda file: file.stem)
def test_exchanges_to_the_letter(file: Path, batch: Batch) -> None:
    """Each file is a conversation; what is made anew each time stands in braces."""
    known: dict[str, str] = {"{host}": f"{batch.host.url}/", "{endpoint}": batch.made.endpoint.id}
    for turn in json.loads(file.read_text("utf-8")):
        if "upload" in turn:
            reference = batch.upload(turn["upload"].encode(), turn["name"])
            known |= {"{input}": reference["RelativeLocation"], "{token}": reference["SasBlobToken"]}
            continue
        if "wait" in turn:
            batch.wait(known["{job}"])
            continue
        body = json.loads(filled(json.dumps(turn["request"]), known)) if "request" in turn else None
        answer = batch.ask(turn["method"], filled(turn["path"], known), json=body)
        if turn["path"] == "/jobs" and answer.status_code == 200:
            known["{job}"] = answer.json()
        got = answer.json() if answer.content else None
        assert (answer.status_code, emptied(got, known)) == (turn["status"], turn.get("answer"))


def filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(name, value)
    return text


def emptied(answer: Any, known: dict[str, str]) -> Any:
    text = json.dumps(answer)
    for name, value in known.items():
        text = text.replace(value, name)
    return json.loads(re.sub(r"\?se=2027-01-16T08%3A00%3A00Z&sp=r&sig=[\w%-]{43,50}", "{token}", text))
