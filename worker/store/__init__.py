"""Where everything is remembered: one database (SQLite or PostgreSQL), one tree of migrations."""

from worker.store.engine import open_store

__all__ = ["open_store"]
