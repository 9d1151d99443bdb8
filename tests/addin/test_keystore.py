"""Keys go to a store that encrypts, or nowhere."""

from __future__ import annotations

import importlib
import logging
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import PasswordDeleteError

from addin import keystore
from addin.keystore import (
    EnvironmentKeys,
    FirstOf,
    KeyStore,
    KeyStoreFailed,
    KeyStoreRefused,
    MemoryKeys,
    SystemKeys,
    open_keys,
    variable,
)

CANARY = "canary-7f3a-key"
URL = "https://scores.example.com/workspaces/w/services/s"


class Store(KeyringBackend):
    """A backend in memory; as `Trusted` it goes by the name of a real one."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, error: Exception | None = None) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.error = error

    def _maybe_fail(self) -> None:
        if self.error:
            raise self.error

    def get_password(self, service: str, username: str) -> str | None:
        self._maybe_fail()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._maybe_fail()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._maybe_fail()
        if (service, username) not in self.held:
            raise PasswordDeleteError("not found")
        del self.held[service, username]


class Trusted(Store):
    pass


Trusted.__module__, Trusted.__qualname__ = "keyring.backends.SecretService", "Keyring"


class Plain(Store):
    pass


Plain.__module__, Plain.__qualname__ = "keyrings.alt.file", "PlaintextKeyring"


class Chain(ChainerBackend):
    backends: Any = ()


Chain.__module__ = ChainerBackend.__module__


def chain(*backends: KeyringBackend) -> ChainerBackend:
    made = Chain()
    made.backends = backends
    return made


@pytest.fixture(params=["system", "memory", "environment first"])
def keys(request: pytest.FixtureRequest) -> KeyStore:
    if request.param == "memory":
        return MemoryKeys()
    backend = Trusted()
    system = SystemKeys(lambda: backend)
    return system if request.param == "system" else FirstOf(EnvironmentKeys({}), system)


def test_a_key_is_kept_replaced_and_forgotten(keys: KeyStore) -> None:
    """One for each address."""
    assert keys.get(URL) is None
    keys.set(URL, "one", "credit")
    keys.set(URL, "two", "credit")
    keys.set(f"{URL}2", "three")
    assert (keys.get(URL), keys.get(f"{URL}2")) == ("two", "three")
    keys.delete(URL)
    keys.delete(URL)
    assert (keys.get(URL), keys.get(f"{URL}2")) == (None, "three")


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        (Plain(), "keyrings.alt.file.PlaintextKeyring"),
        (NullKeyring(), "keyring.backends.null.Keyring"),
        (FailKeyring(), "keyring.backends.fail.Keyring"),
        (chain(Plain()), "keyrings.alt.file.PlaintextKeyring"),
        (chain(), "keyring.backends.chainer.Chain"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_any_other_store_is_refused_by_name(backend: KeyringBackend, name: str) -> None:
    """Also one that a chain of stores would have picked; nothing is written to it."""
    keys = SystemKeys(lambda: backend)
    for ask in (lambda: keys.set(URL, CANARY), lambda: keys.get(URL), lambda: keys.delete(URL), lambda: keys.store):
        with pytest.raises(KeyStoreRefused) as error:
            ask()
        assert error.value.store == name
        assert CANARY not in f"{error.value} {error.value!r}"
    assert not getattr(backend, "held", None)


def test_of_a_chain_only_the_store_that_encrypts_is_used() -> None:
    """Wherever it stands in the chain."""
    plain, trusted = Plain(), Trusted()
    SystemKeys(lambda: chain(plain, trusted)).set(URL, CANARY)
    assert not plain.held
    assert list(trusted.held.values()) == [CANARY]


def test_the_trusted_names_are_those_of_real_stores() -> None:
    """A name that keyring does not have would lock everybody out."""
    for name in keystore.TRUSTED:
        module, _, kind = name.rpartition(".")
        if module.endswith("macOS"):  # loads the Mac's own library
            continue
        assert issubclass(getattr(importlib.import_module(module), kind), KeyringBackend)


def test_a_store_that_fails_says_what_kind_of_failure_it_was(caplog: pytest.LogCaptureFixture) -> None:
    """And not what it was given: some put the key into their message."""
    caplog.set_level(logging.DEBUG)
    backend = Trusted(RuntimeError(f"cannot store {CANARY}"))
    keys = SystemKeys(lambda: backend)
    with pytest.raises(KeyStoreFailed) as error:
        keys.set(URL, CANARY)
    assert (error.value.store, error.value.reason) == ("keyring.backends.SecretService.Keyring", "RuntimeError")
    assert CANARY not in f"{error.value} {error.value!r} {caplog.text}"
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_keyring_that_is_set_up_wrongly_says_so() -> None:
    """A backend that was named in its settings and is not installed, say."""

    def find() -> KeyringBackend:
        raise ModuleNotFoundError("No module named 'nonsense'")

    with pytest.raises(KeyStoreFailed) as error:
        SystemKeys(find).get(URL)
    assert (error.value.store, error.value.reason) == ("keyring", "ModuleNotFoundError")


def test_the_environment_serves_where_there_is_no_store() -> None:
    """By the endpoint's name, read only; it wins over the system's store and is not copied there."""
    assert variable("Credit risk (new)") == "SHEETSCORE_KEY_CREDIT_RISK_NEW"
    backend = Trusted()
    keys = FirstOf(EnvironmentKeys({"SHEETSCORE_KEY_CREDIT": CANARY}), SystemKeys(lambda: backend))
    assert keys.get(URL, "credit") == CANARY
    keys.set(URL, CANARY, "credit")
    assert not backend.held
    keys.set(URL, "another", "credit")
    assert keys.get(URL, "credit") == CANARY
    assert EnvironmentKeys({}).get(URL, "credit") is None
    with pytest.raises(KeyStoreFailed) as error:
        EnvironmentKeys({}).set(URL, CANARY, "credit")
    assert error.value.reason == "set SHEETSCORE_KEY_CREDIT"


def test_no_store_shows_its_keys() -> None:
    """In no repr."""
    memory = MemoryKeys()
    memory.set(URL, CANARY)
    shown = [memory, FirstOf(memory, memory), EnvironmentKeys({"SHEETSCORE_KEY_X": CANARY}), open_keys({"K": CANARY})]
    assert CANARY not in repr(shown)


def test_a_refused_key_store_hinders_no_deletion() -> None:
    """It was never given a key; one that fails is said."""
    keys = FirstOf(EnvironmentKeys({}), SystemKeys(Plain))
    keys.delete(URL, "credit")
    with pytest.raises(KeyStoreRefused):
        keys.set(URL, CANARY, "credit")
