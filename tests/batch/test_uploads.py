"""The upload door: nothing counts before the file is whole, and a job is shown to its own endpoint alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.batch.owner import Owner
from worker.batch.uploads import UploadDoor
from worker.endpoints import Sender


def own(bench) -> Sender:
    """Whoever has a key of the bench's endpoint."""
    return Sender(bench.customer.id, bench.endpoint.id)


@pytest.fixture
def door(bench, owner: Owner) -> UploadDoor:
    return UploadDoor(bench.ledger, bench.folders, bench.passwords, owner.name)


def test_an_upload_is_a_job_once_it_is_whole(bench, door, book, tmp_path: Path) -> None:
    """State, result and the customer's bytes."""
    incoming = door.begin(own(bench), "loans.xlsx")
    incoming.path.write_bytes(book(tmp_path / "loans.xlsx", 20).read_bytes())
    assert door.state(own(bench), incoming.job_id) is None
    job_id = door.commit(incoming)
    assert door.state(own(bench), job_id)["state"] == "queued"
    assert door.result(own(bench), job_id) is None
    bench.drive(job_id)
    assert door.state(own(bench), job_id)["rowsScored"] == 20
    assert door.result(own(bench), job_id).name == "loans.xlsx"
    assert bench.boxes().done == []


def test_an_upload_that_breaks_off_leaves_nothing(bench, door) -> None:
    """Neither a job nor a folder."""
    incoming = door.begin(own(bench), "loans.xlsx")
    incoming.path.write_bytes(b"half")
    door.abort(incoming)
    assert bench.ledger.jobs() == []
    assert not incoming.path.parent.exists()


def test_another_endpoint_s_job_is_as_missing(bench, door, book, tmp_path: Path) -> None:
    """State, result and cancel answer alike for a foreign and for a missing job."""
    other = bench.registry.add_endpoint("loans", "other", "acme").endpoint
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5), "upload")
    for name in (job_id, "0" * 32):
        assert door.state(Sender(other.customer_id, other.id), name) is None
        assert door.result(Sender(other.customer_id, other.id), name) is None
        assert door.cancel(Sender(other.customer_id, other.id), name) is False
    assert door.cancel(own(bench), job_id) is True
    assert bench.drive(job_id).state == "cancelled"


def test_a_customers_token_sees_the_customers_uploads_and_nobody_elses(bench, door, book, tmp_path: Path) -> None:
    """Those that came with it and those that came with a key; no dropped file, and no job of another customer."""
    mine, rival = Sender(bench.customer.id), Sender(bench.registry.add_customer("rival").id)
    incoming = door.begin(mine, "loans.xlsx")
    incoming.path.write_bytes(book(tmp_path / "loans.xlsx", 5).read_bytes())
    ids = [door.commit(incoming), bench.enter(book(tmp_path / "loans.xlsx", 5), "upload")]
    assert [bench.drive(job_id).endpoint for job_id in ids] == ["acme", "acme"]
    assert [door.result(mine, job_id).name for job_id in ids] == ["loans.xlsx", "loans.xlsx"]
    dropped = bench.enter(book(tmp_path / "loans.xlsx", 5))
    for sender, job_id in ((mine, dropped), (mine, "0" * 32), (rival, ids[0]), (Sender(None), ids[0])):
        assert door.state(sender, job_id) is None
        assert door.cancel(sender, job_id) is False
