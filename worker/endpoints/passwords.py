"""Passwords of encrypted workbooks: a customer's, for all of theirs, or one job's. Kept under the home's secret."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, delete, insert, select

from worker.endpoints.rules import PasswordInvalid
from worker.endpoints.secrets import Secret
from worker.store.tables import password

MOST_CHARACTERS = 255
"""Excel takes no longer ones."""


class Passwords:
    """The passwords in the store, by the id of the customer or job they belong to."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._secret = Secret(home)

    def keep(self, owner_id: str, text: str) -> None:
        """Keep a password in place of the one before. Raises PasswordInvalid, SecretError."""
        if not 0 < len(text) <= MOST_CHARACTERS:
            raise PasswordInvalid(MOST_CHARACTERS)
        data = self._secret.encrypt(text)
        with self._engine.begin() as db:
            db.execute(delete(password).where(password.c.owner_id == owner_id))
            db.execute(insert(password).values(owner_id=owner_id, data=data))

    def get(self, owner_id: str) -> str:
        """The password, "" when there is none. Raises SecretError."""
        with self._engine.connect() as db:
            data = db.execute(select(password.c.data).where(password.c.owner_id == owner_id)).scalar_one_or_none()
        return "" if data is None else self._secret.decrypt(data)

    def owners(self) -> set[str]:
        """Ids of those that have one."""
        with self._engine.connect() as db:
            return set(db.execute(select(password.c.owner_id)).scalars())

    def forget(self, owner_id: str) -> None:
        """Let go of a password, if there is one."""
        with self._engine.begin() as db:
            db.execute(delete(password).where(password.c.owner_id == owner_id))
