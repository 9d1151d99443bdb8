"""Endpoints, disks and folders that fail: the file comes back with a reason, or the job waits."""

from __future__ import annotations

import errno
import io
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.batch.crashing import READ_HERE
from tests.batch.scored import check_scores, sheet
from worker.batch.ledger import Ledger
from worker.batch.runner import MOST_STARTS
from worker.scoring import Columns, Throttled, TimedOut, Unauthorized
from worker.workbooks import FileLimits
from worker.workbooks.frames import pages
from worker.workbooks.splice import splice


def test_an_endpoint_that_refuses_the_key_fails_the_job(bench, book, tmp_path: Path) -> None:
    """The file and the reason stand in failed; nothing is in done."""

    def refuse(columns: Columns) -> None:
        raise Unauthorized

    bench.transport.before = refuse
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx")))
    boxes = bench.boxes()
    assert (job.state, boxes.done, boxes.failed) == ("failed", [], ["loans.reason.txt", "loans.xlsx"])
    assert "refused the key" in (boxes.root / "failed" / "loans.reason.txt").read_text()
    assert (boxes.root / "failed" / "loans.xlsx").read_bytes() == (tmp_path / "loans.xlsx").read_bytes()


def test_what_is_paid_for_is_published_when_the_endpoint_goes_down(bench, book, tmp_path: Path) -> None:
    """The rows of the other parts carry the reason; every attempt is counted."""
    bench.settings = type(bench.settings)(bench.home, {}, part_rows=50, call_attempts=2)

    def down_after_two_parts(columns: Columns) -> None:
        if len(bench.transport.paid) >= 100:
            raise TimedOut(100)

    bench.transport.before = down_after_two_parts
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 250)))
    assert job.state == "done"
    assert job.rows_scored + job.rows_with_problems == 250
    assert job.rows_scored >= 100
    assert job.calls == bench.transport.calls
    status = {line[-1] for line in sheet(bench.boxes().root / "done" / "loans.xlsx")[1:]}
    assert "ok" in status
    assert any("gave no answer in 100 seconds" in words for words in status)


def test_a_throttled_endpoint_is_waited_for(bench, book, tmp_path: Path) -> None:
    """503 once, then scores: the job does not notice, the calls are counted."""
    once = iter([True])

    def busy(columns: Columns) -> None:
        if next(once, False):
            raise Throttled(503, 1.0)

    bench.transport.before = busy
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 50)))
    assert (job.state, job.rows_scored, job.calls) == ("done", 50, 2)


def test_an_unforeseen_fault_shows_no_trace(bench, book, tmp_path: Path) -> None:
    """The customer reads a sentence with a number; the log has the rest."""

    def break_down(columns: Columns) -> None:
        raise ZeroDivisionError("secret detail")

    bench.transport.before = break_down
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 50)))
    reason = (bench.boxes().root / "failed" / "loans.reason.txt").read_text()
    assert job.state == "failed"
    assert job.id in reason
    assert "secret" not in reason


def no_room(*_: object, **__: object) -> object:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_fails_no_job_that_can_still_be_finished(bench, book, tmp_path: Path, expected_risk) -> None:
    """The job is given back with what is paid for; when there is room again it ends in done."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 100))
    waiting = bench.drive(job_id, write=no_room)
    assert (waiting.state, waiting.owner, bench.boxes().failed) == ("queued", None, [])
    assert bench.drive(job_id).state == "done"
    assert set(bench.transport.paid.values()) == {1}
    check_scores(bench.boxes().root / "done" / "loans.xlsx", expected_risk, 100)


def test_a_disk_that_stays_full_ends_the_job_with_that_reason(bench, book, tmp_path: Path) -> None:
    """After so many starts; the customer reads what it was."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))
    states = [bench.drive(job_id, write=no_room, **READ_HERE).state for _ in range(MOST_STARTS)]
    assert states == ["queued"] * (MOST_STARTS - 1) + ["failed"]
    assert "No space left on device" in (bench.boxes().root / "failed" / "loans.reason.txt").read_text()


def test_a_person_who_waits_is_told_of_a_full_disk_at_once(bench, book, tmp_path: Path) -> None:
    """`sheetscore score` does not try for an hour."""
    assert bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20), "command"), write=no_room).state == "failed"


class _Turned(io.BytesIO):
    """Keeps a letter of what is stored in it turned."""

    def write(self, data: Any) -> int:
        return super().write(bytes(data).replace(b"Loans", b"Loams"))


def test_a_result_that_is_not_what_was_scored_is_not_handed_out(bench, book, tmp_path: Path) -> None:
    """A disk that changes what it stores: the job fails with that reason, and the original is what it was."""

    def write(source: Path, target: Path, sheets: Any, limits: FileLimits, *, replace: bool) -> None:
        splice(source, _Turned(), pages(sheets), limits)

    source = tmp_path / "loans.xlsx"
    with zipfile.ZipFile(book(tmp_path / "packed.xlsx", 20)) as packed, zipfile.ZipFile(source, "w") as plain:
        for name in packed.namelist():
            plain.writestr(name, packed.read(name))
    job = bench.drive(bench.enter(source), write=write)
    assert job.state == "failed"
    assert job.reason.startswith("The result was looked at before it was handed out, and it is not what it should be")
    assert bench.boxes().done == []
    assert (bench.boxes().root / "failed" / "loans.xlsx").read_bytes() == source.read_bytes()


def test_a_link_is_not_followed(bench, book, tmp_path: Path) -> None:
    """What a link in place of the original points to is not copied."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5))
    original = bench.folders.original(job_id, "loans.xlsx")
    original.unlink()
    original.symlink_to("/etc/passwd")
    job = bench.drive(job_id)
    assert job.state == "failed"
    assert "link" in (job.reason or "")
    assert bench.boxes().done == []
    assert bench.boxes().failed == ["loans.reason.txt"]


def test_a_link_that_was_dropped_ends_in_failed_with_its_reason(bench, book, tmp_path: Path) -> None:
    """The reason is there though there is no file to give back; also when everything of the job is gone."""
    for name in ("link.xlsx", "gone.xlsx"):
        job_id = bench.enter(book(tmp_path / name, 5))
        original = bench.folders.original(job_id, name)
        original.unlink()
        original.symlink_to("/etc/passwd")
        if name == "gone.xlsx":
            bench.folders.remove(job_id)
        assert bench.drive(job_id).state == "failed"
    assert bench.boxes().failed == ["gone.reason.txt", "link.reason.txt"]
    assert "a link or a device" in (bench.boxes().root / "failed" / "link.reason.txt").read_text()


def test_a_failed_folder_that_cannot_be_written_loses_nothing(bench, book, tmp_path: Path) -> None:
    """A link in its place is not followed; the job waits until there is a folder again."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20, header=("Id", "Sum", "Purpose")))
    other = tmp_path / "other"
    other.mkdir()
    bench.boxes().root.mkdir(parents=True)
    (bench.boxes().root / "failed").symlink_to(other)
    with pytest.raises(NotADirectoryError):
        bench.drive(job_id)
    assert list(other.iterdir()) == []
    (bench.boxes().root / "failed").unlink()
    assert bench.drive(job_id).state == "failed"
    assert bench.boxes().failed == ["loans.reason.txt", "loans.xlsx"]


def test_a_done_folder_that_is_a_link_is_not_followed(bench, book, tmp_path: Path) -> None:
    """A customer cannot have results written elsewhere."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))
    other = tmp_path / "other"
    other.mkdir()
    bench.boxes().root.mkdir(parents=True)
    (bench.boxes().root / "done").symlink_to(other)
    assert bench.drive(job_id).state == "queued"
    assert list(other.iterdir()) == []


def test_workbooks_that_differ_in_their_ending_alone_keep_a_reason_each(bench, book, tmp_path: Path) -> None:
    """Two that fail at one time want one name for the reason; one of them takes the next number."""
    source = book(tmp_path / "loans.xlsx", 5, header=("Id", "Sum", "Purpose"))
    together = threading.Barrier(2, timeout=10)

    class Together(Ledger):
        def pin(self, job_id: str, owner: str, **values: Any) -> None:
            super().pin(job_id, owner, **values)
            if values.get("phase") == "reading":
                together.wait()

    ids = [bench.enter(source), bench.enter(source.rename(tmp_path / "loans.xlsm"))]
    jobs = [bench.ledger.claim(f"o{n}", lambda name: False, only=job_id) for n, job_id in enumerate(ids)]
    threads = [
        threading.Thread(target=bench.runner(f"o{n}", Together(bench.ledger._engine), **READ_HERE).drive, args=(job,))
        for n, job in enumerate(jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = bench.boxes().failed
    assert len(failed) == 4
    assert {name.split(".")[0] for name in failed} == {"loans", "loans (2)"}
