"""Workbooks that come by HTTP: streamed straight into their job's folder, then driven like every other job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.batch.folders import Claim, JobFolders, new_job_id
from worker.batch.intake import enter
from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.publish import template_name
from worker.endpoints import Sender
from worker.endpoints.passwords import Passwords
from worker.files import sync_file, sync_folder

DOOR = "upload"


@dataclass(frozen=True, slots=True)
class Incoming:
    """An upload under way: the host writes to `path`; nothing counts before `commit`."""

    job_id: str
    path: Path
    claim: Claim


class UploadDoor:
    """What the host calls for its `workbooks` addresses. A job is only ever shown to the endpoint it belongs to, and to
    its customer's own token.
    """

    def __init__(
        self,
        ledger: Ledger,
        folders: JobFolders,
        passwords: Passwords,
        owner: str,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._folders = folders
        self._passwords = passwords
        self._owner = owner
        self._wake = wake

    def begin(self, sender: Sender, name: str) -> Incoming:
        """Open a job's folder. Until `commit`, a crash leaves nothing but a folder that recovery removes."""
        claim = Claim(new_job_id(), sender.customer_id, sender.endpoint_id, DOOR, name, self._owner)
        path = self._folders.open_claim(claim)
        return Incoming(claim.job_id, path, claim)

    def commit(self, incoming: Incoming, password: str = "") -> str:
        """The file is whole: make it last, then enter the job; returns the job's id. `password` opens this workbook.
        Raises PasswordInvalid.
        """
        sync_file(incoming.path)
        sync_folder(incoming.path.parent)
        if password:
            self._passwords.keep(incoming.job_id, password)
        enter(incoming.claim, self._ledger, self._folders)
        self._wake()
        return incoming.job_id

    def abort(self, incoming: Incoming) -> None:
        """The upload broke off: nothing is kept."""
        self._folders.remove(incoming.job_id)

    def state(self, sender: Sender, job_id: str) -> dict[str, Any] | None:
        """The job as a customer may see it; None for a missing and for a foreign one."""
        job = self._own(sender, job_id)
        return None if job is None else public(job)

    def result(self, sender: Sender, job_id: str) -> Path | None:
        """The workbook with its new sheets, once the job is done."""
        job = self._own(sender, job_id)
        if job is None or job.state != "done" or not job.result_name:
            return None
        file = self._folders.outbox(job.id, job.customer, job.door) / job.result_name
        return file if file.exists() else None

    def template(self, sender: Sender, job_id: str) -> Path | None:
        """The new template that was laid beside the result, or beside the reason, of a job whose own was too old."""
        job = self._own(sender, job_id)
        if job is None or job.state not in ("done", "failed") or not job.result_name:
            return None
        file = self._folders.outbox(job.id, job.customer, job.door) / template_name(job.result_name)
        return file if file.exists() else None

    def cancel(self, sender: Sender, job_id: str) -> bool:
        """Ask for the job to be cancelled; False when it is missing, foreign or over."""
        return self._own(sender, job_id) is not None and self._ledger.ask_cancel(job_id)

    def _own(self, sender: Sender, job_id: str) -> Job | None:
        job = self._ledger.get(job_id)
        if job is None:
            return None
        if sender.endpoint_id is not None:
            return job if job.endpoint_id == sender.endpoint_id else None
        return job if job.door == DOOR and job.customer_id == sender.customer_id else None


def public(job: Job) -> dict[str, Any]:
    """A job as plain JSON values, without what concerns only us."""
    return {
        "id": job.id,
        "state": job.state,
        "phase": job.phase or None,
        "workbook": job.file_name,
        "endpoint": f"{job.service}/{job.endpoint}" if job.endpoint else None,
        "customer": job.customer,
        "contractVersion": job.contract_version,
        "modelVersion": job.model_version,
        "rowsRead": job.rows_read,
        "rowsScored": job.rows_scored,
        "rowsWithProblems": job.rows_with_problems,
        "calls": job.calls,
        "result": job.result_name if job.state == "done" else None,
        "reason": job.reason,
        "createdAt": _moment(job.created_at),
        "endedAt": _moment(job.ended_at),
    }


def _moment(seconds: float | None) -> str | None:
    """A time of the store in ISO 8601, UTC."""
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")
