"""A run of benchmarks leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.job import ROOT

_MEASURES = """
from tests.benchmarks.held import folder, server
made = folder()
(made / "kept").touch()
url, process = server("tests.benchmarks.host_small", "10")
print(made, url, process.pid)
{last}
"""


@pytest.mark.parametrize(("last", "code"), [("", 0), ("raise SystemExit(1)", 1), ("raise KeyboardInterrupt", -2)])
def test_folders_and_servers_go_with_the_program(tmp_path: Path, last: str, code: int) -> None:
    """However it ends."""
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURES.format(last=last)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert ran.returncode == code, ran.stderr
    made, url, pid = ran.stdout.split()
    assert Path(made).parent == tmp_path
    assert url.startswith("http://127.0.0.1:")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
