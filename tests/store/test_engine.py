"""Opening the store: its tables, its rights on disk, its transactions."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from worker.store.engine import StoreAddressInvalid, StoreTooNew, newest, open_store
from worker.store.tables import customer, key, metadata

OPEN = """
import sys
from pathlib import Path
from worker.store.engine import open_store
with open_store(sys.argv[1], Path(sys.argv[2])).connect() as connection:
    print(connection.exec_driver_sql("select version_num from alembic_version").scalars().all())
"""


def differences(store: Engine) -> list[object]:
    with store.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_migrations_make_the_declared_tables(store: Engine) -> None:
    """After opening, nothing differs from tables.py, the check constraints included."""
    assert differences(store) == []
    declared = {(t.name, c.name) for t in metadata.tables.values() for c in t.constraints if "ck_" in str(c.name)}
    found = {(t, c["name"]) for t in metadata.tables for c in inspect(store).get_check_constraints(t)}
    assert found == declared


def test_a_missing_column_would_be_noticed(store: Engine) -> None:
    """The comparison above can fail: a column taken away is reported."""
    with store.begin() as connection:
        connection.execute(text("alter table service drop column description"))
    assert differences(store) != []


def test_two_processes_may_open_a_new_store_at_once(home: Path, postgres_url: str) -> None:
    """Whoever comes first makes the tables; the others wait and find them."""
    for url in ("", postgres_url):
        command = [sys.executable, "-c", OPEN, url, str(home)]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        assert [p.communicate(timeout=60)[0].strip() for p in processes] == ["['0011']"] * 3


def test_home_and_database_are_private(home: Path) -> None:
    """The folder is 0700, the database and the files SQLite keeps beside it are 0600."""
    engine = open_store("", home)
    with engine.begin() as connection:
        connection.execute(customer.insert().values(id="a", name="acme", created_at=0.0))
        names = {path.name for path in home.iterdir()}
        assert names == {"sheetscore.db", "sheetscore.db-wal", "sheetscore.db-shm"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    engine.dispose()


def test_sqlite_is_durable_and_keeps_its_references(home: Path) -> None:
    """WAL, full sync, a 30 s wait for the lock, foreign keys, little memory: on every connection of the pool."""
    engine = open_store("", home)
    with engine.connect() as one, engine.connect() as two:
        for connection in (one, two):
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "cache_size")
            ]
            assert found == ["wal", 2, 30_000, 1, -256]
    engine.dispose()


def test_a_reference_to_nothing_is_refused(store: Engine) -> None:
    """A key cannot belong to an endpoint that is not there."""
    row = {"id": "k", "endpoint_id": "none", "slot": "primary", "sha256": "0", "hint": "0", "created_at": 0.0}
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(key.insert().values(row))


def test_a_block_that_raises_leaves_nothing(store: Engine) -> None:
    """begin() commits whole or not at all."""

    def fail_half_way() -> None:
        with store.begin() as connection:
            connection.execute(customer.insert().values(id="a", name="acme", created_at=0.0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with store.connect() as connection:
        assert connection.execute(customer.select()).all() == []


def test_counting_then_writing_loses_no_step(home: Path) -> None:
    """begin() holds the write lock before it reads: eight threads that read, add one and write lose nothing."""
    engine = open_store("", home)
    with engine.begin() as connection:
        connection.execute(customer.insert().values(id="a", name="acme", created_at=0.0))

    def count() -> None:
        for _ in range(5):
            with engine.begin() as connection:
                seen = connection.execute(customer.select()).one().created_at
                connection.execute(customer.update().values(created_at=seen + 1))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(customer.select()).one().created_at == 40
    engine.dispose()


def test_reading_keeps_no_writer_waiting(home: Path) -> None:
    """connect() sees one moment of the store while another connection writes and commits."""
    engine = open_store("", home)
    with engine.connect() as reader:
        assert reader.execute(customer.select()).all() == []
        with engine.begin() as writer:
            writer.execute(customer.insert().values(id="a", name="acme", created_at=0.0))
        assert reader.execute(customer.select()).all() == []
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:"])
def test_another_kind_of_address_is_refused(url: str, home: Path) -> None:
    """Only SQLite files and PostgreSQL; the address is not repeated, as it can hold a password."""
    with pytest.raises(StoreAddressInvalid) as caught:
        open_store(url, home)
    assert "secret" not in str(caught.value)


def test_the_newest_migration_is_known_without_alembic() -> None:
    """By the names of their files, which tell the order too."""
    config = Config()
    config.set_main_option("script_location", "worker.store:migrations")
    config.set_main_option("path_separator", "os")
    assert newest() == ScriptDirectory.from_config(config).get_current_head()


def test_a_newer_store_is_left_alone(home: Path) -> None:
    """A store of a later version is refused and not changed."""
    engine = open_store("", home)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreTooNew):
        open_store("", home)
