"""Encrypted workbooks: opened with the job's or the customer's password, and their results closed with it again.

What can be read without the password lies in the job's scratch folder while the job is driven, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worker.batch.job import Job
from worker.endpoints.passwords import Passwords
from worker.workbooks import FileLimits, decrypt_apart, encrypt_apart, is_encrypted
from worker.workbooks.errors import Fault, FileBroken

EXCELS_OWN = "VelvetSweatshop"
"""What Excel tries before it asks: a workbook with this password opens for anybody, and seems to have none."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A job's file that can be read: `book`, what was sent or what is in it. `made` is where its result is to be made:
    where it will be, or in scratch. `scratch` is for what is needed until the job ends.
    """

    original: Path
    book: Path
    made: Path
    scratch: Path


class Locked:
    """Opens and closes the workbooks of jobs."""

    def __init__(self, passwords: Passwords, limits: FileLimits) -> None:
        self._passwords = passwords
        self._limits = limits

    def open(self, job: Job, original: Path, made: Path, scratch: Path) -> Opened:
        """The workbook itself, or what is in it. Raises WorkbookError, also when there is no password for it."""
        if not is_encrypted(original):
            return Opened(original, original, made, scratch)
        plain = scratch / f"plain{original.suffix}"
        password = self._password(job)
        try:
            decrypt_apart(original, plain, password, self._limits)
        except FileBroken as error:
            if error.fault is Fault.WRONG_PASSWORD and password == EXCELS_OWN:
                raise FileBroken(Fault.PASSWORD) from None
            raise
        return Opened(original, plain, scratch / f"result{made.suffix}", scratch)

    def close(self, job: Job, opened: Opened, made: Path) -> None:
        """See that the result is at `made`, encrypted if the workbook was. Raises WorkbookError."""
        if opened.made != made:
            encrypt_apart(opened.made, made, self._password(job), opened.original, self._limits)

    def _password(self, job: Job) -> str:
        return self._passwords.get(job.id) or self._passwords.get(job.customer_id or "") or EXCELS_OWN
