"""The process of a window: what it gets, what it must not get, and what happens when it or its caller dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from addin.dialogs import NoWindows, Screen, ask, available, tell
from tests.addin.dialogs.conftest import Person

_CALLER = "import os; from addin.dialogs import ask; ask('Who is there?', ['Nobody'], 'Orphan')"


def _stand_in(folder: Path, script: str) -> str:
    """A program in the place of Python."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o700)
    return os.fspath(python)


def test_windows_are_available_where_there_is_a_screen(person: Person) -> None:
    """True with a screen, False without one."""
    assert available(person.screen)
    assert not available(Screen(environ={}))


@pytest.mark.parametrize("script", ["exit 1", "echo not json", 'echo \'{"failed": "ModuleNotFoundError"}\''])
def test_a_child_that_cannot_show_anything(tmp_path: Path, script: str) -> None:
    """No tkinter, a broken Python, a crash: NoWindows, and not available."""
    screen = Screen(_stand_in(tmp_path, script))
    assert not screen.available
    with pytest.raises(NoWindows):
        ask("?", ["OK"], screen=screen)


def test_there_is_no_such_python(tmp_path: Path) -> None:
    """A program that is not there is NoWindows too."""
    with pytest.raises(NoWindows):
        tell("?", screen=Screen(os.fspath(tmp_path / "gone")))


def test_a_hung_window_is_given_up(tmp_path: Path) -> None:
    """A window without a sign of life is ended and said to be hung; one that gives signs is waited for."""
    began = time.monotonic()
    with pytest.raises(NoWindows, match="hung"):
        ask("?", ["OK"], screen=Screen(_stand_in(tmp_path, "exec sleep 60"), silence=1))
    assert time.monotonic() - began < 5
    slow = 'for i in 1 2 3 4 5; do echo "{}"; sleep 0.5; done; echo \'{"answer": "OK"}\''
    assert ask("?", ["OK"], screen=Screen(_stand_in(tmp_path, slow), silence=1)) == "OK"


def test_a_stopped_window_is_given_up(person: Person) -> None:
    """A real window that stops in the middle is hung as well."""
    screen = Screen(environ=person.environ, silence=2)
    with person.sees(ask, "?", ["OK"], screen=screen) as shown:
        shown.stop()
        with pytest.raises(NoWindows, match="hung"):
            shown.answer()


def test_a_person_may_think_for_long(person: Person) -> None:
    """A window that nobody touches gives signs of life: it is not taken for hung."""
    screen = Screen(environ=person.environ, silence=2)
    with person.sees(ask, "?", ["OK"], screen=screen) as shown:
        time.sleep(3.5)
        shown.press("Return")
        assert shown.answer() == "OK"


def test_nothing_is_on_the_command_line_or_in_the_environment(tmp_path: Path) -> None:
    """The child gets Tk's part of the environment, no text, no key; its own folder is not on its path (-P)."""
    seen = tmp_path / "seen"
    python = _stand_in(tmp_path, f'env > {seen}; echo "$@" >> {seen}; echo \'{{"answer": null}}\'')
    environ = {"DISPLAY": ":0", "SHEETSCORE_KEY_CHURN": "secret", "PYTHONPATH": "evil", "HTTPS_PROXY": "u:p@h"}
    assert ask("my text", ["OK"], screen=Screen(python, environ)) is None
    said = seen.read_text()
    assert "DISPLAY=:0" in said
    assert said.endswith("-E -P -m addin.dialogs\n")
    for hidden in ("secret", "evil", "u:p@h", "my text"):
        assert hidden not in said


def test_a_booby_trapped_folder_changes_nothing(person: Person, tmp_path: Path) -> None:
    """Modules that lie in the working folder are not imported."""
    for name in ("tkinter", "json", "addin", "queue"):
        (tmp_path / f"{name}.py").write_text("import pathlib; pathlib.Path('sprung').touch(); raise SystemExit")
    code = "from addin.dialogs import available; print(available())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=person.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
    assert not (tmp_path / "sprung").exists()


_TRAPS = (".Sheetscore", ".Tk", ".__main__")


@pytest.fixture
def trapped(person: Person, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder full of what tkinter runs when it starts, and an environment without a HOME, as on Windows."""
    for name in _TRAPS:
        (tmp_path / f"{name}.py").write_text(f"open({os.fspath(tmp_path / 'sprung')!r}, 'w').close()")
        (tmp_path / f"{name}.tcl").write_text(f"close [open {{{tmp_path / 'sprung'}}} w]")
    return tmp_path, {name: value for name, value in person.environ.items() if name != "HOME"}


def test_without_a_home_a_window_runs_nothing_of_the_current_folder(trapped: tuple[Path, dict[str, str]]) -> None:
    """Where the add-in's Python or `sheetscore addin doctor` were started in Downloads, say; nor from HOME."""
    folder, environ = trapped
    code = "from addin.dialogs import available; print(available())"
    for home in ({}, {"HOME": os.fspath(folder)}):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=folder,
            env=environ | home,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "True\n"
        assert not (folder / "sprung").exists()


@pytest.mark.parametrize("home", [False, True])
def test_a_window_without_these_guards_would_run_it(trapped: tuple[Path, dict[str, str]], home: bool) -> None:
    """The broken twin: the traps are such as Python does run."""
    folder, environ = trapped
    twin = [sys.executable, "-P", "-m", "addin.dialogs"]
    given = environ | ({"HOME": os.fspath(folder)} if home else {})
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(twin, cwd=folder, env=given, **pipes) as window:
        window.stdin.write(b'{"window": "probe"}\n')
        window.stdin.flush()
        while b"answer" not in window.stdout.readline():
            assert window.poll() is None
    assert (folder / "sprung").exists()


def test_a_window_does_not_outlive_its_caller(person: Person) -> None:
    """When Excel's Python is killed, its window goes too."""
    with subprocess.Popen([sys.executable, "-P", "-c", _CALLER], env=person.environ) as caller:
        person.window("Orphan")
        caller.kill()
    for _ in range(100):
        if not person.windows("Orphan"):
            return
        time.sleep(0.05)
    raise AssertionError("the window is still there")


def test_a_window_needs_neither_pandas_nor_requests(person: Person) -> None:
    """A window is up in a moment: its process imports nothing heavy."""
    code = "import sys, json, addin.dialogs.windows; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "requests", "xlwings"} & set(json.loads(done.stdout))
