"""What a job's file is: how its rows are read, and how its result is written. All between is the same for every job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from worker.batch import results
from worker.batch.ledger import Job
from worker.batch.tables import read_table, write_table
from worker.scoring import Checked, Schema
from worker.settings import Settings
from worker.workbooks import FileLimits, Input, Sheet

ReadBook = Callable[[Path, Schema, str, FileLimits], Input]
WriteBook = Callable[[Path, Path, Sequence[Sheet], FileLimits], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the rows of a job."""

    source: Input
    checked: Checked
    scores: results.Scores
    schema: Schema
    facts: results.Facts


class Form(Protocol):
    """A kind of file."""

    def read(self, job: Job, original: Path, schema: Schema) -> Input:
        """The rows to score."""

    def write(self, job: Job, original: Path, made: Path, outcome: Outcome) -> None:
        """Make the result."""


class Workbook:
    """An Excel workbook: the result is a copy with two sheets more."""

    def __init__(self, settings: Settings, read: ReadBook, write: WriteBook) -> None:
        self._limits = file_limits(settings)
        self._most_columns = settings.pass_through_columns
        self._read = read
        self._write = write

    def read(self, job: Job, original: Path, schema: Schema) -> Input:
        """Raises WorkbookError."""
        return self._read(original, schema, job.input, self._limits)

    def write(self, job: Job, original: Path, made: Path, outcome: Outcome) -> None:  # noqa: ARG002 - a Form
        """Raises WorkbookError, OSError."""
        source, scores = outcome.source, outcome.scores
        sheets = [
            results.scores_sheet(source, outcome.checked, scores, outcome.schema, self._most_columns),
            results.summary_sheet(source, scores, outcome.facts),
        ]
        self._write(original, made, sheets, self._limits)


class Table:
    """A CSV or TSV file: the result is another, of scores alone."""

    def __init__(self, settings: Settings) -> None:
        self._limits = file_limits(settings)

    def read(self, job: Job, original: Path, schema: Schema) -> Input:  # noqa: ARG002 - a Form
        """See `read_table`."""
        return read_table(original, schema, self._limits)

    def write(self, job: Job, original: Path, made: Path, outcome: Outcome) -> None:  # noqa: ARG002 - a Form
        """See `write_table`."""
        write_table(made, job.output_name, outcome.scores, outcome.schema)


def file_limits(settings: Settings) -> FileLimits:
    """What one foreign file may cost, by the settings."""
    return FileLimits(
        upload_mb=settings.max_upload_mb,
        expanded_mb=settings.max_expanded_mb,
        cells_millions=settings.max_cells_millions,
        seconds=settings.file_seconds,
        memory_mb=settings.file_memory_mb,
    )
