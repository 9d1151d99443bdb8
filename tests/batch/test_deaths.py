"""A file that ended two children is not read again, by no job and over no restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worker.apart import ChildDied, Death
from worker.batch.deaths import Deaths
from worker.batch.ledger import Ledger
from worker.store import open_store
from worker.workbooks import FileLimits, read_inputs_apart
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit


class Reader:
    """Reads as usual, but the first `deaths` times its child dies."""

    def __init__(self, deaths: int, death: Death = Death.CRASHED) -> None:
        self.left, self.death, self.times = deaths, death, 0

    def __call__(self, *given: Any) -> Any:
        self.times += 1
        if self.left:
            self.left -= 1
            error = FileBroken(Fault.CRASHED, "SIGSEGV")
            raise error from ChildDied(self.death, "SIGSEGV")
        return read_inputs_apart(*given)


def test_a_child_that_died_by_chance_is_forgiven(bench, book, tmp_path: Path) -> None:
    """Another process may have taken the machine's memory: the file is read once more, and the job is done."""
    reader = Reader(1)
    assert bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 5)), read=reader).state == "done"
    assert reader.times == 2


def test_a_file_that_ended_two_children_is_not_read_again(bench, book, tmp_path: Path) -> None:
    """By this job it fails with the reason; the same bytes under another name are refused unread, after a restart too;
    other bytes are read.
    """
    reader = Reader(2)
    source = book(tmp_path / "loans.xlsx", 5)
    job = bench.drive(bench.enter(source), read=reader)
    assert (job.state, reader.times) == ("failed", 2)
    assert "ended the reader" in (job.reason or "")
    restarted = open_store("", bench.home)
    again = bench.drive(bench.enter(source.rename(tmp_path / "again.xlsx")), ledger=Ledger(restarted), read=reader)
    restarted.dispose()
    assert (again.state, reader.times) == ("failed", 2)
    assert "not tried again" in (again.reason or "")
    assert bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 6)), read=reader).state == "done"


def test_time_that_ran_out_is_not_tried_again_at_once(ledger: Ledger) -> None:
    """It would run out again; the same file from another job gets one more chance, and no third."""
    tried = []

    def work() -> None:
        tried.append(1)
        raise FileTooCostly(Limit.SECONDS) from ChildDied(Death.SECONDS, "SIGXCPU")

    for _ in range(2):
        with pytest.raises(FileTooCostly):
            Deaths(ledger, FileLimits()).guarded("a", work)
    with pytest.raises(FileBroken) as caught:
        Deaths(ledger, FileLimits()).guarded("a", work)
    assert (caught.value.fault, len(tried)) == (Fault.DEADLY, 2)


def test_larger_limits_give_a_file_another_chance(ledger: Ledger) -> None:
    """An operator who allows more wants the large workbook to be read; and nothing is held against it for ever."""
    deaths = Deaths(ledger, FileLimits())
    for _ in range(2):
        ledger.add_death("a", deaths._under)
    with pytest.raises(FileBroken):
        deaths.guarded("a", lambda: 1)
    assert Deaths(ledger, FileLimits(memory_mb=4096)).guarded("a", lambda: 1) == 1
    ledger.forget_deaths(ledger._clock() + 1)
    assert deaths.guarded("a", lambda: 1) == 1


def test_an_error_that_the_child_tells_is_no_death(ledger: Ledger) -> None:
    """A broken file may be sent as often as one likes: each time the reason is told."""
    deaths = Deaths(ledger, FileLimits())

    def broken() -> None:
        raise FileBroken(Fault.DAMAGED)

    for _ in range(3):
        with pytest.raises(FileBroken) as caught:
            deaths.guarded("a", broken)
        assert caught.value.fault is Fault.DAMAGED
