"""Files that are whole or not there, and private."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

from worker.files import private_folder, write_whole


def test_what_is_written_is_whole_and_private(tmp_path: Path) -> None:
    """The file is 0600 and no temporary file stays behind."""
    assert write_whole(tmp_path / "a", b"one")
    assert write_whole(tmp_path / "a", b"two")
    assert [(p.name, p.read_bytes(), stat.S_IMODE(p.stat().st_mode)) for p in tmp_path.iterdir()] == [
        ("a", b"two", 0o600)
    ]


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    """Without `replace`, exactly one of several writers is told that it won, and its bytes stay."""
    won: list[int] = []

    def write(number: int) -> None:
        if write_whole(tmp_path / "a", bytes([number]), replace=False):
            won.append(number)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bytes([number]) for number in won] == [(tmp_path / "a").read_bytes()]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    """0700 when made, and so are those above it that were made for it; asking again is fine."""
    assert stat.S_IMODE(private_folder(private_folder(tmp_path / "b")).stat().st_mode) == 0o700
    private_folder(tmp_path / "c" / "d")
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700
