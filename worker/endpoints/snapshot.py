"""What the host must know for each call, in memory: endpoints and the digests of their keys."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from worker.endpoints.keys import digest, is_among
from worker.endpoints.models import Models
from worker.endpoints.rows import EndpointRow, endpoint_query
from worker.store import tables

log = structlog.get_logger("sheetscore.endpoints")

LOOK_SECONDS = 0.25
"""How often changes by other processes are looked for; a revoked key must end within one second."""

_NOBODY = ("0" * 64, "0" * 64)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for: an operator, or one customer."""

    name: str
    customer_id: str | None

    @property
    def is_operator(self) -> bool:
        """Whether it opens management."""
        return self.customer_id is None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every endpoint at one moment. `digests`: endpoint id -> SHA-256 of its keys; `owners`: SHA-256 -> endpoint id;
    `tokens`: SHA-256 -> whose token it is; `revoked`: endpoint id and SHA-256 of a former key -> when it ended;
    `codes`: SHA-256 of codes that were not used yet.
    """

    endpoints: Mapping[str, EndpointRow]
    digests: Mapping[str, tuple[str, ...]] = field(repr=False)
    owners: Mapping[str, str] = field(repr=False)
    tokens: Mapping[str, Bearer] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    revoked: Mapping[tuple[str, str], float] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    codes: frozenset[str] = field(repr=False, default=frozenset())

    def opened(self, endpoint_id: str, key: str) -> EndpointRow | None:
        """The endpoint, if the key is one of its own. A missing endpoint costs the time of a wrong key."""
        fits = is_among(key, self.digests.get(endpoint_id, _NOBODY))
        return self.endpoints.get(endpoint_id) if fits else None

    def revoked_at(self, endpoint_id: str, key: str) -> float | None:
        """When a former key of the endpoint ended; None for every other key. Found by its SHA-256, as in `bearer`."""
        return self.revoked.get((endpoint_id, digest(key)))

    def owner(self, key: str) -> EndpointRow | None:
        """The endpoint whose key this is."""
        return self.endpoints.get(self.owners.get(digest(key), ""))

    def may_be_code(self, bearer: str) -> bool:
        """Whether it is the code of a connection file, as `bearer` finds tokens; whether it has ended is not known."""
        return digest(bearer) in self.codes

    def bearer(self, token: str) -> Bearer | None:
        """Whom a token speaks for. It is found by its SHA-256, which tells nothing of a token that is nearly right."""
        return self.tokens.get(digest(token))


class Snapshots:
    """The newest snapshot, kept so by a thread of its own until it is closed. `models` are those of its endpoints."""

    def __init__(self, engine: Engine, home: Path, models: Models | None = None) -> None:
        self._engine = engine
        self.models = models or Models(engine, home)
        self._mark: tuple[object, ...] = ()
        self._seen: int | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._watched = engine.connect()
        self._snapshot = Snapshot({}, {}, {})
        self.refresh()
        self._thread = threading.Thread(target=self._watch, name="snapshots", daemon=True)
        self._thread.start()

    def current(self) -> Snapshot:
        """At most one second behind the store."""
        return self._snapshot

    def refresh(self) -> Snapshot:
        """Look now. Raises SQLAlchemyError."""
        with self._lock:
            seen = self._data_version()
            if seen is None or seen != self._seen:
                mark = self._read_mark()
                if mark != self._mark:
                    self._snapshot = self._load()
                self._mark, self._seen = mark, seen
            return self._snapshot

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._thread.join()
        self._watched.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            try:
                self.refresh()
            except SQLAlchemyError:
                log.exception("changes of endpoints cannot be read; the last known ones stay in force")

    def _data_version(self) -> int | None:
        """SQLite says for almost nothing whether anybody else has committed; None where there is no such number."""
        if self._engine.dialect.name != "sqlite":
            return None
        with self._watched.begin():
            return int(self._watched.exec_driver_sql("PRAGMA data_version").scalar_one())

    def _read_mark(self) -> tuple[object, ...]:
        """Differs when an endpoint or key came, changed or went. Cheap: the ledger commits all the time."""
        marks: list[object] = []
        with self._engine.connect() as db:
            for table, moment in (
                (tables.endpoint, "changed_at"),
                (tables.key, "created_at"),
                (tables.token, "created_at"),
                (tables.code, "created_at"),
            ):
                query = select(func.count(), func.sum(table.c[moment]), func.max(table.c[moment]))
                marks += db.execute(query).one()
        return tuple(marks)

    def _load(self) -> Snapshot:
        with self._engine.connect() as db:
            endpoints = {row.id: row for row in (EndpointRow(*fields) for fields in db.execute(endpoint_query()))}
            stored = db.execute(select(tables.key.c.endpoint_id, tables.key.c.sha256)).all()
            ended = db.execute(select(tables.revoked_key)).all()
            codes = frozenset(db.execute(select(tables.code.c.sha256)).scalars())
            named = db.execute(select(tables.token.c.sha256, tables.token.c.name, tables.token.c.customer_id)).all()
        digests: dict[str, tuple[str, ...]] = {}
        for endpoint_id, sha256 in stored:
            digests[endpoint_id] = (*digests.get(endpoint_id, ()), sha256)
        owners = {sha256: endpoint_id for endpoint_id, sha256 in stored}
        tokens = {sha256: Bearer(name, customer_id) for sha256, name, customer_id in named}
        revoked = {(row.endpoint_id, row.sha256): row.revoked_at for row in ended}
        return Snapshot(
            MappingProxyType(endpoints),
            MappingProxyType(digests),
            MappingProxyType(owners),
            MappingProxyType(tokens),
            MappingProxyType(revoked),
            codes,
        )
