"""Jobs of the batch API: started once, in order, at most so many for an endpoint, every row once in the result."""

from __future__ import annotations

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.service import DAY_SECONDS, BatchService
from worker.batch.tablejobs import CannotStart, TableJobs, TableRequest, UnknownJob
from worker.batch.targets import EndpointTargets
from worker.endpoints import Models, Registry, Remote
from worker.scoring import Column, ColumnType, ContractError, Limits, Output, Schema
from worker.scoring.schema import Parameter
from worker.settings import Settings
from worker.store import open_store
from worker.store.tables import usage

PURPOSES = ("car", "house", "boat")
Submit = Callable[..., str]


@pytest.fixture
def tables(ledger: Ledger, folders, owner) -> TableJobs:
    return TableJobs(ledger, folders, owner.name)


@pytest.fixture
def submit(bench, tables: TableJobs, tmp_path: Path) -> Submit:
    """Submits a table whose amounts are 1000, 1001, ...; `start` starts it too."""

    def do(rows: int = 250, *, start: bool = False, output: str = "scores.csv", **changed: str) -> str:
        cells = [[str(1000 + n), PURPOSES[n % 3]] for n in range(rows)]
        for at, text in changed.items():
            cells[int(at.removeprefix("row"))][0] = text
        source = tmp_path / "in.csv"
        source.write_text("\n".join(["Amount,Purpose", *map(",".join, cells)]), "utf-8")
        job_id = tables.submit(bench.endpoint, source, "loans.csv", TableRequest(output, {}))
        source.unlink()
        if start:
            tables.start(bench.endpoint.id, job_id)
        return job_id

    return do


def rows_of(file: Path | None) -> list[dict[str, str]]:
    assert file is not None
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_comes_back_once_with_its_score_or_its_reason(
    bench, tables: TableJobs, submit: Submit, store
) -> None:
    job_id = submit(250, row7="n/a", row249="")
    assert bench.ledger.claim("me", lambda name: False) is None
    tables.start(bench.endpoint.id, job_id)
    assert tables.state(bench.endpoint.id, job_id).status == "NotStarted"
    job = bench.drive(job_id)
    assert (job.state, job.rows_read, job.rows_scored, job.rows_with_problems, job.calls) == ("done", 250, 248, 2, 5)
    state = tables.state(bench.endpoint.id, job_id)
    assert (state.status, state.details, state.output) == ("Finished", "", "scores.csv")
    rows = rows_of(state.result)
    assert [row["Risk"] for row in rows] == ["" if n in (7, 249) else repr((1000.0 + n) / 1e6) for n in range(250)]
    assert rows[7]["Status"] == "'n/a' is not a number; Amount takes numbers"
    assert rows[249]["Status"] == "Amount is blank; a value is needed"
    assert {row["Status"] for n, row in enumerate(rows) if n not in (7, 249)} == {"ok"}
    assert set(bench.transport.paid.values()) == {1}
    with store.connect() as db:
        used = db.execute(select(usage.c.door, usage.c.rows, usage.c.jobs)).all()
    assert used == [("batch", 248, 1)]


def test_a_table_that_cannot_be_read_says_where(bench, tables: TableJobs, submit: Submit) -> None:
    job_id = submit(3, start=True, row1="1,2")
    bench.drive(job_id)
    state = tables.state(bench.endpoint.id, job_id)
    assert (state.status, state.details) == ("Failed", "Line 3 has 3 values; there are 2 columns.")
    assert state.result is None
    assert bench.transport.calls == 0


def test_a_job_is_started_once_and_by_its_endpoint(bench, tables: TableJobs, submit: Submit, book, tmp_path) -> None:
    job_id, workbook = submit(), bench.enter(book(tmp_path / "loans.xlsx", 5))
    other = bench.registry.endpoint("loans/default").id
    for endpoint, job in ((other, job_id), (bench.endpoint.id, "0" * 32), (bench.endpoint.id, workbook)):
        assert tables.state(endpoint, job) is None
        assert not tables.cancel(endpoint, job)
        with pytest.raises(UnknownJob):
            tables.start(endpoint, job)
    tables.start(bench.endpoint.id, job_id)
    with pytest.raises(CannotStart) as refused:
        tables.start(bench.endpoint.id, job_id)
    assert refused.value.state == "NotStarted"


def test_a_job_is_cancelled_in_every_state(bench, tables: TableJobs, submit: Submit) -> None:
    mine = bench.endpoint.id
    new = submit()
    assert tables.cancel(mine, new)
    assert tables.state(mine, new).status == "Cancelled"
    with pytest.raises(CannotStart):
        tables.start(mine, new)

    waiting = submit(start=True)
    assert tables.cancel(mine, waiting)
    assert bench.drive(waiting).state == "cancelled"
    assert bench.transport.calls == 0

    running = submit(start=True)
    bench.transport.before = lambda columns: tables.cancel(mine, running)
    assert bench.drive(running).state == "cancelled"
    assert tables.state(mine, running).result is None

    bench.transport.before = lambda columns: None
    done = submit(start=True)
    bench.drive(done)
    assert not tables.cancel(mine, done)
    assert tables.state(mine, done).status == "Finished"


def in_order(store) -> Ledger:
    ticks = count(1)
    return Ledger(store, lambda: float(next(ticks)))


def test_an_endpoint_s_jobs_beyond_its_limit_follow_in_the_order_of_their_starts(
    bench, store, tables: TableJobs, submit: Submit
) -> None:
    ledger = in_order(store)
    third, second, first = (submit() for _ in range(3))
    late = submit()
    for job_id in (first, second, third):
        assert ledger.start(job_id)
    elsewhere = tables.submit(
        bench.registry.endpoint("loans/default"),
        bench.folders.original(first, "x.csv"),
        "x.csv",
        TableRequest("o.csv", {}),
    )

    def claim(*, alive: bool = True, driving: tuple[str, ...] = ()) -> str | None:
        job = ledger.claim("me" if alive else "you", lambda name: alive, driving=driving, tables=True, per_endpoint=2)
        return job.id if job else None

    assert [claim(), claim(driving=(first,)), claim(driving=(first, second))] == [first, second, None]
    assert ledger.start(elsewhere)
    assert ledger.start(late)
    assert claim(driving=(first, second)) == elsewhere
    hand = (first, second, elsewhere)
    assert claim(driving=hand) is None
    assert ledger.ask_cancel(late)
    assert claim(driving=hand) == late, "what is cancelled waits for no place"
    assert claim(alive=False) in hand, "what a dead process ran has its place"
    for job_id in (late, second):
        ledger.finish(job_id, ledger.get(job_id).owner, "done")
    assert claim(driving=hand) == third


def test_tables_and_workbooks_do_not_wait_for_each_other(bench, submit: Submit, book, tmp_path: Path) -> None:
    table, workbook = submit(start=True), bench.enter(book(tmp_path / "loans.xlsx", 5))
    ledger: Ledger = bench.ledger
    assert [ledger.claim("me", lambda name: True, tables=kind, per_endpoint=1).id for kind in (False, True)] == [
        workbook,
        table,
    ]


PRICED = Schema(
    (Column("X", ColumnType.NUMBER),),
    (Output("Y", ColumnType.NUMBER),),
    parameters=(Parameter("Rate", ColumnType.NUMBER, default=0.5),),
)


@pytest.fixture
def targets(store, home, registry: Registry, bench) -> EndpointTargets:
    """Finds targets in the store, where `priced` takes a parameter."""
    registry.add_service("priced", PRICED, bench.remote)
    return EndpointTargets(registry, Models(store, home), sleep=lambda s: None)


def submitted(bench, tables: TableJobs, tmp_path: Path, **parameters: float) -> Job:
    source = tmp_path / "in.csv"
    source.write_text("X\n1\n", "utf-8")
    endpoint = bench.registry.endpoint("priced/default")
    job = bench.ledger.get(tables.submit(endpoint, source, "in.csv", TableRequest("out.csv", parameters)))
    assert job is not None
    return job


def test_values_of_parameters_reach_the_model(bench, tables: TableJobs, targets: EndpointTargets, tmp_path) -> None:
    for given, wanted in (({}, 0.5), ({"Rate": 0.7}, 0.7)):
        target = targets(submitted(bench, tables, tmp_path, **given), Limits())
        assert target.client.endpoint.schema.parameters[0].default == target.schema.parameters[0].default == wanted


def test_a_parameter_that_the_contract_lost_fails_the_job(
    bench, tables: TableJobs, targets: EndpointTargets, tmp_path
) -> None:
    job = submitted(bench, tables, tmp_path, Gone=1.0)
    with pytest.raises(ContractError):
        targets(job, Limits())
    bench.target = targets
    tables.start(job.endpoint_id, job.id)
    ended = bench.drive(job.id)
    assert (ended.state, ended.reason) == ("failed", "there are no parameters ['Gone']")


def test_what_is_not_started_within_a_day_goes(bench, home, store, tables: TableJobs, submit: Submit) -> None:
    old, started = submit(), submit(start=True)
    now = bench.ledger.get(started).created_at
    later = [now + DAY_SECONDS / 2]
    service = BatchService(store, home, Settings(home, {}), Models(store, home), clock=lambda: later[0])
    service.sweep()
    assert tables.state(bench.endpoint.id, old).status == "NotStarted"
    later[0] += DAY_SECONDS
    service.sweep()
    assert tables.state(bench.endpoint.id, old).status == "Cancelled"
    assert not bench.folders.folder(old).exists()
    assert bench.folders.original(started, "loans.csv").exists()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_processes_at_once_give_an_endpoint_no_more_than_its_limit(database: str, home, tmp_path, request) -> None:
    """Ten owners on two stores claim until nothing is given to them."""
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    stores = [open_store(url, home) for _ in range(2)]
    registry = Registry(stores[0], home)
    registry.add_service("priced", PRICED, Remote("http://127.0.0.1:9/workspaces/w/services/s", "classic", "k"))
    ledgers = [Ledger(store) for store in stores]
    for number in range(12):
        job_id = f"{number:032x}"
        ledgers[0].add_table(job_id, registry.endpoint("priced/default").id, "in.csv", "{}")
        assert ledgers[0].start(job_id)

    def claim(number: int) -> None:
        hand: list[str] = []
        while job := ledgers[number % 2].claim(
            f"{number}", lambda name: True, driving=hand, tables=True, per_endpoint=5
        ):
            hand.append(job.id)

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(claim, range(10)))
    assert ledgers[0].states() == {"running": 5, "queued": 7}
    for store in stores:
        store.dispose()
