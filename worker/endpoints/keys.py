"""Keys of endpoints: 256 random bits, shown once, kept as SHA-256.

A slow hash guards passwords that people choose; for a random token it adds nothing and would cost each call 13 ms.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "ss_"
"""Lets secret scanners find a key that leaked."""


OF_TOKENS = "sst_"


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
