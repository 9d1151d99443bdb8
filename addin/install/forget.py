"""Deletes what the add-in keeps of a person: keys, scores, endpoints, settings, log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from addin import paths
from addin.cache import SECRET_NAME
from addin.catalogue import Catalogue
from addin.conf import update_conf
from addin.consent import consent_file
from addin.keystore import KeyStore, KeyStoreError, service, variable
from addin.proxylogin import STORED


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many endpoints went; the environment variables that still hold the key of one: they are not ours; and the
    entries that the key store did not delete, by their names there.
    """

    endpoints: int
    left: tuple[str, ...]
    kept: tuple[str, ...]


def forget(folder: Path, catalogue: Catalogue, keys: KeyStore) -> Forgotten:
    """Delete it all. Files of others in the folder stay (a server's home).

    An endpoint whose key the key store does not delete stays on the list: that is how another try finds the key.
    """
    gone, left, kept = 0, [], []
    for entry in catalogue.entries():
        try:
            catalogue.remove(entry.name)
        except KeyStoreError:
            kept.append(service(entry.url))
            continue
        gone += 1
        with suppress(KeyStoreError):
            if keys.get(entry.url, entry.name):
                left.append(variable(entry.name))
    doomed = set(_files(folder)) - ({paths.endpoints_file(folder)} if kept else set())
    for name in (SECRET_NAME, STORED):
        try:
            keys.delete(name)
        except KeyStoreError:
            kept.append(service(name))
    for file in doomed:
        file.unlink(missing_ok=True)
    update_conf(catalogue.conf, {"STOPPED": None})
    with suppress(OSError):
        (folder / "endpoints").rmdir()
    return Forgotten(gone, tuple(left), tuple(kept))


def _files(folder: Path) -> Iterator[Path]:
    yield from (paths.endpoints_file(folder), paths.settings_file(folder), paths.stop_file(folder), folder / "lock")
    yield consent_file(folder)
    yield from (folder / "endpoints").glob("*.json")
    yield from folder.glob(f"{paths.cache_file(folder).stem}.broken*")
    for file in (paths.cache_file(folder), paths.log_file(folder), paths.undo_file(folder)):
        yield from folder.glob(f"{file.name}*")
