"""The log: one JSON line a unit of work, bounded, private, and without the text of exceptions."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from worker.logs import BoundedFile, TurnFile, to_file


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    file = to_file(tmp_path)
    yield tmp_path / "logs" / "sheetscore.log"
    file.close()
    structlog.reset_defaults()


def test_a_line_is_json_and_a_fault_says_where_and_not_what(log_file: Path) -> None:
    """The text of an exception can hold a customer's values; its type and places cannot."""
    log = structlog.get_logger("sheetscore.test")
    log.info("job ended", job="1", rows=3)
    log.debug("not told")
    try:
        int("4711 is secret")
    except ValueError:
        log.exception("it failed", job="2")
    first, second = [json.loads(line) for line in log_file.read_text().splitlines()]
    assert (first["message"], first["level"], first["rows"]) == ("job ended", "info", 3)
    assert second["fault"] == ["ValueError"]
    assert second["trace"][0].startswith("test_logs.py:")
    assert "4711" not in log_file.read_text()
    assert oct(log_file.stat().st_mode & 0o777) == "0o600"


def test_the_log_is_bounded(tmp_path: Path) -> None:
    """The oldest lines go; a line is never cut."""
    file = BoundedFile(tmp_path / "log", most_bytes=100, most_files=3)
    for number in range(40):
        file.write(b"line %02d of the log\n" % number)
    file.close()
    files = sorted(tmp_path.iterdir())
    assert [f.name for f in files] == ["log", "log.1", "log.2"]
    kept = b"".join(f.read_bytes() for f in reversed(files)).splitlines()
    assert kept == [b"line %02d of the log" % n for n in range(40 - len(kept), 40)]
    assert all(f.stat().st_size <= 100 for f in files)


def test_two_processes_may_share_a_log(tmp_path: Path) -> None:
    """The one that finds the file renamed goes on in the new one."""
    one, other = BoundedFile(tmp_path / "log", 100, 9), BoundedFile(tmp_path / "log", 100, 9)
    for number in range(20):
        (one, other)[number % 2].write(b"line %02d of the log\n" % number)
    one.close()
    other.close()
    kept = sorted(line for file in tmp_path.iterdir() for line in file.read_bytes().splitlines())
    assert kept == [b"line %02d of the log" % n for n in range(20)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_ends_nothing_that_is_told_of(tmp_path: Path) -> None:
    """A line that cannot be written is lost; the job or the request it tells of goes on."""
    (tmp_path / "log").symlink_to("/dev/full")
    file = BoundedFile(tmp_path / "log")
    file.write(b"a line\n")
    file.close()


def test_a_log_that_cannot_be_turned_writes_into_no_other_file(tmp_path: Path) -> None:
    """The number of the closed file may soon be that of a customer's workbook."""
    (tmp_path / "logs").mkdir()
    file = BoundedFile(tmp_path / "logs" / "log", most_bytes=10)
    file.write(b"line 1\n")
    (tmp_path / "logs").rename(tmp_path / "away")
    file.write(b"line 2, which is too much\n")
    opened = [(tmp_path / f"book{number}").open("wb") for number in range(4)]
    file.write(b"line 3\n")
    (tmp_path / "away").rename(tmp_path / "logs")
    file.write(b"line 4\n")
    file.close()
    for book in opened:
        book.close()
    assert [(tmp_path / f"book{number}").read_bytes() for number in range(4)] == [b""] * 4
    assert (tmp_path / "logs" / "log").read_bytes().endswith(b"line 4\n")


def test_what_cannot_be_encoded_is_told_all_the_same(log_file: Path) -> None:
    """A name that is not UTF-8 must not end the work that mentions it."""
    structlog.get_logger("sheetscore.test").info("told", name="caf\udce9", number=2**70)
    assert json.loads(log_file.read_text())["message"] == "told"


def test_lines_of_one_turn_of_an_event_loop_are_written_at_its_end(tmp_path: Path) -> None:
    """In order and whole, before anything that the next turn does; those of a loop that ended when it is closed."""
    file = TurnFile(tmp_path / "log")

    async def main() -> None:
        file.msg(b"one")
        file.msg(b"two")
        assert (tmp_path / "log").read_bytes() == b""
        await asyncio.sleep(0)
        assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
        file.msg(b"three")

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    file.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("goes_on", ["loop", "thread"])
def test_lines_that_a_loop_left_behind_hold_up_no_others(tmp_path: Path, goes_on: str) -> None:
    """A loop that ended in the middle of a turn writes nothing any more; the next one, and a thread, go on."""
    file = TurnFile(tmp_path / "log")

    def end(loop: asyncio.AbstractEventLoop) -> None:
        loop.stop()
        file.msg(b"one")

    async def write() -> None:
        file.msg(b"two")
        await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    loop.call_soon(end, loop)
    loop.run_forever()
    loop.close()
    assert (tmp_path / "log").read_bytes() == b""
    if goes_on == "loop":
        asyncio.run(write())
    else:
        file.msg(b"two")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    file.close()


def test_threads_and_loops_may_write_while_the_file_is_turned(tmp_path: Path) -> None:
    """Every line is there once, whole, and those of one writer stand in their order."""
    file = TurnFile(tmp_path / "log")
    file._most_bytes, file._most_files = 2_000, 1_000

    def plain(who: int) -> None:
        for number in range(1_000):
            file.msg(b"%d %03d" % (who, number))

    async def turns(who: int) -> None:
        for number in range(1_000):
            file.msg(b"%d %03d" % (who, number))
            if number % 7 == 0:
                await asyncio.sleep(0)

    writers = [threading.Thread(target=plain, args=(who,)) for who in (0, 1)]
    writers += [threading.Thread(target=lambda who=who: asyncio.run(turns(who))) for who in (2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    file.close()
    files = sorted(tmp_path.iterdir(), key=lambda path: -int(path.suffix[1:] or 0))
    lines = b"".join(path.read_bytes() for path in files).splitlines()
    for who in range(4):
        own = [line for line in lines if line.startswith(b"%d " % who)]
        assert own == [b"%d %03d" % (who, n) for n in range(1_000)]
    assert len(lines) == 4_000


def test_a_line_is_made_in_each_way_that_structlog_knows(log_file: Path) -> None:
    """With what is bound, with values for its words, and with a fault."""
    log = structlog.get_logger("sheetscore.test").bind(job="1")
    log.info("%s of %d", "three", 4, rows=3)
    log.bind(part=2).info("100% done")
    try:
        int("4711 is secret")
    except ValueError:
        log.info("it failed", exc_info=True)
    with structlog.testing.capture_logs() as captured:
        log.info("seen", rows=1)
    assert captured == [{"job": "1", "rows": 1, "event": "seen", "log_level": "info"}]
    lines = [json.loads(line) for line in log_file.read_text().splitlines()]
    assert [line["message"] for line in lines] == ["three of 4", "100% done", "it failed"]
    assert [line["job"] for line in lines] == ["1"] * 3
    assert (lines[0]["rows"], lines[1]["part"], lines[2]["fault"]) == (3, 2, ["ValueError"])


def test_a_line_outside_of_an_event_loop_is_written_at_once(tmp_path: Path) -> None:
    file = TurnFile(tmp_path / "log")
    file.msg(b"one")
    assert (tmp_path / "log").read_bytes() == b"one\n"
    file.close()
