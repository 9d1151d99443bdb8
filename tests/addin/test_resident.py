"""Excel's resident Python looks for garbage seldom; in fresh interpreters, as it is settled once for all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from addin.resident import GC_OBJECTS

_CLICK = """
from pathlib import Path
from addin import memory
from addin.ribbon import Door
from addin.ui import RecordingUi
Door(Path(sys.argv[1]), caller=memory.book, open_ui=lambda _: RecordingUi()).dispatch("help")
"""
_FORMULA = """
import addin.functions
addin.functions.use(dict)
addin.functions._formulas()
"""


@pytest.mark.parametrize("first", [_CLICK, _FORMULA], ids=["click", "formula"])
def test_the_first_click_or_formula_settles_the_process(first: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is loaded by then is looked through no more."""
    code = f"import gc, sys\n{first}\nprint(gc.get_threshold()[0], gc.get_freeze_count() > 10_000)"
    command = [sys.executable, "-c", code, str(tmp_path_factory.mktemp("user"))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [str(GC_OBJECTS), "True"]
