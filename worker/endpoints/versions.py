"""Versions of web services in the store, and the model files they use.

A number is never given twice under one service name, not even when the version or the whole service was removed since:
changes, jobs and usage name a version by its number, and models are kept in memory by it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import IntegrityError

from worker.endpoints.models import ModelFiles, Remote
from worker.endpoints.publishing import try_model
from worker.endpoints.rows import ModelRow
from worker.endpoints.secrets import Secret
from worker.endpoints.trial import Trial
from worker.scoring.limits import Limits
from worker.scoring.schema import Schema
from worker.scoring.transport import Transport
from worker.store import tables


@dataclass(frozen=True, slots=True)
class Tried:
    """A model that passed every check for a contract, with its scores of the sample rows."""

    contract: Schema
    model: bytes | Remote = field(repr=False)
    scores: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Stored:
    """What was tried, its file in place: the row of the model, and the fields of a version."""

    model: dict[str, object] = field(repr=False)
    contract: str
    scores: str


class Versions:
    """Tries models and writes them down as versions."""

    def __init__(
        self,
        home: Path,
        limits: Limits,
        clock: Callable[[], float],
        transport_for: Callable[[Remote, Limits], Transport],
        trial: Trial,
    ) -> None:
        self._files = ModelFiles(home)
        self._secret = Secret(home)
        self._limits = limits
        self._clock = clock
        self._transport_for = transport_for
        self._trial = trial

    def tried(self, contract: Schema, model: bytes | Remote) -> Tried:
        """Raises RuleError; AddressError for a remote server's address. Nothing is stored."""
        return Tried(contract, model, try_model(contract, model, self._limits, self._transport_for, self._trial))

    @contextmanager
    def storing(self, engine: Engine, tried: Tried) -> Iterator[tuple[Connection, Stored]]:
        """A write transaction for `add`. The file is in place before it begins, and no process sweeps it away."""
        with self._files.locked():
            stored = Stored(self._model(tried.model), json.dumps(tried.contract.to_dict()), json.dumps(tried.scores))
            with engine.begin() as db:
                yield db, stored

    def add(self, db: Connection, service_id: str, service: str, stored: Stored, only_for: str | None = None) -> int:
        """Write the next version of a service; returns its number. `only_for` is the id of the one endpoint that may
        take it.
        """
        db.execute(select(tables.service.c.id).where(tables.service.c.id == service_id).with_for_update())
        number, now = _next_number(db, service_id, service), self._clock()
        with suppress(IntegrityError), db.begin_nested():  # the same file may have been published before
            db.execute(tables.model.insert().values(**stored.model, created_at=now))
        db.execute(
            tables.version.insert().values(
                service_id=service_id,
                number=number,
                contract=stored.contract,
                model_id=stored.model["id"],
                sample_scores=stored.scores,
                only_for=only_for,
                created_at=now,
            )
        )
        return number

    def models(self, engine: Engine) -> list[ModelRow]:
        """Every model, oldest first."""
        m, v, e = tables.model.c, tables.version.c, tables.endpoint.c
        used = select(v.model_id, tables.service.c.name, v.number, e.name.label("endpoint"))
        used = used.select_from(tables.version).join(tables.service).outerjoin(tables.endpoint, e.id == v.only_for)
        with engine.connect() as db:
            rows = db.execute(select(m.id, m.kind, m.url, m.created_at).order_by(m.created_at, m.id)).all()
            uses = db.execute(used.order_by(tables.service.c.name, v.number)).all()
        told: dict[str, list[str]] = {row.id: [] for row in rows}
        for use in uses:
            told[use.model_id].append(f"{use.name} {use.number}" + (f" for {use.endpoint}" if use.endpoint else ""))
        sizes = {row.id: self._files.size(row.id) for row in rows if row.kind == "onnx"}
        return [ModelRow(r.id, r.kind, r.url, sizes.get(r.id), r.created_at, tuple(told[r.id])) for r in rows]

    def sweep(self, engine: Engine) -> None:
        """Remove models that no version uses, and their files."""
        m = tables.model.c
        with self._files.locked():
            with engine.begin() as db:
                db.execute(tables.model.delete().where(m.id.not_in(select(tables.version.c.model_id))))
                used = set(db.execute(select(m.id)).scalars())
            self._files.keep(used)

    def _model(self, model: bytes | Remote) -> dict[str, object]:
        if isinstance(model, Remote):
            token = self._secret.encrypt(model.token)
            row: dict[str, object] = {"kind": "remote", "url": model.url, "codec": model.codec, "token": token}
            # unlike a file, a server has no content to be named by
            return {"id": uuid.uuid4().hex * 2, **row}
        return {"id": self._files.add(model), "kind": "onnx"}


def _next_number(db: Connection, service_id: str, service: str) -> int:
    there = select(func.max(tables.version.c.number)).where(tables.version.c.service_id == service_id)
    of_name = tables.change.c.endpoint.startswith(f"{service}/", autoescape=True)
    recorded = select(func.max(tables.change.c.model_after)).where(of_name)
    return max(db.execute(query).scalar() or 0 for query in (there, recorded)) + 1
