"""Customers in the store."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select

from worker.endpoints import rules
from worker.endpoints.rows import CustomerRow
from worker.store.tables import customer


def every(db: Connection) -> list[CustomerRow]:
    """Every customer, by name."""
    return [CustomerRow(*row) for row in db.execute(select(customer).order_by(customer.c.name))]


def insert(db: Connection, name: str, language: str | None, now: float) -> CustomerRow:
    """Make a customer. Raises IntegrityError when there is one of that name."""
    row = CustomerRow(uuid.uuid4().hex, name, now, language=language)
    db.execute(customer.insert().values(id=row.id, name=name, created_at=now, language=language))
    return row


def id_of(db: Connection, name: str) -> str:
    """Raises Unknown."""
    found = db.execute(select(customer.c.id).where(customer.c.name == name)).scalar_one_or_none()
    if found is None:
        raise rules.Unknown("customer", name, [row.name for row in every(db)])
    return str(found)
