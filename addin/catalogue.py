"""The endpoints that this person may use: a list without secrets, a key for each in the key store, and what each
endpoint last said of itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from addin.conf import drop_down, update_conf
from addin.entries import Entries, Entry, clean_name, names, read_entries, write_entries
from addin.errors import AddinError
from addin.keystore import KeyStore, variable
from addin.paths import only_one, write_whole
from worker.scoring import (
    BadAnswer,
    ContractError,
    Description,
    Endpoint,
    HttpTransport,
    Schema,
    SheetscoreError,
    describe,
)
from worker.scoring.endpoint import clean_key, location

__all__ = ["Catalogue", "Entry", "NameTaken", "NoKey", "Refreshed", "UnknownEndpoint", "VariableTaken"]


class UnknownEndpoint(AddinError):
    """No endpoint has this name; `known` are those that there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__("unknown endpoint")
        self.name = name
        self.known = known


class NameTaken(AddinError):
    """Another endpoint of this person has the name."""

    def __init__(self, name: str) -> None:
        super().__init__("name taken")
        self.name = name


class VariableTaken(AddinError):
    """The key of the endpoint called `name` would go by the same environment `variable`: it would be sent to both."""

    def __init__(self, name: str, variable: str) -> None:
        super().__init__("variable taken")
        self.name = name
        self.variable = variable


class NoKey(AddinError):
    """The key of an endpoint is neither in the key store nor in the environment."""

    def __init__(self, name: str) -> None:
        super().__init__("no key")
        self.name = name


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What asking one endpoint again brought: whether its schema is another than before, or why it did not answer."""

    entry: Entry
    changed: bool = False
    error: SheetscoreError | None = None


class Catalogue:
    """The endpoints of one person; may be used by several processes at once.

    `conf` is the file that tells the add-in's VBA their names. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        keys: KeyStore,
        *,
        conf: Path | None = None,
        transport: HttpTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._keys = keys
        self.conf = conf or folder / "sheetscore.conf"
        self._clock = clock
        self._read: dict[str, tuple[tuple[int, int, int], Description]] = {}
        self.transport = transport or HttpTransport()

    def entries(self) -> tuple[Entry, ...]:
        """All endpoints, in the order they were added."""
        return tuple(map(self._seen, read_entries(self._folder).entries))

    def selected(self) -> Entry | None:
        """The endpoint that is used where none is named; the first where none was chosen."""
        found = read_entries(self._folder)
        entry = found.find(found.selected) or next(iter(found.entries), None)
        return self._seen(entry) if entry else None

    def entry(self, name: str) -> Entry:
        """The endpoint of a name, whatever its case. Raises UnknownEndpoint."""
        return self._seen(_entry(read_entries(self._folder), name))

    def add(self, name: str, url: str, key: str) -> Entry:
        """Ask an endpoint to describe itself and, if it does, put it on the list and its key into the key store.

        An address that is on the list already gets this key and name: that is how a key is replaced.
        Raises BadName, AddressError, NameTaken, VariableTaken, EndpointError, KeyStoreError; then nothing is changed.
        """
        name, place, key = clean_name(name), location(url), clean_key(key)
        _refuse_taken(read_entries(self._folder), name, place)
        description = describe(place, key, transport=self.transport)
        added = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
        with only_one(self._folder):
            found = read_entries(self._folder)
            _refuse_taken(found, name, place)
            self._keys.set(place, key, name)
            found.put(Entry(name, place, added))
            self._keep(place, description)
            self._write(found)
        return self.entry(name)

    def remove(self, name: str) -> None:
        """Take an endpoint off the list, with its key. Raises UnknownEndpoint, KeyStoreError."""
        with only_one(self._folder):
            found = read_entries(self._folder)
            entry = _entry(found, name)
            self._keys.delete(entry.url, entry.name)
            found.entries.remove(entry)
            if found.selected == entry.name:
                found.selected = next(iter(names(found.entries)), "")
            self._write(found)
            self._file(entry.url).unlink(missing_ok=True)

    def select(self, name: str) -> None:
        """Use this endpoint where none is named. Raises UnknownEndpoint."""
        with only_one(self._folder):
            found = read_entries(self._folder)
            found.selected = _entry(found, name).name
            self._write(found)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint with its key and schema; it is asked for the schema only where none is kept.

        Raises UnknownEndpoint, NoKey, KeyStoreError, EndpointError.
        """
        entry = self.entry(name)
        key = self._key(entry)
        known = self._known(entry.url)
        schema = known.schema if known else None
        return Endpoint(entry.url, key, schema or self.look(name)[0], entry.name)

    def look(self, name: str) -> tuple[Schema, str]:
        """Ask an endpoint for its schema and model version now, in one short call where nothing changed, and keep both.

        The version is blank where the endpoint does not tell. Raises as `endpoint`.
        """
        entry = self.entry(name)
        known = self._known(entry.url)
        told = describe(entry.url, self._key(entry), known.etag if known else "", self.transport)
        schema = told.schema or (known.schema if known else None)
        if schema is None:
            raise BadAnswer("not modified, though nothing was known")
        self._keep(entry.url, replace(told, schema=schema))
        return schema, told.model_version

    def saw(self, name: str, version: str) -> None:
        """Note the model version that an answer was scored with. Raises UnknownEndpoint."""
        url = self.entry(name).url
        known = self._known(url)
        if known is not None and known.model_version != version:
            self._keep(url, replace(known, model_version=version))

    def refresh(self, name: str | None = None) -> tuple[Refreshed, ...]:
        """Ask one endpoint, or all, for their schema again. What fails is told for each. Raises UnknownEndpoint."""
        asked = [self.entry(name)] if name is not None else list(self.entries())
        refreshed = []
        for entry in asked:
            before = self._known(entry.url)
            try:
                schema, _ = self.look(entry.name)
            except SheetscoreError as error:
                refreshed.append(Refreshed(entry, error=error))
            else:
                refreshed.append(Refreshed(self._seen(entry), changed=before is None or before.schema != schema))
        return tuple(refreshed)

    def _key(self, entry: Entry) -> str:
        key = self._keys.get(entry.url, entry.name)
        if not key:
            raise NoKey(entry.name)
        return key

    def _write(self, entries: Entries) -> None:
        write_entries(self._folder, entries)
        update_conf(self.conf, drop_down(names(entries.entries), entries.selected))

    def _file(self, url: str) -> Path:
        return self._folder / "endpoints" / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"

    def _seen(self, entry: Entry) -> Entry:
        known = self._known(entry.url)
        return replace(entry, last_seen_version=known.model_version) if known else entry

    def _known(self, url: str) -> Description | None:
        """What is kept of an endpoint; None where it cannot be read. A file is read again once it is another one."""
        with suppress(OSError, ValueError, LookupError, TypeError, ContractError):
            file = self._file(url)
            stat = file.stat()
            mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if url not in self._read or self._read[url][0] != mark:
                data = orjson.loads(file.read_bytes())
                schema = Schema.from_dict(data["schema"])
                self._read[url] = mark, Description(schema, str(data["etag"]), str(data["model_version"]))
            return self._read[url][1]
        return None

    def _keep(self, url: str, told: Description) -> None:
        if told.schema is None or told == self._known(url):
            return
        data = {"schema": told.schema.to_dict(), "etag": told.etag, "model_version": told.model_version}
        write_whole(self._file(url), orjson.dumps(data))


def _entry(entries: Entries, name: str) -> Entry:
    entry = entries.find(name)
    if entry is None:
        raise UnknownEndpoint(name, names(entries.entries))
    return entry


def _refuse_taken(entries: Entries, name: str, url: str) -> None:
    twin = entries.find(name)
    if twin is not None and twin.url != url:
        raise NameTaken(twin.name)
    for other in entries.entries:
        if other.url != url and variable(other.name) == variable(name):
            raise VariableTaken(other.name, variable(name))
