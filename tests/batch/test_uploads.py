"""The upload door: nothing counts before the file is whole, and a job is shown to its own endpoint alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.batch.owner import Owner
from worker.batch.uploads import UploadDoor


@pytest.fixture
def door(bench, owner: Owner) -> UploadDoor:
    return UploadDoor(bench.ledger, bench.folders, bench.passwords, owner.name)


def test_an_upload_is_a_job_once_it_is_whole(bench, door, book, tmp_path: Path) -> None:
    """State, result and the customer's bytes."""
    incoming = door.begin(bench.endpoint.id, bench.customer.id, "loans.xlsx")
    incoming.path.write_bytes(book(tmp_path / "loans.xlsx", 20).read_bytes())
    assert door.state(bench.endpoint.id, incoming.job_id) is None
    job_id = door.commit(incoming)
    assert door.state(bench.endpoint.id, job_id)["state"] == "queued"
    assert door.result(bench.endpoint.id, job_id) is None
    bench.drive(job_id)
    assert door.state(bench.endpoint.id, job_id)["rowsScored"] == 20
    assert door.result(bench.endpoint.id, job_id).name == "loans.xlsx"
    assert bench.boxes().done == []


def test_an_upload_that_breaks_off_leaves_nothing(bench, door) -> None:
    """Neither a job nor a folder."""
    incoming = door.begin(bench.endpoint.id, bench.customer.id, "loans.xlsx")
    incoming.path.write_bytes(b"half")
    door.abort(incoming)
    assert bench.ledger.jobs() == []
    assert not incoming.path.parent.exists()


def test_another_endpoint_s_job_is_as_missing(bench, door, book, tmp_path: Path) -> None:
    """State, result and cancel answer alike for a foreign and for a missing job."""
    other = bench.registry.add_endpoint("loans", "other", "acme").endpoint
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5), "upload")
    for name in (job_id, "0" * 32):
        assert door.state(other.id, name) is None
        assert door.result(other.id, name) is None
        assert door.cancel(other.id, name) is False
    assert door.cancel(bench.endpoint.id, job_id) is True
    assert bench.drive(job_id).state == "cancelled"
