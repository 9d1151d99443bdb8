"""A process that ends at any moment: the next one finishes the job, once, and pays for nothing twice."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from tests.batch.crashing import HERE, Crash, FailingLedger
from tests.batch.scored import sheet
from worker.batch.ledger import Ledger
from worker.batch.owner import Owner
from worker.batch.runner import MOST_STARTS
from worker.batch.slabs import Slab, Work
from worker.scoring import Columns, Unauthorized
from worker.store.tables import part


class ForgetfulLedger(Ledger):
    """The broken twin: it forgets after a crash which parts are stored."""

    def done_parts(self, job_id: str) -> set[int]:
        with self._engine.begin() as db:
            db.execute(delete(part).where(part.c.job_id == job_id))
        return set()


def crash_everywhere(
    bench, store, book, tmp_path: Path, second: type[Ledger], *, after: bool, inputs: tuple[int, ...] = (20,)
) -> tuple[int, list[str]]:
    """Crash at the 1st, 2nd, ... word to the store and finish with a new process: crashes, and what went wrong."""
    source = book(tmp_path / "loans.xlsx", inputs[0], more=inputs[1] if len(inputs) > 1 else None)
    sheets = ["Scores"] if len(inputs) == 1 else ["Scores Loans", "Scores More loans"]
    bench.settings = type(bench.settings)(bench.home, {}, part_rows=5)
    wrong: list[str] = []
    for crash in itertools.count(1):
        job_id = bench.enter(source)
        before = dict(bench.transport.paid)
        job = bench.ledger.claim("first", lambda name: False, only=job_id)
        try:
            bench.runner("first", FailingLedger(store, crash, after=after), **HERE).drive(job)
        except Crash:
            pass
        else:
            return crash - 1, wrong
        stored = {5 * n + 1000 + row for n in bench.ledger.done_parts(job_id) for row in range(5)}
        middle = dict(bench.transport.paid)
        again = bench.ledger.claim("second", lambda name: False, only=job_id)
        if again is not None:
            bench.runner("second", second(store), **HERE).drive(again)
        ended = bench.ledger.get(job_id)
        name = ended.result_name.split("/")[1] if ended.result_name else ""
        boxes = bench.boxes()
        wrong += [f"{crash}: {ended.state}"] if ended.state != "done" else []
        wrong += [f"{crash}: not in done once"] if [*boxes.done, *boxes.failed].count(name) != 1 else []
        wrong += [f"{crash}: done has {len(boxes.done)}"] if len(boxes.done) != crash else []
        wrong += [f"{crash}: {a} paid again" for a in stored if bench.transport.paid.get(a, 0) != middle.get(a, 0)]
        most = {a: n - before.get(a, 0) for a, n in bench.transport.paid.items()}
        wrong += [f"{crash}: {a} paid {n} times" for a, n in most.items() if not 1 <= n <= 2]
        rows = [line for title in sheets for line in sheet(boxes.root / "done" / name, title)[1:]]
        wrong += [f"{crash}: rows"] if [line[0] for line in rows] != [f"L-{n:05d}" for n in range(20)] else []
        own = [pytest.approx((1000 + n) / 1e6) for n in range(20)]
        wrong += [f"{crash}: scores of other rows"] if [line[2] for line in rows] != own else []
    raise AssertionError("unreachable")


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("inputs", [(20,), (10, 10)], ids=["one input", "two inputs"])
def test_a_crash_at_any_word_to_the_store_is_finished_by_a_restart(
    bench, store, book, tmp_path: Path, inputs: tuple[int, ...], after: bool
) -> None:
    """Each file ends once, no stored part is paid for again, no part more often than 1 + the crashes."""
    crashes, wrong = crash_everywhere(bench, store, book, tmp_path, Ledger, after=after, inputs=inputs)
    assert wrong == []
    assert crashes >= 15


def test_the_crash_test_finds_a_ledger_that_forgets(bench, store, book, tmp_path: Path) -> None:
    """A broken twin that scores stored parts again is found out."""
    _, wrong = crash_everywhere(bench, store, book, tmp_path, ForgetfulLedger, after=True)
    assert any("paid again" in word for word in wrong)


def test_the_crash_test_finds_parts_that_are_numbered_anew_for_each_input(
    bench, store, book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken twin that takes the parts of one input for those of the other is found out."""
    whole = Work.slabs

    def numbered_anew(self: Work) -> Iterator[Slab]:
        for of, source in enumerate(self.inputs):
            alone = Work([source], self._schema, self._part_rows, self._written)
            yield from (replace(slab, of=of) for slab in whole(alone))

    monkeypatch.setattr(Work, "slabs", numbered_anew)
    _, wrong = crash_everywhere(bench, store, book, tmp_path, Ledger, after=True, inputs=(10, 10))
    assert any("scores of other rows" in word for word in wrong)


def test_a_crash_between_the_file_and_its_scores_is_finished(bench, tmp_path: Path) -> None:
    """Both stand in done once, under one number."""
    source = tmp_path / "loans.csv"
    source.write_text("Id,Amount,Purpose\nL-1,1000,car\n")
    (bench.boxes().root / "done").mkdir(parents=True)
    (bench.boxes().root / "done" / "loans.csv").write_text("another")
    job_id = bench.enter(source)

    class CrashAtPublishing(Ledger):
        def finish(self, *given: Any, **values: Any) -> None:
            raise Crash

    job = bench.ledger.claim("first", lambda name: False, only=job_id)
    with pytest.raises(Crash):
        bench.runner("first", CrashAtPublishing(bench.ledger._engine)).drive(job)
    (bench.boxes().root / "done" / "loans.scored (2).xlsx").unlink()
    assert bench.drive(job_id).state == "done"
    assert bench.boxes().done == ["loans (2).csv", "loans.csv", "loans.scored (2).xlsx"]


def test_a_decided_failure_stays_decided(bench, book, tmp_path: Path, owner: Owner) -> None:
    """A crash while a job is put into failed does not let it end in done as well, even if the endpoint is back."""

    def refuse(columns: Columns) -> None:
        raise Unauthorized

    bench.transport.before = refuse
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))
    job = bench.ledger.claim("first", lambda name: False, only=job_id)

    class NoEnd(Ledger):
        def finish(self, job_id: str, owner: str, state: str, **values: Any) -> None:
            raise Crash

    with pytest.raises(Crash):
        bench.runner("first", NoEnd(bench.ledger._engine)).drive(job)
    bench.transport.before = lambda columns: None
    assert bench.drive(job_id).state == "failed"
    boxes = bench.boxes()
    assert (boxes.done, boxes.failed) == ([], ["loans.reason.txt", "loans.xlsx"])


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
def test_a_crash_while_a_job_fails_is_finished_by_a_restart(bench, store, book, tmp_path: Path, after: bool) -> None:
    """At any word to the store: one file and one reason in failed, nothing in done."""
    source = book(tmp_path / "loans.xlsx", 5, header=("Id", "Sum", "Purpose"))
    for crash in itertools.count(1):
        job_id = bench.enter(source)
        job = bench.ledger.claim("first", lambda name: False, only=job_id)
        try:
            bench.runner("first", FailingLedger(store, crash, after=after), **HERE).drive(job)
        except Crash:
            again = bench.ledger.claim("second", lambda name: False, only=job_id)
            assert again is None or bench.runner("second", **HERE).drive(again) == "failed"
        else:
            break
        assert (len(bench.boxes().done), len(bench.boxes().failed)) == (0, 2 * crash)
    assert crash > 3


def test_a_crash_after_a_file_was_copied_into_place_puts_it_there_once(bench, book, tmp_path: Path) -> None:
    """Without hard links what stands in failed is known by its bytes."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5, header=("Id", "Sum", "Purpose")))
    bench.ledger.claim("first", lambda name: False, only=job_id)
    bench.ledger.pin(job_id, "first", phase="failed", reason="Because.", result_name="failed/loans.xlsx")
    failed = bench.boxes().root / "failed"
    failed.mkdir(parents=True)
    (failed / "loans.reason.txt").write_text("Because.\n")
    (failed / "loans.xlsx").write_bytes((tmp_path / "loans.xlsx").read_bytes())
    assert bench.drive(job_id).state == "failed"
    assert bench.boxes().failed == ["loans.reason.txt", "loans.xlsx"]


def test_a_crash_between_the_reason_and_its_file_is_finished(bench, book, tmp_path: Path) -> None:
    """The name is kept: the reason that is there is this job's."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 5, header=("Id", "Sum", "Purpose")))
    folder = bench.folders.folder(job_id)
    job = bench.ledger.claim("first", lambda name: False, only=job_id)
    bench.ledger.pin(job_id, "first", phase="failed", reason="Because.", result_name="failed/loans.xlsx")
    failed = bench.boxes().root / "failed"
    failed.mkdir(parents=True)
    (folder / "reason.txt").write_text("Because.\n")
    os.link(folder / "reason.txt", failed / "loans.reason.txt")
    assert bench.drive(job.id).state == "failed"
    assert bench.boxes().failed == ["loans.reason.txt", "loans.xlsx"]
    assert all(file.stat().st_nlink == 1 for file in failed.iterdir())


def test_a_job_that_ends_every_process_is_ended(bench, book, tmp_path: Path) -> None:
    """A workbook that kills what drives it does not do so for ever."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))

    def die(*_: object) -> object:
        raise Crash

    for _ in range(MOST_STARTS):
        with pytest.raises(Crash):
            bench.drive(job_id, read=die)
    assert bench.drive(job_id, read=die).state == "failed"
