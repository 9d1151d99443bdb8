"""What several figures share, held until the program ends: folders, servers in processes of their own."""

from __future__ import annotations

import atexit
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

HELD = ExitStack()
"""Let go of at the end, the newest first."""
atexit.register(HELD.close)


def folder() -> Path:
    """A new folder."""
    return Path(HELD.enter_context(TemporaryDirectory(prefix="sheetscore-benchmark-")))


def server(module: str, argument: str) -> tuple[str, subprocess.Popen[str]]:
    """Run a module that prints its address and serves until its standard input ends: that address, and the process."""
    command = [sys.executable, "-m", module, argument]
    process = HELD.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    HELD.callback(process.terminate)
    assert process.stdout is not None
    return process.stdout.readline().strip(), process
