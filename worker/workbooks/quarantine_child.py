"""The child of quarantine: one job, one answer, within limits. Imports no more than the job needs."""

from __future__ import annotations

import errno
import gc
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from worker import apart


class _WithoutPandas:
    """Arrow loads pandas with its first array where it finds it: half the time that a small file takes."""

    @staticmethod
    def find_spec(name: str, _path: object, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main(folder: str) -> None:
    """Do what `job.json` in `folder` says and leave `answer.json` there."""
    # millions of cells and no cycles: looking for some would take a third of the time
    gc.disable()
    sys.meta_path.insert(0, _WithoutPandas())
    place = Path(folder)
    job = json.loads((place / "job.json").read_text("ascii"))
    limit(job["limits"])
    try:
        answer = _work(job, place)
    except BaseException as error:  # noqa: BLE001 - a panic in Rust is no Exception; every end must be told
        answer = _told(error, job["limits"])
    (place / "answer.json").write_text(json.dumps(answer), "ascii")


def limit(limits: dict[str, int]) -> None:
    """Set the limits that `FileLimits` names on this process, for good."""
    apart.limit(
        seconds=limits["seconds"],
        memory_bytes=limits["memory_mb"] * 1_000_000,
        file_bytes=limits["expanded_mb"] * 1_000_000,
    )


def _work(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    # under the limits, and only what is needed: the parent waits
    from worker.workbooks import exchange  # noqa: PLC0415
    from worker.workbooks.archive import Archive, FileLimits  # noqa: PLC0415

    limits = FileLimits(**job["limits"])
    if job["job"] in ("read", "look"):
        from worker.workbooks.block import look, read_blocks  # noqa: PLC0415
        from worker.workbooks.kinds import ZIPPED  # noqa: PLC0415
        from worker.workbooks.labels import Labels  # noqa: PLC0415
        from worker.workbooks.opening import Told  # noqa: PLC0415
        from worker.workbooks.preflight import preflight  # noqa: PLC0415

        told = Told.from_json(job["told"])
        if told.kind in ZIPPED:
            with Archive(job["path"], limits) as archive:
                preflight(archive, limits)
        if job["job"] == "look":
            seen = look(job["path"], [(names, Labels(**words)) for names, words in job["candidates"]], limits, told)
            return {"binding": seen.binding and asdict(seen.binding), "fits": seen.fits}
        blocks = read_blocks(job["path"], job["wanted"], job["where"], limits, Labels(**job["labels"]), told)
        return {"blocks": [exchange.save_block(block, folder, number) for number, block in enumerate(blocks)]}
    if job["job"] in ("decrypt", "encrypt"):
        return _crypt(job, folder)
    from worker.workbooks.splice import splice  # noqa: PLC0415

    with (folder / "book").open("w+b") as file:
        done = splice(job["path"], file, exchange.load_pages(job["pages"], folder), limits, replace=job["replace"])
    return {"sheets": done.sheets, "warnings": done.warnings}


def _crypt(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    from worker.workbooks.encryption import decrypt, encrypt  # noqa: PLC0415

    password = sys.stdin.read()
    with (folder / "book").open("w+b") as made:
        if job["job"] == "encrypt":
            encrypt(Path(job["path"]), made, password)
        else:
            with Path(job["path"]).open("rb") as source:
                decrypt(source, made, password)
    return {}


def _told(error: BaseException, limits: dict[str, int]) -> dict[str, Any]:
    from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit, WorkbookError  # noqa: PLC0415

    if isinstance(error, OSError) and error.errno not in (None, errno.EFBIG):
        return {"errno": error.errno}
    if isinstance(error, OSError):
        error = FileTooCostly(Limit.EXPANDED_BYTES, 0, limits["expanded_mb"] * 1_000_000)
    elif isinstance(error, MemoryError):
        error = FileTooCostly(Limit.MEMORY, 0, limits["memory_mb"] * 1_000_000)
    elif not isinstance(error, WorkbookError):
        error = FileBroken(Fault.CRASHED, type(error).__name__)
    return {"error": type(error).__name__, "facts": error.facts()}
