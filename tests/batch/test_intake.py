"""The drop folders: a file is taken once, when it is whole, and a crash between two steps loses nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest
import structlog

from worker.batch.folders import Claim, new_job_id
from worker.batch.intake import MOST_AT_ONCE, UNFINISHED_SECONDS, Intake, printable
from worker.batch.ledger import Ledger
from worker.batch.owner import Owner
from worker.folder import Folder


class Clock:
    """Time as an argument."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def intake(bench, owner: Owner, clock: Clock) -> Intake:
    intake = Intake(bench.registry, bench.ledger, bench.folders, owner, settle_seconds=2, clock=clock)
    intake.prepare()
    return intake


@pytest.fixture
def inbox(bench, intake: Intake) -> Path:
    return bench.boxes().root / "inbox"


def settle(intake: Intake, clock: Clock, seconds: float = 2) -> int:
    """Look, wait, look again; returns what was claimed."""
    first = intake.scan()
    clock.now += seconds
    return first + intake.scan()


def test_a_file_is_taken_after_two_looks_at_which_it_is_the_same(intake, inbox, clock, book, bench) -> None:
    """Copying may still be under way at the first look."""
    book(inbox / "loans.xlsx")
    assert intake.scan() == 0
    clock.now += 1
    assert intake.scan() == 0
    os.utime(inbox / "loans.xlsx", (1, 1))
    clock.now += 1
    assert intake.scan() == 0
    clock.now += 2
    assert intake.scan() == 1
    assert list(inbox.iterdir()) == []
    (job,) = bench.ledger.jobs()
    assert (job.state, job.file_name, job.customer, job.endpoint, job.door) == (
        "queued",
        "loans.xlsx",
        "acme",
        "acme",
        "folder",
    )


@pytest.mark.parametrize(
    "name", ["~$loans.xlsx", ".~lock.loans.xlsx#", ".hidden.xlsx", "loans.xlsx.part", "a.tmp", "b.crdownload"]
)
def test_lock_and_temporary_names_are_left_alone(name: str, intake, inbox, clock) -> None:
    """They are not workbooks, or not yet."""
    (inbox / name).write_bytes(b"x")
    assert settle(intake, clock) == 0
    assert (inbox / name).exists()


def test_a_workbook_that_is_open_in_excel_is_waited_for(intake, inbox, clock, book) -> None:
    """A fresh ~$ file beside it says so; one that is a day old was left by a crash."""
    book(inbox / "loans.xlsx")
    lock = inbox / "~$loans.xlsx"
    lock.write_bytes(b"x")
    os.utime(lock, (clock.now, clock.now))
    assert settle(intake, clock) == 0
    os.utime(lock, (clock.now - 100_000, clock.now - 100_000))
    assert settle(intake, clock) == 1


def test_a_half_written_workbook_is_waited_for_and_in_the_end_refused(
    intake, inbox, clock, book, bench, tmp_path
) -> None:
    """Its size may stand still for a while; if it stays so, it ends in failed with a reason."""
    whole = book(tmp_path / "whole.xlsx").read_bytes()
    (inbox / "loans.xlsx").write_bytes(whole[: len(whole) // 2])
    assert settle(intake, clock) == 0
    clock.now += UNFINISHED_SECONDS
    assert intake.scan() == 1
    job = bench.drive(bench.ledger.jobs()[0].id)
    assert job.state == "failed"
    assert "not complete" in (bench.boxes().root / "failed" / "loans.reason.txt").read_text()


def test_the_folder_says_which_endpoint_is_meant(intake, inbox, clock, book, bench) -> None:
    """With several endpoints the inbox has a folder for each; without it the reason lists them."""
    bench.registry.add_endpoint("loans", "second", "acme")
    for folder in ("second", "loans-acme", "unknown"):
        (inbox / folder).mkdir(exist_ok=True)
        book(inbox / folder / f"{folder}.xlsx", 3)
    book(inbox / "which.xlsx", 3)
    assert settle(intake, clock) == 4
    chosen = {job.file_name: job.endpoint for job in bench.ledger.jobs()}
    assert chosen == {"second.xlsx": "second", "loans-acme.xlsx": "acme", "unknown.xlsx": None, "which.xlsx": None}


def test_who_has_several_endpoints_finds_a_folder_for_each(intake, inbox, bench) -> None:
    """An empty inbox would not say where to put a workbook; one endpoint needs no folder."""
    intake.scan()
    assert list(inbox.iterdir()) == []
    bench.registry.add_endpoint("loans", "second", "acme")
    intake.scan()
    assert sorted(folder.name for folder in inbox.iterdir()) == ["acme", "second"]


def test_a_file_is_claimed_once_by_many_processes(bench, book, clock, tmp_path) -> None:
    """The rename is the claim: of several that look at one inbox, one gets each file."""
    owners = [Owner(bench.folders.root) for _ in range(4)]
    for owner in owners:
        owner.__enter__()
    looking = [Intake(bench.registry, bench.ledger, bench.folders, o, settle_seconds=0, clock=clock) for o in owners]
    looking[0].prepare()
    source = book(tmp_path / "one.xlsx", 1).read_bytes()
    for number in range(40):
        (bench.boxes().root / "inbox" / f"{number}.xlsx").write_bytes(source)
    for intake in looking:
        intake.scan()
    claimed: list[int] = []
    threads = [threading.Thread(target=lambda i=i: claimed.append(i.scan())) for i in looking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claimed) == 40
    assert sorted(job.file_name for job in bench.ledger.jobs(limit=100)) == sorted(f"{n}.xlsx" for n in range(40))
    assert len(list(bench.folders.root.glob("*/original.xlsx"))) == 40
    for owner in owners:
        owner.__exit__()


@pytest.fixture
def claim(bench) -> Claim:
    return Claim(new_job_id(), bench.customer.id, bench.endpoint.id, "folder", "loans.xlsx", "f" * 32)


def test_a_crash_after_the_rename_is_entered_at_the_next_start(intake, bench, claim, book, tmp_path) -> None:
    """The claim was written down first, so the file has its customer and its endpoint."""
    bench.folders.open_claim(claim).write_bytes(book(tmp_path / "loans.xlsx").read_bytes())
    assert intake.recover() == 1
    assert intake.recover() == 0
    (job,) = bench.ledger.jobs()
    assert (job.id, job.state, job.endpoint) == (claim.job_id, "queued", "acme")


def test_a_crash_before_the_rename_leaves_the_file_in_the_inbox(intake, bench, claim) -> None:
    """Nothing was taken, so nothing is entered and the empty folder goes."""
    bench.folders.open_claim(claim)
    assert intake.recover() == 0
    assert not bench.folders.folder(claim.job_id).exists()
    assert bench.ledger.jobs() == []


def test_a_living_process_s_claim_is_not_touched(intake, bench, owner, claim) -> None:
    """Another process that starts now must not take an upload that is under way."""
    with Owner(bench.folders.root) as other:
        under_way = Claim(claim.job_id, None, claim.endpoint_id, "upload", "u.xlsx", other.name)
        bench.folders.open_claim(under_way)
        intake.recover()
        assert bench.folders.folder(claim.job_id).exists()
    intake.recover()
    assert not bench.folders.folder(claim.job_id).exists()


def test_a_name_that_is_not_utf8_is_taken_and_can_be_shown(intake, inbox, clock, bench, book) -> None:
    """The bytes of the name are data, escaped where they are shown."""
    book(inbox / "x.xlsx", 3)
    (inbox / "x.xlsx").rename(inbox / os.fsdecode(b"caf\xe9\n.xlsx"))
    assert settle(intake, clock) == 1
    assert bench.ledger.jobs()[0].file_name == "caf\\xe9\\n.xlsx"
    assert printable("[/b] a") == "[/b] a"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_is_taken_and_refused(intake, inbox, clock, bench) -> None:
    """A link or a pipe would hang or leak; it ends with a reason and is never opened."""
    (inbox / "link.xlsx").symlink_to("/etc/passwd")
    os.mkfifo(inbox / "pipe.xlsx")
    assert settle(intake, clock) == 2
    for job in bench.ledger.jobs():
        assert bench.drive(job.id).state == "failed"


def test_one_customers_odd_folder_does_not_keep_the_others_waiting(intake, inbox, clock, bench, book) -> None:
    """A file where a folder should be, a folder that is a link: told in the log, and everybody else is served."""
    bench.registry.add_customer("aaa")
    bench.registry.add_customer("bbb")
    (bench.folders.drop / "aaa").write_text("no folder")
    (bench.folders.drop / "bbb").mkdir()
    (bench.folders.drop / "bbb" / "inbox").write_text("no folder")
    intake.prepare()
    book(inbox / "loans.xlsx", 3)
    assert settle(intake, clock) == 1


@pytest.mark.parametrize("link", ["acme", "acme/inbox"])
def test_a_folder_that_is_a_link_is_not_looked_into(link: str, intake, inbox, clock, bench, book) -> None:
    """A customer who can make links must not have others' files claimed as theirs."""
    bench.registry.add_customer("other")
    intake.prepare()
    book(bench.folders.drop / "other" / "inbox" / "secret.xlsx", 3)
    shutil.rmtree(bench.folders.drop / link)
    (bench.folders.drop / link).symlink_to(bench.folders.drop / link.replace("acme", "other"))
    assert settle(intake, clock) == 1
    assert [job.customer for job in bench.ledger.jobs()] == ["other"]


@pytest.mark.parametrize("length", [120, 255])
def test_a_name_as_long_as_the_system_takes_is_claimed(length: int, intake, inbox, clock, bench, book) -> None:
    """The name of Excel's lock file beside it would be too long to exist."""
    book(inbox / "x.xlsx", 3)
    (inbox / "x.xlsx").rename(inbox / f"{'n' * (length - 5)}.xlsx")
    book(inbox / "zebra.xlsx", 3)
    assert settle(intake, clock) == 2
    long = next(job for job in bench.ledger.jobs() if job.file_name != "zebra.xlsx")
    assert bench.drive(long.id).state == "done"


def test_a_file_that_cannot_be_moved_is_told_once_and_leaves_nothing_behind(intake, inbox, clock, bench, book) -> None:
    """The inbox on another filesystem, or not ours to write: the other files go on, and no folder is left each time."""
    away = Path("/dev/shm") if Path("/dev/shm").is_dir() else pytest.skip("needs a second filesystem")
    with tempfile.TemporaryDirectory(dir=away) as elsewhere:
        if Path(elsewhere).stat().st_dev == inbox.stat().st_dev:
            pytest.skip("needs a second filesystem")
        book(Path(elsewhere) / "loans.xlsx", 3)
        away, here = Folder.open(Path(elsewhere)), Folder.open(inbox)
        intake._files = lambda folder: iter([(away, "loans.xlsx"), (here, "zebra.xlsx")])
        book(inbox / "zebra.xlsx", 3)
        with structlog.testing.capture_logs() as logs:
            assert settle(intake, clock) == 1
            intake.scan()
            intake.scan()
    assert [log["log_level"] for log in logs].count("warning") == 1
    assert len(list(bench.folders.root.glob("*/"))) == 1


def test_a_file_claimed_while_the_store_was_away_is_entered_later(bench, owner, clock, inbox, book) -> None:
    """Moved, but not entered: the next look enters it, without a restart."""

    class Away(Ledger):
        away = True

        def add(self, *values: object) -> None:
            if self.away:
                raise RuntimeError("the store is away")
            super().add(*values)

    ledger = Away(bench.ledger._engine)
    intake = Intake(bench.registry, ledger, bench.folders, owner, settle_seconds=2, clock=clock)
    book(inbox / "loans.xlsx", 3)
    with pytest.raises(RuntimeError, match="away"):
        settle(intake, clock)
    assert list(inbox.iterdir()) == []
    ledger.away = False
    assert intake.recover() == 1
    assert [job.state for job in ledger.jobs()] == ["queued"]


def test_what_a_process_that_died_had_claimed_is_entered_by_one_that_lives_on(bench, owner, clock, book) -> None:
    """Two serve one home; the one that lives on need not be restarted. Its own uploads under way are left alone."""
    intake = Intake(bench.registry, bench.ledger, bench.folders, owner, settle_seconds=2, clock=clock)
    upload = Claim(new_job_id(), None, bench.endpoint.id, "upload", "u.xlsx", owner.name)
    bench.folders.open_claim(upload).write_bytes(b"half")
    dead = Claim(new_job_id(), bench.customer.id, bench.endpoint.id, "folder", "loans.xlsx", "f" * 32)
    book(bench.folders.open_claim(dead), 3)
    assert intake.recover() == 1
    assert intake.recover() == 0
    assert bench.folders.folder(upload.job_id).exists()
    assert not (bench.folders.folder(dead.job_id) / "claim.json").exists()


def test_one_look_claims_so_many_of_one_customer(intake, inbox, clock, bench) -> None:
    """Ten thousand files in one inbox do not keep the next customer's one waiting until all are claimed."""
    bench.registry.add_customer("other")
    intake.prepare()
    for number in range(MOST_AT_ONCE + 5):
        (inbox / f"{number:03}.xlsx").write_bytes(b"x")
    (bench.folders.drop / "other" / "inbox" / "mine.xlsx").write_bytes(b"x")
    assert settle(intake, clock) == MOST_AT_ONCE + 1
    assert intake.scan() == 5


def test_a_clock_that_is_set_back_does_not_hold_a_file_up(intake, inbox, clock, book) -> None:
    """The time since the last look can be negative; the look then counts anew."""
    book(inbox / "loans.xlsx", 3)
    intake.scan()
    clock.now -= 86_400
    assert settle(intake, clock) == 1


def test_a_workbook_open_in_libreoffice_is_waited_for(intake, inbox, clock, book) -> None:
    """Its lock file has another name than Excel's."""
    book(inbox / "loans.xlsx", 3)
    lock = inbox / ".~lock.loans.xlsx#"
    lock.write_bytes(b",,")
    os.utime(lock, (clock.now, clock.now))
    assert settle(intake, clock) == 0
    lock.unlink()
    assert settle(intake, clock) == 1


def test_an_endpoint_and_a_customer_added_while_serving_are_found(intake, inbox, clock, bench, book) -> None:
    """The next look makes the folders; a customer without an endpoint is told so."""
    bench.registry.add_customer("late")
    intake.scan()
    late = bench.folders.drop / "late"
    book(late / "inbox" / "a.xlsx", 3)
    assert settle(intake, clock) == 1
    assert bench.drive_as_served(bench.ledger.jobs()[0].id).state == "failed"
    assert "no endpoint for you yet" in (late / "failed" / "a.reason.txt").read_text()
    bench.registry.add_endpoint("loans", "late", "late")
    (late / "inbox" / "Late").mkdir()
    book(late / "inbox" / "Late" / "b.xlsx", 3)
    assert settle(intake, clock) == 1
    assert bench.ledger.jobs()[0].endpoint == "late"


def test_a_folder_of_no_endpoint_is_answered_with_the_folders_there_are(intake, inbox, clock, bench, book) -> None:
    """Also with one endpoint only, and with one name in two services."""
    (inbox / "wrong").mkdir()
    book(inbox / "wrong" / "a.xlsx", 3)
    settle(intake, clock)
    reason = bench.drive_as_served(bench.ledger.jobs()[0].id).reason
    assert reason == "It is not clear which endpoint is meant. Put the workbook into one of these folders: inbox/acme."
    bench.registry.add_service("cars", bench.schema, bench.remote)
    bench.registry.add_endpoint("cars", "acme", "acme")
    book(inbox / "b.xlsx", 3)
    settle(intake, clock)
    reason = bench.drive_as_served(bench.ledger.jobs()[0].id).reason
    assert reason.endswith("these folders: inbox/cars-acme, inbox/loans-acme.")


def test_the_folders_are_private(intake, bench) -> None:
    """All of them, not only the last."""
    for folder in (bench.folders.drop, *bench.folders.drop.rglob("*")):
        assert oct(folder.stat().st_mode & 0o777) == "0o700", folder
