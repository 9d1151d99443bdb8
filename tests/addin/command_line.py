"""The command lines that the add-in's VBA makes, run here as they are: by /bin/sh, or taken apart as Windows does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.addin.vba_fakes import Control
from tests.addin.vba_host import Desk

ROOT = Path(__file__).parent.parent.parent
SITE = '''
import importlib.util, os, sys

class OnTheWay:
    """Puts the LibreOffice of the test in Excel's place, when the add-in's own code is about to be loaded."""

    def find_spec(self, name, path=None, target=None):
        if name == "addin.ribbon":
            sys.meta_path.remove(self)
            from tests.addin.lo_engine import host
            host.attach(os.environ["TEST_PIPE"]).impl.answers.append("yes")  # beside the data

class Server:
    """What xlwings' library does on Windows, where COM carries it: hands over the workbook, runs the statement."""

    def find_spec(self, name, path=None, target=None):
        if name == "xlwings":
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            load = spec.loader.exec_module
            spec.loader.exec_module = lambda module: (load(module), setattr(module, "serve", serve))
            return spec

def serve(clsid):
    import addin.ribbon
    import xlwings
    xlwings.apps.active.books[os.environ["TEST_BOOK"]].set_mock_caller()
    exec(os.environ["TEST_STATEMENT"])

if "TEST_STATEMENT" in os.environ:
    sys.meta_path.insert(0, Server())
if "TEST_PIPE" in os.environ:
    sys.meta_path.insert(0, OnTheWay())
'''


def mac_line(home: Path, book: str, action: str = "score_selection") -> str:
    """What /bin/sh is given on a Mac for a click: VBA's values, put together by the text of xlwings' AppleScript."""
    desk = Desk(mac=True, settings={"INTERPRETER_MAC": sys.executable})
    desk.rim.variables["HOME"] = str(home)
    values = str(desk.run("MacParameters", action, book)).split("|")
    (script,) = Path(str(find_spec("xlwings").origin)).parent.glob("*.applescript")  # type: ignore[union-attr]
    text = script.read_text("utf-8").replace("¬\n", "")
    names = re.findall(r"set \{(.*)\} to SplitString", text)[0].split(", ")
    assert len(names) == len(values)
    known = dict(zip(names, values, strict=True))
    expression = re.findall(r"set ShellCommand to (.*)", text)[0]
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\w+)', expression)
    return "".join(known[name] if name else re.sub(r"\\(.)", r"\1", literal) for literal, name in parts)


def windows_line() -> tuple[list[str], str]:
    """What Windows makes of the line that starts the resident Python, and the statement that a click sends to it."""
    desk = Desk()
    desk.run("OnAction", Control("score_selection"))
    return _split(str(desk.run("XLPyCommand"))), desk.statements[0]


def run_line(line: str | list[str], folder: Path, **environ: str) -> str:
    """Run a line in a folder as Excel would; what it wrote to its standard error."""
    if isinstance(line, str):
        line = ["/bin/sh", "-c", re.sub(r"> /dev/null 2>.* & $", "", line)]
    else:
        line = [sys.executable, *line[1:]]
    not_ours = ("PYTHON", "SHEETSCORE_", "DISPLAY", "WAYLAND_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(not_ours)}
    done = subprocess.run(
        line, cwd=folder, env={**clean, **environ}, capture_output=True, text=True, check=False, timeout=100
    )
    return done.stderr


def site(folder: Path) -> str:
    """A PYTHONPATH on which the test's stand-ins are: a folder with their code, and this checkout."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE)
    return os.pathsep.join([str(folder), str(ROOT)])


def _split(line: str) -> list[str]:
    """CommandLineToArgvW, for a line without backslashes before quotation marks."""
    assert '\\"' not in line
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', line)]
