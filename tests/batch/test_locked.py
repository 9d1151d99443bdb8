"""Encrypted workbooks as jobs: scored with the password of the customer or the job, and given back encrypted."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine

from tests.workbooks.samples import samples
from worker.batch.locked import EXCELS_OWN
from worker.batch.owner import Owner
from worker.batch.service import BatchService
from worker.endpoints import Models
from worker.endpoints.passwords import Passwords
from worker.endpoints.rules import PasswordInvalid
from worker.endpoints.secrets import SecretError
from worker.workbooks import decrypt_apart, encrypt_apart, is_encrypted

PASSWORD = "canary-pässwört"
CELLS = "L-00007"  # stands in the workbook, and nowhere else


@pytest.fixture
def locked(book, tmp_path: Path) -> Path:
    plain = book(tmp_path / "plain.xlsx", 40)
    encrypt_apart(plain, tmp_path / "loans.xlsx", PASSWORD, like=plain)
    return tmp_path / "loans.xlsx"


def test_the_customers_password_opens_and_closes(bench, locked: Path, tmp_path: Path) -> None:
    """The result opens with the same password and is scored; the original is kept as it came."""
    bench.passwords.keep(bench.customer.id, PASSWORD)
    job = bench.drive(bench.enter(locked))
    assert (job.state, job.rows_scored) == ("done", 40)
    done = bench.boxes().root / "done" / "loans.xlsx"
    assert is_encrypted(done)
    decrypt_apart(done, tmp_path / "back.xlsx", PASSWORD)
    names = CalamineWorkbook.from_path(tmp_path / "back.xlsx").sheet_names
    assert names == ["Loans", "Notes", "Scores", "Scores summary"]
    assert bench.folders.original(job.id, "loans.xlsx").read_bytes() == locked.read_bytes()


def test_a_jobs_own_password_goes_before_the_customers_and_ends_with_the_job(bench, locked: Path) -> None:
    """It came with this workbook."""
    bench.passwords.keep(bench.customer.id, "another")
    job_id = bench.enter(locked, door="upload")
    bench.passwords.keep(job_id, PASSWORD)
    assert bench.drive(job_id).state == "done"
    assert bench.passwords.owners() == {bench.customer.id}


@pytest.mark.parametrize(("password", "words"), [("", "protected by a password"), ("wrong", "another password")])
def test_without_the_password_it_is_refused(password: str, words: str, bench, locked: Path) -> None:
    """Clearly, with nothing paid, and the file comes back as it was."""
    if password:
        bench.passwords.keep(bench.customer.id, password)
    job = bench.drive(bench.enter(locked))
    assert job.state == "failed"
    assert words in (job.reason or "")
    assert bench.transport.calls == 0
    assert (bench.boxes().root / "failed" / "loans.xlsx").read_bytes() == locked.read_bytes()


def test_a_password_changes_nothing_for_a_workbook_that_has_none(bench, book, tmp_path: Path) -> None:
    """A customer may protect some of theirs."""
    bench.passwords.keep(bench.customer.id, PASSWORD)
    assert bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 3))).state == "done"
    assert not is_encrypted(bench.boxes().root / "done" / "loans.xlsx")


def test_a_workbook_that_excel_opens_without_asking_is_scored_without_a_password(bench, book, tmp_path: Path) -> None:
    """Nobody who sees it in Excel knows that it has one; the result opens in the same way."""
    plain = book(tmp_path / "plain.xlsx", 3)
    encrypt_apart(plain, tmp_path / "loans.xlsx", EXCELS_OWN, like=plain)
    assert bench.drive(bench.enter(tmp_path / "loans.xlsx")).state == "done"
    decrypt_apart(bench.boxes().root / "done" / "loans.xlsx", tmp_path / "back.xlsx", EXCELS_OWN)


def test_what_was_encrypted_is_looked_at_like_any_other(bench, tmp_path: Path) -> None:
    """A password is no reason to trust what is behind it."""
    plain = tmp_path / "plain.xlsx"
    samples()["a count of four thousand million"].make(plain)
    with zipfile.ZipFile(plain, "a") as file:
        file.writestr("xl/media/a.bin", bytes(range(256)) * 20)
    encrypt_apart(plain, tmp_path / "loans.xlsx", PASSWORD, like=plain)
    bench.passwords.keep(bench.customer.id, PASSWORD)
    job = bench.drive(bench.enter(tmp_path / "loans.xlsx"))
    assert job.state == "failed"
    assert "another size" in (job.reason or "")


def _places_with(home: Path, *wanted: bytes) -> list[str]:
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and any(each in path.read_bytes() for each in wanted)
    ]


def test_what_can_be_read_lies_in_the_jobs_scratch_folder_and_is_gone(
    bench, locked: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While it is scored: there, for this account alone, and not in the system's folder for such files. Afterwards,
    also after a failure: nowhere; the password never, in no file, log or reason.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    untouched = elsewhere.stat().st_mtime_ns
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    bench.passwords.keep(bench.customer.id, PASSWORD)
    seen: list[tuple[list[str], int]] = []

    def look(columns: object) -> None:
        plain = next(bench.home.glob("jobs/*/scratch-*/plain.xlsx"))
        seen.append(([p.name for p in elsewhere.iterdir()], plain.stat().st_mode & 0o777))
        if len(seen) > 1:
            raise RuntimeError("broken")

    bench.transport.before = look
    assert bench.drive(bench.enter(locked)).state == "done"
    assert bench.drive(bench.enter(locked)).state == "failed"
    assert [mode for _, mode in seen] == [0o600] * 2
    assert all(names == [] for names, _ in seen)
    assert elsewhere.stat().st_mtime_ns == untouched
    assert list(bench.home.glob("jobs/*/scratch*")) == []
    assert _places_with(bench.home, CELLS.encode(), PASSWORD.encode(), b"PK\3\4") == []
    told = "".join(capsys.readouterr())
    assert "job failed by a fault of ours" in told
    assert PASSWORD not in told
    assert not any(PASSWORD in (job.reason or "") for job in bench.ledger.jobs())


def test_what_a_crash_left_goes_with_the_end_of_the_job(bench, locked: Path) -> None:
    """The next start finds it and removes it first."""
    bench.passwords.keep(bench.customer.id, PASSWORD)

    class Ended(BaseException):
        pass

    def end(columns: object) -> None:
        left = next(bench.home.glob("jobs/*/scratch-*"))
        left.rename(left.with_name("kept"))
        raise Ended

    bench.transport.before = end
    job_id = bench.enter(locked)
    with pytest.raises(Ended):
        bench.drive(job_id)
    folder = bench.folders.folder(job_id)
    (folder / "kept").rename(folder / "scratch-somebody")
    bench.transport.before = lambda columns: None
    assert bench.drive(job_id).state == "done"
    assert not list(folder.glob("scratch*"))


def test_what_a_crash_left_is_gone_when_a_process_starts(bench, store: Engine, locked: Path, owner: Owner) -> None:
    """Though the job waits its turn, for the process that drives it may never come; what a living one has stays."""
    bench.passwords.keep(bench.customer.id, PASSWORD)
    given = (store, bench.home, bench.settings, Models(store, bench.home))
    with BatchService(*given, serving=False) as dead:
        pass
    left = [bench.folders.folder(bench.enter(locked)) / f"scratch-{name}" for name in (dead.owner.name, owner.name)]
    for folder in left:
        folder.mkdir()
        (folder / "plain.xlsx").write_bytes(CELLS.encode())
    with BatchService(*given, serving=False):
        assert [folder.exists() for folder in left] == [False, True]
    assert _places_with(bench.home, CELLS.encode()) == [str((left[1] / "plain.xlsx").relative_to(bench.home))]


def test_passwords_are_kept_under_the_homes_secret(store, home: Path, tmp_path: Path) -> None:
    """Not as text; not to be read under another secret; empty and too long ones are refused."""
    passwords = Passwords(store, home)
    passwords.keep("a", PASSWORD)
    assert passwords.get("a") == PASSWORD
    assert passwords.get("b") == ""
    assert _places_with(home, PASSWORD.encode(), PASSWORD.encode("utf-16-le")) == []
    with pytest.raises(SecretError):
        Passwords(store, tmp_path).get("a")
    for text in ("", "x" * 256):
        with pytest.raises(PasswordInvalid):
            passwords.keep("a", text)
    passwords.forget("a")
    assert passwords.get("a") == ""
