"""Folders that others may write to: what was opened is what is used, and no link is followed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from worker import folder as folder_module
from worker.folder import Folder, NotPlain, folders, open_file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


def test_a_folder_that_was_opened_stays_the_one_that_is_used(place: Path, tmp_path: Path) -> None:
    """Its name is moved away and a link put there: files are still found and put where they were."""
    (place / "inbox").mkdir()
    (place / "inbox" / "mine.xlsx").write_text("mine")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "theirs.xlsx").write_text("theirs")
    with Folder.open(place) as shared, shared.inner("inbox") as inbox:
        (place / "inbox").rename(place / "old")
        (place / "inbox").symlink_to(secret)
        assert [entry.name for entry in inbox.entries()] == ["mine.xlsx"]
        with inbox.create("new") as made:
            made.write(b"x")
        inbox.take("mine.xlsx", tmp_path / "taken")
        with pytest.raises(NotADirectoryError):
            shared.inner("inbox")
        with pytest.raises(NotADirectoryError):
            shared.own("inbox")
    assert (tmp_path / "taken").read_text() == "mine"
    assert list(secret.iterdir()) == [secret / "theirs.xlsx"]
    assert list((place / "old").iterdir()) == [place / "old" / "new"]


def test_what_is_no_file_is_not_opened(place: Path) -> None:
    """Links, also to files in the same folder, pipes, sockets, folders: refused at once, never waited for."""
    (place / "file").write_text("x")
    (place / "link").symlink_to("file")
    (place / "folder.xlsx").mkdir()
    os.mkfifo(place / "pipe")
    with socket.socket(socket.AF_UNIX) as listening, Folder.open(place) as folder:
        here = Path.cwd()
        os.chdir(place)  # a socket's name may not be long
        listening.bind("socket")
        os.chdir(here)
        for name in ("link", "folder.xlsx", "pipe", "socket"):
            with pytest.raises(NotPlain):
                folder.file(name)
            with pytest.raises(NotPlain):
                open_file(place / name)
        with folder.file("file") as opened:
            assert opened.read() == b"x"


def test_a_device_is_not_opened(place: Path) -> None:
    """One that would give bytes without end."""
    try:
        os.mknod(place / "zero.xlsx", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making devices is not allowed here")
    with Folder.open(place) as folder, pytest.raises(NotPlain):
        folder.file("zero.xlsx")


@pytest.mark.parametrize("name", ["..", "../shared", "a/b", "", "."])
def test_names_do_not_lead_out(place: Path, name: str) -> None:
    """A name is one in the folder."""
    with Folder.open(place) as folder:
        for use in (folder.inner, folder.own, folder.file, folder.create, folder.lstat):
            with pytest.raises(OSError, match="name in a folder"):
                use(name)


def test_folders_are_made_one_in_the_other(tmp_path: Path) -> None:
    """For this account alone; a link among them ends it."""
    with folders(tmp_path, "acme", "done") as done:
        done.create("a").close()
    assert (tmp_path / "acme" / "done").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "acme" / "done" / "a").stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").symlink_to("acme")
    with pytest.raises(NotADirectoryError), folders(tmp_path, "other", "done"):
        pass


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    """However it ends."""
    before = list(Path("/proc/self/fd").iterdir())
    (tmp_path / "a").symlink_to(".")
    for _ in range(50):
        with folders(tmp_path, "x", "y"):
            pass
        with pytest.raises(NotADirectoryError), folders(tmp_path, "a", "y"):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


def test_without_descriptors_links_are_refused_by_a_look(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: everything works by names, and what is a link when it is looked at is not used."""
    monkeypatch.setattr(folder_module, "_BY_DESCRIPTOR", False)
    (place / "file").write_text("x")
    (place / "link").symlink_to("file")
    (place / "away").symlink_to("..")
    with folders(place, "a", "b") as inner:
        with inner.create("new") as made:
            made.write(b"y")
        inner.link_within("new", "second")
        inner.rename("second", "third")
        inner.link(place / "file", "fourth")
        inner.take("new", place / "taken")
        assert sorted(entry.name for entry in inner.entries()) == ["fourth", "third"]
        assert inner.lstat("third").st_size == 1
        inner.remove("third")
    with Folder.open(place) as opened:
        for name in ("link", "a"):
            with pytest.raises(NotPlain):
                opened.file(name)
        for name in ("link", "away", "file"):
            with pytest.raises(NotADirectoryError):
                opened.own(name)
        with opened.file("taken") as file:
            assert file.read() == b"y"
