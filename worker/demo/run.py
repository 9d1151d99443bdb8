"""`sheetscore demo`: the whole main job on a fresh machine.

Two customers drop the same workbook. Their endpoints are pinned to different versions of the model, so the same rows
come back with different scores. Two fill in the templates that they were handed.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from worker.batch.job import ENDED, Job
from worker.batch.service import BatchService
from worker.demo import material
from worker.demo.stalls import APPLICANTS, TEMPLATES, Stall, set_up
from worker.demo.templates import filled
from worker.endpoints import Models, Registry, Snapshots
from worker.host import HostServer, create_app
from worker.logs import to_file
from worker.progress import Bars
from worker.scoring import HttpTransport, Limits, Transport
from worker.settings import Settings
from worker.store import open_store

BOOK = material.WORKBOOK
SHOWN_ROWS = 5


def run_demo(home: Path, console: Console, keep_serving: threading.Event | None = None) -> int:
    """Set everything up (or find it set up), score the workbook for both customers, show the outcome.

    With `keep_serving` the host and the drop folders stay until that event is set. Returns the exit code.
    """
    settings = Settings(home, port=0 if keep_serving is None else None, poll_seconds=0.2, part_rows=100)
    to_file(home)
    engine = open_store(settings.database, home)
    try:
        with FileLock(home / ".demo.lock", timeout=0, mode=0o600):
            return _run(home, console, settings, engine, keep_serving)
    except Timeout:  # each run makes new keys, which would take the other's away
        console.print(f"A demonstration runs in {home} already. Stop it, or give another folder with --home.")
        return 1
    finally:
        engine.dispose()


def _run(home: Path, console: Console, settings: Settings, engine: Engine, keep_serving: threading.Event | None) -> int:
    began = time.monotonic()
    registry = Registry(engine, home)
    stalls = set_up(registry, console)
    templates = filled(registry, home, {name: stalls[name].endpoint for name in TEMPLATES}, time.time)
    bars = Bars(console)

    limits = Limits(call_seconds=settings.call_seconds)

    def over_http(job: Job) -> tuple[str, str, Transport] | None:
        stall = stalls.get(job.customer or "")
        if stall is None:
            return None
        return f"{server.url}/workspaces/default/services/{stall.endpoint.id}", stall.key, HttpTransport(limits=limits)

    models = Models(engine, home, limits=limits)
    snapshots = Snapshots(engine, home, models)
    batch = BatchService(engine, home, settings, models, progress=bars.update, transport=over_http)
    app = create_app(snapshots, settings, batch.uploads)
    # The host first: a job that an earlier run left calls it at once, and the last calls are still answered.
    with snapshots, HostServer(app, settings.host, settings.port) as server, batch:
        with bars:
            console.print(f"3. Host on {server.url}. Dropping {BOOK} twice and two filled templates into inboxes ...")
            before = {job.id for job in batch.ledger.jobs(limit=1000)}
            for customer in APPLICANTS:
                drop(home, customer, BOOK, material.workbook())
            for each in templates:
                drop(home, each.customer, each.template.file_name, each.template.data)
            jobs = _wait(batch, before, len(APPLICANTS) + len(templates), keep_serving)
        code = _show(home, jobs, console, time.monotonic() - began) if jobs else 0
        if keep_serving is None or not keep_serving.is_set():
            _next_steps(home, console, stalls, server.url if keep_serving else None)
        if keep_serving is not None:
            keep_serving.wait()
    return code


def drop(home: Path, customer: str, name: str, data: bytes) -> None:
    """Drop a workbook as a careful program does: under a temporary name, then renamed."""
    inbox = home / "drop" / customer / "inbox"
    half = inbox / f".{name}.part"
    half.write_bytes(data)
    half.rename(inbox / name)


def _wait(batch: BatchService, before: set[str], count: int, stop: threading.Event | None) -> list[Job]:
    """The jobs of what was dropped, ended; none when `stop` is set before."""
    while stop is None or not stop.is_set():
        jobs = [job for job in batch.ledger.jobs(limit=1000) if job.id not in before and job.door == "folder"]
        if len(jobs) >= count and all(job.state in ENDED for job in jobs):
            return sorted(jobs, key=lambda job: (str(job.result_name).split("/")[-1], job.customer or ""))
        time.sleep(0.05)
    return []


def _show(home: Path, jobs: list[Job], console: Console, seconds: float) -> int:
    if failed := [job for job in jobs if job.state != "done"]:
        for job in failed:
            console.print(f"{job.customer}: {job.state}: {job.reason}")
        return 1
    files = [home / "drop" / str(job.customer) / str(job.result_name) for job in jobs]
    console.print("\n4. The same rows, two versions:\n")
    own = [n for n, file in enumerate(files) if file.name.startswith(Path(BOOK).stem)]
    console.print(_side_by_side([jobs[n] for n in own], [files[n] for n in own]))
    console.print(f"\nScored workbooks ({seconds:.1f} s):")
    for job, file in zip(jobs, files, strict=True):
        counts = f"{job.rows_read:,} rows read, {job.rows_scored:,} scored, {job.rows_with_problems:,} with problems"
        console.print(f"  {file}\n    {counts}")
    return 0


def _side_by_side(jobs: list[Job], files: list[Path]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    books = [CalamineWorkbook.from_path(file).get_sheet_by_name("Scores").to_python() for file in files]
    header = [str(name) for name in books[0][0]]
    keep = [header.index(name) for name in (header[0], *material.contract().output_names)]
    table.add_column(header[keep[0]])
    for job in jobs:
        for position in keep[1:]:
            table.add_column(f"{job.customer} v{job.model_version}\n{header[position]}", justify="right")
    for row in range(1, SHOWN_ROWS + 1):
        cells = [str(books[0][row][keep[0]])]
        for book in books:
            cells += [f"{v:.1%}" if isinstance(v, float) else str(v) for v in (book[row][p] for p in keep[1:])]
        table.add_row(*cells)
    return table


def program() -> str:
    """What to type to run this program again: its name if the shell knows it, else its path."""
    called = Path(sys.argv[0])
    if called.stem != "sheetscore":
        return "python -m worker"
    known = shutil.which("sheetscore")
    return "sheetscore" if known and Path(known).resolve() == called.resolve() else str(called)


def _next_steps(home: Path, console: Console, stalls: dict[str, Stall], url: str | None) -> None:
    unscored = home / BOOK
    unscored.write_bytes(material.workbook())
    inbox = home / "drop" / "harbour" / "inbox"
    steps = [
        "Open a scored workbook. 'Scores' and 'Scores summary' are new (in templates 'Results'), all else as before.",
        f"Hand out a template of your own:  {program()} templates build credit --all --out templates --home {home}",
        f"Score it by hand:  {program()} score {unscored} --endpoint {material.SERVICE}/meadow --home {home}",
    ]
    if url is None:
        steps.append(f"Leave everything running:  {program()} demo --keep-serving --home {home}")
    else:
        steps.append(f"Drop a workbook of your own into {inbox} and look into {inbox.parent / 'done'}.")
        steps += [
            f"{s.endpoint.name}: {url}/workspaces/default/services/{s.endpoint.id}  key {s.key}"
            for s in stalls.values()
        ]
        steps.append("Ctrl-C stops.")
    console.print("\nWhat to try next:")
    for step in steps:
        console.print(f"  {step}")
