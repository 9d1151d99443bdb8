"""Keys and the home's secret."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from worker.endpoints import keys
from worker.endpoints.secrets import VARIABLE, Secret, SecretError


def test_keys_differ_and_have_256_bits() -> None:
    """43 characters of base 64 behind the prefix."""
    made = {keys.new_key() for _ in range(1000)}
    assert len(made) == 1000
    assert {(key[:3], len(key)) for key in made} == {("ss_", 46)}


def test_only_a_stored_key_is_among_them() -> None:
    """Whichever slot; not a prefix, not another case, not nothing, not what no header can hold."""
    one, two = keys.new_key(), keys.new_key()
    stored = [keys.digest(one), keys.digest(two)]
    assert keys.is_among(one, stored)
    assert keys.is_among(two, stored)
    for wrong in (one[:-1], one.swapcase(), "", "\ud800", keys.digest(one)):
        assert not keys.is_among(wrong, stored)
    assert keys.hint(one) == one[-4:]


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    """Threads that need it at the same moment agree on one secret."""
    made: list[bytes] = []

    def encrypt() -> None:
        made.append(Secret(tmp_path, {}).encrypt("token"))

    threads = [threading.Thread(target=encrypt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {Secret(tmp_path, {}).decrypt(data) for data in made} == {"token"}
    (file,) = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("secret.key", 0o600)


def test_the_environment_comes_first_and_leaves_no_file(tmp_path: Path) -> None:
    """SHEETSCORE_SECRET; what was encrypted under another secret is refused, as is text that is no secret."""
    one, two = ({VARIABLE: Fernet.generate_key().decode()} for _ in range(2))
    data = Secret(tmp_path, one).encrypt("é")
    assert Secret(tmp_path, one).decrypt(data) == "é"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SecretError, match="encrypted under"):
        Secret(tmp_path, two).decrypt(data)
    with pytest.raises(SecretError, match="32 bytes"):
        Secret(tmp_path, {VARIABLE: "password"}).encrypt("x")
