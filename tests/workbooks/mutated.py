"""The child of the campaign: reads each mutant, adds a sheet to it, and looks whether both are right."""

from __future__ import annotations

import datetime as dt
import json
import math
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa

from tests.workbooks.unchanged import changes
from worker.workbooks import quarantine_child
from worker.workbooks.archive import Archive, FileLimits
from worker.workbooks.block import Block, read_blocks
from worker.workbooks.cells import values_of
from worker.workbooks.page import Page
from worker.workbooks.preflight import preflight
from worker.workbooks.splice import splice

_SECONDS = 10


def main(folder: str) -> None:
    """Take the jobs of `job.json`; a line for each goes into `outcomes.jsonl`."""
    warnings.simplefilter("ignore")
    place = Path(folder)
    job = json.loads((place / "job.json").read_text("ascii"))
    quarantine_child.limit(job["limits"] | {"seconds": 100_000})
    limits = FileLimits(**job["limits"])
    with (place / "outcomes.jsonl").open("w", encoding="ascii") as told:
        for number, wanted in job["jobs"]:
            file = place / f"{number}.xlsx"
            # processor seconds from now on
            spent = math.ceil(time.process_time())
            resource.setrlimit(resource.RLIMIT_CPU, (spent + _SECONDS, resource.getrlimit(resource.RLIMIT_CPU)[1]))
            started, faults, answer = time.process_time(), [], {}
            try:
                with Archive(file, limits) as archive:
                    preflight(archive, limits)
                blocks = list(read_blocks(file, wanted, "", limits))
                faults += misread(file, blocks)
                faults += written(file, wanted, blocks, limits)
                end = "read"
            except BaseException as error:  # noqa: BLE001 - as the child of quarantine does
                answer = quarantine_child._told(error, job["limits"])
                end = str(answer.get("error", "machine"))
            seconds = time.process_time() - started
            told.write(json.dumps([number, end, answer, [fault[:300] for fault in faults[:3]], seconds]) + "\n")
            told.flush()
    (place / "answer.json").write_text("{}", "ascii")


def written(file: Path, wanted: list[str], blocks: list[Block], limits: FileLimits) -> list[str]:
    """What is wrong with the workbook that has a sheet more: what was there must be there still, and be read alike."""
    page = Page("Scores", ("Row", "Score"), tuple(pa.chunked_array([v]) for v in ([2, 3], ["=1+1", None])), ("", ""))
    out = file.with_name("out.xlsx")
    out.unlink(missing_ok=True)
    with out.open("w+b") as made:
        splice(file, made, [page], limits)
    faults = [f"changed {name}" for name in changes(file, out)]
    again = list(read_blocks(out, wanted, "", limits))
    if [_cells(block) for block in again] != [_cells(block) for block in blocks]:
        faults.append("read otherwise with a sheet more")
    return faults


def _cells(block: Block) -> str:
    return repr((block.address, block.headers, block.rows.to_pylist(), [c.to_pylist() for c in block.columns]))


def misread(file: Path, blocks: list[Block]) -> list[str]:
    """Cells that another reader, where it takes the file, reads otherwise."""
    try:
        book = openpyxl.load_workbook(file, data_only=True)
    except Exception:  # noqa: BLE001 - it promises nothing
        return []
    faults = []
    for block in blocks:
        try:
            sheet = book[block.sheet]
        except KeyError:
            continue
        bad = {(problem.row, problem.column) for problem in block.problems}
        for letter, header, column in zip(block.letters, block.headers, block.columns, strict=True):
            for place, (row, ours) in enumerate(zip(block.rows.to_pylist(), values_of(column), strict=True)):
                theirs = sheet[f"{letter}{row}"].value
                if (place, header) not in bad and not _alike(ours, theirs):
                    faults.append(f"{block.sheet}!{letter}{row}: {ours!r}, the other reader {theirs!r}")
    return faults


def _alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dt.datetime) and isinstance(theirs, dt.datetime):
        return abs(ours - theirs) < dt.timedelta(milliseconds=2)
    if isinstance(ours, str) and theirs is None:
        return True  # a cell of a kind that does not exist: we read the text that stands in it
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.endswith(theirs)  # two texts where one may stand: we read both
    if isinstance(ours, str) or isinstance(theirs, str):
        return str(ours or "") == str(theirs or "")
    return bool(ours == theirs or (ours is not None and float(ours) == float(theirs)))
