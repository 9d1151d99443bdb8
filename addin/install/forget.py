"""Deletes what the add-in keeps of a person: keys, scores, endpoints, settings, log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from addin import paths
from addin.cache import SECRET_NAME
from addin.catalogue import Catalogue
from addin.conf import update_conf
from addin.consent import consent_file
from addin.keystore import KeyStore


def forget(folder: Path, catalogue: Catalogue, keys: KeyStore) -> int:
    """Delete it all; the number of endpoints whose keys went. Files of others in the folder stay (a server's home).

    Raises KeyStoreError: then nothing is lost that the keys are needed for.
    """
    entries = catalogue.entries()
    for entry in entries:
        catalogue.remove(entry.name)
    keys.delete(SECRET_NAME)
    for file in _files(folder):
        file.unlink(missing_ok=True)
    update_conf(catalogue.conf, {"STOPPED": None})
    with suppress(OSError):
        (folder / "endpoints").rmdir()
    return len(entries)


def _files(folder: Path) -> Iterator[Path]:
    yield from (paths.endpoints_file(folder), paths.settings_file(folder), folder / "calls-stopped", folder / "lock")
    yield consent_file(folder)
    yield from (folder / "endpoints").glob("*.json")
    yield from folder.glob(f"{paths.cache_file(folder).stem}.broken*")
    for file in (paths.cache_file(folder), paths.log_file(folder), paths.undo_file(folder)):
        yield from folder.glob(f"{file.name}*")
