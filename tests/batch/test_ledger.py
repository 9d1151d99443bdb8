"""The ledger: a job is driven by one living owner, and what is stored is never paid for again."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from worker.batch.folders import JobFolders
from worker.batch.ledger import Ledger, LostJob
from worker.batch.owner import Owner


def nobody(name: str) -> bool:
    return False


def everybody(name: str) -> bool:
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@pytest.fixture
def job_id(ledger: Ledger, registry) -> str:
    ledger.add("j" * 32, None, registry.endpoint("loans/acme").id, "folder", "book.xlsx")
    return "j" * 32


def test_entering_a_job_twice_changes_nothing(ledger: Ledger, job_id: str, registry) -> None:
    """Recovery may enter a claim that was entered already."""
    ledger.claim("a", nobody)
    ledger.add(job_id, None, registry.endpoint("loans/acme").id, "folder", "other.xlsx")
    assert (ledger.get(job_id).state, ledger.get(job_id).file_name) == ("running", "book.xlsx")


def test_a_job_is_claimed_by_one_owner(ledger: Ledger, job_id: str) -> None:
    """Of many that ask at once, one gets it."""
    won = []
    threads = [
        threading.Thread(target=lambda n=n: won.append(n) if ledger.claim(f"o{n}", everybody) else None)
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_jobs_are_shared_out_without_any_twice(ledger: Ledger, job_id: str, registry) -> None:
    """Many owners that take and give back, at once, never have one job in two hands."""
    for number in range(20):
        ledger.add(f"{number:032}", None, registry.endpoint("loans/acme").id, "folder", "book.xlsx")
    held: set[str] = set()
    twice: list[str] = []

    def take(name: str) -> None:
        for _ in range(15):
            job = ledger.claim(name, everybody)
            if job is not None:
                twice.extend({job.id} & held)
                held.add(job.id)
                held.discard(job.id)
                ledger.give_back(job.id, name)

    threads = [threading.Thread(target=take, args=(f"o{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert twice == []
    assert {job.starts for job in ledger.jobs()} == {0}


def test_of_two_that_see_a_dead_owner_one_gets_the_job(ledger: Ledger, job_id: str, store, home: Path) -> None:
    """Both read the same state; the second to write finds that it is no longer so."""
    if store.dialect.name == "sqlite":
        pytest.skip("SQLite lets nobody read a state to write until the other has written")
    ledger.claim("dead", nobody)
    first: list[object] = []

    def meanwhile(name: str) -> bool:
        first.append(Ledger(store).claim("first", nobody))
        return False

    assert ledger.claim("second", meanwhile) is None
    assert first[0].owner == ledger.get(job_id).owner == "first"


def test_a_claim_entered_by_two_at_once_is_one_job(ledger: Ledger, registry) -> None:
    """Two processes recover after a third; neither fails."""
    endpoint, failed = registry.endpoint("loans/acme").id, []

    def enter(number: int) -> None:
        try:
            ledger.add(f"{number:032}", None, endpoint, "folder", "book.xlsx")
        except IntegrityError as error:
            failed.append(error)

    threads = [threading.Thread(target=lambda: [enter(number) for number in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(ledger.jobs(limit=100)) == 20


def test_a_job_for_nobody_we_know_is_refused(ledger: Ledger) -> None:
    """An id that the store does not have is no duplicate."""
    with pytest.raises(IntegrityError):
        ledger.add("0" * 32, "nobody", None, "folder", "book.xlsx")


def test_a_customer_with_many_workbooks_does_not_keep_others_waiting(ledger: Ledger, registry) -> None:
    """While one of theirs is scored, another customer's single workbook goes first, however late it came."""
    endpoint, acme = registry.endpoint("loans/acme").id, registry.customers()[0].id
    other = registry.add_customer("other").id
    for number in range(5):
        ledger.add(f"{number:032}", acme, endpoint, "folder", "book.xlsx")
    ledger.add("f" * 32, other, endpoint, "folder", "book.xlsx")
    assert ledger.claim("a", everybody).customer == "acme"
    assert ledger.claim("b", everybody).customer == "other"
    assert ledger.claim("c", everybody).id == f"{1:032}"


def test_a_living_owners_job_is_left_alone(ledger: Ledger, job_id: str) -> None:
    """Only a dead owner's job can be taken over."""
    ledger.claim("a", nobody)
    assert ledger.claim("b", everybody) is None
    assert ledger.claim("b", nobody).owner == "b"


def test_an_owner_takes_up_what_it_dropped_but_not_what_it_drives(ledger: Ledger, job_id: str) -> None:
    """After a fault of the store the same process goes on with its job."""
    ledger.claim("a", everybody)
    assert ledger.claim("a", everybody, driving={job_id}) is None
    assert ledger.claim("a", everybody) is not None


def test_calls_without_an_answer_are_counted_when_the_job_is_taken_over(ledger: Ledger, job_id: str) -> None:
    """A crash leaves parts `calling`: exactly those may be paid for twice."""
    ledger.claim("a", nobody)
    for number in range(3):
        ledger.begin_call(job_id, "a", number)
    ledger.store_part(job_id, 0, b"result", 0)
    taken = ledger.claim("b", nobody)
    assert (taken.calls, taken.calls_unanswered, ledger.done_parts(job_id)) == (3, 2, {0})


def test_a_stored_part_stays_as_it_is(ledger: Ledger, job_id: str) -> None:
    """A late answer of an owner that was thought dead does not replace what is committed."""
    ledger.claim("a", nobody)
    ledger.begin_call(job_id, "a", 0)
    ledger.store_part(job_id, 0, b"first", 0)
    ledger.store_part(job_id, 0, b"late", 0)
    assert list(ledger.results(job_id, 0, 9)) == [(0, b"first")]


def test_an_owner_that_lost_its_job_pays_for_nothing_more(ledger: Ledger, job_id: str) -> None:
    """A thread of an owner that was thought dead neither calls nor undoes what the present one has stored."""
    ledger.claim("a", nobody)
    ledger.claim("b", nobody)
    with pytest.raises(LostJob):
        ledger.begin_call(job_id, "a", 0)
    assert ledger.begin_call(job_id, "b", 0) is True
    ledger.store_part(job_id, 0, b"result", 0)
    assert ledger.begin_call(job_id, "b", 0) is False
    assert (ledger.get(job_id).calls, ledger.done_parts(job_id)) == (1, {0})


def test_an_owner_that_lost_its_job_cannot_end_it(ledger: Ledger, job_id: str) -> None:
    """Fencing: the outcome is the present owner's."""
    ledger.claim("a", nobody)
    ledger.claim("b", nobody)
    with pytest.raises(LostJob):
        ledger.finish(job_id, "a", "done")
    with pytest.raises(LostJob):
        ledger.pin(job_id, "a", phase="writing")
    ledger.finish(job_id, "b", "done")
    assert ledger.get(job_id).state == "done"


def test_an_ended_job_keeps_no_results_and_cannot_be_cancelled(ledger: Ledger, job_id: str) -> None:
    """The results stand in the workbook; the store does not grow with them."""
    ledger.claim("a", nobody)
    ledger.begin_call(job_id, "a", 0)
    ledger.store_part(job_id, 0, b"result", 0)
    ledger.finish(job_id, "a", "done")
    assert list(ledger.results(job_id, 0, 9)) == [(0, None)]
    assert ledger.ask_cancel(job_id) is False
    assert ledger.claim("b", nobody) is None


def test_a_killed_owner_is_dead_at_once(folders: JobFolders, owner: Owner) -> None:
    """No lease has to run out: the operating system lets go of a dead process's lock."""
    code = (
        "import sys, time; from pathlib import Path; from worker.batch.owner import Owner\n"
        "with Owner(Path(sys.argv[1])) as o:\n    print(o.name, flush=True)\n    time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folders.root)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert owner.is_alive(name)
    process.kill()
    process.wait()
    process.stdout.close()
    assert not owner.is_alive(name)
    assert owner.is_alive(owner.name)
