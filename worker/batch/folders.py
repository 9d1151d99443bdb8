"""Where a job's files lie. One folder for each job under <home>/jobs, on the filesystem of the drop folders, so that
claiming and publishing are renames.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from worker.files import sync_file, sync_folder

CLAIM = "claim.json"
_SCRATCH = "scratch-"
KEPT_ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods", ".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Claim:
    """What has to be known of a claimed file before the ledger knows it. `where` is what to read of it, `folder` where
    it lay in the inbox if that belongs to no endpoint.
    """

    job_id: str
    customer_id: str | None
    endpoint_id: str | None
    door: str
    file_name: str
    owner: str
    where: str = ""
    conventions: str | None = None
    folder: str = ""


class JobFolders:
    """`<home>/jobs`: the claim until it is entered, the untouched original, and what is being made of it."""

    def __init__(self, home: Path) -> None:
        self.root = home / "jobs"
        self.drop = home / "drop"
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def folder(self, job_id: str) -> Path:
        """The job's own folder."""
        return self.root / job_id

    def original(self, job_id: str, file_name: str) -> Path:
        """Where the customer's file is kept, byte for byte, until its retention ends."""
        ending = Path(file_name).suffix.lower()
        return self.folder(job_id) / f"original{ending if ending in KEPT_ENDINGS else '.bin'}"

    def arrived(self, job_id: str, file_name: str) -> Path:
        """Where the dropped file itself stays until its job ends, once a copy of it was made the original."""
        original = self.original(job_id, file_name)
        return original.with_name(f"arrived{original.suffix}")

    def outbox(self, job_id: str, customer: str | None, door: str) -> Path:
        """The folder that has `done` and `failed` for a job: the customer's for dropped files, else the job's own."""
        if door == "folder" and customer is not None:
            return self.drop / customer
        return self.folder(job_id)

    def naming(self, customer: str | None, door: str) -> AbstractContextManager[object]:
        """Held by one thread of one process at a time, while it chooses a name in such a job's outbox and takes it; a
        job's own folder is nobody else's.
        """
        if door != "folder" or customer is None:
            return contextlib.nullcontext()
        return FileLock(self.root / f".names-{customer}.lock", mode=0o600)

    def open_claim(self, claim: Claim) -> Path:
        """Make the job's folder with its claim in it, lasting; returns where the file is to be moved to."""
        folder = self.folder(claim.job_id)
        folder.mkdir(mode=0o700)
        note = folder / CLAIM
        note.write_text(json.dumps(asdict(claim)), "utf-8")
        sync_file(note)
        sync_folder(folder)
        sync_folder(self.root)
        return self.original(claim.job_id, claim.file_name)

    def entered(self, job_id: str) -> None:
        """The ledger knows the job: its claim is over."""
        (self.folder(job_id) / CLAIM).unlink(missing_ok=True)

    def claims(self) -> Iterator[tuple[Claim, bool]]:
        """Every claim that was not entered yet, and whether its file has arrived."""
        for entry in sorted(os.scandir(self.root), key=lambda e: e.name):
            if not entry.is_dir(follow_symlinks=False):
                continue
            try:
                claim = Claim(**json.loads((Path(entry.path) / CLAIM).read_text("utf-8")))
            except (FileNotFoundError, ValueError, TypeError):
                continue
            yield claim, os.path.lexists(self.original(claim.job_id, claim.file_name))

    @contextlib.contextmanager
    def scratch(self, job_id: str, owner: str) -> Iterator[Path]:
        """An empty folder for what is only needed while this owner drives the job."""
        folder = self.folder(job_id) / f"{_SCRATCH}{owner}"
        for left in self.folder(job_id).glob(f"{_SCRATCH}*"):  # a crash may have left some
            shutil.rmtree(left, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def remove_scratch(self, is_alive: Callable[[str], bool]) -> None:
        """Remove what owners that are no more left behind: a workbook without its password may be among it."""
        for left in self.root.glob(f"*/{_SCRATCH}*"):
            if not is_alive(left.name.removeprefix(_SCRATCH)):
                shutil.rmtree(left, ignore_errors=True)

    def remove(self, job_id: str) -> None:
        """Remove a job's folder with all that is in it."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder(job_id))


def new_job_id() -> str:
    """32 hex digits, as classic job ids were."""
    return uuid.uuid4().hex
