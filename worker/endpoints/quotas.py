"""How many rows a customer may have scored in a month of UTC: warned at 80 %, then blocked or let on.

What begins below the quota is finished, so one call or job can go over it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from worker.endpoints import rules
from worker.endpoints.usage import month_days
from worker.store.tables import customer, usage

WARN_AT = 0.8
ROWS_MOST = 10**12


@dataclass(slots=True)
class Allowance:
    """A customer's rows of one month against their quota; `blocks` is what happens when it is reached."""

    customer: str
    month: str
    quota: int
    blocks: bool
    rows: int = 0

    @property
    def is_near(self) -> bool:
        """Whether 80 % are used."""
        return self.rows >= WARN_AT * self.quota

    @property
    def is_used_up(self) -> bool:
        """Whether all is used."""
        return self.rows >= self.quota

    def check(self) -> None:
        """Raises QuotaReached when nothing more may be scored."""
        if self.blocks and self.is_used_up:
            raise QuotaReached(self)


class QuotaReached(rules.RuleError):
    """The customer's rows of this month are used up. Its words are for the customer."""

    def __init__(self, allowance: Allowance) -> None:
        again = dt.date.fromisoformat(month_days(allowance.month)[1])
        super().__init__(
            f"The quota of {allowance.quota:,} rows for {allowance.month} is used up ({allowance.rows:,} scored). "
            f"Rows are scored again from {again} on, or when your provider raises the quota."
        )
        self.allowance = allowance


def set_quota(engine: Engine, name: str, rows: int | None, *, blocks: bool | None = None) -> None:
    """Give a customer a monthly quota, or none. Whether it blocks stays if not said; at first it does.

    Raises Unknown, NumberInvalid.
    """
    if rows is not None:
        rules.check_number("quota_rows", rows, ROWS_MOST)
    values = {"quota_rows": rows} | ({} if blocks is None else {"quota_blocks": blocks})
    with engine.begin() as db:
        changed = db.execute(customer.update().where(customer.c.name == name).values(values))
    if changed.rowcount != 1:
        raise rules.Unknown("customer", name)


def allowances(engine: Engine, now: float, only: str | None = None) -> dict[str, Allowance]:
    """Every customer with a quota (or the one), and what of it is used in the month of `now`."""
    month = dt.datetime.fromtimestamp(now, dt.UTC).strftime("%Y-%m")
    query = select(customer.c.name, customer.c.quota_rows, customer.c.quota_blocks).where(
        customer.c.quota_rows.is_not(None)
    )
    if only is not None:
        query = query.where(customer.c.name == only)
    with engine.connect() as db:
        found = {row.name: Allowance(row.name, month, row.quota_rows, row.quota_blocks) for row in db.execute(query)}
        if found:
            _sum(db, found, month)
    return found


def _sum(db: Connection, found: dict[str, Allowance], month: str) -> None:
    first, after = month_days(month)
    query = (
        select(usage.c.customer, func.sum(usage.c.rows))
        .where(usage.c.day >= first, usage.c.day < after)
        .group_by(usage.c.customer)
    )
    if len(found) == 1:
        query = query.where(usage.c.customer == next(iter(found)))
    for name, rows in db.execute(query):
        if name in found:
            found[name].rows = int(rows)
