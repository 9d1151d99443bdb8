"""Excel's resident Python imports `addin.functions`, on a desktop that has no server library."""

from __future__ import annotations

import json
import subprocess
import sys

import addin.functions
from tests.addin.win_shim import windows
from tests.scoring.test_imports import HEAVY, loaded

SERVER = {*HEAVY, "celery", "structlog", "tkinter", "typer", "openpyxl", "pyopenvba"} - {"xlwings"}


def test_the_functions_load_no_server_library() -> None:
    """Nor windows, nor the command line; nothing but what pandas takes by itself. In a fresh interpreter."""
    probe = f"import addin.functions, json, sys; print(json.dumps(sorted({sorted(SERVER)!r} & sys.modules.keys())))"
    probe = probe.replace("[", "set([", 1).replace("]", "])", 1)
    found = json.loads(subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True).stdout)

    assert set(found) <= loaded("pandas")


def test_excel_gets_these_five_functions_and_no_other() -> None:
    """Whatever else were decorated in the module, or imported into it decorated, any cell could call."""
    with windows() as excel:
        names = [name for name, thing in vars(excel.functions).items() if hasattr(thing, "__xlfunc__")]
        wizard = [vars(excel.functions)[name].__xlfunc__["call_in_wizard"] for name in names]

    assert sorted(names) == ["SCORE", "SCORE_ENDPOINTS", "SCORE_SAMPLE", "SCORE_SCHEMA", "SCORE_STATUS"]
    assert wizard == [False] * 5


def test_nothing_made_up_is_left_behind() -> None:
    """After the tests above this process is what it was: same xlwings, no pywin32, same functions."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(("xlwings", "addin"))}
    ours = addin.functions
    with windows() as excel:
        assert sys.modules["xlwings"] is not before["xlwings"]
        assert excel.functions is not ours

    assert {name: sys.modules.get(name) for name in before} == before
    assert not [name for name in sys.modules if name.startswith(("win32", "pywintypes", "pythoncom"))]
    assert sys.modules["addin.functions"] is addin.functions is ours


def test_no_paid_part_of_xlwings_is_used() -> None:
    """The open-source part alone."""
    with windows():
        assert sys.modules["xlwings"].__pro__ is False
