"""Workbooks that say which endpoint they are for: found by it, never given a right by it; else their columns decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from worker.batch.folders import Claim, new_job_id
from worker.batch.job import Job
from worker.scoring import Column, ColumnType, Output, Schema
from worker.scoring.binding import Binding

Book = Callable[..., Path]

YACHTS = Schema((Column("Length", ColumnType.NUMBER),), (Output("Price", ColumnType.NUMBER),))
NOT_YOURS = (
    "The workbook says that it is for an endpoint that you do not have. Ask your provider for a template of yours."
)


def bind(file: Path, binding: Binding) -> Path:
    """Hide a binding in a workbook of our own making."""
    book = openpyxl.load_workbook(file)
    for name, formula in binding.formulas().items():
        book.defined_names[name] = DefinedName(name, attr_text=formula, hidden=True)
    book.save(file)
    return file


def named(endpoint: str) -> Binding:
    return Binding(endpoint, "loans", "1", "0" * 16)


class Doors:
    """Three ways in for one workbook; `endpoint` is what the door says, if it says anything."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench

    def send(self, book: Path, door: str, *, customer: str | None = "acme", endpoint: str | None = None) -> Job:
        """Enter the book as a job without an endpoint, or with one, and drive it."""
        bench = self.bench
        ids = {row.name: row.id for row in bench.registry.customers()}
        known = bench.registry.endpoint(endpoint).id if endpoint else None
        claim = Claim(new_job_id(), ids[customer] if customer else None, known, door, book.name, "somebody")
        bench.folders.open_claim(claim).write_bytes(book.read_bytes())
        bench.ledger.add(claim.job_id, claim.customer_id, claim.endpoint_id, door, book.name)
        return bench.drive(claim.job_id)


@pytest.fixture
def doors(bench: Any) -> Doors:
    """Acme has two endpoints of `loans` and one of `yachts`; rival has one of its own."""
    bench.registry.add_endpoint("loans", "second", "acme")
    bench.registry.add_service("yachts", YACHTS, bench.remote)
    bench.registry.add_endpoint("yachts", "boats", "acme")
    bench.registry.add_customer("rival")
    bench.registry.add_endpoint("loans", "rival", "rival")
    return Doors(bench)


@pytest.mark.parametrize(("door", "customer"), [("folder", "acme"), ("upload", "acme"), ("command", None)])
def test_a_workbook_finds_its_endpoint(doors: Doors, book: Book, tmp_path: Path, door: str, customer: str) -> None:
    """One of several with the same columns, by its name alone."""
    second = doors.bench.registry.endpoint("loans/second")
    file = bind(book(tmp_path / "loans.xlsx", 5), named(second.id))
    job = doors.send(file, door, customer=customer)
    assert (job.state, job.endpoint_id, job.endpoint, job.rows_scored) == ("done", second.id, "second", 5)


@pytest.mark.parametrize("door", ["folder", "upload"])
@pytest.mark.parametrize("endpoint", [None, "loans/acme"])
def test_a_foreign_endpoint_and_a_missing_one_are_one_answer(
    doors: Doors, book: Book, tmp_path: Path, door: str, endpoint: str | None
) -> None:
    """Copied from another customer, edited by hand: same state, same words, nothing scored, nothing called."""
    rival = doors.bench.registry.endpoint("loans/rival").id
    told = []
    for number, foreign in enumerate((rival, "f" * 32, "", rival.upper())):
        file = bind(book(tmp_path / f"{number}.xlsx", 5), named(foreign))
        job = doors.send(file, door, endpoint=endpoint)
        told.append((job.state, job.reason, job.rows_read, job.calls))
    assert set(told) == {("failed", NOT_YOURS, None, 0)}
    assert doors.bench.transport.calls == 0


def test_another_endpoint_of_the_senders_own_is_told_where_it_belongs(doors: Doors, book: Book, tmp_path: Path) -> None:
    """In the folder of one of their endpoints with a template of another: both are theirs, so nothing is given away."""
    second = doors.bench.registry.endpoint("loans/second").id
    file = bind(book(tmp_path / "loans.xlsx", 5), named(second))
    job = doors.send(file, "folder", endpoint="loans/acme")
    assert (job.state, job.reason) == (
        "failed",
        "The workbook was made for another endpoint of yours. Put it into inbox/second.",
    )
    assert doors.send(file, "upload", endpoint="loans/acme").reason == NOT_YOURS  # a key opens one endpoint
    assert doors.send(file, "command", endpoint="loans/acme", customer=None).state == "done"  # who says so means it


@pytest.mark.parametrize("broken", [True, False])
def test_without_a_binding_the_columns_decide(doors: Doors, book: Book, tmp_path: Path, broken: bool) -> None:
    """Stripped wholly or in part: the only endpoint whose columns are there."""
    file = tmp_path / "yachts.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["Name", "Length"])
    made.active.append(["Anna", 12])
    if broken:
        made.defined_names["Sheetscore_Endpoint"] = DefinedName("Sheetscore_Endpoint", attr_text='"x"', hidden=True)
    made.save(file)
    doors.bench.transport.before = lambda columns: None
    job = doors.send(file, "folder")
    assert job.endpoint == "boats"
    unclear = doors.send(book(tmp_path / "loans.xlsx", 5), "folder")
    folders = "Put the workbook into one of these folders: inbox/acme, inbox/second."
    assert (unclear.state, unclear.reason) == ("failed", f"It is not clear which endpoint is meant. {folders}")


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("upload", "Upload the workbook to one of these endpoints: loans/acme, loans/second."),
        ("command", "Name one with --endpoint: loans/acme, loans/default, loans/rival, loans/second."),
    ],
)
def test_each_door_says_how_to_choose(doors: Doors, book: Book, tmp_path: Path, door: str, said: str) -> None:
    job = doors.send(book(tmp_path / "loans.xlsx", 5), door, customer=None if door == "command" else "acme")
    assert job.reason == f"It is not clear which endpoint is meant. {said}"


def test_a_customer_with_one_endpoint_gains_nothing_by_anothers_template(
    bench: Any, book: Book, tmp_path: Path
) -> None:
    """The inbox is that endpoint's; a workbook that names another is refused all the same."""
    file = bind(book(tmp_path / "loans.xlsx", 5), named("f" * 32))
    job = bench.drive(bench.enter(file))
    assert (job.state, job.reason) == ("failed", NOT_YOURS)
    own = bind(book(tmp_path / "own.xlsx", 5), named(bench.endpoint.id))
    assert bench.drive(bench.enter(own)).state == "done"


def test_the_choice_outlives_a_crash(doors: Doors, book: Book, tmp_path: Path) -> None:
    """A process that ends after it chose leaves the endpoint in the ledger: the next one does not choose again."""
    bench = doors.bench
    second = bench.registry.endpoint("loans/second").id
    claim = Claim(new_job_id(), bench.customer.id, None, "folder", "loans.xlsx", "somebody")
    bench.folders.open_claim(claim).write_bytes(bind(book(tmp_path / "loans.xlsx", 5), named(second)).read_bytes())
    bench.ledger.add(claim.job_id, claim.customer_id, None, "folder", "loans.xlsx")

    def die(columns: object) -> None:
        raise KeyboardInterrupt

    bench.transport.before = die
    with pytest.raises(KeyboardInterrupt):
        bench.drive(claim.job_id)
    left = bench.ledger.get(claim.job_id)
    assert (left.endpoint_id, left.contract_version) == (second, 1)
    bench.transport.before = lambda columns: None
    assert bench.drive(claim.job_id).state == "done"


def test_a_broken_twin_that_believes_the_workbook_is_caught(doors: Doors, book: Book, tmp_path: Path) -> None:
    """Were rights to come from the binding, the foreign endpoint would be called: the tests above would see it."""
    rival = doors.bench.registry.endpoint("loans/rival")
    file = bind(book(tmp_path / "loans.xlsx", 5), named(rival.id))
    believing = replace(doors.bench.ledger.get(doors.send(file, "folder").id), customer="rival", endpoint_id=None)
    runner = doors.bench.runner("me")
    assert runner._addressee.choose(believing, file) == rival.id
