"""Who may do what: tokens of operators and customers, and the keys of one endpoint, each revocable alone.

An operator's token opens management, a customer's lists that customer's endpoints and makes device keys. An endpoint's
own keys (primary, secondary, one for each device) score and read that endpoint and its jobs, nothing else. All are
shown once, in the answer that makes them; what is stored is their SHA-256.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from worker.endpoints import customers, keys, rules
from worker.endpoints.rows import EndpointRow
from worker.store import tables

DEVICE = "device:"
CODE_SECONDS = 7 * 86_400.0
"""For so long a code in a connection file is valid."""

MOST_DEVICES = 200
"""Devices with a key of their own at one endpoint."""


class CodeEnded(rules.RuleError):
    """The code was used, or has ended."""

    def __init__(self) -> None:
        super().__init__("the code was used, or has ended")


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token. `customer` is None for an operator's. `hint` are its last four characters."""

    name: str
    customer: str | None
    customer_id: str | None
    hint: str
    created_at: float


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key of an endpoint. `slot` is primary, secondary or device:NAME."""

    slot: str
    hint: str
    created_at: float


class Access:
    """Makes, lists and revokes tokens and keys. What is revoked ends within a second in every process."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add_token(self, name: str, customer: str | None = None) -> str:
        """A new token, an operator's or a customer's. Raises NameInvalid, NameTaken, Unknown."""
        rules.check_name("token", name)
        token = keys.new_key(keys.OF_TOKENS)
        with self._engine.begin() as db:
            owner = None if customer is None else customers.id_of(db, customer)
            row = {"id": uuid.uuid4().hex, "name": name, "customer_id": owner, **keys.stored(token, self._clock())}
            try:
                db.execute(tables.token.insert().values(row))
            except IntegrityError:
                raise rules.NameTaken("token", name) from None
        return token

    def tokens(self) -> list[TokenRow]:
        """Every token, by name."""
        t = tables.token.c
        query = select(t.name, tables.customer.c.name, t.customer_id, t.hint, t.created_at)
        query = query.outerjoin(tables.customer, tables.customer.c.id == t.customer_id).order_by(t.name)
        with self._engine.connect() as db:
            return [TokenRow(*row) for row in db.execute(query)]

    def remove_token(self, name: str) -> None:
        """Raises Unknown."""
        with self._engine.begin() as db:
            gone = db.execute(tables.token.delete().where(tables.token.c.name == name)).rowcount
        if not gone:
            raise rules.Unknown("token", name, [row.name for row in self.tokens()])

    def keys(self, endpoint: EndpointRow) -> list[KeyRow]:
        """Every key of an endpoint, by slot."""
        k = tables.key.c
        query = select(k.slot, k.hint, k.created_at).where(k.endpoint_id == endpoint.id).order_by(k.slot)
        with self._engine.connect() as db:
            return [KeyRow(*row) for row in db.execute(query)]

    def add_code(self, endpoint: EndpointRow) -> tuple[str, float]:
        """A code that makes one device key of an endpoint within CODE_SECONDS, and when it ends. Those that have ended
        are forgotten.
        """
        code, now = keys.new_key(keys.OF_CODES), self._clock()
        until = now + CODE_SECONDS
        row = {"sha256": keys.digest(code), "endpoint_id": endpoint.id, "created_at": now, "expires_at": until}
        with self._engine.begin() as db:
            db.execute(tables.code.delete().where(tables.code.c.expires_at <= now))
            db.execute(tables.code.insert().values(row))
        return code, until

    def remove_codes(self, endpoint: EndpointRow) -> int:
        """Revoke the codes of an endpoint that were not used; returns how many."""
        with self._engine.begin() as db:
            return db.execute(tables.code.delete().where(tables.code.c.endpoint_id == endpoint.id)).rowcount

    def opened_by_code(self, code: str) -> str | None:
        """Id of the endpoint that a code is for; None for one that is wrong, used or has ended. Found by its SHA-256,
        which tells nothing of a code that is nearly right.
        """
        c = tables.code.c
        valid = (c.sha256 == keys.digest(code)) & (c.expires_at > self._clock())
        with self._engine.connect() as db:
            return db.execute(select(c.endpoint_id).where(valid)).scalar_one_or_none()

    def add_device(self, endpoint: EndpointRow, device: str, code: str = "") -> str:
        """A key for one desktop; `code`, if one is given, is used up by it. Raises NameInvalid, NameTaken, TooMany, and
        CodeEnded for a code that is no longer valid.
        """
        rules.check_name("device", device)
        key = keys.new_key()
        slot, now = DEVICE + device, self._clock()
        row = {"id": uuid.uuid4().hex, "endpoint_id": endpoint.id, "slot": slot, **keys.stored(key, now)}
        if sum(found.slot.startswith(DEVICE) for found in self.keys(endpoint)) >= MOST_DEVICES:
            raise rules.TooMany("device keys", MOST_DEVICES)
        with self._engine.begin() as db:
            if code:
                self._use_up(db, endpoint, code)
            try:
                db.execute(tables.key.insert().values(row))
            except IntegrityError:
                raise rules.NameTaken("device", device) from None
        return key

    def _use_up(self, db: Connection, endpoint: EndpointRow, code: str) -> None:
        """Of several that use a code at once, one deletes its row."""
        c = tables.code.c
        valid = (c.sha256 == keys.digest(code)) & (c.endpoint_id == endpoint.id) & (c.expires_at > self._clock())
        if db.execute(tables.code.delete().where(valid)).rowcount != 1:
            raise CodeEnded

    def remove_device(self, endpoint: EndpointRow, device: str) -> None:
        """Raises Unknown."""
        with self._engine.begin() as db:
            gone = keys.revoke(db, endpoint.id, DEVICE + device, self._clock())
        if not gone:
            known = [row.slot.removeprefix(DEVICE) for row in self.keys(endpoint) if row.slot.startswith(DEVICE)]
            raise rules.Unknown("device", device, known)
