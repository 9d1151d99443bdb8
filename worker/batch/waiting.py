"""Which jobs wait to be driven, who comes first, and for which there is no room yet."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from worker.batch.job import BATCH
from worker.store.tables import endpoint, job


def waiting(only: str | None, tables: bool | None, per_endpoint: int | None) -> Select[Any]:
    """Jobs that may be claimed, who comes first first. See `Ledger.claim`."""
    other = job.alias()
    busy = select(func.count()).where(other.c.state == "running", other.c.customer_id == job.c.customer_id)
    since = case((job.c.door == BATCH, job.c.started_at), else_=job.c.created_at)
    columns = (job.c.id, job.c.state, job.c.owner, job.c.door, job.c.endpoint_id, job.c.cancel_asked)
    query = select(*columns).where(job.c.state.in_(("queued", "running")))
    if only is not None:
        query = query.where(job.c.id == only)
    if tables is not None:
        query = query.where(job.c.door == BATCH if tables else job.c.door != BATCH)
    if per_endpoint is not None:
        room = _running(job.c.endpoint_id).scalar_subquery() < per_endpoint
        query = query.where(or_(job.c.door != BATCH, job.c.state == "running", job.c.cancel_asked, room))
    return query.order_by(busy.scalar_subquery(), since, job.c.id)


def may_be_full(row: Any) -> bool:  # noqa: ANN401 - a row of `waiting`
    """What is cancelled only has to be ended, and what runs already has its place."""
    return row.door == BATCH and row.state == "queued" and not row.cancel_asked


def is_full(db: Connection, endpoint_id: str, most: int) -> bool:
    """Counted again under a lock, because PostgreSQL lets several processes claim at once."""
    db.execute(select(endpoint.c.id).where(endpoint.c.id == endpoint_id).with_for_update())
    return int(db.execute(_running(endpoint_id)).scalar_one()) >= most


def _running(endpoint_id: Any) -> Select[Any]:  # noqa: ANN401 - a column or its value
    """How many jobs of the batch API run for an endpoint."""
    other = job.alias()
    running = and_(other.c.state == "running", other.c.door == BATCH)
    return select(func.count()).where(running, other.c.endpoint_id == endpoint_id)
