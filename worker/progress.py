"""How far jobs are: live bars on a terminal, plain lines elsewhere (at most one in five seconds for each job)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from worker.batch.job import ENDED, Job

LINE_SECONDS = 5.0


class Bars:
    """Give `bars.update` to a runner as its progress. Use as a context manager."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._live = console.is_terminal
        self._tasks: dict[str, TaskID] = {}
        self._seen: dict[str, tuple[str, float, float]] = {}  # job -> phase, when it began to score, last line
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[phase]}"),
            console=console,
        )

    def __enter__(self) -> Bars:
        if self._live:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._bars.stop()

    def update(self, job: Job, phase: str, rows: int, total: int) -> None:
        """See worker.batch.runner.Progress."""
        with self._lock:
            now = self._clock()
            known, began, said = self._seen.get(job.id, ("", now, -LINE_SECONDS))
            if phase == "scoring" and known != "scoring":
                began = now
            rate = f"{rows / (now - began):,.0f} rows/s" if rows and now > began else ""
            if self._live:
                self._bar(job, phase, rows, total, rate)
            elif phase != known or now - said >= LINE_SECONDS:
                said = now
                self._line(job, phase, rows, total, rate)
            self._seen[job.id] = (phase, began, said)

    def _bar(self, job: Job, phase: str, rows: int, total: int, rate: str) -> None:
        if job.id not in self._tasks:
            name = f"{job.customer or job.service}: {job.file_name}"
            self._tasks[job.id] = self._bars.add_task(name, total=None, rate="", phase="")
        self._bars.update(self._tasks[job.id], completed=rows, total=total or None, rate=rate, phase=phase)

    def _line(self, job: Job, phase: str, rows: int, total: int, rate: str) -> None:
        parts = [job.customer or job.service or "", job.file_name, phase]
        if total and phase not in ENDED:
            parts.append(f"{rows:,} of {total:,} rows")
        line = "  ".join(part for part in (*parts, rate if phase == "scoring" else "") if part)
        self._console.print(line, markup=False, emoji=False)
