"""A job as the ledger has it: one value, the query behind it, and the words for its states and doors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from worker.store.tables import customer, endpoint, job, service

ENDED = ("done", "failed", "cancelled")
NEW = "new"
BATCH = "batch"
"""The door of tables that come by the batch API."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the ledger with the names a person knows its parties by. Times are seconds since 1970, UTC."""

    id: str
    customer_id: str | None
    customer: str | None
    endpoint_id: str | None
    endpoint: str | None
    service: str | None
    call_limit: int | None
    door: str
    file_name: str
    input: str
    sha256: str
    state: str
    phase: str
    contract_version: int | None
    model_version: int | None
    part_rows: int | None
    parts: int | None
    rows_read: int | None
    rows_scored: int | None
    rows_with_problems: int | None
    calls: int
    calls_unanswered: int
    cancel_asked: bool
    result_name: str | None
    reason: str | None
    starts: int
    owner: str | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    request: str | None = None
    conventions: str | None = None

    @property
    def output_name(self) -> str:
        """What the result is to be called."""
        return str(self._asked.get("output", self.file_name))

    @property
    def folder(self) -> str:
        """The folder of an inbox in which a dropped file lay, if it belongs to no endpoint."""
        return str(self._asked.get("folder", ""))

    @property
    def parameters(self) -> dict[str, Any]:
        """Values for parameters of the endpoint."""
        given: dict[str, Any] = self._asked.get("parameters", {})
        return given

    @property
    def _asked(self) -> dict[str, Any]:
        return dict(json.loads(self.request or "{}"))


def job_query() -> Select[Any]:
    """Every job, with the fields of `Job`."""
    own = list(job.c)
    names = [
        customer.c.name.label("customer"),
        endpoint.c.name.label("endpoint"),
        endpoint.c.call_limit,
        service.c.name.label("service"),
    ]
    joined = (
        job.outerjoin(endpoint, job.c.endpoint_id == endpoint.c.id)
        .outerjoin(service, endpoint.c.service_id == service.c.id)
        .outerjoin(customer, job.c.customer_id == customer.c.id)
    )
    return select(*own, *names).select_from(joined)
