"""Ctrl-C and SIGTERM at the command line: prompt, without half a state, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from worker.batch.ledger import Ledger
from worker.endpoints import Registry, Remote
from worker.scoring import Column, ColumnType, Output, Schema
from worker.store import open_store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


class Command:
    """A command that runs."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "worker", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "SHEETSCORE_PORT": "0"},
        )
        self.said = ""

    def until(self, words: str) -> None:
        """Read on until a line has these words."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line
            if words in line:
                return
        raise AssertionError(self.said)

    def end(self, number: int, *, within: float = 20) -> int:
        """Send a signal; the exit code, if it comes in time."""
        self._process.send_signal(number)
        try:
            rest, _ = self._process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        self.said += rest
        assert "Traceback" not in self.said
        return self._process.returncode


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose endpoint takes a minute for each call."""
    script = Path(__file__).parents[1] / "batch" / "slow_endpoint.py"
    server = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "calls"), "60"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{int(server.stdout.readline())}/workspaces/w/services/s"
    home = tmp_path / "home"
    engine = open_store("", home)
    schema = Schema((Column("Amount", ColumnType.NUMBER),), (Output("Risk", ColumnType.NUMBER),))
    registry = Registry(engine, home)
    registry.add_service("slow", schema, Remote(url, "classic", "k"))
    registry.add_customer("acme")
    registry.add_endpoint("slow", "acme", "acme")
    engine.dispose()
    yield home
    server.kill()
    server.wait()
    server.stdout.close()


def make_book(file: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (["Amount"], [1000], [2000]):
        book.active.append(row)
    book.save(file)
    return file


def states(home: Path) -> list[str]:
    engine = open_store("", home)
    found = [job.state for job in Ledger(engine).jobs()]
    engine.dispose()
    return found


def wait_for_call(folder: Path) -> None:
    until = time.monotonic() + 20
    while not (folder / "calls").exists():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_score_that_is_ended_leaves_nothing_half(home: Path, tmp_path: Path, number: int) -> None:
    """It does not wait for an endpoint that does not answer; the job is over, and there is no result."""
    book = make_book(tmp_path / "book.xlsx")
    command = Command("score", str(book), "--endpoint", "slow/acme", "--home", str(home), cwd=tmp_path)
    command.until("scoring")
    wait_for_call(tmp_path)
    assert command.end(number) == 130
    assert states(home) == ["cancelled"]
    assert sorted(tmp_path.glob("*book*")) == [book]


def test_serve_ends_at_the_second_ctrl_c_though_a_call_is_under_way(home: Path, tmp_path: Path) -> None:
    """The first waits for what is paid for; the next start takes the job up."""
    inbox = home / "drop" / "acme" / "inbox"
    inbox.mkdir(parents=True)
    make_book(inbox / "book.xlsx")
    command = Command("serve", "--home", str(home), cwd=tmp_path)
    command.until("Ctrl-C stops")
    wait_for_call(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        command._process.send_signal(signal.SIGINT) or command._process.wait(1)
    assert command.end(signal.SIGINT) == 130
    assert states(home) == ["running"]


def test_the_demonstration_can_be_ended_anywhere_and_run_again(tmp_path: Path) -> None:
    """What the first run left is finished by the second, none of it in failed."""
    command = Command("demo", cwd=tmp_path)
    command.until("1. Web service")
    assert command.end(signal.SIGINT) == 130
    command = Command("demo", cwd=tmp_path)
    command.until("reading")
    assert command.end(signal.SIGINT) == 130
    command = Command("demo", "--keep-serving", cwd=tmp_path)
    command.until("Ctrl-C stops")
    assert command.end(signal.SIGTERM) == 0
    home = tmp_path / "sheetscore-demo"
    assert set(states(home)) == {"done"}
    assert list(home.glob("drop/*/failed/*")) == []


def test_a_second_demonstration_at_once_does_not_take_the_firsts_keys(tmp_path: Path) -> None:
    """It says what to do; the first goes on."""
    first = Command("demo", "--keep-serving", cwd=tmp_path)
    first.until("Ctrl-C stops")
    second = Command("demo", cwd=tmp_path)
    second.until("already")
    assert second.end(0) == 1
    assert first.end(signal.SIGINT) == 0
