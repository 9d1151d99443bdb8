"""Selective update: one endpoint moves to another contract and model, nobody else's scores change.

refresh takes the service's newest contract, and the newest model too when resources are overwritten; `set_model` takes
one model and keeps the contract; `roll_back` takes both of an earlier version. Contract and model stand in one row of
the store, so a call sees the old pair or the new one. Every change is recorded with who, when, from and to.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from worker.endpoints import rules
from worker.endpoints.models import Models
from worker.endpoints.publishing import check_fit
from worker.endpoints.rows import EndpointRow, endpoint_query
from worker.store import tables


@dataclass(frozen=True, slots=True)
class Pin:
    """What an endpoint pins: the number of its contract's version and of its model's."""

    contract: int
    model: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an endpoint's pin. Times are seconds since 1970; `wave` names what one command changed together."""

    endpoint_id: str
    endpoint: str
    at: float
    who: str
    action: str
    before: Pin
    after: Pin
    wave: str | None = None


class Updates:
    """Changes of pins. `models` are asked whether a model fits a contract before anything changes."""

    def __init__(self, engine: Engine, models: Models, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._models = models
        self._clock = clock

    def refresh(self, endpoint: EndpointRow, *, overwrite: bool, who: str, wave: str | None = None) -> Change | None:
        """Take the newest contract, and the newest model with `overwrite`. None when nothing would change (304).

        Raises DefaultFollows, UpdatePrevented, ModelMisfit, SampleNotScored, ChangedMeanwhile.
        """
        return self._move(endpoint, self.refreshed(endpoint, overwrite=overwrite), "refresh", who, wave)

    def refreshed(self, endpoint: EndpointRow, *, overwrite: bool) -> Pin:
        """What `refresh` would make the endpoint pin."""
        newest = self._newest(endpoint.service)
        return Pin(newest, newest if overwrite else endpoint.model_version)

    def set_model(self, endpoint: EndpointRow, version: int, who: str) -> Change | None:
        """Take the model of a version, keep the contract. Raises as `refresh`, and Unknown for the version, as it is
        when its model was sent to another endpoint.
        """
        self._check_version(endpoint, version)
        return self._move(endpoint, Pin(endpoint.contract_version, version), "model", who, None)

    def roll_back(self, endpoint: EndpointRow, version: int, who: str) -> Change | None:
        """Take contract and model of an earlier version. Raises as `set_model`."""
        self._check_version(endpoint, version)
        return self._move(endpoint, Pin(version, version), "rollback", who, None)

    def roll_back_wave(self, wave: str, who: str) -> list[Change]:
        """Undo every change of a wave, all or none. Raises Unknown, WaveUndone when it was undone before, and
        ChangedMeanwhile when one was changed since.
        """
        changes = [change for change in self._changes(tables.change.c.wave == wave) if change.action == "refresh"]
        if not changes:
            raise rules.Unknown("wave", wave)
        undoing = new_wave()
        undone = [_undo(change, self._clock(), who, undoing) for change in changes]
        try:
            with self._engine.begin() as db:
                return [move(db, change) for change in undone]
        except rules.ChangedMeanwhile:
            for done in self.history(undone[0].endpoint_id):
                if done.at >= changes[0].at and _is_same(done, undone[0]):
                    raise rules.WaveUndone(wave, done.who) from None
            raise

    def history(self, endpoint_id: str) -> list[Change]:
        """Changes of an endpoint, newest first; also of one that was removed."""
        return self._changes(tables.change.c.endpoint_id == endpoint_id)[::-1]

    def _move(self, row: EndpointRow, after: Pin, action: str, who: str, wave: str | None) -> Change | None:
        check_movable(row, action)
        before = pin(row)
        if after == before:
            return None
        check_fit(*self._models.get(row.service, after.contract, after.model))
        change = Change(row.id, f"{row.service}/{row.name}", self._clock(), who, action, before, after, wave)
        with self._engine.begin() as db:
            return move(db, change)

    def _newest(self, service: str) -> int:
        query = select(func.max(tables.version.c.number)).join(tables.service)
        query = query.where(tables.service.c.name == service, tables.version.c.only_for.is_(None))
        with self._engine.connect() as db:
            return int(db.execute(query).scalar_one())

    def _check_version(self, row: EndpointRow, version: int) -> None:
        v = tables.version.c
        query = select(v.number).join(tables.service).where(tables.service.c.name == row.service)
        query = query.where(v.only_for.is_(None) | (v.only_for == row.id)).order_by(v.number)
        with self._engine.connect() as db:
            known = list(db.execute(query).scalars())
        if version not in known:
            raise rules.Unknown("version", f"{version} of {row.service}", [str(number) for number in known])

    def _changes(self, where: object) -> list[Change]:
        c = tables.change.c
        query = select(tables.change).where(where).order_by(c.at, c.id)  # type: ignore[arg-type]
        with self._engine.connect() as db:
            return [
                Change(
                    r.endpoint_id,
                    r.endpoint,
                    r.at,
                    r.who,
                    r.action,
                    Pin(r.contract_before, r.model_before),
                    Pin(r.contract_after, r.model_after),
                    r.wave,
                )
                for r in db.execute(query)
            ]


def pin(row: EndpointRow) -> Pin:
    """What an endpoint pins now."""
    return Pin(row.contract_version, row.model_version)


def new_wave() -> str:
    """A name for the changes of one command."""
    return uuid.uuid4().hex[:12]


def check_movable(row: EndpointRow, action: str) -> None:
    """Raises DefaultFollows, UpdatePrevented."""
    if row.name == rules.DEFAULT:
        raise rules.DefaultFollows(row.service, action)
    if row.prevent_update:
        raise rules.UpdatePrevented(f"{row.service}/{row.name}")


def move(db: Connection, change: Change) -> Change:
    """Make a change and write it down. Raises ChangedMeanwhile when the endpoint is no more as it was."""
    e = tables.endpoint.c
    moved = db.execute(
        tables.endpoint.update()
        .where(
            e.id == change.endpoint_id,
            e.contract_version == change.before.contract,
            e.model_version == change.before.model,
            e.prevent_update.is_(False),
        )
        .values(contract_version=change.after.contract, model_version=change.after.model, changed_at=change.at)
    )
    if moved.rowcount != 1:
        raise rules.ChangedMeanwhile(change.endpoint)
    record(db, change)
    return change


def record(db: Connection, change: Change) -> None:
    """Write a change down, in the transaction that makes it."""
    db.execute(
        tables.change.insert().values(
            id=uuid.uuid4().hex,
            endpoint_id=change.endpoint_id,
            endpoint=change.endpoint,
            at=change.at,
            who=change.who,
            action=change.action,
            contract_before=change.before.contract,
            model_before=change.before.model,
            contract_after=change.after.contract,
            model_after=change.after.model,
            wave=change.wave,
        )
    )


def _undo(change: Change, at: float, who: str, wave: str) -> Change:
    return Change(change.endpoint_id, change.endpoint, at, who, "rollback", change.after, change.before, wave)


def _is_same(done: Change, wanted: Change) -> bool:
    """Whether a change undid, with its wave, what another is to undo."""
    kind = done.wave is not None and done.action == wanted.action
    return kind and (done.before, done.after) == (wanted.before, wanted.after)


def matching(engine: Engine, **where: object) -> Sequence[EndpointRow]:
    """Endpoints but `default`s, by service and name, that a wave could move: all those for which every given fact
    (service, customer, version of the model) holds.
    """
    columns = {
        "service": tables.service.c.name,
        "customer": tables.customer.c.name,
        "version": tables.endpoint.c.model_version,
    }
    query = endpoint_query().where(tables.endpoint.c.name != rules.DEFAULT)
    for fact, value in where.items():
        query = query.where(columns[fact] == value)
    with engine.connect() as db:
        return [EndpointRow(*r) for r in db.execute(query.order_by(tables.service.c.name, tables.endpoint.c.name))]
