"""A home with a tiny web service, and workbooks for it. Endpoints are in this process unless a test says more."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.endpoints.trials import remembered
from workbook_templates.shelf import Shelf
from worker.batch.addressee import Addressee
from worker.batch.folders import Claim, JobFolders, new_job_id
from worker.batch.forms import file_limits
from worker.batch.job import Job
from worker.batch.ledger import Ledger
from worker.batch.origins import Origins
from worker.batch.owner import Owner
from worker.batch.renewal import Renewals
from worker.batch.runner import Runner, Target
from worker.batch.targets import EndpointTargets
from worker.endpoints import Models, Registry, Remote
from worker.endpoints.conventions import from_json
from worker.endpoints.passwords import Passwords
from worker.scoring import Answer, Column, Columns, ColumnType, Endpoint, Limits, Output, Schema, ScoringClient
from worker.scoring.readings import NOTHING_SAID
from worker.settings import Settings
from worker.store import open_store

SCHEMA = Schema(
    inputs=(
        Column("Amount", ColumnType.NUMBER, minimum=0),
        Column("Purpose", ColumnType.TEXT, categories=("car", "house", "boat")),
    ),
    outputs=(Output("Risk", ColumnType.NUMBER, format="0.0%"), Output("Label", ColumnType.TEXT)),
)

REMOTE = Remote("http://127.0.0.1:9/workspaces/w/services/s", "classic", "k")


def risk(amount: float) -> float:
    """What the test endpoints answer: a function of the row alone, so that any mix-up of rows shows."""
    return amount / 1e6


class CountingTransport:
    """Scores in this process and remembers, for each amount, how often it was paid for."""

    def __init__(self) -> None:
        self.paid: dict[float, int] = {}
        self.calls = 0
        self.before: Callable[[Columns], None] = lambda columns: None
        self._lock = threading.Lock()

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        with self._lock:
            self.calls += 1
        self.before(columns)
        with self._lock:
            for amount in columns["Amount"].tolist():
                self.paid[amount] = self.paid.get(amount, 0) + 1
        labels = np.array([*("high" if a > 500_000 else "low" for a in columns["Amount"]), None], dtype=object)[:-1]
        return Answer({"Risk": columns["Amount"] / 1e6, "Label": labels}, "7")


def make_book(
    file: Path,
    rows: int = 250,
    *,
    faults: bool = False,
    header: tuple[str, ...] = ("Id", "Amount", "Purpose"),
    more: int | None = None,
) -> Path:
    """A workbook with a title above the header in B4 and a second sheet; amounts are 1000, 1001, ... . With `more`, a
    third sheet has so many rows with the amounts that follow.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Loans"
    _fill(sheet, header, range(rows))
    if more is not None:
        _fill(book.create_sheet("More loans"), header, range(rows, rows + more))
    if faults:
        sheet["C5"] = None
        sheet["C6"] = "n/a"
        sheet["D7"] = "plane"
        sheet["C8"] = dt.datetime(2024, 2, 29)
    notes = book.create_sheet("Notes")
    notes["A1"] = "=1+1"
    book.save(file)
    return file


def _fill(sheet: Any, header: tuple[str, ...], numbers: range) -> None:
    sheet["B2"] = "Loans to be scored"
    for column, name in enumerate(header, 2):
        sheet.cell(4, column, name)
    for row, number in enumerate(numbers, 5):
        sheet.cell(row, 2, f"L-{number:05d}")
        sheet.cell(row, 3, 1000 + number)
        sheet.cell(row, 4, ("car", "house", "boat")[number % 3])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A new home folder."""
    return tmp_path / "home"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A database of its own on the PostgreSQL of this machine."""
    server = "postgresql+psycopg://postgres@127.0.0.1:5432/"
    admin = create_engine(server + "postgres", isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    name = f"sheetscore_test_{uuid.uuid4().hex}"
    try:
        with admin.connect() as connection:
            connection.execute(text(f"create database {name}"))
    except OperationalError:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL must be reachable at 127.0.0.1:5432 when CI=true")
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    yield server + name
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def store_url() -> str:
    """Address of the home's database; a module may replace it."""
    return ""


@pytest.fixture
def store(home: Path, store_url: str) -> Iterator[Any]:
    """The home's database."""
    engine = open_store(store_url, home)
    yield engine
    engine.dispose()


@pytest.fixture
def registry(store: Any, home: Path) -> Registry:
    """One web service, `loans`, with an endpoint `acme` for the customer `acme`."""
    registry = Registry(store, home, trial=remembered)
    registry.add_service("loans", SCHEMA, REMOTE)
    registry.add_customer("acme")
    registry.add_endpoint("loans", "acme", "acme")
    return registry


@pytest.fixture
def ledger(store: Any) -> Ledger:
    """The ledger of the home."""
    return Ledger(store)


@pytest.fixture
def folders(home: Path, store: Any) -> JobFolders:
    """The job folders of the home."""
    return JobFolders(home)


@pytest.fixture
def owner(folders: JobFolders) -> Iterator[Owner]:
    """A living owner."""
    with Owner(folders.root) as owner:
        yield owner


class Bench:
    """Everything a job needs, with hooks for what a test wants to go wrong."""

    schema, remote = SCHEMA, REMOTE

    def __init__(self, home: Path, registry: Registry, ledger: Ledger, folders: JobFolders) -> None:
        self.home, self.registry, self.ledger, self.folders = home, registry, ledger, folders
        self.endpoint = registry.endpoint("loans/acme")
        self.customer = registry.customers()[0]
        self.passwords = Passwords(registry._engine, home)
        self.transport = CountingTransport()
        self.settings = Settings(home, {}, part_rows=50, call_attempts=2)
        self.progress: list[tuple[str, int, int]] = []

    def target(self, job: Job, limits: Limits) -> Target:
        """The endpoint, called in this process."""
        endpoint = Endpoint("http://127.0.0.1/workspaces/w/services/s", "", SCHEMA)
        client = ScoringClient(endpoint, self.transport, limits=limits, sleep=lambda s: None)
        written = NOTHING_SAID if job.contract_version else self.registry.conventions("acme")
        return Target(SCHEMA, 1, 1, client, from_json(job.conventions, written))

    def enter(self, book: Path, door: str = "folder", where: str = "") -> str:
        """Claim a copy of `book` as a job."""
        claim = Claim(new_job_id(), self.customer.id, self.endpoint.id, door, book.name, "somebody", where)
        self.folders.open_claim(claim).write_bytes(book.read_bytes())
        self.ledger.add(claim.job_id, claim.customer_id, claim.endpoint_id, door, book.name, where)
        return claim.job_id

    def runner(self, owner: str, ledger: Ledger | None = None, **options: Any) -> Runner:
        """A runner that calls the counting transport."""
        origins = Origins(Shelf(self.home))
        options.setdefault("origins", origins)
        options.setdefault("renewals", Renewals(self.registry, self.home, time.time))
        options.setdefault("addressee", Addressee(self.registry, origins, file_limits(self.settings)))
        options.setdefault("progress", lambda job, phase, rows, total: self.progress.append((phase, rows, total)))
        return Runner(
            ledger or self.ledger, self.folders, self.target, self.settings, owner, passwords=self.passwords, **options
        )

    def drive(self, job_id: str, owner: str = "me", **options: Any) -> Job:
        """Claim the job (whoever had it) and drive it."""
        job = self.ledger.claim(owner, lambda name: False, only=job_id)
        assert job is not None
        self.runner(owner, **options).drive(job)
        ended = self.ledger.get(job_id)
        assert ended is not None
        return ended

    def drive_as_served(self, job_id: str) -> Job:
        """As `drive`, but the target is found in the store, as `serve` does."""
        targets = EndpointTargets(self.registry, Models(self.registry._engine, self.home), sleep=lambda s: None)
        self.target = targets  # type: ignore[method-assign]
        return self.drive(job_id)

    def boxes(self) -> SimpleNamespace:
        """Names of the files in the customer's folders."""
        root = self.folders.drop / "acme"
        listed = {
            box: sorted(p.name for p in (root / box).iterdir()) if (root / box).exists() else []
            for box in ("inbox", "done", "failed")
        }
        return SimpleNamespace(**listed, root=root)


@pytest.fixture
def bench(home: Path, registry: Registry, ledger: Ledger, folders: JobFolders) -> Bench:
    """See Bench."""
    return Bench(home, registry, ledger, folders)


@pytest.fixture
def book() -> Callable[..., Path]:
    """Makes workbooks; see make_book."""
    return make_book


@pytest.fixture
def expected_risk() -> Callable[[float], float]:
    """What the test endpoints answer for an amount."""
    return risk


@pytest.fixture
def schema() -> Schema:
    """The contract of the test service."""
    return SCHEMA
