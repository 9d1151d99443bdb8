"""Brings the tables up to date: what only a store that is behind needs, and alembic with it."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, text

_MIGRATION_LOCK = 0x5348_4545_5453  # any number that no other program takes in the same database


class NotOurs(Exception):
    """The tables are at a migration that is not among ours."""


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing. One process at a time does; others wait for it. Raises NotOurs."""
    config = Config()
    config.set_main_option("script_location", "worker.store:migrations")
    config.set_main_option("path_separator", "os")
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" in str(error):
            raise NotOurs from None
        raise
