"""A screen, and a person who sits at it: real windows, real keys, a real mouse."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from addin.dialogs import Screen
from tests.addin.dialogs.closing import close_window

_CLIPBOARD = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get(), end='')"
_OWN_CLIPBOARD = """
import sys, tkinter
root = tkinter.Tk(); root.withdraw(); root.clipboard_append(sys.stdin.read()); root.update(); print("owned", flush=True)
root.mainloop()
"""


class Shown:
    """A window before the person, and the call that waits for its answer."""

    def __init__(self, display: str, number: str, waiting: Future[Any]) -> None:
        self.display = display
        self.number = number
        self._waiting = waiting

    def press(self, *keys: str) -> None:
        """Press keys, by their X names."""
        _x(self.display, "key", "--delay", "20", *keys)

    def write(self, text: str) -> None:
        """Type a text."""
        _x(self.display, "type", "--delay", "8", text)

    def layout(self, name: str) -> None:
        """Change the keyboard's layout."""
        subprocess.run(["setxkbmap", "-display", self.display, name], check=True, timeout=20)

    def click(self, left: int, top: int, button: int = 1) -> None:
        """Click at a place in the window; negative places count from its right and bottom edge."""
        size = dict(line.split("=") for line in _x(self.display, "getwindowgeometry", "--shell", self.number).split())
        left, top = left % int(size["WIDTH"]), top % int(size["HEIGHT"])
        _x(self.display, "mousemove", "--window", self.number, str(left), str(top), "click", str(button))

    def quit(self) -> None:
        """Close the window as its title bar's button does."""
        close_window(self.display, int(self.number))

    def kill(self) -> None:
        """End the window's process from outside."""
        _x(self.display, "windowkill", self.number)

    def stop(self) -> None:
        """Have the window's process stand still, as one that hangs."""
        children = [pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()]
        windows = [int(pid) for pid in children if b"addin.dialogs" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(windows) == 1
        os.kill(windows[0], signal.SIGSTOP)

    def clipboard(self) -> str:
        """What was copied; asked until there is something."""
        env = os.environ | {"DISPLAY": self.display}
        for _ in range(40):
            done = subprocess.run(
                [sys.executable, "-c", _CLIPBOARD], env=env, capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return done.stdout
            time.sleep(0.1)
        raise AssertionError("nothing was copied")

    @contextmanager
    def other_program_copied(self, text: str) -> Iterator[None]:
        """Another program has the text on the clipboard."""
        env = os.environ | {"DISPLAY": self.display}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen([sys.executable, "-c", _OWN_CLIPBOARD], env=env, text=True, **pipes) as owner:
            owner.stdin.write(text)
            owner.stdin.close()
            assert owner.stdout.readline() == "owned\n"
            yield
            owner.kill()

    def picture(self, name: str) -> None:
        """A picture of the window for README, when pictures are wanted."""
        if folder := os.environ.get("SHEETSCORE_PICTURES"):
            time.sleep(0.3)
            target = Path(folder) / f"{name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            command = ["import", "-display", self.display, "-window", self.number, os.fspath(target)]
            subprocess.run(command, check=True)

    @property
    def pending(self) -> bool:
        """Whether the call still waits."""
        return not self._waiting.done()

    def answer(self, seconds: float = 15) -> Any:
        """What the call returned (or raises what it raised)."""
        return self._waiting.result(seconds)


class Person:
    """Opens windows on a display and drives them."""

    def __init__(self, display: str) -> None:
        self.display = display
        self.environ = os.environ | {"DISPLAY": display}
        self.screen = Screen(environ=self.environ)

    @contextmanager
    def sees(self, call: Callable[..., Any], *args: Any, title: str = "Sheetscore", **kwargs: Any) -> Iterator[Shown]:
        """The window that a call shows, ready for keys."""
        kwargs = {"screen": self.screen, "title": title} | kwargs
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(call, *args, **kwargs)
            number = self.window(title, waiting)
            try:
                yield Shown(self.display, number, waiting)
            finally:
                if not waiting.done():
                    subprocess.run(["xdotool", "windowkill", number], env=self.environ, check=False, timeout=20)

    def window(self, title: str, waiting: Future[Any] | None = None) -> str:
        """The number of the visible window of a title, once it has the keyboard."""
        for _ in range(400):
            if waiting is not None and waiting.done():
                waiting.result()
                raise AssertionError("answered without a window")
            found = self.windows(title)
            if found and _x(self.display, "getwindowfocus", check=False).strip() not in {"", "0", "1"}:
                return found[-1]
            time.sleep(0.03)
        raise AssertionError(f"no window {title!r} came up")

    def windows(self, title: str) -> list[str]:
        """The numbers of the visible windows of a title."""
        return _x(self.display, "search", "--onlyvisible", "--name", f"^{title}$", check=False).split()


def _x(display: str, *command: str, check: bool = True) -> str:
    env = os.environ | {"DISPLAY": display}
    done = subprocess.run(["xdotool", *command], env=env, capture_output=True, text=True, check=False, timeout=20)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A screen of its own for these tests."""
    missing = [tool for tool in ("Xvfb", "setxkbmap", "xdotool", "import") if not shutil.which(tool)]
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"not installed: {', '.join(missing)}")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as number:
            yield f":{number.readline().strip()}"
        server.terminate()


@pytest.fixture
def person(display: str) -> Person:
    """Somebody at that screen."""
    return Person(display)
