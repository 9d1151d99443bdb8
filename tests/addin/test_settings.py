"""The analyst's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from addin.conf import read_conf, update_conf
from addin.settings import TABLE, SettingError, Settings


def test_a_new_person_has_the_defaults(tmp_path: Path) -> None:
    """By attribute and by name."""
    settings = Settings(tmp_path, {})
    assert {setting.name: settings[setting.name] for setting in TABLE} == {s.name: s.default for s in TABLE}
    assert settings.confirm_rows == 20_000
    with pytest.raises(AttributeError):
        _ = settings.nothing


def test_the_file_wins_over_the_default_and_the_environment_over_the_file(tmp_path: Path) -> None:
    """Notepad's mark before the text does no harm."""
    (tmp_path / "settings.toml").write_text("confirm_rows = 5\ncache_mb = 7\nfunction_seconds = 3\n", "utf-8-sig")
    settings = Settings(tmp_path, {"SHEETSCORE_CACHE_MB": "9"})
    assert (settings.confirm_rows, settings.cache_mb, settings.function_seconds) == (5, 9, 3.0)


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("confirm_rows = 'many'", "confirm_rows", "a whole number, 0 or more"),
        ("confirm_rows = true", "confirm_rows", "a whole number, 0 or more"),
        ("confirm_rows = 1.5", "confirm_rows", "a whole number, 0 or more"),
        ("cache_mb = 0", "cache_mb", "a whole number, 1 or more"),
        ("function_seconds = inf", "function_seconds", "a number, 1 or more"),
        ("confirm_row = 5", "confirm_row", "known are confirm_rows"),
        ("confirm_rows = ", "", "Invalid value"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, text: str, name: str, wanted: str) -> None:
    """With the file it stands in and what is wanted."""
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SettingError) as error:
        Settings(tmp_path, {})
    assert error.value.name == name
    assert error.value.wanted.startswith(wanted)
    assert error.value.where == str(tmp_path / "settings.toml")


def test_calls_are_stopped_for_every_process_at_once(tmp_path: Path) -> None:
    """Settings that were read before know it too."""
    one, other = Settings(tmp_path, {}), Settings(tmp_path, {})
    assert not other.stopped
    one.stop_calls(stopped=True)
    one.stop_calls(stopped=True)
    assert other.stopped
    assert read_conf(tmp_path / "sheetscore.conf") == {"STOPPED": "1"}
    one.stop_calls(stopped=False)
    one.stop_calls(stopped=False)
    assert not other.stopped
    assert read_conf(tmp_path / "sheetscore.conf") == {}


def test_the_ribbon_is_told_in_its_own_file(tmp_path: Path) -> None:
    """Excel for Mac sees no other of our files; what else stands there stays."""
    conf = tmp_path / "sandbox" / "sheetscore.conf"
    update_conf(conf, {"SELECTED": "1"})
    Settings(tmp_path, {}, conf).stop_calls(stopped=True)
    assert read_conf(conf) == {"SELECTED": "1", "STOPPED": "1"}
