"""Where keys are kept: in the system's own key store, or in the environment where there is none. Nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import PasswordDeleteError

from addin.errors import AddinError

TRUSTED = (
    "keyring.backends.Windows.WinVaultKeyring",
    "keyring.backends.macOS.Keyring",
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.libsecret.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.kwallet.DBusKeyringKWallet4",
)
"""The stores that encrypt: Windows Credential Manager, macOS Keychain, Secret Service (two ways), KWallet."""

_USER = "key"


class KeyStoreError(AddinError):
    """No key could be read or kept. `store` is the name of the key store."""

    def __init__(self, store: str, what: str) -> None:
        super().__init__(f"{what} ({store})")
        self.store = store


class KeyStoreRefused(KeyStoreError):
    """The key store found here is not one that is known to encrypt what it keeps."""

    def __init__(self, store: str) -> None:
        super().__init__(store, "key store refused")


class KeyStoreFailed(KeyStoreError):
    """The key store did not do what it was asked. `reason` is the kind of its error; its words may hold the key."""

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(store, f"key store failed: {reason}")
        self.reason = reason


class KeyStore(Protocol):
    """Keeps one key for each address. `name` is what the person calls the endpoint there. Raises KeyStoreError."""

    def get(self, url: str, name: str = "") -> str | None:
        """The key for an address, None where there is none."""

    def set(self, url: str, key: str, name: str = "") -> None:
        """Keep a key, instead of the one before."""

    def delete(self, url: str, name: str = "") -> None:
        """Forget a key; nothing happens where there is none."""


class SystemKeys:
    """The operating system's key store, as keyring finds it; looked for when first used."""

    def __init__(self, find: Callable[[], KeyringBackend] = keyring.get_keyring) -> None:
        self._find = find

    @property
    def store(self) -> str:
        """The name of the key store that is used. Raises KeyStoreRefused."""
        return _name(self._trusted())

    def get(self, url: str, name: str = "") -> str | None:  # noqa: ARG002 - an address is enough here
        """The key for an address, None where there is none."""
        store = self._trusted()
        with _no_words(_name(store)):
            return store.get_password(service(url), _USER)

    def set(self, url: str, key: str, name: str = "") -> None:  # noqa: ARG002
        """Keep a key, instead of the one before."""
        store = self._trusted()
        with _no_words(_name(store)):
            store.set_password(service(url), _USER, key)

    def delete(self, url: str, name: str = "") -> None:  # noqa: ARG002
        """Forget a key; nothing happens where there is none."""
        store = self._trusted()
        with _no_words(_name(store)):
            try:
                store.delete_password(service(url), _USER)
            except PasswordDeleteError:
                if store.get_password(service(url), _USER) is not None:
                    raise

    def _trusted(self) -> KeyringBackend:
        """The first store that may be used. A chain of stores is never used itself: it writes where it likes."""
        with _no_words("keyring"):
            found = self._find()
        offered = list(found.backends) if isinstance(found, ChainerBackend) else [found]
        for store in offered:
            if _name(store) in TRUSTED:
                return store
        raise KeyStoreRefused(", ".join(map(_name, offered)) or _name(found))


class EnvironmentKeys:
    """Keys in variables `SHEETSCORE_KEY_<NAME>`, where no person is logged in. They can be read, not kept.

    In the variable the endpoint's name is in capitals, every run of other characters than letters and digits as one _.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def get(self, url: str, name: str = "") -> str | None:  # noqa: ARG002 - a variable goes by the name
        """The key of an endpoint, None where there is none."""
        return self._environ.get(variable(name)) or None

    def set(self, url: str, key: str, name: str = "") -> None:
        """Nothing is to be done for a key that is there. Raises KeyStoreFailed for any other."""
        if self.get(url, name) != key:
            raise KeyStoreFailed("environment", f"set {variable(name)}")

    def delete(self, url: str, name: str = "") -> None:
        """The environment is not ours to change: a key there stays."""


class FirstOf:
    """The environment's keys, then the system's. What the environment has is not kept a second time."""

    def __init__(self, first: KeyStore, then: KeyStore) -> None:
        self._first = first
        self._then = then

    def get(self, url: str, name: str = "") -> str | None:
        """The key for an address, None where there is none."""
        return self._first.get(url, name) or self._then.get(url, name)

    def set(self, url: str, key: str, name: str = "") -> None:
        """Keep a key, instead of the one before."""
        if self._first.get(url, name) != key:
            self._then.set(url, key, name)

    def delete(self, url: str, name: str = "") -> None:
        """Forget a key. A system's key store that is refused was never given one."""
        with suppress(KeyStoreRefused):
            self._then.delete(url, name)


class MemoryKeys:
    """A key store without a system, for tests and demonstrations."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def get(self, url: str, name: str = "") -> str | None:  # noqa: ARG002
        """The key for an address, None where there is none."""
        return self._keys.get(url)

    def set(self, url: str, key: str, name: str = "") -> None:  # noqa: ARG002
        """Keep a key, instead of the one before."""
        self._keys[url] = key

    def delete(self, url: str, name: str = "") -> None:  # noqa: ARG002
        """Forget a key; nothing happens where there is none."""
        self._keys.pop(url, None)


def open_keys(environ: Mapping[str, str] = os.environ) -> KeyStore:
    """The keys of whoever runs this: the environment's, then the system's."""
    return FirstOf(EnvironmentKeys(environ), SystemKeys())


def variable(name: str) -> str:
    """The environment variable with the key of an endpoint."""
    word = re.sub(r"\W+", "_", name.upper()).strip("_")
    return f"SHEETSCORE_KEY_{word}"


def service(url: str) -> str:
    """The entry's name in the system's key store. One for each address: Windows moves keys about where several users
    share a service.
    """
    return f"sheetscore {url}"


def _name(store: KeyringBackend) -> str:
    return f"{type(store).__module__}.{type(store).__qualname__}"


@contextmanager
def _no_words(store: str) -> Iterator[None]:
    """A store's error as its kind alone; each system raises its own, and some repeat what they were given."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - pywintypes, dbus and Keychain errors share no base
        raise KeyStoreFailed(store, type(error).__name__) from None
