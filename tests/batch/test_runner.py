"""The runner: whatever happens, every file ends once, every row is accounted for, nothing is paid for twice."""

from __future__ import annotations

import errno
import io
import itertools
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import delete

from tests.workbooks import otherfiles
from worker.batch import slabs
from worker.batch.ledger import Ledger
from worker.batch.owner import Owner
from worker.batch.runner import MOST_STARTS
from worker.batch.slabs import Slab, Work
from worker.endpoints.conventions import set_conventions
from worker.scoring import Columns, Throttled, TimedOut, Unauthorized
from worker.store.tables import part
from worker.workbooks import FileLimits, append_sheets, read_inputs
from worker.workbooks.frames import pages
from worker.workbooks.splice import splice


def sheet(file: Path, name: str = "Scores") -> list[list[Any]]:
    return CalamineWorkbook.from_path(file).get_sheet_by_name(name).to_python()


def check_scores(file: Path, risk: Callable[[float], float], rows: int) -> None:
    """Every row once, in order, with its own score."""
    header, *lines = sheet(file)
    assert header == ["Id", "Row", "Risk", "Label", "Status"]
    assert [line[1] for line in lines] == [5 + n for n in range(rows)]
    for n, line in enumerate(lines):
        assert [line[0], *line[2:]] == [f"L-{n:05d}", pytest.approx(risk(1000 + n)), "low", "ok"]


def test_a_dropped_workbook_comes_back_scored(bench, book, tmp_path: Path, expected_risk) -> None:
    """The result stands in done, the original is kept as it was, the summary opens with a sentence."""
    source = book(tmp_path / "loans.xlsx", 250)
    job = bench.drive(bench.enter(source))
    assert (job.state, job.rows_read, job.rows_scored, job.rows_with_problems, job.calls) == ("done", 250, 250, 0, 5)
    done = bench.boxes().root / "done" / "loans.xlsx"
    check_scores(done, expected_risk, 250)
    assert sheet(done, "Scores summary")[0][0] == "All 250 rows scored"
    assert bench.folders.original(job.id, "loans.xlsx").read_bytes() == source.read_bytes()
    assert bench.boxes().failed == []
    assert done.stat().st_nlink == 1


def test_bad_rows_carry_their_reason_and_spoil_no_neighbour(bench, book, tmp_path: Path) -> None:
    """Four faults of four kinds: each row says which cell, what stands there and what is wanted."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 100, faults=True)))
    assert (job.state, job.rows_scored, job.rows_with_problems) == ("done", 96, 4)
    done = bench.boxes().root / "done" / "loans.xlsx"
    status = [line[-1] for line in sheet(done)[1:]]
    assert status[:5] == [
        "C5: Amount is blank; a value is needed",
        "C6: 'n/a' is not a number; Amount takes numbers",
        "D7: 'plane' is not a value of Purpose. Allowed: car, house, boat",
        "C8: 2024-02-29 is shown as a date, but Amount takes numbers; format the cell as Number and check it",
        "ok",
    ]
    assert [line[2] for line in sheet(done)[1:5]] == [""] * 4
    assert sheet(done, "Scores summary")[0][0] == "96 of 100 rows scored, 4 need attention"


def test_a_scored_workbook_can_be_dropped_again(bench, book, tmp_path: Path) -> None:
    """Our own sheets are not taken as input; the new ones get the next names."""
    bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20)))
    again = bench.drive(bench.enter(bench.boxes().root / "done" / "loans.xlsx"))
    assert (again.state, again.rows_read, again.result_name) == ("done", 20, "done/loans (2).xlsx")
    names = CalamineWorkbook.from_path(bench.boxes().root / "done" / "loans (2).xlsx").sheet_names
    assert names == ["Loans", "Notes", "Scores", "Scores summary", "Scores 2", "Scores summary 2"]


@pytest.mark.parametrize("door", ["folder", "upload"])
def test_earlier_sheets_are_replaced_where_the_customer_wants_that(
    bench, book, tmp_path: Path, expected_risk, door: str
) -> None:
    """However often: one `Scores` and one summary, of the last scoring. What a person wrote into one is kept."""
    set_conventions(bench.registry._engine, "acme", replace_earlier=True)
    source = book(tmp_path / "loans.xlsx", 20)

    def score(at: str, value: object) -> Path:
        """Change a cell and send the workbook."""
        changed = openpyxl.load_workbook(source)
        name, _, cell = at.partition("!")
        changed[name][cell] = value
        changed.save(source)
        job = bench.drive(bench.enter(source, door))
        made = (bench.boxes().root if door == "folder" else bench.folders.folder(job.id)) / job.result_name
        source.write_bytes(made.read_bytes())
        return made

    for amount in (2000, 3000, 4000):
        made = score("Loans!C5", amount)
        assert CalamineWorkbook.from_path(made).sheet_names == ["Loans", "Notes", "Scores", "Scores summary"]
        assert [line[2] for line in sheet(made)[1:3]] == [expected_risk(amount), expected_risk(1001)]
    made = score("Scores!H2", "ask them")
    names = CalamineWorkbook.from_path(made).sheet_names
    assert names == ["Loans", "Notes", "Scores", "Scores summary", "Scores 2"]
    assert (sheet(made)[1][2], sheet(made)[1][-1]) == (expected_risk(4000), "ask them")


def test_whether_sheets_are_replaced_is_settled_when_a_job_starts(bench, book, tmp_path: Path) -> None:
    """What the operator says while it is under way holds for the next one."""
    source = book(tmp_path / "loans.xlsx", 100)
    bench.drive(bench.enter(source))
    source.write_bytes((bench.boxes().root / "done" / "loans.xlsx").read_bytes())
    job_id = bench.enter(source)
    bench.transport.calls = 0
    assert bench.drive(job_id, stopping=lambda: bench.transport.calls >= 1).state == "queued"
    set_conventions(bench.registry._engine, "acme", replace_earlier=True)
    found = []
    for each in (job_id, bench.enter(source)):
        done = bench.boxes().root / (bench.drive(each).result_name or "")
        found.append(CalamineWorkbook.from_path(done).sheet_names[4:])
    assert found == [["Scores 2", "Scores summary 2"], []]


def test_every_input_of_a_workbook_gets_its_sheet(bench, book, tmp_path: Path, expected_risk) -> None:
    """Two sheets with the endpoint's columns: each row once, parts numbered through, the summary tells of each."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 120, faults=True, more=70)))
    assert (job.state, job.rows_read, job.rows_scored, job.rows_with_problems) == ("done", 190, 186, 4)
    done = bench.boxes().root / "done" / "loans.xlsx"
    names = CalamineWorkbook.from_path(done).sheet_names
    assert names[-3:] == ["Scores Loans", "Scores More loans", "Scores summary"]
    ids = [line[0] for name in names[-3:-1] for line in sheet(done, name)[1:]]
    assert ids == [f"L-{n:05d}" for n in range(190)]
    assert [line[2] for line in sheet(done, names[-2])[1:]] == [
        pytest.approx(expected_risk(1120 + n)) for n in range(70)
    ]
    assert job.parts == 5
    told = [value for what, value, *_ in sheet(done, "Scores summary") if what == "Input"]
    assert told == [
        "Loans!B4:D124. 116 of 120 rows scored, 4 need attention",
        "'More loans'!B4:D74. All 70 rows scored",
    ]


def test_one_input_alone_does_not_replace_the_sheet_of_another(bench, book, tmp_path: Path) -> None:
    """Both were scored, then one's scores were changed by a person, and that one is scored again."""
    set_conventions(bench.registry._engine, "acme", replace_earlier=True)
    bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20, more=10)))
    scored = openpyxl.load_workbook(bench.boxes().root / "done" / "loans.xlsx")
    scored["Scores More loans"]["C2"] = 0.5
    scored.save(tmp_path / "again.xlsx")
    for where, names in (("More loans", ["Scores"]), ("Loans", ["Scores"])):
        job = bench.drive(bench.enter(tmp_path / "again.xlsx", where=where))
        done = bench.boxes().root / job.result_name
        assert CalamineWorkbook.from_path(done).sheet_names[3:] == [
            "Scores Loans",
            "Scores More loans",
            "Scores summary",
            *(names if where == "More loans" else []),
        ]
        rows = {name: len(sheet(done, name)) - 1 for name in ("Scores Loans", "Scores More loans")}
        assert rows == {"Scores Loans": 20, "Scores More loans": 10}


def test_an_input_without_rows_spoils_no_other(bench, book, tmp_path: Path) -> None:
    """A header alone is said in the summary; only when there is no row at all the job fails."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20, more=0)))
    done = bench.boxes().root / "done" / "loans.xlsx"
    assert (job.state, job.rows_read) == ("done", 20)
    assert CalamineWorkbook.from_path(done).sheet_names[-2:] == ["Scores Loans", "Scores summary"]
    assert ["Input", "'More loans'!B4:D4. No row below it"] in [line[:2] for line in sheet(done, "Scores summary")]
    empty = bench.drive(bench.enter(book(tmp_path / "empty.xlsx", 0, more=0)))
    assert (empty.state, bench.transport.calls) == ("failed", 1)
    assert "no row below it" in (empty.reason or "")


def test_one_of_several_inputs_may_be_named(bench, book, tmp_path: Path) -> None:
    """Then it alone is scored, as if there were no other."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 20, more=10), where="More loans"))
    assert (job.state, job.rows_read) == ("done", 10)
    names = CalamineWorkbook.from_path(bench.boxes().root / "done" / "loans.xlsx").sheet_names
    assert names[-2:] == ["Scores", "Scores summary"]


def test_texts_are_read_as_the_customer_means_them_and_as_was_said_at_the_start(bench, book, tmp_path: Path) -> None:
    """What the operator says while a job is under way holds for the next one: the parts that are paid for stay its."""
    source = book(tmp_path / "loans.xlsx", 100)
    changed = openpyxl.load_workbook(source)
    for row in range(5, 65):
        changed["Loans"].cell(row, 3, f"{row}.000,5")
    changed.save(source)
    registry = bench.registry
    set_conventions(registry._engine, "acme", decimal_sign=",")
    job_id = bench.enter(source)
    first = bench.ledger.claim("me", lambda name: False, only=job_id)
    stopping = bench.drive(job_id, stopping=lambda: bench.transport.calls >= 1)
    assert (first.conventions, stopping.conventions) == (None, '{"decimal_sign": ","}')
    set_conventions(registry._engine, "acme", decimal_sign=".")
    job = bench.drive(job_id)
    assert (job.state, job.rows_scored) == ("done", 100)
    assert set(bench.transport.paid.values()) == {1}
    assert 5000.5 in bench.transport.paid
    summary = sheet(bench.boxes().root / "done" / "loans.xlsx", "Scores summary")
    notes = [value for what, value, *_ in summary if what == "Note"]
    assert notes == ["Texts that were read as numbers or dates, as is agreed with you: 60 in Amount."]
    assert bench.drive(bench.enter(source)).rows_scored == 40


def test_texts_that_no_cell_holds_are_told(bench, tmp_path: Path) -> None:
    """They are cut off where they are repeated; the file itself is kept. One that just fits is whole."""
    source = tmp_path / "loans.csv"
    texts = ["x" * 32_767, "x" * 32_768, "\U0001f600" * 16_384, "short"]
    source.write_text("\n".join(["Remark,Amount,Purpose", *(f"{text},{1000 + n},car" for n, text in enumerate(texts))]))
    job = bench.drive(bench.enter(source))
    assert (job.state, job.rows_scored) == ("done", 4)
    made = bench.boxes().root / "done" / "loans.scored.xlsx"
    notes = [value for what, value, *_ in sheet(made, "Scores summary") if what == "Note"]
    assert "Texts longer than the 32,767 characters that a cell holds, and cut off there: 2 in Remark." in notes
    shown = sorted(len(value) for line in sheet(made)[1:] for value in line[:3] if str(value)[0] in "x\U0001f600s")
    assert shown == [5, 16_383, 32_767, 32_767]


@pytest.mark.parametrize("ending", ["xls", "ods", "xlsb", "csv"])
def test_what_no_sheet_can_be_added_to_comes_back_beside_its_scores(
    bench, tmp_path: Path, expected_risk, ending: str
) -> None:
    """The file as it was, and a workbook with all its columns, the scores, and a summary that says why."""
    rows = [["Id", "Amount", "Purpose"], *([f"L-{n}", 1000 + n, "car"] for n in range(120))]
    source = tmp_path / f"loans.{ending}"
    if ending == "csv":
        source.write_text("\n".join(",".join(map(str, row)) for row in rows))
    else:
        getattr(otherfiles, f"write_{ending}")(source, {"Loans": rows})
    for number in ("", " (2)"):
        job = bench.drive(bench.enter(source))
        assert (job.state, job.rows_scored) == ("done", 120)
        done = bench.boxes().root / "done"
        assert (done / f"loans{number}.{ending}").read_bytes() == source.read_bytes()
        scored = done / f"loans.scored{number}.xlsx"
        assert CalamineWorkbook.from_path(scored).sheet_names == ["Scores", "Scores summary"]
        openpyxl.load_workbook(scored)
        header, *lines = sheet(scored)
        assert header == ["Id", "Row", "Amount", "Purpose", "Risk", "Label", "Status"]
        assert [[*line[:2], float(line[2])] for line in lines] == [[f"L-{n}", n + 2, 1000 + n] for n in range(120)]
        assert [line[4] for line in lines] == [pytest.approx(expected_risk(1000 + n)) for n in range(120)]
        assert {(line[3], *line[5:]) for line in lines} == {("car", "low", "ok")}
        notes = [value for what, value, *_ in sheet(scored, "Scores summary") if what == "Note"]
        why = f"No sheet can be added to a file of this kind (.{ending}): "
        why += "the scores are in this workbook, the file is as it was."
        assert notes == [why]
    assert len(list(done.iterdir())) == 4


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


def test_a_large_job_is_read_again_rather_than_held(
    bench, book, tmp_path: Path, expected_risk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bounds of what is kept, slab by slab, the result is the same."""
    monkeypatch.setattr(slabs, "SLAB_ROWS", 100)
    monkeypatch.setattr(slabs, "KEPT_ROWS", 100)
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 430)))
    assert (job.state, job.calls, job.parts) == ("done", 9, 9)
    check_scores(bench.boxes().root / "done" / "loans.xlsx", expected_risk, 430)
    assert not list(bench.folders.folder(job.id).glob("scratch*"))


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


def test_a_cancelled_job_ends_in_failed(bench, book, tmp_path: Path) -> None:
    """No call begins after the cancel is seen; the file comes back with the reason."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 250))
    bench.ledger.ask_cancel(job_id)
    job = bench.drive(job_id)
    assert (job.state, bench.transport.calls) == ("cancelled", 0)
    assert "cancelled" in (bench.boxes().root / "failed" / "loans.reason.txt").read_text()


def test_a_stop_gives_the_job_back_and_the_next_start_goes_on(bench, book, tmp_path: Path, expected_risk) -> None:
    """Ctrl-C loses nothing and pays for nothing twice."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 250))
    stopping = bench.drive(job_id, stopping=lambda: bench.transport.calls >= 2)
    assert (stopping.state, stopping.owner) == ("queued", None)
    job = bench.drive(job_id)
    assert job.state == "done"
    assert set(bench.transport.paid.values()) == {1}
    check_scores(bench.boxes().root / "done" / "loans.xlsx", expected_risk, 250)


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


class Crash(BaseException):
    """Stands for the end of the process: nothing in the code under test may catch it and go on."""


class FailingLedger(Ledger):
    """Ends the process at its n-th word to the store, before or after the store took it."""

    def __init__(self, engine: Any, at: int, *, after: bool) -> None:
        super().__init__(engine)
        self.left, self.after, self.lock = at, after, threading.Lock()

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name not in ("pin", "begin_call", "store_part", "finish", "results", "done_parts"):
            return value

        def counted(*args: Any, **options: Any) -> Any:
            with self.lock:
                self.left -= 1
                mine = self.left
            if mine < 0 or (mine == 0 and not self.after):
                raise Crash
            returned = value(*args, **options)
            if mine == 0:
                raise Crash
            return returned

        return counted


class ForgetfulLedger(Ledger):
    """The broken twin: it forgets after a crash which parts are stored."""

    def done_parts(self, job_id: str) -> set[int]:
        with self._engine.begin() as db:
            db.execute(delete(part).where(part.c.job_id == job_id))
        return set()


# Reading and writing in this process: hundreds of jobs need no child to keep them apart.
HERE = {
    "read": lambda file, schema, scratch, where, limits, written, labels: read_inputs(file, schema, where),
    "write": lambda source, target, sheets, limits, replace: append_sheets(source, target, sheets, replace=replace),
}

READ_HERE = {"read": HERE["read"]}


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


def test_a_job_that_ends_every_process_is_ended(bench, book, tmp_path: Path) -> None:
    """A workbook that kills what drives it does not do so for ever."""
    job_id = bench.enter(book(tmp_path / "loans.xlsx", 20))

    def die(*_: object) -> object:
        raise Crash

    for _ in range(MOST_STARTS):
        with pytest.raises(Crash):
            bench.drive(job_id, read=die)
    assert bench.drive(job_id, read=die).state == "failed"


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


def test_rows_of_which_none_can_be_sent_cost_no_call(bench, book, tmp_path: Path) -> None:
    """The job is done, and every row says why."""
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 4, faults=True)))
    assert (job.state, job.rows_scored, job.rows_with_problems, job.calls) == ("done", 0, 4, 0)


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
