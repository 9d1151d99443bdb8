"""Drop folders, uploads and the local engine for one home: what `serve`, `score` and the demo all run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy import Engine

from workbook_templates.shelf import Shelf
from worker.batch.addressee import Addressee
from worker.batch.engines.local import LocalEngine
from worker.batch.folders import JobFolders
from worker.batch.forms import file_limits
from worker.batch.intake import Intake
from worker.batch.job import ENDED, Job
from worker.batch.ledger import Ledger
from worker.batch.origins import Origins
from worker.batch.owner import Owner
from worker.batch.pool import LOOK_SECONDS, CallPool, Stopped
from worker.batch.renewal import Renewals
from worker.batch.runner import Progress, Runner
from worker.batch.tablejobs import TableJobs
from worker.batch.targets import EndpointTargets
from worker.batch.uploads import UploadDoor
from worker.endpoints import EndpointRow, Models, Registry
from worker.endpoints.endpointlogs import EndpointLogs
from worker.endpoints.expiry import check_term
from worker.endpoints.passwords import Passwords
from worker.endpoints.quotas import allowances
from worker.endpoints.rules import Unknown
from worker.scoring import Transport
from worker.settings import Settings

log = structlog.get_logger("sheetscore.batch")

DAY_SECONDS = 24 * 3600
RECOVER_SECONDS = 30.0
STOP_SECONDS = 15.0


class BatchService:
    """Use as a context manager: entering recovers what a crash left, leaving gives back what is under way.

    `serving` watches the drop folders and drives every job; without it only `run` drives anything. `also_sweep` is
    called once a day, with what this removes itself.
    """

    def __init__(
        self,
        engine: Engine,
        home: Path,
        settings: Settings,
        models: Models,
        *,
        progress: Progress = lambda job, phase, rows, total: None,
        transport: Callable[[Job], tuple[str, str, Transport] | None] = lambda job: None,
        serving: bool = True,
        clock: Callable[[], float] = time.time,
        also_sweep: Callable[[], object] = lambda: None,
    ) -> None:
        self._settings = settings
        self._store = engine
        self._clock = clock
        self._also_sweep = also_sweep
        self._stop = threading.Event()
        self._serving = serving
        self.registry = Registry(engine, home)
        self.ledger = Ledger(engine, clock)
        self.passwords = Passwords(engine, home)
        self.folders = JobFolders(home)
        self.owner = Owner(self.folders.root)
        self.logs = EndpointLogs(home, settings.endpoint_log_days, clock=clock)
        self._targets = EndpointTargets(
            self.registry, models, sleep=self._sleep, transport=transport, check=self._check_open, logs=self.logs
        )
        self._origins = Origins(Shelf(home))
        self._renewals = Renewals(self.registry, home, clock)
        self._addressee = Addressee(self.registry, self._origins, file_limits(settings))
        self._progress = progress
        self._calls = CallPool()
        self._engine = LocalEngine(
            self.ledger,
            self.owner,
            self._runner,
            jobs_at_once=settings.jobs_at_once,
            tables_per_endpoint=settings.jobs_per_endpoint,
            stop=self._stop,
        )
        self.uploads = UploadDoor(self.ledger, self.folders, self.passwords, self.owner.name, self._engine.wake)
        self.tables = TableJobs(self.ledger, self.folders, self.owner.name, self._engine.wake)
        self.intake = Intake(
            self.registry, self.ledger, self.folders, self.owner, settle_seconds=settings.poll_seconds, clock=clock
        )
        self._poller = threading.Thread(target=self._poll, name="intake", daemon=True)

    def _runner(self) -> Runner:
        return Runner(
            self.ledger,
            self.folders,
            self._targets,
            self._settings,
            self.owner.name,
            passwords=self.passwords,
            addressee=self._addressee,
            origins=self._origins,
            renewals=self._renewals,
            calls=self._calls,
            progress=self._progress,
            stopping=self._stop.is_set,
            ended=self._log_job,
            clock=self._clock,
        )

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _check_open(self, endpoint: EndpointRow) -> None:
        """Raises EndpointExpired, QuotaReached."""
        check_term(endpoint.expires_at, self._clock())
        if endpoint.customer is not None:
            for allowed in allowances(self._store, self._clock(), endpoint.customer).values():
                allowed.check()

    def _log_job(self, job: Job) -> None:
        """A line in the log of the job's endpoint."""
        if job.endpoint_id is None:
            return
        with suppress(Unknown):  # removed since
            self.logs.write(
                self.registry.endpoint(job.endpoint_id),
                "job",
                failed=job.state == "failed",
                job=job.id,
                door=job.door,
                state=job.state,
                contract=job.contract_version,
                model=job.model_version,
                rows=job.rows_scored,
                problems=job.rows_with_problems,
                calls=job.calls,
                ms=round(((job.ended_at or job.created_at) - job.created_at) * 1000),
            )

    def __enter__(self) -> BatchService:
        self.owner.__enter__()
        self.folders.remove_scratch(self.owner.is_alive)
        if not self._serving:
            return self
        self.intake.prepare()
        self._engine.start()
        self._poller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._serving:
            if not self._engine.join(STOP_SECONDS):
                log.warning("a job is still under way; what it does now may be done again at the next start")
            self._poller.join(STOP_SECONDS)
        self.logs.close()
        self.owner.__exit__()

    def run(self, job_id: str) -> Job:
        """Drive one job here and now, or wait for the process that has it; returns it ended."""
        while (job := self.ledger.get(job_id)) is not None and job.state not in ENDED:
            claimed = self.ledger.claim(self.owner.name, self.owner.is_alive, only=job_id)
            if claimed is None:
                time.sleep(LOOK_SECONDS)
            else:
                self._runner().drive(claimed)
        if job is None:
            raise KeyError(job_id)
        return job

    def _poll(self) -> None:
        swept = recovered = 0.0
        while not self._stop.is_set():
            try:
                if self._clock() - recovered >= RECOVER_SECONDS:
                    recovered = self._clock()
                    self.intake.recover()
                if self.intake.scan():
                    self._engine.wake()
                if self._clock() - swept >= DAY_SECONDS:
                    swept = self._clock()
                    self.sweep()
            except Exception:
                log.exception("the drop folders could not be looked at; they are looked at again shortly")
            self._stop.wait(self._settings.poll_seconds)

    def sweep(self) -> int:
        """Remove what is kept of jobs whose retention has ended, and old logs of endpoints; returns how many jobs."""
        self.logs.sweep()
        self._also_sweep()
        for job_id in self.ledger.drop_new(self._clock() - DAY_SECONDS):
            self.folders.remove(job_id)
        retained = self._clock() - self._settings.retention_days * DAY_SECONDS
        self.ledger.forget_deaths(retained)
        over = self.ledger.ended_before(retained)
        kept = [job_id for job_id in over if self.folders.folder(job_id).exists()]
        for job_id in kept:
            self.folders.remove(job_id)
        return len(kept)
