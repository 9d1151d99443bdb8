"""Read and write files from strangers in a child process with limits, so that a hostile one fails alone.

What a child hands back is JSON and Arrow, never pickle; `worker.apart` says what it gets.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from worker import apart
from worker.apart import ChildDied, Death
from worker.scoring.readings import NOTHING_SAID, Conventions
from worker.scoring.schema import Schema
from worker.workbooks import exchange
from worker.workbooks.archive import FileLimits, open_file
from worker.workbooks.block import Look
from worker.workbooks.errors import KINDS, Fault, FileBroken, FileTooCostly, Limit, WorkbookError
from worker.workbooks.frames import Sheet, pages
from worker.workbooks.kinds import kind_of
from worker.workbooks.labels import Labels
from worker.workbooks.opening import Told
from worker.workbooks.publish import publish
from worker.workbooks.reader import Input, StoredRows, only_one
from worker.workbooks.splice import Appended

_OPEN_FILES = Path("/proc/self/fd")
_BOOT = "from worker.workbooks.quarantine_child import main; main(sys.argv[2])"


def read_apart(
    path: str | os.PathLike[str],
    schema: Schema,
    where: str = "",
    limits: FileLimits | None = None,
    labels: Labels | None = None,
) -> Input:
    """As `reader.read_input`, in a child process, after a look at every byte (`preflight`).

    Raises WorkbookError, also when the child dies.
    """
    with tempfile.TemporaryDirectory(prefix="sheetscore-") as folder:
        inputs = read_inputs_apart(path, schema, Path(folder), where, limits, labels=labels)
        return only_one([rows.take(0, rows.count) for rows in inputs])


def read_inputs_apart(
    path: str | os.PathLike[str],
    schema: Schema,
    folder: Path,
    where: str = "",
    limits: FileLimits | None = None,
    written: Conventions = NOTHING_SAID,
    labels: Labels | None = None,
) -> list[StoredRows]:
    """As `reader.read_inputs`, in a child process that leaves the rows in files in `folder`, which stay there.

    `written` says how the author of a CSV file writes.

    Raises WorkbookError, also when the child dies.
    """
    limits = limits or FileLimits()
    types = {column.name: column.type for column in schema.inputs}
    told = Told(kind_of(path, limits=limits), Path(path).name, written, types)
    job: dict[str, Any] = {"job": "read", "wanted": schema.input_names, "where": where}
    job |= {"labels": asdict(labels or Labels()), "told": asdict(told)}
    answer = run_child(job, folder, limits, path)
    with _nothing_odd():
        return [StoredRows(exchange.StoredBlock(facts, folder, n)) for n, facts in enumerate(answer["blocks"])]


def look_apart(
    path: str | os.PathLike[str], candidates: Sequence[tuple[Sequence[str], Labels]], limits: FileLimits | None = None
) -> Look:
    """As `block.look`, in a child process. Raises WorkbookError, also when the child dies."""
    with tempfile.TemporaryDirectory(prefix="sheetscore-") as folder:
        told = Told(kind_of(path, limits=limits), Path(path).name)
        job: dict[str, Any] = {
            "job": "look",
            "candidates": [[list(names), asdict(labels)] for names, labels in candidates],
        }
        job |= {"told": asdict(told)}
        answer = run_child(job, Path(folder), limits or FileLimits(), path)
    with _nothing_odd():
        fits = tuple(place for place in range(len(candidates)) if place in answer["fits"])
        return Look(exchange.load_binding(answer["binding"]), fits)


def append_apart(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    sheets: Mapping[str, pd.DataFrame] | Sequence[Sheet],
    limits: FileLimits | None = None,
    *,
    replace: bool = False,
) -> Appended:
    """As `graft.append_sheets`, in a child process. Raises WorkbookError, also when the child dies."""
    limits = limits or FileLimits()
    source, target = Path(source).absolute(), Path(target).absolute()
    with tempfile.TemporaryDirectory(prefix=".sheetscore-", dir=target.parent) as name:
        folder = Path(name)
        job = {"job": "append", "replace": replace, "pages": exchange.save_pages(pages(sheets), folder)}
        answer = run_child(job, folder, limits, source)
        with _nothing_odd():
            done = Appended(tuple(answer["sheets"]), tuple(answer["warnings"]))
        publish(folder / "book", target, like=source)
        return done


def decrypt_apart(source: Path, target: Path, password: str, limits: FileLimits | None = None) -> None:
    """Write the workbook that is encrypted in `source` to `target` (0600), in a child process. Raises WorkbookError."""
    _crypt("decrypt", source, target, password, limits or FileLimits())


def encrypt_apart(source: Path, target: Path, password: str, like: Path, limits: FileLimits | None = None) -> None:
    """Write `source` encrypted to `target`, with the permissions of `like`, in a child. Raises WorkbookError."""
    _crypt("encrypt", source, target, password, limits or FileLimits(), like)


def _crypt(what: str, source: Path, target: Path, password: str, limits: FileLimits, like: Path | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix=".sheetscore-", dir=target.parent) as name:
        run_child({"job": what}, Path(name), limits, source, secret=password)
        made = Path(name) / "book"
        with _nothing_odd():
            made.chmod(0o600)
        publish(made, target, like=like or made)


def run_child(
    job: dict[str, Any],
    folder: Path,
    limits: FileLimits,
    source: str | os.PathLike[str] | None = None,
    boot: str = _BOOT,
    secret: str = "",
) -> dict[str, Any]:
    """As `apart.run`; the child's errors are raised again here, and its death is a WorkbookError whose cause is
    ChildDied. It gets `source` as this process opened it, whatever becomes of its name, where the system has names for
    open files.
    """
    job["limits"] = {name: getattr(limits, name) for name in FileLimits.__dataclass_fields__}
    watch = apart.watch(limits.memory_mb * 1_000_000, limits.expanded_mb * 1_000_000)
    with _opened(source, limits) as file:
        if source is not None:
            job["path"] = os.fspath(Path(source).absolute()) if file is None else f"{_OPEN_FILES}/{file}"
        try:
            answer = apart.run(job, folder, boot, limits.seconds, opened=file, secret=secret, watch=watch)
        except ChildDied as died:
            raise _told(died, limits) from died
    with _nothing_odd():
        failure = _raised(answer)
    if failure:
        raise failure
    return answer


@contextlib.contextmanager
def _opened(source: str | os.PathLike[str] | None, limits: FileLimits) -> Iterator[int | None]:
    """The descriptor of the file; None where children open it by its name."""
    if source is None or not _OPEN_FILES.exists():
        yield None
        return
    with open_file(Path(source), limits) as file:
        yield file.fileno()


def _told(died: ChildDied, limits: FileLimits) -> WorkbookError:
    if died.death is Death.SECONDS:
        return FileTooCostly(Limit.SECONDS, 0, limits.seconds, died.detail)
    if died.death is Death.OUTPUT:
        return FileTooCostly(Limit.EXPANDED_BYTES, 0, limits.expanded_mb * 1_000_000, died.detail)
    if died.death is Death.MEMORY:
        return FileTooCostly(Limit.MEMORY, 0, limits.memory_mb * 1_000_000, died.detail)
    return FileBroken(Fault.CRASHED, died.detail)


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
