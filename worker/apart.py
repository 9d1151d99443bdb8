"""Children that do one job within limits on what strangers made, so that a hostile file or model fails alone.

A child is spawned, not forked; it gets no environment, no descriptors and its own session. Its job is `job.json` in a
folder that it shares with its parent, what it hands back `answer.json` there, never pickle. Limits of processor time,
memory, file size and descriptors hold on Linux; everywhere the parent ends the child when the time is up.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
# Behind Python's own library, before what is installed: there may be another version of us
_FIND_US = "import site, sys; sys.path.append(sys.argv[1]); site.main()\n"
_WALL_FACTOR = 3
_MOST_ANSWER = 64_000_000
# How Rust and C++ end when there is no memory, and how Linux ends a process that takes the machine's
_OUT_OF_MEMORY = {"SIGABRT", "SIGKILL", "SIGBUS"}
_OUT_OF_TIME = {"SIGXCPU"}


class Death(StrEnum):
    """Why a child gave no answer."""

    SECONDS = "seconds"
    MEMORY = "memory"
    CRASHED = "crashed"


class ChildDied(Exception):
    """A child ended without an answer. `detail` names the signal or exit code that ended it."""

    def __init__(self, death: Death, detail: str) -> None:
        super().__init__(f"{death}: {detail}")
        self.death, self.detail = death, detail


def run(job: dict[str, Any], folder: Path, boot: str, seconds: int) -> dict[str, Any]:
    """What a child answers when it runs the Python code `boot` on `job`, which must be JSON. Raises ChildDied.

    The code finds the folder in `sys.argv[2]`; it reads `job.json` there and leaves `answer.json`. The child has three
    times `seconds` by the clock, because the machine may be busy; `limit` is what counts its own.
    """
    (folder / "job.json").write_text(json.dumps(job), "ascii")
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", _FIND_US + boot, os.fspath(_ROOT), os.fspath(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd=folder,
        start_new_session=True,
    )
    try:
        code = child.wait(_WALL_FACTOR * seconds)
    except subprocess.TimeoutExpired:
        raise ChildDied(Death.SECONDS, "no end in sight") from None
    finally:
        if child.returncode is None:
            _end(child)
    try:
        with (folder / "answer.json").open("rb") as file:
            answer = json.loads(file.read(_MOST_ANSWER))
    except (OSError, ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _death(code)
    return answer


def limit(*, seconds: int, memory_bytes: int, file_bytes: int) -> None:
    """Set limits on this process, for good; nothing on Windows, no limit of memory on macOS."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on Windows

    def set_limit(kind: int, most: int, spare: int = 0) -> None:
        hard = resource.getrlimit(kind)[1]
        top = most + spare if hard == resource.RLIM_INFINITY else min(most + spare, hard)
        resource.setrlimit(kind, (min(most, top), top))

    set_limit(resource.RLIMIT_CORE, 0)
    set_limit(resource.RLIMIT_NOFILE, 64)
    set_limit(resource.RLIMIT_FSIZE, file_bytes)
    # the first signal says why, the second, a little later, cannot be caught
    set_limit(resource.RLIMIT_CPU, seconds, spare=5)
    if sys.platform == "linux":
        set_limit(resource.RLIMIT_AS, memory_bytes)
        # where the machine has less memory than that, this process is the one to be ended
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _environment() -> dict[str, str]:
    """Nothing of ours but what Windows needs to start Python; one thread, and memory taken as it is used."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return kept | {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave no process of the session behind; the child is still there, so its number is nobody else's."""
    if os.name == "posix":
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def _death(code: int) -> ChildDied:
    name = signal.Signals(-code).name if code < 0 else f"exit {code}"
    if name in _OUT_OF_TIME:
        return ChildDied(Death.SECONDS, name)
    return ChildDied(Death.MEMORY if name in _OUT_OF_MEMORY else Death.CRASHED, name)
