"""Scores already paid for, on this person's disk, by a keyed hash of what they were made from.

What stands in the file: for each row a hash that only the owner of the secret can make, and its outputs. No input.
"""

from __future__ import annotations

import hashlib
import hmac
import marshal
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import orjson

from addin.keystore import KeyStore, KeyStoreError
from addin.paths import cache_file, only_one, private_folder
from worker.scoring import Columns, ColumnType, Schema
from worker.scoring.outputs import empty_outputs

T = TypeVar("T")

SECRET_VARIABLE = "SHEETSCORE_CACHE_KEY"  # noqa: S105 - the variable's name
SECRET_NAME = "cache of scores"  # noqa: S105 - the entry's name in the key store
MOST_REFUSALS = 10_000
_LAYOUT = 1
_TABLE = "CREATE TABLE IF NOT EXISTS scores (hash BLOB PRIMARY KEY, outputs BLOB, used REAL) WITHOUT ROWID"
_HASH_BYTES = 16

# All rows in one step of SQLite: Python lets go of its lock for each step, which costs more than the step itself while
# other threads want it. ?1 are the hashes in one piece, ?2 a JSON list with an element for each.
_EACH = f"substr(?1, {_HASH_BYTES} * key + 1, {_HASH_BYTES})"
_PUT = f"INSERT OR REPLACE INTO scores SELECT {_EACH}, CAST(value AS BLOB), ?3 FROM json_each(?2)"  # noqa: S608
_GET = (
    "SELECT group_concat(key), CAST(group_concat(outputs) AS BLOB), min(used)"  # noqa: S608
    f" FROM json_each(?2) CROSS JOIN scores ON hash = {_EACH}"
)
_USE = f"UPDATE scores SET used = ?3 WHERE used < ?4 AND hash IN (SELECT {_EACH} FROM json_each(?2))"  # noqa: S608

_FRESH_SECONDS = 3600.0
_BUSY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an endpoint refused a row, in its own words, and the input it named, if any."""

    column: str | None
    detail: str


class Cache:
    """Outputs by the hash of their row; may be used by several threads and processes.

    Without a `path` it is in memory. It never fails: what cannot be read counts as unknown, what cannot be written is
    not kept, a file that is broken is moved aside. Above `most_bytes` the least recently used rows go; what was used
    within the same hour counts as used together. Refusals are in memory only, at most MOST_REFUSALS of them: an
    endpoint's words may repeat what it was sent.
    """

    def __init__(
        self, path: Path | None, secret: bytes, most_bytes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._aside = path.with_suffix(".broken") if path else None
        self._secret = secret
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = Lock()
        self._store: sqlite3.Connection | None = None
        self._refusals: dict[bytes, Refusal] = {}

    def hashes(self, columns: Columns, url: str, version: str, schema: Schema) -> list[bytes]:
        """What each row of checked inputs goes by: HMAC-SHA256 of its values under this endpoint, version and schema.

        16 bytes of it are kept (RFC 2104, 5 allows that): enough that two rows never meet.
        """
        scope = orjson.dumps([url, version, schema.fingerprint()])
        key = hmac.digest(self._secret, scope, "sha256")
        rows = zip(*(columns[name].tolist() for name in schema.input_names), strict=True)
        outer, inner = (hashlib.sha256(bytes(byte ^ pad for byte in key.ljust(64, b"\0"))) for pad in (0x5C, 0x36))
        return [_hmac(outer, inner, marshal.dumps(row, 2))[:_HASH_BYTES] for row in rows]

    def get(self, hashes: Sequence[bytes], schema: Schema) -> dict[bytes, list[Any]]:
        """The outputs that are known, in the schema's order. A file with others in it counts as broken."""

        def find(store: sqlite3.Connection) -> dict[bytes, list[Any]]:
            now, wanted = self._clock(), (b"".join(hashes), str([0] * len(hashes)))
            places, outputs, oldest = store.execute(_GET, wanted).fetchone()
            if places is None:
                return {}
            if oldest < now - _FRESH_SECONDS:
                with suppress(sqlite3.OperationalError):  # another process writes: they count as used next time
                    store.execute(_USE, (*wanted, now, now - _FRESH_SECONDS))
            try:
                found = orjson.loads(b"[" + outputs + b"]")
                _refuse_others(found, schema)
                return dict(zip([hashes[place] for place in orjson.loads(f"[{places}]")], found, strict=True))
            except ValueError:
                raise sqlite3.DatabaseError("not what was written") from None

        return self._do(find) or {}

    def put(self, hashes: Sequence[bytes], outputs: Columns, schema: Schema) -> None:
        """Keep the outputs of rows, also of those to which the model gave none: it would not another time."""
        values = list(zip(*(outputs[name].tolist() for name in schema.output_names), strict=True))
        rows = b"".join(hashes), orjson.dumps(values).decode(), self._clock()

        def keep(store: sqlite3.Connection) -> None:
            store.execute(_PUT, rows)
            while self._bytes(store) > self._most_bytes:
                few = "SELECT hash FROM scores ORDER BY used LIMIT (SELECT count(*) / 8 + 1 FROM scores)"
                if not store.execute(f"DELETE FROM scores WHERE hash IN ({few})").rowcount:  # noqa: S608
                    break

        self._do(keep)

    def refuse(self, key: bytes, refusal: Refusal) -> None:
        """Keep why a row was refused, as long as this process lives."""
        with self._lock:
            self._refusals[key] = refusal
            if len(self._refusals) > MOST_REFUSALS:
                del self._refusals[next(iter(self._refusals))]

    def refused(self, hashes: Iterable[bytes]) -> dict[bytes, Refusal]:
        """Those of the rows that were refused."""
        with self._lock:
            return {key: self._refusals[key] for key in hashes if key in self._refusals}

    def clear(self) -> None:
        """Forget everything, on the disk too, and what was moved aside there."""
        self._refusals.clear()
        if self._aside is not None:
            for file in self._aside.parent.glob(f"{self._aside.name}*"):
                with suppress(OSError):
                    file.unlink()

        def forget(store: sqlite3.Connection) -> None:
            store.execute("DELETE FROM scores")
            store.commit()
            store.execute("VACUUM")

        self._do(forget)

    def count(self) -> int:
        """How many rows are known."""
        return self._do(lambda store: int(store.execute("SELECT count(*) FROM scores").fetchone()[0])) or 0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._let_go()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Work on the store, in one transaction; None when that cannot be done."""
        with self._lock:
            for _ in range(2):
                try:
                    self._store = self._store or self._open(self._path)
                    with self._store:
                        return work(self._store)
                except sqlite3.OperationalError:  # locked, full, read-only: another time
                    return None
                except sqlite3.DatabaseError:
                    self._set_aside()
            return None

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is not None:
            with suppress(OSError):
                private_folder(path.parent)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        store = sqlite3.connect(path or ":memory:", timeout=_BUSY_SECONDS, check_same_thread=False)
        try:
            store.execute("PRAGMA page_size = 8192")  # rows come in any order: fewer, larger pages are written again
            store.execute("PRAGMA journal_mode = TRUNCATE")
            store.execute("PRAGMA secure_delete = ON")
            store.execute("PRAGMA synchronous = NORMAL")
            layout = store.execute("PRAGMA user_version").fetchone()[0]
            if layout not in {0, _LAYOUT}:
                raise sqlite3.DatabaseError("another layout")
            if not layout:
                store.execute(_TABLE)
                store.execute(f"PRAGMA user_version = {_LAYOUT}")
        except sqlite3.Error:
            store.close()
            raise
        return store

    def _set_aside(self) -> None:
        """Start anew; where the broken file cannot be moved (Windows, while another process has it), in memory."""
        self._let_go()
        if self._path is not None and self._aside is not None:
            try:
                self._path.replace(self._aside)
            except OSError:
                self._path = None

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    @staticmethod
    def _bytes(store: sqlite3.Connection) -> int:
        pages = store.execute("PRAGMA page_count").fetchone()[0] - store.execute("PRAGMA freelist_count").fetchone()[0]
        return int(pages * store.execute("PRAGMA page_size").fetchone()[0])


def _hmac(outer: hashlib._Hash, inner: hashlib._Hash, message: bytes) -> bytes:
    """RFC 2104 from both hashes as they stand after the padded key, which takes half the time of `hmac.digest`."""
    inner, outer = inner.copy(), outer.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


_STORED: dict[ColumnType, set[type]] = {
    ColumnType.NUMBER: {float, int, type(None)},
    ColumnType.INTEGER: {int, type(None)},
    ColumnType.BOOLEAN: {bool, type(None)},
    ColumnType.TEXT: {str, type(None)},
    ColumnType.DATETIME: {str, type(None)},
}


def _refuse_others(rows: Sequence[object], schema: Schema) -> None:
    """Raise ValueError unless each row is a list of what this schema's outputs can be."""
    lists = [row for row in rows if isinstance(row, list) and len(row) == len(schema.outputs)]
    if len(lists) < len(rows):
        raise ValueError("another shape")
    for output, column in zip(schema.outputs, zip(*lists, strict=True), strict=True):
        if not _STORED[output.type].issuperset(map(type, column)):
            raise ValueError("another type")
        if output.type is ColumnType.DATETIME:
            moments = [value for value in column if value is not None]
            if not all(value[:1].isdigit() for value in moments):  # numpy knows what "today" is
                raise ValueError("no date")
            np.array(moments, "datetime64[s]")


def outputs_of(rows: Sequence[Sequence[Any]], schema: Schema) -> Columns:
    """Rows of outputs as they came from the cache, as columns."""
    columns = empty_outputs(schema, len(rows))
    for place, output in enumerate(schema.outputs):
        values = [row[place] for row in rows]
        if output.type is ColumnType.NUMBER:
            columns[output.name] = np.array(values, np.float64)
        else:
            columns[output.name][:] = values
    return columns


def open_cache(folder: Path, keys: KeyStore, most_mb: int, environ: Mapping[str, str] = os.environ) -> Cache:
    """This person's cache; in memory where there is no place for its secret."""
    secret = _secret(folder, keys, environ)
    path = cache_file(folder) if secret else None
    return Cache(path, secret or secrets.token_bytes(32), most_mb * 1_000_000)


def _secret(folder: Path, keys: KeyStore, environ: Mapping[str, str]) -> bytes:
    given = environ.get(SECRET_VARIABLE, "")
    with suppress(KeyStoreError, OSError):
        given = given or keys.get(SECRET_NAME) or ""
        if not given:
            with only_one(folder):  # two processes that start together must end with one secret
                given = keys.get(SECRET_NAME) or secrets.token_hex(32)
                keys.set(SECRET_NAME, given)
    return hashlib.sha256(given.encode()).digest() if given else b""
