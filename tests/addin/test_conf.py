"""The file through which Python and Excel's side speak."""

from __future__ import annotations

import stat
from pathlib import Path

from addin.conf import drop_down, read_conf, update_conf


def test_keys_are_set_changed_and_taken_away(tmp_path: Path) -> None:
    """What somebody else wrote stays; case does not count in keys."""
    file = tmp_path / "made" / "sheetscore.conf"
    assert read_conf(file) == {}
    update_conf(file, {"ENDPOINTS": "a, b;c", "Use Udf Server": "TRUE", "gone": "x"})
    update_conf(file, {"endpoints": "Größe;ε", "GONE": None, "NEVER": None})
    assert read_conf(file) == {"ENDPOINTS": "Größe;ε", "USE UDF SERVER": "TRUE"}
    assert file.read_bytes().startswith(b'"ENDPOINTS","Gr')
    assert file.read_bytes().endswith(b'"USE UDF SERVER","TRUE"\r\n')
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_says_it_already_is_not_written(tmp_path: Path) -> None:
    """Excel may have it open."""
    file = tmp_path / "sheetscore.conf"
    update_conf(file, {"ENDPOINTS": "a"})
    before = file.stat().st_ino
    update_conf(file, {"ENDPOINTS": "a", "GONE": None})
    assert file.stat().st_ino == before


def test_lines_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    """Somebody may have edited it."""
    file = tmp_path / "sheetscore.conf"
    file.write_bytes(b'\xff\n"A"\n\n"B","1","2"\n"ENDPOINTS","a;b"\n')
    assert read_conf(file) == {"ENDPOINTS": "a;b"}


def test_on_macos_lines_end_as_xlwings_writes_them(tmp_path: Path) -> None:
    """In a line feed alone; what stood there otherwise is read."""
    file = tmp_path / "sheetscore.conf"
    update_conf(file, {"A": "1"}, "win32")
    update_conf(file, {"B": "2"}, "darwin")
    assert file.read_bytes() == b'"A","1"\n"B","2"\n'


def test_names_that_the_code_page_cannot_hold_stay_apart() -> None:
    """As question marks alone they would look alike; the choice is a place, not a name."""
    names = ["Ω", "Größe", "Σ"]
    assert drop_down(names, "Σ", "cp1252") == {"ENDPOINTS": "? (1);Größe;? (3)", "SELECTED": "2"}
    assert drop_down(names, "Σ", "utf-8") == {"ENDPOINTS": "Ω;Größe;Σ", "SELECTED": "2"}
    assert drop_down([], "", "cp1252") == {"ENDPOINTS": "", "SELECTED": ""}
