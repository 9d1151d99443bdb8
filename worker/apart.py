"""Children that do one job within limits on what strangers made, so that a hostile file or model fails alone.

A child is spawned, not forked; it gets no environment, no descriptors and its own session. Its job is `job.json` in a
folder that it shares with its parent, what it hands back `answer.json` there, never pickle. Limits of processor time,
memory, file size and descriptors are the system's on Linux; Windows has them in a job object but for file size; macOS
has no limit of memory. What the system does not limit the parent watches, and it ends the child when the time is up.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
# Behind Python's own library, before what is installed: there may be another version of us
_FIND_US = "import site, sys; sys.path.append(sys.argv[1]); site.main()\n"
_WALL_FACTOR = 3
_MOST_ANSWER = 64_000_000
# How Rust and C++ end when there is no memory, and how Linux ends a process that takes the machine's
_OUT_OF_MEMORY = {"SIGABRT", "SIGKILL", "SIGBUS", "exit 3221226505"}  # the last: fast fail on Windows
_OUT_OF_TIME = {"SIGXCPU", "exit 1816"}  # the last: a job object's time is up


class Death(StrEnum):
    """Why a child gave no answer."""

    SECONDS = "seconds"
    MEMORY = "memory"
    OUTPUT = "output"
    CRASHED = "crashed"


class ChildDied(Exception):
    """A child ended without an answer. `detail` names the signal or exit code that ended it."""

    def __init__(self, death: Death, detail: str) -> None:
        super().__init__(f"{death}: {detail}")
        self.death, self.detail = death, detail


def run(
    job: dict[str, Any],
    folder: Path,
    boot: str,
    seconds: int,
    *,
    opened: int | None = None,
    secret: str = "",
    watch: Watch | None = None,
) -> dict[str, Any]:
    """What a child answers when it runs the Python code `boot` on `job`, which must be JSON. Raises ChildDied.

    The code finds the folder in `sys.argv[2]`; it reads `job.json` there and leaves `answer.json`. The child has three
    times `seconds` by the clock, because the machine may be busy; `limit` is what counts its own. It inherits the
    descriptor `opened` (not on Windows), and reads `secret` from its standard input.
    """
    folder = folder.absolute()  # the child starts in it
    (folder / "job.json").write_text(json.dumps(job), "ascii")
    child = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-S",
            "-X",
            "utf8",
            "-c",
            _FIND_US + boot,
            os.fspath(_ROOT),
            os.fspath(folder.absolute()),
        ],
        stdin=subprocess.PIPE if secret else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd=folder,
        start_new_session=True,
        pass_fds=() if opened is None else (opened,),
    )
    try:
        if child.stdin is not None:
            with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
                pipe.write(secret.encode())
        code = _wait(child, folder, _WALL_FACTOR * seconds, watch)
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


@dataclass(frozen=True, slots=True)
class Watch:
    """What the parent looks after itself: `memory(pid)` are the bytes that a child has at the moment, None when that is
    not known, and each file in its folder may have so many. 0 is no limit.
    """

    memory_bytes: int
    file_bytes: int
    memory: Callable[[int], int | None]
    every: float = 0.2

    def death(self, pid: int, folder: Path) -> Death | None:
        """What the child has too much of."""
        if self.memory_bytes and (self.memory(pid) or 0) > self.memory_bytes:
            return Death.MEMORY
        with os.scandir(folder) as files:
            if self.file_bytes and any(file.stat().st_size > self.file_bytes for file in files):
                return Death.OUTPUT
        return None


def watch(memory_bytes: int, file_bytes: int) -> Watch | None:
    """What this system leaves to the parent."""
    if sys.platform == "linux":
        return None
    if sys.platform == "darwin":
        from worker.limits_mac import footprint  # noqa: PLC0415 - there only

        return Watch(memory_bytes, 0, footprint)
    return Watch(0, file_bytes, lambda pid: None)


def limit(*, seconds: int, memory_bytes: int, file_bytes: int) -> None:
    """Set limits on this process, for good; see `watch` for what is not among them on other systems than Linux."""
    if sys.platform == "win32":
        from worker.limits_windows import enter_job  # noqa: PLC0415 - there only

        enter_job(seconds, memory_bytes)
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


def _wait(child: subprocess.Popen[bytes], folder: Path, seconds: float, watch: Watch | None) -> int:
    """The child's exit code. Raises ChildDied when it is to be ended."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        try:
            return child.wait(left if watch is None else min(left, watch.every))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                raise ChildDied(Death.SECONDS, "no end in sight") from None
        if watch is not None and (death := watch.death(child.pid, folder)):
            raise ChildDied(death, "watched")


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
