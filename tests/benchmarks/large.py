"""A job of 1,000,000 x 12 on an endpoint of this home, read, scored in parts, written: the memory it takes.

Memory is that of the whole tree of processes, pages that several share counted once (Pss of Linux), looked at every
tenth of a second. The parent's is all that it had resident at its peak (VmHWM), pages of libraries and of mapped files
among it. What was its own of that (RssAnon) is reported beside.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tests.benchmarks.job import NUMBERS, ROOT, TEXTS, WORDS, contract, model
from tests.benchmarks.table import Benchmark
from worker.endpoints import Registry
from worker.store import open_store
from worker.workbooks.addressing import letters

ROWS = 1_000_000
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass(frozen=True)
class Peaks:
    """Megabytes."""

    service: float
    parent: float
    own: float


def make_book(file: Path, rows: int) -> None:
    """As Excel would write it: the endpoint's columns, header in row 1, texts among the shared strings."""
    columns = [*NUMBERS, *TEXTS]
    strings = [*columns, *WORDS]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/><Override '
        f'PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/><Override '
        f'PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets><sheet name="Data" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{_LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{"".join(f"<si><t>{text}</t></si>" for text in strings)}</sst>',
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, xml in parts.items():
            made.writestr(name, _HEAD + xml)
        with made.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for piece in _rows(rows):
                sheet.write(piece.encode())
            sheet.write(b"</sheetData></worksheet>")


def _rows(count: int) -> Iterator[str]:
    names = [letters(place) for place in range(1, len(NUMBERS) + len(TEXTS) + 1)]
    kinds = [""] * len(NUMBERS) + [' t="s"'] * len(TEXTS)
    cells = [
        f'<c r="{name}{{0}}"{kind}><v>{{{place}}}</v></c>'
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True), 1)
    ]
    row, dice = f'<row r="{{0}}">{"".join(cells)}</row>', np.random.default_rng(1)
    heads = (f'<c r="{name}1" t="s"><v>{place}</v></c>' for place, name in enumerate(names))
    yield f'<row r="1">{"".join(heads)}</row>'
    for start in range(0, count, 10_000):
        size = min(10_000, count - start)
        numbers = dice.normal(size=(size, len(NUMBERS))).round(6).tolist()
        words = dice.integers(len(names), len(names) + len(WORDS), (size, len(TEXTS))).tolist()
        yield "".join(row.format(start + n + 2, *numbers[n], *words[n]) for n in range(size))


def tree(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))


def fact(pid: int, file: str, name: str) -> float:
    """Megabytes that Linux tells of a process; 0 for one that is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return 0.0


@cache
def peaks(attempt: int) -> Peaks:
    """What one job took."""
    with tempfile.TemporaryDirectory() as made:
        home, book = Path(made) / "home", Path(made) / "book.xlsx"
        make_book(book, ROWS)
        engine = open_store("", home)
        Registry(engine, home).add_service("sum", contract(), model())
        engine.dispose()
        words = ["score", str(book), "--endpoint", "sum/default", "--home", str(home), "--out", str(book) + ".out"]
        service = parent = own = 0.0
        with subprocess.Popen([sys.executable, "-P", "-m", "worker", *words], cwd=ROOT) as process:
            while process.poll() is None:
                service = max(service, sum(fact(pid, "smaps_rollup", "Pss") for pid in tree(process.pid)))
                parent = max(parent, fact(process.pid, "status", "VmHWM"))
                own = max(own, fact(process.pid, "status", "RssAnon"))
                time.sleep(0.1)
        if process.returncode:
            raise RuntimeError(f"exit code {process.returncode}")
    return Peaks(service, parent, own)


class _Attempts:
    """Both figures of one attempt come from the same run."""

    def __init__(self) -> None:
        self.services = self.parents = self.owns = 0

    def service(self) -> float:
        """The whole tree of processes."""
        self.services += 1
        return peaks(self.services).service

    def parent(self) -> float:
        """The process that drives the job."""
        self.parents += 1
        return peaks(self.parents).parent

    def own(self) -> float:
        """The same, without libraries and mapped files."""
        self.owns += 1
        return peaks(self.owns).own


def benchmarks() -> list[Benchmark]:
    """Linux only: elsewhere nothing tells what processes share."""
    if sys.platform != "linux":
        return []
    attempts = _Attempts()
    return [
        Benchmark(f"job {ROWS:,} x 12: peak memory of the service", attempts.service, at_most=2000, unit="MB"),
        Benchmark("  of its parent process, all that is resident", attempts.parent, at_most=250, unit="MB"),
        Benchmark("  without libraries and mapped files", attempts.own, unit="MB"),
    ]
