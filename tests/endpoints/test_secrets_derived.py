"""A key that is derived from the home's secret stays as long as the secret does, and serves one purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.endpoints.secrets import Secret, SecretError


def test_a_derived_key_is_the_home_s_and_the_purpose_s(tmp_path: Path) -> None:
    key = Secret(tmp_path / "one", {}).derive("links")
    assert len(key) == 32
    assert Secret(tmp_path / "one", {}).derive("links") == key
    assert Secret(tmp_path / "one", {}).derive("others") != key
    assert Secret(tmp_path / "two", {}).derive("links") != key


def test_no_key_is_derived_from_what_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(SecretError):
        Secret(tmp_path, {"SHEETSCORE_SECRET": "short"}).derive("links")
