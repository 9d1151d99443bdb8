"""The progress window, and what it says of the time left."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from addin.dialogs import NoWindows, Screen, progress
from addin.dialogs.windows.progress import Pace
from tests.addin.dialogs.conftest import Person, Shown

_TITLE = "Scoring 1,000 rows"
_BUSY = "Endpoint busy (4 at once). Continuing in 12 s; 640 of 1,000 done."


def _run(screen: Screen, title: str) -> tuple[bool, int]:
    """A run of some seconds: whether it was cancelled, and how often it updated the window."""
    updates = 0
    with progress(title, 1000, screen=screen) as shown:
        began = time.monotonic()
        while time.monotonic() - began < 12:
            updates += 1
            shown.update(min(640, updates), 1000, _BUSY if updates > 640 else "")
            if shown.cancelled():
                return True, updates
            time.sleep(0.001)
    return False, updates


@pytest.mark.parametrize("way", ["Return", "Escape", "space", "quit", "click"])
def test_a_run_is_cancelled(person: Person, way: str) -> None:
    """The button, Enter, Escape and closing the window all cancel."""
    with person.sees(_run, title=_TITLE) as shown:
        if way == "Return":
            time.sleep(1.2)
            shown.picture("progress")
        _cancel(shown, way)
        cancelled, updates = shown.answer()
    assert cancelled
    assert updates > 1


def _cancel(shown: Shown, way: str) -> None:
    if way == "quit":
        shown.quit()
    elif way == "click":
        shown.click(-40, -25)
    else:
        shown.press(way)


def test_a_killed_window_cancels_nothing(person: Person) -> None:
    """The run goes on without its window."""

    def run(screen: Screen, title: str) -> bool:
        with progress(title, 10, screen=screen) as shown:
            time.sleep(1.2)
            shown.update(5, 10)
            time.sleep(0.3)
            return shown.cancelled()

    with person.sees(run, title=_TITLE) as shown:
        shown.kill()
        assert shown.answer() is False


def test_a_run_never_waits_for_its_window(person: Person) -> None:
    """100,000 updates take less than a tenth of a second together, and a run that is over at once is not held up."""
    assert person.screen.available
    with progress(_TITLE, 100_000, screen=person.screen) as shown:
        began = time.process_time()
        for done in range(100_000):
            shown.update(done, 100_000)
        assert time.process_time() - began < 0.1
        began = time.monotonic()
    assert time.monotonic() - began < 1


def test_at_most_ten_messages_a_second(tmp_path: Path) -> None:
    """However often a run updates, its window gets ten messages a second, and the last one is not lost."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{{\"answer\": true}}'\nexec cat > {tmp_path}/said.$$\n")
    python.chmod(0o700)
    screen = Screen(python=str(python))
    with progress(_TITLE, 10_000, screen=screen) as shown:
        began = time.monotonic()
        for done in range(1000):
            shown.update(done, 10_000)
            time.sleep(0.001)
        shown.update(10_000, 10_000)
        time.sleep(0.25)
        took = time.monotonic() - began
    said = [json.loads(line) for file in tmp_path.glob("said.*") for line in file.read_text().splitlines()]
    states = [message["done"] for message in said if "done" in message]
    assert 3 < len(states) <= took * 10 + 1
    assert states[-1] == 10_000


def test_no_screen_is_said_on_entering() -> None:
    """Where no window can be shown the caller is told before the run begins."""
    nowhere = Screen(environ={name: text for name, text in os.environ.items() if name != "DISPLAY"})
    with pytest.raises(NoWindows), progress(_TITLE, 10, screen=nowhere):
        raise AssertionError("the run must not begin")


def test_pace_and_time_left() -> None:
    """The pace is that of the last twenty seconds; the time left is rounded as people round it."""
    now = 0.0
    pace = Pace(lambda: now)
    assert not pace.words(0, 1000)
    now = 2.0
    assert pace.words(200, 1000) == "100 rows a second, about 10 seconds left"
    now = 4.0
    assert pace.words(900, 1000) == "225 rows a second, a few seconds left"
    now = 40.0
    assert pace.words(901, 1000) == "2 rows a minute, about 59 minutes left"
    now = 50.0
    assert pace.words(1000, 1000) == "10 rows a second"
