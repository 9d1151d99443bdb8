"""What may lie in an inbox besides a plain workbook: README's table of rules, one test each."""

from __future__ import annotations

import os
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from tests.workbooks.samples import samples
from worker.batch.intake import Intake
from worker.batch.owner import Owner
from worker.folder import Folder


@pytest.fixture
def drop(bench, owner: Owner) -> Callable[[], dict[str, str]]:
    """Look at the inboxes until nothing more is taken, drive every job; what became of each file: its state, or the
    reason.
    """
    now = [1_800_000_000.0]
    intake = Intake(bench.registry, bench.ledger, bench.folders, owner, settle_seconds=2, clock=lambda: now[0])
    intake.prepare()

    def run() -> dict[str, str]:
        for _ in range(3):
            intake.scan()
            now[0] += 100
        found = {}
        for job in sorted(bench.ledger.jobs(), key=lambda job: job.created_at):
            ended = bench.drive(job.id) if job.state == "queued" else job
            found[job.file_name] = ended.reason or ended.state
        return found

    run.intake = intake  # type: ignore[attr-defined]
    return run


@pytest.fixture
def inbox(bench, drop: object) -> Path:
    return bench.boxes().root / "inbox"


def _link(inbox: Path, book: Callable[..., Path]) -> None:
    (inbox / "x.xlsx").symlink_to(book(inbox.parent.parent / "theirs.xlsx", 3))


def _hanging_link(inbox: Path, book: object) -> None:
    (inbox / "x.xlsx").symlink_to("nowhere")


def _pipe(inbox: Path, book: object) -> None:
    os.mkfifo(inbox / "x.xlsx")


def _socket(inbox: Path, book: object) -> None:
    here = Path.cwd()
    os.chdir(inbox)  # a socket's name may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("x.xlsx")
    os.chdir(here)


def _device(inbox: Path, book: object) -> None:
    try:
        os.mknod(inbox / "x.xlsx", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making devices is not allowed here")


@pytest.mark.parametrize("make", [_link, _hanging_link, _pipe, _socket, _device])
def test_what_is_no_file_fails_and_is_never_opened(make, drop, inbox: Path, book, bench) -> None:
    """A link to a workbook too: what it leads to may be another's."""
    make(inbox, book)
    assert drop() == {
        "x.xlsx": "What was dropped is a link or a device, not a file. Send the workbook itself.",
    }
    assert (bench.boxes().inbox, bench.boxes().done, bench.boxes().failed) == ([], [], ["x.reason.txt"])
    assert bench.transport.calls == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a cell in the last corner", "too many cells"),
        ("a count of four thousand million", "another size"),
        ("a billion laughs in strings", "document type"),
        ("two entries that share their bytes", "overlap"),
        ("a far row in single quotes", "outside of what a sheet can hold"),
        ("a merge of the whole sheet", "too many merged cells"),
        ("UTF-7", "encoding"),
    ],
)
def test_a_hostile_workbook_fails_alone(name: str, words: str, drop, inbox: Path, book, bench) -> None:
    """With a reason that says why, and comes back as it was; the one beside it is scored."""
    samples()[name].make(inbox / "evil.xlsx")
    sent = (inbox / "evil.xlsx").read_bytes()
    book(inbox / "good.xlsx", 3)
    found = drop()
    assert words in found.pop("evil.xlsx")
    assert found == {"good.xlsx": "done"}
    assert (bench.boxes().root / "failed" / "evil.xlsx").read_bytes() == sent
    assert words in (bench.boxes().root / "failed" / "evil.reason.txt").read_text()


def test_a_hard_link_fails(drop, inbox: Path, book, bench) -> None:
    """Links can be made to what may not be read."""
    os.link(book(inbox.parent.parent / "theirs.xlsx", 3), inbox / "x.xlsx")
    assert "second name elsewhere" in drop()["x.xlsx"]
    assert bench.transport.calls == 0


def test_a_folder_called_like_a_workbook_is_left_and_what_is_in_it_refused(drop, inbox: Path, book, bench) -> None:
    """It is no endpoint's. A folder in a folder is left alone and told once."""
    (inbox / "x.xlsx" / "deep").mkdir(parents=True)
    book(inbox / "x.xlsx" / "in.xlsx", 3)
    book(inbox / "x.xlsx" / "deep" / "deeper.xlsx", 3)
    with structlog.testing.capture_logs() as logs:
        found = drop()
    assert list(found) == ["in.xlsx"]
    assert "which endpoint is meant" in found["in.xlsx"]
    assert (inbox / "x.xlsx" / "deep" / "deeper.xlsx").exists()
    told = [log for log in logs if log["event"] == "cannot be taken in"]
    assert [log["path"].endswith("x.xlsx/deep") for log in told] == [True]


_NAMES = {
    b"[red]x[].xlsx": "[red]x[].xlsx",
    b"a\n\x1b[31m.xlsx": "a_n_x1b[31m.xlsx",
    b"caf\xe9.xlsx": "caf_xe9.xlsx",
    "invoice\u202excod.xlsx".encode(): "invoice_u202excod.xlsx",
    b"<img src=x onerror=alert(1)>.xlsx": "_img src=x onerror=alert(1)_.xlsx",
    b"=cmd|'x'!A1.xlsx": "=cmd_'x'!A1.xlsx",
    b"-rf.xlsx": "-rf.xlsx",
    b" padded .xlsx": "padded.xlsx",
    b"CON.xlsx": "_CON.xlsx",
    b"com1.tar.xlsx": "_com1.tar.xlsx",
    b"LPT9.xlsx": "_LPT9.xlsx",
    b"x" * 250 + b".xlsx": "x" * 115 + ".xlsx",
    "ü".encode() * 120 + b".xlsx": "ü" * 57 + ".xlsx",
    b"no ending": "no ending",
}


@pytest.mark.parametrize("name", _NAMES)
def test_a_file_may_be_called_anything(name: bytes, drop, inbox: Path, book, bench) -> None:
    """It is scored, and comes back under a name that every system takes; nothing else is touched."""
    book(inbox / "x", 3).rename(inbox / os.fsdecode(name))
    (state,) = drop().values()
    assert (state, bench.boxes().done) == ("done", [_NAMES[name]])
    told = next(iter(bench.ledger.jobs())).file_name
    assert told.isprintable()
    assert told.encode()


def test_a_folders_name_and_a_files_name_make_no_path(drop, inbox: Path, book, bench) -> None:
    """`a[/b].xlsx` is a file in a folder, whatever it looks like on a screen."""
    (inbox / "a[").mkdir()
    book(inbox / "a[" / "b].xlsx", 3)
    assert "which endpoint is meant" in drop()["b].xlsx"]
    assert bench.boxes().failed == ["b].reason.txt", "b].xlsx"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("book.xlsx", "BOOK.XLSX"),
        (unicodedata.normalize("NFC", "März.xlsx"), unicodedata.normalize("NFD", "März.xlsx")),
        ("Straße.xlsx", "STRASSE.xlsx"),
    ],
)
def test_names_that_differ_only_by_case_or_accents_stay_apart(
    one: str, other: str, drop, inbox: Path, book, bench
) -> None:
    """Both are scored; the second gets a number, because some systems could not keep them apart."""
    for name in (one, other):
        book(inbox / name, 3)
    assert set(drop().values()) == {"done"}
    names = bench.boxes().done
    assert len(names) == 2
    assert sum(" (2)" in name for name in names) == 1


def test_a_file_replaced_before_it_is_taken_is_waited_for(drop, inbox: Path, book, bench) -> None:
    """Another file under the name starts the wait anew: what is taken is whole and the newest."""
    book(inbox / "x.xlsx", 3)
    drop.intake.scan()
    book(inbox / "y.xlsx", 4).replace(inbox / "x.xlsx")
    assert drop() == {"x.xlsx": "done"}
    assert bench.ledger.jobs()[0].rows_read == 4


def test_a_file_replaced_by_a_link_between_two_looks_is_not_followed(
    drop, inbox: Path, book, bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the very moment before it is moved: what is moved is the link, and it is refused."""
    theirs = book(tmp_path / "theirs.xlsx", 3)
    book(inbox / "x.xlsx", 3)
    take = Folder.take

    def swap(folder: Folder, name: str, target: Path) -> None:
        (inbox / "x.xlsx").unlink()
        (inbox / "x.xlsx").symlink_to(theirs)
        take(folder, name, target)

    monkeypatch.setattr(Folder, "take", swap)
    assert "a link or a device" in drop()["x.xlsx"]
    assert bench.transport.calls == 0


def test_an_outbox_that_is_a_link_gets_nothing(drop, inbox: Path, book, bench, tmp_path: Path) -> None:
    """Whoever may write beside the outbox cannot have results written elsewhere. They wait until it is a folder again,
    and nothing more is taken meanwhile.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    job_id = bench.enter(book(tmp_path / "x.xlsx", 3))
    done = inbox.with_name("done")
    done.rmdir()
    done.symlink_to(elsewhere)
    assert bench.drive(job_id).state == "queued"
    book(inbox / "y.xlsx", 3)
    with structlog.testing.capture_logs() as logs:
        drop()
    assert [log["event"] for log in logs].count("cannot be taken in") == 1
    assert list(elsewhere.iterdir()) == []
    done.unlink()
    assert drop() == {"x.xlsx": "done", "y.xlsx": "done"}
    assert bench.boxes().done == ["x.xlsx", "y.xlsx"]


def test_a_twin_that_goes_by_names_follows_the_link(drop, inbox: Path, book, tmp_path: Path) -> None:
    """Without descriptors a folder that is swapped for a link is looked into."""
    secret = tmp_path / "secret"
    secret.mkdir()
    book(secret / "theirs.xlsx", 3)
    with Folder.open(inbox) as opened:
        inbox.rmdir()
        inbox.symlink_to(secret)
        assert opened.entries() == []
        assert [path.name for path in inbox.iterdir()] == ["theirs.xlsx"]
