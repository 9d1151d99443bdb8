"""What was hashed is what is read and what is kept, whatever becomes of the file that was dropped."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from worker.batch import kept
from worker.batch.errors import OriginalChanged
from worker.batch.kept import copied
from worker.folder import open_file
from worker.scoring import Columns


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_writer_that_kept_the_file_open_changes_neither_what_is_read_nor_what_is_kept(
    bench, book, tmp_path: Path
) -> None:
    """It writes while the rows are scored: the job fails, its changes come back, and ours are the bytes of before."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))
    original = bench.folders.original(job_id, "loans.xlsx")
    before = original.read_bytes()
    with original.open("r+b") as writer:

        def write(columns: Columns) -> None:
            writer.seek(0)
            writer.write(b"changed")
            writer.flush()

        bench.transport.before = write
        job = bench.drive(job_id)
    assert (job.state, job.sha256) == ("failed", _sha(before))
    assert "changed while it was scored" in (job.reason or "")
    assert original.read_bytes() == before
    assert (bench.boxes().root / "failed" / "loans.xlsx").read_bytes().startswith(b"changed")


def test_a_file_that_is_written_while_it_is_copied(tmp_path: Path) -> None:
    """Half of the old and half of the new would be neither."""
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)

    class Written:
        """Reads, and writes after the first piece."""

        def __init__(self) -> None:
            self.file = source

        def fileno(self) -> int:
            return self.file.fileno()

        def read(self, size: int) -> bytes:
            piece = self.file.read(size)
            os.utime(tmp_path / "a", ns=(1, 1))
            return piece

    with open_file(tmp_path / "a") as source, pytest.raises(OriginalChanged):
        copied(Written(), tmp_path / "b")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_twin_that_reads_what_was_dropped_takes_the_writers_bytes(
    bench, book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the copy the bytes that are kept are no longer those that were scored."""
    monkeypatch.setattr(kept, "_copy", os.link)
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))
    original = bench.folders.original(job_id, "loans.xlsx")
    before = original.read_bytes()
    with original.open("r+b") as writer:
        bench.transport.before = lambda columns: (writer.seek(0), writer.write(b"changed"), writer.flush())
        bench.drive(job_id)
    assert original.read_bytes() != before


def test_a_hard_link_is_refused(bench, book, tmp_path: Path) -> None:
    """Whoever may not read a file may be able to link it into an inbox."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5))
    os.link(bench.folders.original(job_id, "loans.xlsx"), tmp_path / "theirs.xlsx")
    job = bench.drive(job_id)
    assert job.state == "failed"
    assert "hard link" in (job.reason or "")
    assert bench.transport.calls == 0


def test_other_bytes_are_not_joined_with_scores_of_before(bench, book, tmp_path: Path) -> None:
    """Rows are paid for by their place; another file in place of the original would get another's scores."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 120))

    class Ended(BaseException):
        pass

    def end(columns: Columns) -> None:
        if bench.transport.calls > 1:
            raise Ended

    bench.transport.before = end
    with pytest.raises(Ended):
        bench.drive(job_id)
    bench.transport.before = lambda columns: None
    book(bench.folders.original(job_id, "loans.xlsx"), 119)
    job = bench.drive(job_id)
    assert (job.state, bench.boxes().done) == ("failed", [])


def test_what_was_dropped_goes_with_the_end_of_the_job(bench, book, tmp_path: Path) -> None:
    """One copy is kept."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5))
    assert bench.drive(job_id).state == "done"
    assert sorted(path.name for path in bench.folders.folder(job_id).iterdir()) == ["claim.json", "original.xlsx"]
