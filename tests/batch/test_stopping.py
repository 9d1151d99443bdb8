"""Jobs that are cancelled, stopped or taken over while they are driven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.batch.scored import check_scores
from worker.scoring import Columns, Unauthorized
from worker.workbooks import append_sheets, read_inputs


def test_a_cancelled_job_ends_in_failed(bench, book, tmp_path: Path) -> None:
    """No call begins after the cancel is seen; the file comes back with the reason."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 250))
    bench.ledger.ask_cancel(job_id)
    job = bench.drive(job_id)
    assert (job.state, bench.transport.calls) == ("cancelled", 0)
    assert "cancelled" in (bench.boxes().root / "failed" / "loans.reason.txt").read_text()


def test_a_cancel_while_the_workbook_is_read_is_obeyed(bench, book, tmp_path: Path) -> None:
    """Nothing is called for."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))

    def read(*what: Any) -> object:
        bench.ledger.ask_cancel(job_id)
        return read_inputs(what[0], what[1])

    assert bench.drive(job_id, read=read).state == "cancelled"
    assert bench.transport.calls == 0


def test_a_cancel_while_the_result_is_written_is_obeyed(bench, book, tmp_path: Path) -> None:
    """Who asked and was told yes finds it so."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))

    def write(*what: Any, **_: Any) -> object:
        assert bench.ledger.ask_cancel(job_id)
        return append_sheets(*what[:3])

    assert bench.drive(job_id, write=write).state == "cancelled"
    assert bench.boxes().done == []


def test_a_stop_gives_the_job_back_and_the_next_start_goes_on(bench, book, tmp_path: Path, expected_risk) -> None:
    """Ctrl-C loses nothing and pays for nothing twice."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 250))
    stopping = bench.drive(job_id, stopping=lambda: bench.transport.calls >= 2)
    assert (stopping.state, stopping.owner) == ("queued", None)
    job = bench.drive(job_id)
    assert job.state == "done"
    assert set(bench.transport.paid.values()) == {1}
    check_scores(bench.boxes().root / "done" / "loans.xlsx", expected_risk, 250)


def test_an_owner_that_lost_its_job_does_not_put_it_into_failed(bench, book, tmp_path: Path) -> None:
    """Another process has it: whatever goes wrong here is nobody's business any more."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))
    job = bench.ledger.claim("first", lambda name: False, only=job_id)

    def lose(columns: Columns) -> None:
        bench.ledger.claim("second", lambda name: False, only=job_id)
        raise Unauthorized

    bench.transport.before = lose
    assert bench.runner("first").drive(job) == "running"
    assert bench.boxes().failed == []
