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
from addin.keystore import KeyStore, KeyStoreError, variable


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many endpoints went, and the environment variables that still hold the key of one: they are not ours."""

    endpoints: int
    left: tuple[str, ...]


def forget(folder: Path, catalogue: Catalogue, keys: KeyStore) -> Forgotten:
    """Delete it all. Files of others in the folder stay (a server's home).

    Raises KeyStoreError: then nothing is lost that the keys are needed for.
    """
    entries, left = catalogue.entries(), []
    for entry in entries:
        catalogue.remove(entry.name)
        with suppress(KeyStoreError):
            if keys.get(entry.url, entry.name):
                left.append(variable(entry.name))
    keys.delete(SECRET_NAME)
    for file in _files(folder):
        file.unlink(missing_ok=True)
    update_conf(catalogue.conf, {"STOPPED": None})
    with suppress(OSError):
        (folder / "endpoints").rmdir()
    return Forgotten(len(entries), tuple(left))


def _files(folder: Path) -> Iterator[Path]:
    yield from (paths.endpoints_file(folder), paths.settings_file(folder), folder / "calls-stopped", folder / "lock")
    yield consent_file(folder)
    yield from (folder / "endpoints").glob("*.json")
    yield from folder.glob(f"{paths.cache_file(folder).stem}.broken*")
    for file in (paths.cache_file(folder), paths.log_file(folder), paths.undo_file(folder)):
        yield from folder.glob(f"{file.name}*")
