"""Drive one job from claimed file to published result. Running a job again, after any crash, finishes it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import OperationalError

from worker.batch import results
from worker.batch.addressee import Addressee
from worker.batch.deaths import Deaths
from worker.batch.errors import BatchError, StaleTemplate
from worker.batch.explain import explain, our_fault, our_trouble
from worker.batch.folders import JobFolders
from worker.batch.forms import Form, ReadBook, Table, Workbook, WriteBook, file_limits
from worker.batch.job import BATCH, Job
from worker.batch.kept import check_unchanged, keep
from worker.batch.ledger import Ledger, LostJob
from worker.batch.locked import Locked, Opened
from worker.batch.origins import Origins
from worker.batch.outbox import FAILED, Outbox
from worker.batch.parts import Part, pack, unpack
from worker.batch.pool import CallFailed, CallPool, Stopped
from worker.batch.renewal import Renewals
from worker.batch.slabs import Slab, Work
from worker.batch.summary import Facts
from worker.endpoints import RuleError
from worker.endpoints.conventions import to_json
from worker.endpoints.passwords import Passwords
from worker.files import sync_file
from worker.scoring import (
    Columns,
    ContractError,
    EndpointError,
    Limits,
    PartScores,
    Problem,
    ProblemKind,
    Schema,
    TableError,
)
from worker.scoring.binding import Binding
from worker.scoring.errors import SheetscoreError
from worker.scoring.outputs import empty_outputs
from worker.scoring.readings import NOTHING_SAID, Conventions
from worker.settings import Settings
from worker.workbooks import WorkbookError, append_apart, read_inputs_apart
from worker.workbooks.errors import NoInput

log = structlog.get_logger("sheetscore.batch")


MOST_STARTS = 10
"""So often a job is taken up, after faults of the disk or the store or the end of its process, before it is failed."""


class Cancelled(Exception):
    """Somebody asked for the job to be cancelled."""


class Scorer(Protocol):
    """Scores one part; `ScoringClient` is one."""

    def score_part(self, columns: Columns) -> PartScores:
        """See ScoringClient.score_part."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a job is scored against, how its texts are meant and its result is wanted.

    Pinned when it starts, the same after a restart.
    """

    schema: Schema
    contract_version: int
    model_version: int
    client: Scorer
    conventions: Conventions = NOTHING_SAID
    model_date: dt.date | None = None


class Targets(Protocol):
    """Finds what a job is to be scored against."""

    def __call__(self, job: Job, limits: Limits) -> Target:
        """The job's pins if it has them, else the endpoint's present contract and model."""


class Progress(Protocol):
    """Told how far a job is. `rows` are committed rows, so it never goes back."""

    def __call__(self, job: Job, phase: str, rows: int, total: int) -> None:
        """`phase` is reading, scoring, writing, done, failed or cancelled."""


class Runner:
    """Everything that may become of a job is in `drive`."""

    def __init__(
        self,
        ledger: Ledger,
        folders: JobFolders,
        targets: Targets,
        settings: Settings,
        owner: str,
        *,
        passwords: Passwords,
        addressee: Addressee,
        origins: Origins,
        renewals: Renewals,
        calls: CallPool | None = None,
        read: ReadBook = read_inputs_apart,
        write: WriteBook = append_apart,
        progress: Progress = lambda job, phase, rows, total: None,
        stopping: Callable[[], bool] = lambda: False,
        ended: Callable[[Job], None] = lambda job: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._folders = folders
        self._targets = targets
        self._addressee = addressee
        self._renewals = renewals
        self._settings = settings
        self._owner = owner
        self._progress = progress
        self._stopping = stopping
        self._ended = ended
        self._clock = clock
        self._pool = calls or CallPool()
        self._outbox = Outbox(ledger, folders, owner)
        self._deaths = Deaths(ledger, file_limits(settings))
        self._passwords = passwords
        self._locked = Locked(passwords, file_limits(settings))
        self._workbook: Form = Workbook(settings, read, write, origins)
        self._table: Form = Table(settings)

    def drive(self, job: Job) -> str:
        """Take a claimed job to its end; returns the state it is left in.

        A job is given back, with all that is paid for, when the process is asked to stop and when the disk or the
        store fails (no room, say): the caller drives it again after a rest. Only after `MOST_STARTS` such starts, or
        at once when a person waits for it, does it fail. Raises OSError when not even the failure can be put down.
        """
        try:
            return self._drive(job)
        except LostJob:
            return "running"

    def _drive(self, job: Job) -> str:
        try:
            if (ended := self._end_what_was_decided(job)) is not None:
                return ended
            if job.starts > MOST_STARTS:
                log.error("job ended every process that drove it; it is not tried again", job=job.id)
                return self._fail(job, "failed", our_fault(job.id))
            self._score(job)
            return self._end(job, "done", None)
        except Stopped:
            self._ledger.give_back(job.id, self._owner)
            return "queued"
        except LostJob:
            raise
        except Cancelled:
            return self._fail(job, "cancelled", "This job was cancelled. Your file is unchanged.")
        except (WorkbookError, TableError, EndpointError, RuleError, ContractError, BatchError) as error:
            return self._fail(job, "failed", explain(error))
        except (OSError, OperationalError) as error:
            log.exception("the disk or the store failed", job=job.id, start=job.starts)
            if job.starts >= MOST_STARTS or job.door == "command":
                return self._fail(job, "failed", our_trouble(error))
            self._ledger.give_back(job.id, self._owner, counts=True)
            return "queued"
        except Exception:
            log.exception("job failed by a fault of ours; it is not tried again", job=job.id)
            return self._fail(job, "failed", our_fault(job.id))

    def _end_what_was_decided(self, job: Job) -> str | None:
        """Finish a job whose end was recorded before a crash: what is decided never changes."""
        if (job.result_name or "").startswith(f"{FAILED}/"):
            return self._fail(job, job.phase, job.reason or "")
        if self._outbox.has_result(job):
            return self._end(job, "done", None)
        return None

    def _score(self, job: Job) -> None:
        original = self._folders.original(job.id, job.file_name)
        self._phase(job, "reading", 0, 0)
        digest = keep(job, self._folders)
        made = self._outbox.made(job)
        with self._folders.scratch(job.id, self._owner) as scratch:
            opened = self._deaths.guarded(digest, lambda: self._locked.open(job, original, made, scratch))
            if job.endpoint_id is None:
                job = self._addressed(job, opened.book, digest)
            target = self._targets(job, self._limits(job))
            form, schema, written = self._form(job), target.schema, target.conventions
            try:
                inputs = self._deaths.guarded(digest, lambda: form.read(job, opened, schema, written))
            except NoInput as error:
                raise self._misfit(job, opened.book, schema, error) from None
            notes = self._renewed(job, inputs[0].binding, schema)
            part_rows = job.part_rows or self._settings.part_rows
            work = Work(inputs, schema, part_rows, written)
            self._ledger.pin(
                job.id,
                self._owner,
                sha256=digest,
                contract_version=target.contract_version,
                model_version=target.model_version,
                conventions=to_json(target.conventions),
                part_rows=part_rows,
                parts=work.parts,
                rows_read=work.rows,
            )
            self._call(job, target, work)
            self._write(job, target, work, opened, digest, notes)

    def _addressed(self, job: Job, original: Path, digest: str) -> Job:
        """The job with the endpoint that its workbook is for."""
        chosen = self._deaths.guarded(digest, lambda: self._addressee.choose(job, original))
        self._ledger.pin(job.id, self._owner, endpoint_id=chosen)
        return self._ledger.get(job.id) or job

    def _renewed(self, job: Job, binding: Binding | None, schema: Schema) -> tuple[str, ...]:
        """What has changed since the template was made that a workbook is from; a new one is laid beside the result."""
        self._addressee.check(job, binding)
        renewal = self._renewals.of(job, binding, schema)
        if renewal is None:
            return ()
        if renewal.fresh is not None:
            self._outbox.lay_beside(job, renewal.fresh)
        return renewal.told

    def _misfit(self, job: Job, book: Path, schema: Schema, error: NoInput) -> SheetscoreError:
        """Why a workbook does not have the columns: its template may be older than its endpoint."""
        told = self._renewed(job, self._addressee.binding(book), schema)
        return StaleTemplate(error, told) if told else error

    def _form(self, job: Job) -> Form:
        return self._table if job.door == BATCH else self._workbook

    def _limits(self, job: Job) -> Limits:
        settings = self._settings
        return Limits(
            part_rows=job.part_rows or settings.part_rows,
            concurrency=job.call_limit or 1,
            call_seconds=settings.call_seconds,
            call_attempts=settings.call_attempts,
        )

    def _call(self, job: Job, target: Target, work: Work) -> None:
        """Score the parts that are not in the ledger yet, at most `call_limit` at once for the endpoint."""
        stored = self._ledger.done_parts(job.id)
        rows = work.rows_of(stored)
        self._phase(job, "scoring", rows, work.rows)

        def one(missing: tuple[Slab, Part]) -> None:
            slab, part = missing
            if not self._ledger.begin_call(job.id, self._owner, part.number):
                return
            columns = {name: values[part.rows] for name, values in slab.checked.columns.items()}
            try:
                scores = target.client.score_part(columns)
            except EndpointError as error:
                self._ledger.add_calls(job.id, error.calls - 1)
                raise
            scored = len(part.rows) - len({problem.row for problem in scores.problems})
            self._ledger.store_part(job.id, part.number, pack(scores, target.schema), max(0, scores.calls - 1), scored)

        missing = ((slab, part) for slab in work.slabs() for part in slab.parts if part.number not in stored)
        try:
            for _, part in self._pool.run(
                job.endpoint_id or "", job.call_limit or 1, missing, one, lambda: self._must_stop(job)
            ):
                rows += part.stop - part.start
                self._progress(job, "scoring", rows, work.rows)
        except CallFailed as failed:
            if not self._ledger.done_parts(job.id):
                raise failed.error from None
            log.warning(
                "endpoint failed; the rows already paid for are published, the others carry the reason",
                job=job.id,
                error=type(failed.error).__name__,
            )
            self._give_up(job, target.schema, work, failed.error)

    def _give_up(self, job: Job, schema: Schema, work: Work, error: EndpointError) -> None:
        """Mark the rows that were not scored, so that what is paid for can still be published."""
        stored = self._ledger.done_parts(job.id)
        detail = explain(error)
        for part in (part for slab in work.slabs() for part in slab.parts):
            if part.number not in stored:
                count = len(part.rows)
                columns = empty_outputs(schema, count)
                problems = tuple(Problem(row, ProblemKind.CALL_FAILED, detail=detail) for row in range(count))
                self._ledger.give_up_part(job.id, part.number, pack(PartScores(columns, problems, 0, ""), schema))

    def _must_stop(self, job: Job) -> bool:
        if self._ledger.cancel_asked(job.id):
            raise Cancelled
        return self._stopping()

    def _join(self, job: Job, schema: Schema, slab: Slab) -> results.Scores:
        rows = {part.number: part.rows for part in slab.parts}
        stored = self._ledger.results(job.id, slab.first, slab.stop)
        return results.join(slab.checked, [(rows[n], unpack(data, schema)) for n, data in stored], schema)

    def _write(self, job: Job, target: Target, work: Work, opened: Opened, digest: str, notes: tuple[str, ...]) -> None:
        self._phase(job, "writing", work.rows, work.rows)
        made = self._outbox.made(job)
        form = self._form(job)
        result = form.result(job, work.inputs, opened, target.schema, target.conventions)
        tallies = [results.Tally(source) for source in work.inputs]
        for slab in work.slabs():
            scores = self._join(job, target.schema, slab)
            tallies[slab.of].add(scores, slab.texts)
            result.add(slab, scores)
        self._ledger.pin(
            job.id,
            self._owner,
            rows_scored=sum(tally.rows_scored for tally in tallies),
            rows_with_problems=sum(tally.rows_with_problems for tally in tallies),
        )
        now = self._ledger.get(job.id) or job
        facts = Facts(
            endpoint=job.endpoint or "",
            service=job.service or "",
            customer=job.customer or "",
            contract_version=target.contract_version,
            model_version=target.model_version,
            file_name=job.file_name,
            sha256=digest,
            calls=now.calls,
            calls_unanswered=now.calls_unanswered,
            started_at=job.started_at or job.created_at,
            ended_at=self._clock(),
            model_date=target.model_date,
            notes=notes,
        )
        self._deaths.guarded(digest, lambda: result.finish(tallies, facts))
        self._deaths.guarded(digest, lambda: self._locked.close(job, opened, made))
        sync_file(made)
        check_unchanged(job, self._folders, digest)
        if self._ledger.cancel_asked(job.id):
            raise Cancelled
        self._outbox.publish_result(job, alone=result.alone)

    def _end(self, job: Job, state: str, reason: str | None) -> str:
        self._ledger.finish(job.id, self._owner, state, reason=reason)
        self._passwords.forget(job.id)
        self._outbox.clear(job)
        ended = self._ledger.get(job.id) or job
        log.info(
            "job ended",
            job=job.id,
            state=state,
            endpoint=job.endpoint_id,
            rows=ended.rows_read,
            problems=ended.rows_with_problems,
            calls=ended.calls,
            seconds=round(self._clock() - job.created_at, 3),
        )
        self._ended(ended)
        self._progress(ended, state, ended.rows_read or 0, ended.rows_read or 0)
        return state

    def _fail(self, job: Job, state: str, reason: str) -> str:
        self._outbox.publish_failure(job, state, reason)
        return self._end(job, state, reason)

    def _phase(self, job: Job, phase: str, rows: int, total: int) -> None:
        if self._must_stop(job):
            raise Stopped
        self._ledger.pin(job.id, self._owner, phase=phase)
        self._progress(job, phase, rows, total)
