"""Read and write files from strangers in a child process with limits, so that a hostile one fails alone.

The child is spawned, not forked; it gets no environment, no descriptors and its own session. What it hands back is
JSON and Arrow, never pickle. Limits of processor time, memory, file size and descriptors hold on Linux; everywhere the
parent ends the child when the time is up.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from worker.scoring.schema import Schema
from worker.workbooks import exchange
from worker.workbooks.archive import FileLimits
from worker.workbooks.errors import KINDS, Fault, FileBroken, FileTooCostly, Limit, WorkbookError
from worker.workbooks.frames import Sheet, pages
from worker.workbooks.publish import publish
from worker.workbooks.reader import Input, to_input
from worker.workbooks.splice import Appended

_ROOT = Path(__file__).parents[2]
# Behind Python's own library, before what is installed: there may be another version of us
_FIND_US = "import site, sys; sys.path.append(sys.argv[1]); site.main()\n"
_BOOT = "from worker.workbooks.quarantine_child import main; main(sys.argv[2])"
_WALL_FACTOR = 3
_MOST_ANSWER = 64_000_000
# How Rust and C++ end when there is no memory, and how Linux ends a process that takes the machine's
_OUT_OF_MEMORY = {"SIGABRT", "SIGKILL", "SIGBUS"}
_OUT_OF_TIME = {"SIGXCPU"}


def read_apart(
    path: str | os.PathLike[str], schema: Schema, where: str = "", limits: FileLimits | None = None
) -> Input:
    """As `reader.read_input`, in a child process. Raises WorkbookError, also when the child dies."""
    limits = limits or FileLimits()
    with tempfile.TemporaryDirectory(prefix="sheetscore-") as folder:
        job = {"job": "read", "path": os.fspath(Path(path).absolute()), "wanted": schema.input_names, "where": where}
        answer = run_child(job, Path(folder), limits)
        with _nothing_odd():
            return to_input(exchange.load_block(answer, Path(folder)))


def append_apart(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    sheets: Mapping[str, pd.DataFrame] | Sequence[Sheet],
    limits: FileLimits | None = None,
) -> Appended:
    """As `graft.append_sheets`, in a child process. Raises WorkbookError, also when the child dies."""
    limits = limits or FileLimits()
    source, target = Path(source).absolute(), Path(target).absolute()
    with tempfile.TemporaryDirectory(prefix=".sheetscore-", dir=target.parent) as name:
        folder = Path(name)
        job = {"job": "append", "path": os.fspath(source), "pages": exchange.save_pages(pages(sheets), folder)}
        answer = run_child(job, folder, limits)
        with _nothing_odd():
            done = Appended(tuple(answer["sheets"]), tuple(answer["warnings"]))
        publish(folder / "book", target, like=source)
        return done


def run_child(job: dict[str, Any], folder: Path, limits: FileLimits, boot: str = _BOOT) -> dict[str, Any]:
    """What the child answers when it runs the Python code `boot` on `job`; its errors are raised again here.

    The code finds the folder in `sys.argv[2]`; it reads `job.json` there and leaves `answer.json`.
    """
    job["limits"] = {name: getattr(limits, name) for name in FileLimits.__dataclass_fields__}
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
        code = child.wait(_WALL_FACTOR * limits.seconds)
    except subprocess.TimeoutExpired:
        raise FileTooCostly(Limit.SECONDS, 0, limits.seconds, "no end in sight") from None
    finally:
        if child.returncode is None:
            _end(child)
    try:
        with (folder / "answer.json").open("rb") as file:
            answer = json.loads(file.read(_MOST_ANSWER))
    except (OSError, ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _death(code, limits)
    with _nothing_odd():
        failure = _raised(answer)
    if failure:
        raise failure
    return answer


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


def _death(code: int, limits: FileLimits) -> WorkbookError:
    name = signal.Signals(-code).name if code < 0 else f"exit {code}"
    if name in _OUT_OF_TIME:
        return FileTooCostly(Limit.SECONDS, limits.seconds, limits.seconds, name)
    if name in _OUT_OF_MEMORY:
        return FileTooCostly(Limit.MEMORY, 0, limits.memory_mb * 1_000_000, name)
    return FileBroken(Fault.CRASHED, name)


@contextlib.contextmanager
def _nothing_odd() -> Iterator[None]:
    """Whatever cannot be read of an answer: the child was not itself when it wrote it. Raises FileBroken."""
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FileBroken(Fault.CRASHED, f"answer: {type(error).__name__}") from None


def _raised(answer: dict[str, Any]) -> WorkbookError | OSError | None:
    """What went wrong in the child; None if nothing did. An OSError is the machine's fault, not the file's."""
    if "errno" in answer:
        return OSError(answer["errno"], os.strerror(answer["errno"]))
    if "error" not in answer:
        return None
    kinds: dict[str, Callable[[str], object]] = {"fault": Fault, "limit": Limit}
    facts: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in answer["facts"].items()}
    return KINDS[answer["error"]](**facts | {name: kind(facts[name]) for name, kind in kinds.items() if name in facts})
