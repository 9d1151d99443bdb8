"""Publishing: whole or not at all, never over another file, under a name that every system takes."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.batch.publish import free_name, numbered, place, place_again, reason_name, safe_name
from worker.folder import Folder


def test_placing_never_overwrites(tmp_path: Path) -> None:
    """A taken name is told, the file there stays."""
    new, box = tmp_path / "new", tmp_path / "box"
    box.mkdir()
    new.write_text("new")
    (box / "book.xlsx").write_text("theirs")
    assert place(new, Folder.open(box), "book.xlsx") is False
    assert (box / "book.xlsx").read_text() == "theirs"


def test_placing_again_is_no_harm(tmp_path: Path) -> None:
    """After a crash between placing and recording, the file is found to be there."""
    new = tmp_path / "new"
    new.write_text("new")
    assert place(new, Folder.open(tmp_path), "book.xlsx")
    assert place(new, Folder.open(tmp_path), "book.xlsx")
    assert place_again(new, Folder.open(tmp_path), "book.xlsx")
    assert not place_again(new, Folder.open(tmp_path), "other.xlsx")


def test_of_many_that_place_one_name_one_wins(tmp_path: Path) -> None:
    """The name is taken in one step."""
    won: list[int] = []

    def put(number: int) -> None:
        file = tmp_path / f"made{number}"
        file.write_text(str(number))
        if place(file, Folder.open(tmp_path), "book.xlsx"):
            won.append(number)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert (tmp_path / "book.xlsx").read_text() == str(won[0])


def test_a_name_with_a_reason_beside_it_is_not_free(tmp_path: Path) -> None:
    """A workbook and its reason keep to one number."""
    (tmp_path / "book.xlsx").touch()
    (tmp_path / "book (2).reason.txt").touch()
    assert free_name(Folder.open(tmp_path), "book.xlsx") == "book (3).xlsx"
    assert reason_name("book (3).xlsx") == "book (3).reason.txt"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("book.xlsx", "book.xlsx"),
        ("a[/b].xlsx", "a[_b].xlsx"),
        ("CON.xlsx", "_CON.xlsx"),
        ("trailing. .xlsx", "trailing.xlsx"),
        (".xlsx", "xlsx"),
        ("new\nline.xlsx", "new_line.xlsx"),
        ("café ☕.xlsx", "café ☕.xlsx"),
        ("", "workbook"),
    ],
)
def test_names_that_some_system_refuses_are_mended(name: str, safe: str) -> None:
    """As close to what the customer wrote as can be."""
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_every_name_can_be_made_on_disk(name: str) -> None:
    """No separator, no control character, never longer than file systems take, with room for a number."""
    safe = safe_name(name)
    assert safe not in ("", ".", "..")
    assert not set(safe) & set('/\\<>:"|?*\0\n\r\t')
    assert len(numbered(safe, 999).encode()) < 200


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder to which no second name can be made from here."""
    if not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second filesystem")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_without_hard_links_files_of_one_name_are_not_mixed_up(tmp_path: Path, elsewhere: Path) -> None:
    """Two jobs publish one name at one time by copying: one wins, its content is its own, nothing half is left."""
    won: list[int] = []

    def put(number: int) -> None:
        file = tmp_path / f"job{number}" / "result.xlsx"
        file.parent.mkdir()
        file.write_bytes(bytes([number]) * 3_000_000)
        if place(file, Folder.open(elsewhere), "book.xlsx"):
            won.append(number)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert (elsewhere / "book.xlsx").read_bytes() == bytes(won) * 3_000_000
    assert [file.name for file in elsewhere.iterdir()] == ["book.xlsx"]
    assert place_again(tmp_path / f"job{won[0]}" / "result.xlsx", Folder.open(elsewhere), "book.xlsx")
