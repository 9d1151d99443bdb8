"""The ledger: which jobs there are, what was paid for, what was published. Every promise about crashes rests on it.

A job goes queued -> running -> done | failed | cancelled; one of the batch API is new until it is started. A part is
`calling` from before its first call leaves until its result is stored, so whatever a crash leaves unanswered is known,
and what is `done` is never scored again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from worker.batch.job import BATCH, ENDED, NEW, Job, job_query
from worker.batch.waiting import is_full, may_be_full, waiting
from worker.endpoints.usage import Used, add_of_job, day_of
from worker.store.tables import customer, death, endpoint, job, part


class Ledger:
    """The jobs and parts in the store. Every method is one transaction and safe to call from any thread."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self,
        job_id: str,
        customer_id: str | None,
        endpoint_id: str | None,
        door: str,
        file_name: str,
        where: str = "",
        conventions: str | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """Enter a claimed file as a queued job, with what was `asked` beside that. Entering it again changes nothing,
        also if two do it at once.

        `conventions` (JSON) are those of this file, where they are not its customer's.
        """
        values = {
            "id": job_id,
            "customer_id": customer_id,
            "endpoint_id": endpoint_id,
            "door": door,
            "file_name": file_name,
            "input": where,
            "conventions": conventions,
            "request": json.dumps(asked) if asked else None,
            "state": "queued",
            "created_at": self._clock(),
        }
        try:
            with self._engine.begin() as db:
                db.execute(insert(job).values(values))
        except IntegrityError:
            if self.get(job_id) is None:
                raise

    def add_table(self, job_id: str, endpoint_id: str, file_name: str, request: str) -> None:
        """Enter a table of the batch API, whose `request` is JSON, as a job that waits for `start`."""
        values = {
            "id": job_id,
            "endpoint_id": endpoint_id,
            "customer_id": select(endpoint.c.customer_id).where(endpoint.c.id == endpoint_id).scalar_subquery(),
            "door": BATCH,
            "file_name": file_name,
            "request": request,
            "state": NEW,
            "created_at": self._clock(),
        }
        with self._engine.begin() as db:
            db.execute(insert(job).values(values))

    def start(self, job_id: str) -> bool:
        """Queue a new job, behind those that were started before; False when it is not new."""
        with self._engine.begin() as db:
            new = and_(job.c.id == job_id, job.c.state == NEW)
            started = update(job).where(new).values(state="queued", started_at=self._clock())
            return db.execute(started).rowcount == 1

    def drop_new(self, before: float) -> list[str]:
        """Cancel jobs that were made before a moment and never started; returns their ids."""
        with self._engine.begin() as db:
            old = and_(job.c.state == NEW, job.c.created_at < before)
            ids = list(db.execute(select(job.c.id).where(old)).scalars())
            db.execute(update(job).where(old, job.c.id.in_(ids)).values(state="cancelled", ended_at=self._clock()))
        return ids

    def states(self) -> dict[str, int]:
        """How many jobs there are in each state."""
        with self._engine.connect() as db:
            found = db.execute(select(job.c.state, func.count().label("jobs")).group_by(job.c.state))
            return {row.state: row.jobs for row in found}

    def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        with self._engine.connect() as db:
            row = db.execute(job_query().where(job.c.id == job_id)).first()
        return None if row is None else Job(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it

    def jobs(self, *, customer_name: str | None = None, limit: int = 50) -> list[Job]:
        """The newest jobs first."""
        query = job_query().order_by(job.c.created_at.desc(), job.c.id).limit(limit)
        if customer_name is not None:
            query = query.where(customer.c.name == customer_name)
        with self._engine.connect() as db:
            return [Job(**row._mapping) for row in db.execute(query)]  # noqa: SLF001 - as above

    def ended_before(self, moment: float) -> list[str]:
        """Ids of jobs that ended before `moment`."""
        with self._engine.connect() as db:
            return list(db.execute(select(job.c.id).where(job.c.ended_at < moment)).scalars())

    def claim(
        self,
        owner: str,
        is_alive: Callable[[str], bool],
        *,
        driving: Collection[str] = (),
        only: str | None = None,
        tables: bool | None = None,
        per_endpoint: int | None = None,
    ) -> Job | None:
        """Take a job that nobody drives: a queued one, or one whose owner is no more. Customers with the fewest jobs
        running go first, then the oldest job. `driving` are the jobs that this owner has in hand.

        `tables` asks for jobs of the batch API alone, or for others alone. An endpoint with `per_endpoint` of them
        running gets no further one; they follow in the order in which they were started.

        The calls that a dead owner left under way are counted as unanswered. Of several that see the same job at once
        (PostgreSQL lets them), the one whose update finds it as it was read gets it.
        """
        with self._engine.begin() as db:
            for row in db.execute(waiting(only, tables, per_endpoint)).all():
                if row.id in driving or (
                    row.state == "running" and row.owner not in (None, owner) and is_alive(row.owner)
                ):
                    continue
                if per_endpoint is not None and may_be_full(row) and is_full(db, row.endpoint_id, per_endpoint):
                    continue
                lost = select(func.count()).where(part.c.job_id == row.id, part.c.state == "calling").scalar_subquery()
                as_read = and_(
                    job.c.id == row.id, job.c.state == row.state, job.c.owner.is_not_distinct_from(row.owner)
                )
                values = {
                    "state": "running",
                    "owner": owner,
                    "starts": job.c.starts + 1,
                    "started_at": func.coalesce(job.c.started_at, self._clock()),
                    "calls_unanswered": job.c.calls_unanswered + lost,
                }
                if db.execute(update(job).where(as_read).values(values)).rowcount == 1:
                    found = db.execute(job_query().where(job.c.id == row.id)).one()
                    return Job(**found._mapping)  # noqa: SLF001 - as above
        return None

    def give_back(self, job_id: str, owner: str, *, counts: bool = False) -> None:
        """Put a job back in the queue; its parts stay. The start counts as one of those a job is given only if
        something went wrong, not if the process was asked to stop.
        """
        self._update(job_id, owner, state="queued", owner=None, starts=job.c.starts - (0 if counts else 1))

    def pin(self, job_id: str, owner: str, **values: Any) -> None:  # noqa: ANN401 - columns of the job table
        """Record what the job is bound to (contract, model, hash, plan of parts), or which phase it is in."""
        self._update(job_id, owner, **values)

    def _update(self, job_id: str, driver: str, /, **values: Any) -> None:  # noqa: ANN401 - columns of the job table
        with self._engine.begin() as db:
            done = db.execute(update(job).where(job.c.id == job_id, job.c.owner == driver).values(**values))
            if done.rowcount != 1:
                raise LostJob(job_id, driver)

    def done_parts(self, job_id: str) -> set[int]:
        """Numbers of the parts whose results are stored."""
        with self._engine.connect() as db:
            query = select(part.c.number).where(part.c.job_id == job_id, part.c.state == "done")
            return set(db.execute(query).scalars())

    def begin_call(self, job_id: str, owner: str, number: int) -> bool:
        """Record, before it leaves, that a part is about to be paid for; False when it is stored already, by a call
        that was thought lost. Raises LostJob when the job has another owner.
        """
        with self._engine.begin() as db:
            here = and_(part.c.job_id == job_id, part.c.number == number)
            state = db.execute(select(part.c.state).where(here)).scalar()
            if state == "done":
                return False
            mine = and_(job.c.id == job_id, job.c.owner == owner)
            if db.execute(update(job).where(mine).values(calls=job.c.calls + 1)).rowcount != 1:
                raise LostJob(job_id, owner)
            if state is None:
                db.execute(insert(part).values(job_id=job_id, number=number, state="calling", calls=1))
            else:
                db.execute(update(part).where(here).values(calls=part.c.calls + 1))
            self._count(db, job_id, Used(calls=1))
            return True

    def store_part(self, job_id: str, number: int, result: bytes, more_calls: int, scored: int = 0) -> None:
        """Commit a part's result, `scored` of its rows with a score. `more_calls` are attempts beyond the one that
        `begin_call` counted.
        """
        with self._engine.begin() as db:
            stored = db.execute(
                update(part)
                .where(part.c.job_id == job_id, part.c.number == number, part.c.state == "calling")
                .values(state="done", result=result, calls=part.c.calls + more_calls, ended_at=self._clock())
            )
            db.execute(update(job).where(job.c.id == job_id).values(calls=job.c.calls + more_calls))
            self._count(db, job_id, Used(rows=scored if stored.rowcount == 1 else 0, calls=more_calls))

    def add_calls(self, job_id: str, more: int) -> None:
        """Count attempts of a part that failed, beyond the one that `begin_call` counted."""
        with self._engine.begin() as db:
            db.execute(update(job).where(job.c.id == job_id).values(calls=job.c.calls + more))
            self._count(db, job_id, Used(calls=more))

    def give_up_part(self, job_id: str, number: int, result: bytes) -> None:
        """Store why a part was not scored, as its result. No call is counted."""
        with self._engine.begin() as db:
            values = {"state": "done", "result": result, "ended_at": self._clock()}
            here = and_(part.c.job_id == job_id, part.c.number == number)
            if db.execute(update(part).where(here).values(**values)).rowcount == 0:
                db.execute(insert(part).values(job_id=job_id, number=number, calls=0, **values))

    def results(self, job_id: str, first: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """(number, result) of every stored part with a number from `first` up to `stop`, in order."""
        query = select(part.c.number, part.c.result).where(part.c.job_id == job_id, part.c.state == "done")
        query = query.where(part.c.number >= first, part.c.number < stop)
        with self._engine.connect() as db:
            yield from db.execute(query.order_by(part.c.number))

    def finish(self, job_id: str, owner: str, state: str, **values: Any) -> None:  # noqa: ANN401 - columns of the job table
        """End a job for good and let go of its parts' results, which stand in the published workbook."""
        with self._engine.begin() as db:
            mine = and_(job.c.id == job_id, job.c.owner == owner)
            ended = db.execute(
                update(job).where(mine).values(state=state, phase="", owner=None, ended_at=self._clock(), **values)
            )
            if ended.rowcount != 1:
                raise LostJob(job_id, owner)
            db.execute(update(part).where(part.c.job_id == job_id).values(result=None))
            problems = db.execute(select(job.c.rows_with_problems).where(job.c.id == job_id)).scalar() or 0
            self._count(db, job_id, Used(problems=problems if state == "done" else 0, jobs=1))

    def deaths(self, sha256: str, limits: str) -> int:
        """How many children a file ended under these limits."""
        with self._engine.connect() as db:
            return self._deaths(db, sha256, limits)

    def add_death(self, sha256: str, limits: str) -> int:
        """Record that a file ended a child; returns how many that makes."""
        with self._engine.begin() as db:
            db.execute(insert(death).values(id=uuid4().hex, sha256=sha256, limits=limits, at=self._clock()))
            return self._deaths(db, sha256, limits)

    def forget_deaths(self, before: float) -> None:
        """Let go of what was recorded before a moment."""
        with self._engine.begin() as db:
            db.execute(delete(death).where(death.c.at < before))

    @staticmethod
    def _deaths(db: Connection, sha256: str, limits: str) -> int:
        under = (death.c.sha256 == sha256, death.c.limits == limits)
        return int(db.execute(select(func.count()).select_from(death).where(*under)).scalar_one())

    def _count(self, db: Connection, job_id: str, used: Used) -> None:
        """Usage changes with what it counts, or not at all."""
        add_of_job(db, job_id, day_of(self._clock()), used)

    def ask_cancel(self, job_id: str) -> bool:
        """Ask for a job to be cancelled; a new one is cancelled at once. False when it has ended already, or its end
        is decided.
        """
        with self._engine.begin() as db:
            new = and_(job.c.id == job_id, job.c.state == NEW)
            if db.execute(update(job).where(new).values(state="cancelled", ended_at=self._clock())).rowcount == 1:
                return True
            open_ = and_(job.c.id == job_id, job.c.state.not_in(ENDED), job.c.result_name.is_(None))
            return db.execute(update(job).where(open_).values(cancel_asked=True)).rowcount == 1

    def cancel_asked(self, job_id: str) -> bool:
        """Whether somebody asked for the job to be cancelled."""
        with self._engine.connect() as db:
            return bool(db.execute(select(job.c.cancel_asked).where(job.c.id == job_id)).scalar())


class LostJob(RuntimeError):
    """Another process drives the job now; what this one still does to it must not count."""

    def __init__(self, job_id: str, owner: str) -> None:
        super().__init__(f"job {job_id} is no longer driven by {owner}")
        self.job_id = job_id
