"""Which endpoint a workbook is for: what it says itself, else the only one whose columns it has.

What it says only names. An endpoint that its sender has no right to is answered as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from worker.batch.errors import NoEndpoint, OtherFolder, UnknownEndpoint
from worker.batch.intake import folder_names
from worker.batch.job import Job
from worker.batch.origins import Origins
from worker.endpoints import EndpointRow, Registry
from worker.scoring.binding import Binding
from worker.workbooks import FileLimits, Labels, Look, look_apart

COMMAND, FOLDER = "command", "folder"

LookAt = Callable[[Path, Sequence[tuple[Sequence[str], Labels]], FileLimits], Look]


class Addressee:
    """Looks for endpoints among those that a job's sender has a right to; whoever runs a command has one to all."""

    def __init__(self, registry: Registry, origins: Origins, limits: FileLimits, look: LookAt = look_apart) -> None:
        self._registry = registry
        self._origins = origins
        self._limits = limits
        self._look = look

    def choose(self, job: Job, original: Path) -> str:
        """Id of the endpoint for a job that came without one. Raises NoEndpoint, UnknownEndpoint, WorkbookError."""
        rows = self._allowed(job)
        if job.folder:  # whoever made it meant some endpoint by it
            raise NoEndpoint(_choices(job, rows), job.door)
        kinds = sorted({(row.service, row.contract_version) for row in rows})
        looked = self._look(original, [self._columns(*kind, rows) for kind in kinds], self._limits)
        if looked.binding is not None:
            return self._named(rows, looked.binding).id
        fitting = {kinds[place] for place in looked.fits}
        found = [row for row in rows if (row.service, row.contract_version) in fitting]
        if len(found) != 1:
            raise NoEndpoint(_choices(job, found or rows), job.door)
        return found[0].id

    def check(self, job: Job, binding: Binding | None) -> None:
        """See that a workbook does not name another endpoint than its job's. Raises UnknownEndpoint; OtherFolder for
        one of the sender's own that has a folder beside.
        """
        if binding is None or binding.endpoint == job.endpoint_id or job.door == COMMAND:
            return
        if job.door == FOLDER:
            rows = self._allowed(job)
            named = self._named(rows, binding)
            raise OtherFolder(folder_names(rows)[rows.index(named)])
        raise UnknownEndpoint

    def binding(self, book: Path) -> Binding | None:
        """What a workbook says of its endpoint. Raises WorkbookError."""
        return self._look(book, [], self._limits).binding

    def _allowed(self, job: Job) -> list[EndpointRow]:
        if job.door == COMMAND and job.customer is None:
            return self._registry.endpoints()
        return self._registry.endpoints(customer=job.customer) if job.customer else []

    @staticmethod
    def _named(rows: Sequence[EndpointRow], binding: Binding) -> EndpointRow:
        for row in rows:
            if row.id == binding.endpoint:
                return row
        raise UnknownEndpoint

    def _columns(self, service: str, version: int, rows: Sequence[EndpointRow]) -> tuple[Sequence[str], Labels]:
        contract = next(row.contract for row in self._registry.versions(service) if row.number == version)
        return contract.input_names, self._origins.labels(service, [row.name for row in rows if row.service == service])


def _choices(job: Job, rows: Sequence[EndpointRow]) -> list[str]:
    if job.door == FOLDER:
        return folder_names(rows)
    return [f"{row.service}/{row.name}" for row in rows]
