"""Where the add-in's files are, and how they are written."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from addin import paths


@pytest.mark.parametrize(
    ("platform", "environ", "folder", "conf"),
    [
        ("win32", {"USERPROFILE": "/u"}, "/u/.sheetscore", "/u/.sheetscore/sheetscore.conf"),
        (
            "darwin",
            {"HOME": "/u"},
            "/u/.sheetscore",
            "/u/Library/Containers/com.microsoft.Excel/Data/sheetscore.conf",
        ),
        ("linux", {"HOME": "/u"}, "/u/.sheetscore", "/u/.sheetscore/sheetscore.conf"),
    ],
)
def test_each_system_has_its_places(platform: str, environ: dict[str, str], folder: str, conf: str) -> None:
    """The settings file of the VBA is where xlwings looks for it; the Mac's Excel may read only there."""
    assert paths.user_folder(environ, platform) == Path(folder)
    assert paths.conf_file(environ, platform) == Path(conf)


def test_a_file_is_for_this_account_alone_and_whole(tmp_path: Path) -> None:
    """Its folder too; nothing is left beside it."""
    file = tmp_path / "made" / "list"
    paths.write_whole(file, b"one")
    paths.write_whole(file, b"two")

    assert file.read_bytes() == b"two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """And nothing beside it."""
    (tmp_path / "list").mkdir()
    with pytest.raises(OSError, match="list"):
        paths.write_whole(tmp_path / "list", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """However often it is written meanwhile."""
    file = tmp_path / "list"
    wholes = {bytes([65 + n]) * 100_000 for n in range(20)}
    paths.write_whole(file, b"A" * 100_000)
    writer = threading.Thread(target=lambda: [paths.write_whole(file, whole) for whole in wholes])
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(file.read_bytes())
    writer.join()
    assert seen <= wholes


def test_one_at_a_time(tmp_path: Path) -> None:
    """Each adds its line to what the one before left."""
    file = tmp_path / "list"
    file.write_bytes(b"")

    def add(number: int) -> None:
        for _ in range(5):
            with paths.only_one(tmp_path):
                paths.write_whole(file, file.read_bytes() + b"%d\n" % number)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(file.read_bytes().splitlines()) == sorted(b"%d" % n for n in range(4) for _ in range(5))
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    """A process that is killed in there does not lock the others out."""
    code = (
        "import sys, time; from pathlib import Path; from addin.paths import only_one\n"
        "with only_one(Path(sys.argv[1])):\n    print('in', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "in\n"
        with suppress(OSError), paths.only_one(tmp_path, seconds=0.2):
            pytest.fail("two at once")
    finally:
        child.kill()
        child.communicate()
    with paths.only_one(tmp_path):
        pass
