"""`sheetscore serve` where it must not listen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--host", "0.0.0.0"], "in the clear"),
        (["--host", "0.0.0.0", "--behind-proxy", "10.0.0.7"], "sheetscore tokens add NAME"),
        (["--behind-proxy", "everybody"], "behind_proxy"),
        (["--tls-certificate", "gone.pem", "--tls-key", "gone.pem"], "gone.pem is not a file"),
    ],
)
def test_an_unsafe_address_is_wrong_usage(tmp_path: Path, words: list[str], told: str) -> None:
    """Exit code 2 and what is missing; nothing listens."""
    command = [sys.executable, "-P", "-m", "worker", "serve", "--home", str(tmp_path / "home"), "--port", "0", *words]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert told in " ".join(ended.stderr.replace("│", " ").split())
    assert "Listening" not in ended.stdout
