"""Signed links: who holds one may read or write one file of the upload area until a moment, and nothing else.

A token has the shape of an Azure shared access signature (`?se=<end>&sp=<r|w|rw>&sig=<signature>`), which classic
clients append to an address; the signature is HMAC-SHA256 over path, rights and end.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

READ, WRITE, BOTH = "r", "w", "rw"


class Links:
    """Makes and checks tokens under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, path: str, rights: str, ends_at: float) -> str:
        """A query, `?` included, that opens a path until `ends_at` (seconds since 1970, whole)."""
        end = dt.datetime.fromtimestamp(int(ends_at), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return "?" + urlencode({"se": end, "sp": rights, "sig": self._signature(path, rights, end)})

    def opens(self, path: str, query: Mapping[str, str], right: str, now: float) -> bool:
        """Whether the token's parts give one right to a path now."""
        end, rights = query.get("se", ""), query.get("sp", "")
        wanted = self._signature(path, rights, end)
        if not hmac.compare_digest(wanted.encode(), query.get("sig", "").encode("utf-8", "replace")):
            return False
        return right in rights and now < dt.datetime.fromisoformat(end).timestamp()

    def _signature(self, path: str, rights: str, end: str) -> str:
        signed = hmac.new(self._key, f"{path}\n{rights}\n{end}".encode("utf-8", "replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(signed.digest()).decode()
