"""Opens the store: SQLite in the home folder, or PostgreSQL for many machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from worker.files import private_folder
from worker.scoring.errors import SheetscoreError

BUSY_SECONDS = 30
CACHE_KILOBYTES = 256
"""Of SQLite's pages in each connection: every thread that calls an endpoint has one, and the system has them all."""
_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


class StoreError(SheetscoreError):
    """The store cannot be opened."""


class StoreAddressInvalid(StoreError):
    """The address of the store is not one of SQLite or PostgreSQL. It is not repeated: it can hold a password."""

    def __init__(self) -> None:
        super().__init__("the store's address must begin with sqlite:/// or postgresql://")


class StoreTooNew(StoreError):
    """The store was made by a newer version of this product."""

    def __init__(self) -> None:
        super().__init__("the store was made by a newer version")


class SqliteEngine(Engine):
    """`begin()` holds the write lock from its first moment, so that what it reads stays true until it writes;
    `connect()` reads one moment of the store and keeps no writer waiting. Write through `begin()` only.
    """

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end of the block, undone when it raises."""
        with self.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection


def open_store(url: str, home: Path) -> Engine:
    """The store at an SQLAlchemy address, its tables brought up to date. "" is `<home>/sheetscore.db`.

    Several processes may open one store at once: one of them makes or changes the tables, the others wait for it.
    Raises StoreAddressInvalid, StoreTooNew, and sqlalchemy.exc.OperationalError when the database cannot be reached.
    """
    private_folder(home)
    engine = _connect(_address(url, home))
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _address(url: str, home: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(home / "sheetscore.db"))
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreAddressInvalid from None
    kind = address.get_backend_name()
    in_memory = kind == "sqlite" and (address.database or "") in {"", ":memory:"}
    if kind not in {"sqlite", "postgresql"} or in_memory:
        raise StoreAddressInvalid
    return address.set(drivername="postgresql+psycopg") if kind == "postgresql" else address


def _connect(address: URL) -> Engine:
    if address.get_backend_name() == "postgresql":
        return create_engine(address, pool_pre_ping=True)
    file = Path(address.database or "")
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its side files the same rights
    base = create_engine(address)
    engine = SqliteEngine(base.pool, base.dialect, base.url)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a sqlite3 connection behind SQLAlchemy
    connection.isolation_level = None  # sqlite3 would begin transactions by itself, late and deferred
    pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"cache_size=-{CACHE_KILOBYTES}"]
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", *pragmas):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _migrate(engine: Engine) -> None:
    if _is_newest(engine):
        return
    from worker.store.upgrade import NotOurs, upgrade  # noqa: PLC0415 - alembic takes 10 MB, mostly for nothing

    try:
        upgrade(engine)
    except NotOurs:
        raise StoreTooNew from None


def newest() -> str:
    """The last migration of this version. Their files are named by their numbers: `v0011_codes.py`."""
    return max(file.name[1:5] for file in _MIGRATIONS.glob("v*.py"))


def _is_newest(engine: Engine) -> bool:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("select version_num from alembic_version")).scalar() == newest()
