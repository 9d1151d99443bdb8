"""What was used: rows, problems, calls and jobs by day, customer, endpoint, version of the model and door.

`rows` came back with a score, `problems` are rows that did not. Counted in the store where it happens, never from logs.
A day is one of UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.endpoints import rules
from worker.store.tables import customer, endpoint, job, service, usage

COUNTS = ("rows", "problems", "calls", "jobs")
AXES: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer",),
    "service": ("service",),
    "endpoint": ("service", "endpoint"),
    "version": ("service", "version"),
    "door": ("door",),
    "day": ("day",),
}
"""What usage can be summed by, and the columns that make it up."""

_KEY = tuple(column.name for column in usage.primary_key)


@dataclass(frozen=True, slots=True)
class Used:
    """A sum of what was used."""

    rows: int = 0
    problems: int = 0
    calls: int = 0
    jobs: int = 0


def day_of(seconds: float) -> str:
    """The day of a time, YYYY-MM-DD."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d")


def add(db: Connection, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add counts to what stands in the store; each line has every column of `usage`."""
    if lines:
        db.execute(_adding(db), list(lines))


def add_of_job(db: Connection, job_id: str, day: str, used: Used) -> None:
    """Add what a job used, in the transaction that makes it so. It is counted for whom the endpoint belongs to."""
    owner = customer.alias()
    key = {
        "day": literal(day),
        "customer": func.coalesce(owner.c.name, customer.c.name, ""),
        "service": func.coalesce(service.c.name, ""),
        "endpoint": func.coalesce(endpoint.c.name, ""),
        "version": func.coalesce(job.c.model_version, endpoint.c.model_version, 0),
        "door": job.c.door,
    }
    joined = (
        job.outerjoin(endpoint, job.c.endpoint_id == endpoint.c.id)
        .outerjoin(service, endpoint.c.service_id == service.c.id)
        .outerjoin(owner, endpoint.c.customer_id == owner.c.id)
        .outerjoin(customer, job.c.customer_id == customer.c.id)
    )
    found = db.execute(
        select(*(value.label(name) for name, value in key.items())).select_from(joined).where(job.c.id == job_id)
    )
    add(db, [{**line, **asdict(used)} for line in found.mappings()])


def _adding(db: Connection) -> Any:  # noqa: ANN401 - each dialect has its own kind of insert
    insert = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(usage)
    more = {name: usage.c[name] + insert.excluded[name] for name in COUNTS}
    return insert.on_conflict_do_update(index_elements=_KEY, set_=more)


def month_days(month: str) -> tuple[str, str]:
    """First day of a month, YYYY-MM, and of the one after. Raises ChoiceInvalid."""
    try:
        first = dt.datetime.strptime(month, "%Y-%m").replace(tzinfo=dt.UTC)
        after = (first + dt.timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        raise rules.ChoiceInvalid("month", month, ("YYYY-MM",)) from None
    return f"{first:%Y-%m-%d}", f"{after:%Y-%m-%d}"


def report(engine: Engine, month: str, by: str = "customer") -> list[dict[str, Any]]:
    """What was used in a month (YYYY-MM), summed and ordered by one of AXES. Raises ChoiceInvalid."""
    rules.check_choice("by", by, tuple(AXES))
    first, after = month_days(month)
    keys = [usage.c[name] for name in AXES[by]]
    sums = [func.sum(usage.c[name]).label(name) for name in COUNTS]
    query = select(*keys, *sums).where(usage.c.day >= first, usage.c.day < after).group_by(*keys).order_by(*keys)
    with engine.connect() as db:
        return [
            {name: int(value) if name in COUNTS else value for name, value in line.items()}
            for line in db.execute(query).mappings()
        ]
