"""What a job's file is: how its rows are read, and how its result is written. All between is the same for every job."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from worker.batch import results
from worker.batch.job import Job
from worker.batch.locked import Opened
from worker.batch.noticed import warning_words
from worker.batch.origins import Origins
from worker.batch.slabs import Slab
from worker.batch.spread import spread
from worker.batch.summary import Facts, summary_sheet
from worker.batch.tables import read_table, write_table
from worker.batch.templated import InWords
from worker.scoring import Schema
from worker.scoring.readings import Conventions
from worker.settings import Settings
from worker.workbooks import FileLimits, Kind, Labels, Rows, Sheet, kind_of, new_workbook
from worker.workbooks.spool import Spool

ReadBook = Callable[[Path, Schema, Path, str, FileLimits, Conventions, Labels], Sequence[Rows]]


class WriteBook(Protocol):
    """Adds result sheets to a workbook; `append_apart` is one."""

    def __call__(
        self, source: Path, target: Path, sheets: Sequence[Sheet], limits: FileLimits, *, replace: bool
    ) -> object:
        """See `worker.workbooks.append_apart`."""


class Result(Protocol):
    """A result being made; `alone` if what was sent is not in it."""

    @property
    def alone(self) -> bool:
        """Whether it has to be given back beside what was sent."""

    def add(self, slab: Slab, scores: results.Scores) -> None:
        """Take what became of some rows; slabs come in order, each once."""

    def finish(self, tallies: Sequence[results.Tally], facts: Facts) -> None:
        """Make the file."""


class Form(Protocol):
    """A kind of file. `written` says how its author writes."""

    def read(self, job: Job, opened: Opened, schema: Schema, written: Conventions) -> Sequence[Rows]:
        """The inputs to score."""

    def result(self, job: Job, inputs: Sequence[Rows], opened: Opened, schema: Schema, written: Conventions) -> Result:
        """Begin the result for these inputs, which will be the file `opened.made`."""


class Workbook:
    """An Excel workbook: the result is a copy with one sheet more for each input, and a summary. Of a file of another
    kind (.xlsb, .xls, .ods, CSV) these sheets are a workbook of their own. One that was made from a template gets its
    sheets in that template's words.
    """

    def __init__(self, settings: Settings, read: ReadBook, write: WriteBook, origins: Origins) -> None:
        self.limits = file_limits(settings)
        self.most_columns = settings.pass_through_columns
        self._write = write
        self._read = read
        self._origins = origins

    def read(self, job: Job, opened: Opened, schema: Schema, written: Conventions) -> Sequence[Rows]:
        """Raises WorkbookError."""
        labels = self._origins.labels(job.service or "", [job.endpoint or ""])
        return self._read(opened.book, schema, opened.scratch, job.input, self.limits, written, labels)

    def result(self, job: Job, inputs: Sequence[Rows], opened: Opened, schema: Schema, written: Conventions) -> Result:
        """Its `finish` raises WorkbookError, OSError."""

        def write(base: Path, sheets: Sequence[Sheet]) -> None:
            self._write(base, opened.made, sheets, self.limits, replace=written.replace_earlier)

        definition = self._origins.definition(job, inputs[0], schema)
        if definition is not None:
            return InWords(definition, schema, opened.scratch, lambda sheets: write(opened.book, sheets))
        return _Sheets(self, opened, schema, write)


class _Sheets:
    def __init__(
        self, form: Workbook, opened: Opened, schema: Schema, write: Callable[[Path, Sequence[Sheet]], None]
    ) -> None:
        self._form = form
        self._opened = opened
        self._schema = schema
        self._write = write
        self._spools: dict[int, Spool] = {}
        self._kind = kind_of(opened.book, limits=form.limits)
        self.alone = self._kind is not Kind.WORKBOOK

    def add(self, slab: Slab, scores: results.Scores) -> None:
        """Raises OSError. In a workbook of their own the scores have all columns of the file beside them."""
        spool = self._spools.setdefault(slab.of, Spool(self._opened.scratch, f"scores-{slab.of}"))
        kept = slab.checked.pass_through[: self._form.most_columns]
        if self.alone:
            kept = tuple(range(slab.source.frame.shape[1]))
        spool.add(results.scores_sheet(slab.source, kept, scores, self._schema))

    def finish(self, tallies: Sequence[results.Tally], facts: Facts) -> None:
        """Raises WorkbookError, OSError."""
        names = [f"Scores {tally.source.sheet}" if len(tallies) > 1 else "Scores" for tally in tallies]
        made = {of: replace(spool.sheet(), name=names[of]) for of, spool in self._spools.items()}
        sheets = results.told_apart(made, tallies)
        columns = [results.output_columns(sheet, self._schema) for sheet in sheets]
        counted = sum((spool.cut for spool in self._spools.values()), Counter[str]())
        cut = [warning_words(f"text-cut: {n:,} in {name}") for name, n in counted.items()]
        beside = [warning_words(f"scored-beside: .{self._kind}")] if self.alone else []
        facts = replace(facts, notes=(*beside, *facts.notes, *cut))
        summary = summary_sheet(tallies, facts, spread(self._schema.outputs, columns))
        self._write(self._base(), [*(results.identified(sheet, self._schema) for sheet in sheets), summary])

    def _base(self) -> Path:
        """The workbook that the sheets are added to."""
        if not self.alone:
            return self._opened.book
        new = self._opened.scratch / "new.xlsx"
        new_workbook(new)
        shutil.copymode(self._opened.book, new)
        return new


class Table:
    """A CSV or TSV file: the result is another, of scores alone."""

    def __init__(self, settings: Settings) -> None:
        self._limits = file_limits(settings)

    def read(self, _job: Job, opened: Opened, schema: Schema, _written: Conventions) -> Sequence[Rows]:
        """See `read_table`."""
        return [read_table(opened.book, schema, self._limits)]

    def result(
        self, job: Job, _inputs: Sequence[Rows], opened: Opened, schema: Schema, _written: Conventions
    ) -> Result:
        """See `write_table`."""
        return _Lines(opened.made, job.output_name, schema)


class _Lines:
    def __init__(self, made: Path, name: str, schema: Schema) -> None:
        self._made = made
        self._name = name
        self._schema = schema
        self._begun = False
        self.alone = False

    def add(self, slab: Slab, scores: results.Scores) -> None:  # noqa: ARG002 - a Result
        """Raises OSError."""
        write_table(self._made, self._name, scores, self._schema, more=self._begun)
        self._begun = True

    def finish(self, tallies: Sequence[results.Tally], facts: Facts) -> None:
        """Everything is written already."""


def file_limits(settings: Settings) -> FileLimits:
    """What one foreign file may cost, by the settings."""
    return FileLimits(
        upload_mb=settings.max_upload_mb,
        expanded_mb=settings.max_expanded_mb,
        cells_millions=settings.max_cells_millions,
        seconds=settings.file_seconds,
        memory_mb=settings.file_memory_mb,
    )
