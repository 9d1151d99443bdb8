"""Where the end of a job becomes visible: its result in `done`, or the file and the reason in `failed`.

The name, and what else was decided, is recorded in the ledger before anything appears under it, so that a crash in
between neither places a file twice nor changes the outcome.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from worker.batch.folders import JobFolders
from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.publish import (
    free_name,
    original_name,
    place,
    place_again,
    reason_name,
    safe_name,
    scored_name,
    template_name,
)
from worker.files import private_folder, sync_file
from worker.folder import Folder, folders

DONE, FAILED = "done", "failed"


class Outbox:
    """The outboxes of all jobs, for the process `owner` that drives them."""

    def __init__(self, ledger: Ledger, folders: JobFolders, owner: str) -> None:
        self._ledger = ledger
        self._folders = folders
        self._owner = owner

    def made(self, job: Job) -> Path:
        """Where the result is made before it is published."""
        original = self._folders.original(job.id, job.file_name)
        return original.with_name(f"result{original.suffix}")

    def has_result(self, job: Job) -> bool:
        """Whether the result was published before a crash."""
        box, _, name = (job.result_name or "").partition("/")
        if box != DONE:
            return False
        with self._box(job, DONE) as folder:
            return place_again(self.made(job), folder, name)

    def publish_result(self, job: Job, *, alone: bool = False) -> None:
        """Make the result appear in `done`; one that is `alone`, a workbook of scores only, beside the file that was
        dropped.
        """
        original = self._folders.original(job.id, job.file_name)
        files = self._fresh(job)
        if not alone:
            self._publish(job, DONE, {**files, str: self.made(job)}, job.output_name, phase="publishing")
            return
        if job.door == "folder":
            back = self._back(job)
            _once(back, lambda half: shutil.copyfile(original, half))
            files[partial(original_name, ending=Path(safe_name(job.file_name)).suffix)] = back
        files[str] = self.made(job)
        self._publish(job, DONE, files, scored_name(job.file_name), phase="publishing")

    def publish_failure(self, job: Job, state: str, reason: str) -> None:
        """Make the reason and a copy of the file appear in `failed`; the original stays where it is. There is no copy
        of what is no file or cannot be read.
        """
        copy, note = self._for_failed(job)
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        _once(note, lambda half: half.write_text(f"{reason}\n", "utf-8"))
        # first: two endings can want one reason's name
        files: dict[Callable[[str], str], Path] = {reason_name: note, **self._fresh(job)}
        sent = self._folders.arrived(job.id, job.file_name)
        if not os.path.lexists(sent):
            sent = self._folders.original(job.id, job.file_name)
        with suppress(PermissionError):
            if copy.exists() or is_plain_file(sent):
                _once(copy, lambda half: shutil.copyfile(sent, half, follow_symlinks=False))
                files[str] = copy
        self._publish(job, FAILED, files, job.file_name, phase=state, reason=reason)

    def clear(self, job: Job) -> None:
        """Let go of what was published: it is a second name of the same file, and a customer's later edit must not
        reach ours; and of what was dropped, once there is a copy of it.
        """
        original, arrived = (at(job.id, job.file_name) for at in (self._folders.original, self._folders.arrived))
        for made in (
            self.made(job),
            self._back(job),
            self._new_template(job),
            *self._for_failed(job),
            *([arrived] if original.exists() else []),
        ):
            made.unlink(missing_ok=True)

    def lay_beside(self, job: Job, template: bytes) -> None:
        """A new template for whoever sent the file, to be published with what becomes of it."""
        _once(self._new_template(job), lambda half: half.write_bytes(template))

    def _new_template(self, job: Job) -> Path:
        return self._folders.folder(job.id) / "template.xlsx"

    def _fresh(self, job: Job) -> dict[Callable[[str], str], Path]:
        file = self._new_template(job)
        return {template_name: file} if file.exists() else {}

    def _back(self, job: Job) -> Path:
        original = self._folders.original(job.id, job.file_name)
        return original.with_name(f"back{original.suffix}")

    def _for_failed(self, job: Job) -> tuple[Path, Path]:
        original = self._folders.original(job.id, job.file_name)
        return original.with_name(f"failed{original.suffix}"), original.with_name("reason.txt")

    @contextmanager
    def _box(self, job: Job, box: str) -> Iterator[Folder]:
        outbox = self._folders.outbox(job.id, job.customer, job.door)
        private_folder(outbox.parent)
        with folders(outbox.parent, outbox.name, box) as folder:
            yield folder

    def _publish(
        self, job: Job, box: str, files: Mapping[Callable[[str], str], Path], wanted: str, **decided: str
    ) -> None:
        """Make files appear, each under what its key makes of the name that is chosen, which is like the one wanted."""
        beside = [named for named in files if named is not str]
        known, _, name = (job.result_name or "").partition("/")
        with self._box(job, box) as folder, self._folders.naming(job.customer, job.door):
            # a name that was chosen before a crash was free for others until something was there
            again = known == box and any(place_again(file, folder, named(name)) for named, file in files.items())
            while True:
                if not again:
                    name = free_name(folder, safe_name(wanted), *beside)
                self._ledger.pin(job.id, self._owner, result_name=f"{box}/{name}", **decided)
                if all(place(file, folder, named(name), again=again) for named, file in files.items()):
                    return
                again = False


def is_plain_file(file: Path) -> bool:
    """Whether `file` is a regular file and not a link to one."""
    return file.is_file() and not file.is_symlink()


def _once(file: Path, make: Callable[[Path], object]) -> None:
    """Make a file, whole, unless it is there: one that was placed before a crash must stay the same file."""
    if not file.exists():
        half = file.with_name(f"{file.name}.part")
        make(half)
        sync_file(half)
        half.rename(file)
