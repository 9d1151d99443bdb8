"""What is published: the versions of services, and which of them any endpoint may pin."""

from __future__ import annotations

import json

from sqlalchemy import Engine, select

from worker.endpoints.rows import VersionRow
from worker.scoring.schema import Schema
from worker.store import tables


def versions(engine: Engine, service_id: str) -> list[VersionRow]:
    """The versions of a service, oldest first, with models sent to single endpoints."""
    v = tables.version.c
    query = select(tables.version, tables.model.c.kind).join(tables.model).where(v.service_id == service_id)
    with engine.connect() as db:
        rows = db.execute(query.order_by(v.number)).all()
    return [
        VersionRow(
            r.number,
            Schema.from_dict(json.loads(r.contract)),
            r.kind,
            r.model_id,
            r.created_at,
            json.loads(r.sample_scores or "null"),
            r.only_for,
        )
        for r in rows
    ]


def published(engine: Engine, service_id: str) -> dict[int, float]:
    """When each version of a service was published, or sent to its endpoint."""
    v = tables.version.c
    with engine.connect() as db:
        rows = db.execute(select(v.number, v.created_at).where(v.service_id == service_id))
        return {row.number: row.created_at for row in rows}


def on_offer(engine: Engine) -> dict[str, list[int]]:
    """The numbers of each service's published versions, oldest first."""
    s, v = tables.service.c, tables.version.c
    query = select(s.name, v.number).join(tables.version).where(v.only_for.is_(None)).order_by(v.number)
    found: dict[str, list[int]] = {}
    with engine.connect() as db:
        for name, number in db.execute(query):
            found.setdefault(name, []).append(number)
    return found


def is_on_offer(engine: Engine, service_id: str, number: int) -> bool:
    """Whether a version of a service is one that any endpoint may pin."""
    v = tables.version.c
    query = select(v.number).where(v.service_id == service_id, v.only_for.is_(None))
    with engine.connect() as db:
        return number in db.execute(query).scalars().all()  # asked for may be a number that no store holds
