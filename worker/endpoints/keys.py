"""Keys of endpoints: 256 random bits, shown once, kept as SHA-256.

A slow hash guards passwords that people choose; for a random token it adds nothing and would cost each call 13 ms.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterable

from sqlalchemy import Connection, select

from worker.store import tables

REMEMBERED = 366 * 86_400.0
"""Seconds for which a key that was revoked is known as such."""

PREFIX = "ss_"
"""Lets secret scanners find a key that leaked."""


OF_TOKENS = "sst_"
OF_CODES = "ssc_"


def new_key(prefix: str = PREFIX) -> str:
    """A key or token that nobody can guess."""
    return prefix + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is stored of a key: 64 hex digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def hint(key: str) -> str:
    """The last four characters, so that a person can tell two keys apart."""
    return key[-4:]


def is_among(key: str, digests: Iterable[str]) -> bool:
    """Whether a key is one of those stored. A wrong key takes as long as a right one: every digest is compared."""
    found = False
    given = digest(key)
    for stored in digests:
        found |= hmac.compare_digest(given, stored)
    return found


def stored(key: str, now: float) -> dict[str, object]:
    """What is kept of a key, by column."""
    return {"sha256": digest(key), "hint": hint(key), "created_at": now}


def put(db: Connection, endpoint_id: str, slot: str, now: float) -> str:
    """A new key in a slot of an endpoint; the one that was in it is revoked."""
    key = new_key()
    revoke(db, endpoint_id, slot, now)
    row = {"id": uuid.uuid4().hex, "endpoint_id": endpoint_id, "slot": slot, **stored(key, now)}
    db.execute(tables.key.insert().values(row))
    return key


def revoke(db: Connection, endpoint_id: str, slot: str, now: float) -> bool:
    """Take the key out of a slot of an endpoint, and note its SHA-256 and when, so that whoever still sends it can be
    told. Whether there was one. What was noted longer ago than REMEMBERED goes.
    """
    k, revoked = tables.key.c, tables.revoked_key
    held = (k.endpoint_id == endpoint_id) & (k.slot == slot)
    sha256 = db.execute(select(k.sha256).where(held)).scalar_one_or_none()
    if sha256 is None:
        return False
    db.execute(tables.key.delete().where(held))
    db.execute(revoked.insert().values(sha256=sha256, endpoint_id=endpoint_id, revoked_at=now))
    db.execute(revoked.delete().where(revoked.c.revoked_at < now - REMEMBERED))
    return True
