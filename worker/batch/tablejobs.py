"""The jobs of the batch API: a table is submitted, started, watched and fetched, and driven like every other job."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from worker.batch.folders import Claim, JobFolders, new_job_id
from worker.batch.job import BATCH, NEW, Job
from worker.batch.ledger import Ledger
from worker.endpoints import EndpointRow
from worker.files import sync_file, sync_folder
from worker.scoring import SheetscoreError

Status = Literal["NotStarted", "Running", "Failed", "Cancelled", "Finished"]
_STATUS: dict[str, Status] = {
    NEW: "NotStarted",
    "queued": "NotStarted",
    "running": "Running",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "done": "Finished",
}


class UnknownJob(SheetscoreError):
    """The endpoint has no such job."""


class CannotStart(SheetscoreError):
    """A job is started once. `state` is the one it is in."""

    def __init__(self, state: Status) -> None:
        super().__init__(f"the job is {state}")
        self.state = state


@dataclass(frozen=True, slots=True)
class TableRequest:
    """What is asked of a job: the file name of its result, which ends in .csv or .tsv, and values for parameters."""

    output: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableState:
    """A job as its customer sees it. `details` says why it failed, `result` is there once it is finished."""

    status: Status
    details: str
    result: Path | None
    output: str


class TableJobs:
    """What the host calls for its `jobs` addresses. A job is only ever shown to the endpoint it belongs to."""

    def __init__(
        self, ledger: Ledger, folders: JobFolders, owner: str, wake: Callable[[], None] = lambda: None
    ) -> None:
        self._ledger = ledger
        self._folders = folders
        self._owner = owner
        self._wake = wake

    def submit(self, endpoint: EndpointRow, source: Path, name: str, request: TableRequest) -> str:
        """Keep the table under its `name`, which ends in .csv or .tsv, as a job that waits for `start`; returns its id,
        32 hex digits. Raises OSError.
        """
        claim = Claim(new_job_id(), None, endpoint.id, BATCH, name, self._owner)
        original = self._folders.open_claim(claim)
        try:
            _keep(source, original)
            self._ledger.add_table(claim.job_id, endpoint.id, name, json.dumps(asdict(request)))
        except OSError:
            self._folders.remove(claim.job_id)
            raise
        self._folders.entered(claim.job_id)
        return claim.job_id

    def start(self, endpoint_id: str, job_id: str) -> None:
        """Queue a job that was submitted. Raises UnknownJob, CannotStart."""
        if self._own(endpoint_id, job_id) is None:
            raise UnknownJob(job_id)
        if not self._ledger.start(job_id):
            job = self._own(endpoint_id, job_id)
            raise CannotStart(_STATUS[job.state] if job else "Cancelled")
        self._wake()

    def state(self, endpoint_id: str, job_id: str) -> TableState | None:
        """The job as its customer may see it; None for a missing and for a foreign one."""
        job = self._own(endpoint_id, job_id)
        if job is None:
            return None
        result = self._folders.folder(job_id) / (job.result_name or "")
        done = job.state == "done" and result.is_file()
        details = (job.reason or "") if job.state == "failed" else ""
        return TableState(_STATUS[job.state], details, result if done else None, job.output_name)

    def cancel(self, endpoint_id: str, job_id: str) -> bool:
        """Cancel a job, also one that was not started; False when it is missing, foreign or over."""
        asked = self._own(endpoint_id, job_id) is not None and self._ledger.ask_cancel(job_id)
        self._wake()
        return asked

    def _own(self, endpoint_id: str, job_id: str) -> Job | None:
        job = self._ledger.get(job_id)
        return job if job is not None and job.door == BATCH and job.endpoint_id == endpoint_id else None


def _keep(source: Path, original: Path) -> None:
    """A second name of the same file, which is replaced and never written to; a copy on another filesystem."""
    try:
        os.link(source, original)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOSPC, errno.EDQUOT}:
            raise
        shutil.copyfile(source, original)
    sync_file(original)
    sync_folder(original.parent)
