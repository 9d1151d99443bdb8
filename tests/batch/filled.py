"""A provider's desk, and templates filled in as a person does."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from tests.endpoints.trials import remembered
from worker.batch.folders import Claim, new_job_id
from worker.batch.job import Job
from worker.batch.service import BatchService
from worker.batch.templates import Templates
from worker.demo import material
from worker.endpoints import Models, Registry, Remote
from worker.scoring import Schema
from worker.settings import Settings
from worker.store import open_store, tables

HEADER, FIRST = 9, 10


class Desk:
    """A provider's home with credit risk for the customer acme, whose template it fills in and sends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.engine = open_store("", home)
        self.registry = Registry(self.engine, home, trial=remembered)
        self.registry.add_service("creditrisk", material.contract(), material.model(1))
        self.registry.add_customer("acme", "de")
        self.endpoint = self.registry.add_endpoint("creditrisk", "acme", "acme").endpoint

    def template(self, language: str = "de") -> Path:
        """The template as the customer gets it."""
        self.registry.set_language("acme", language)
        made = Templates(self.registry, self.home, lambda: 1_764_547_200.0).build(self.endpoint, "credit")
        file = self.home / made.file_name
        file.write_bytes(made.data)
        return file

    def send(self, file: Path, door: str = "folder") -> tuple[Job, Path]:
        """Through a door and scored: the job, and the workbook that comes back."""
        models = Models(self.engine, self.home)
        with BatchService(self.engine, self.home, Settings(self.home), models, serving=False) as batch:
            customer = None if door == "command" else self.endpoint.customer_id
            claim = Claim(new_job_id(), customer, None, door, file.name, batch.owner.name)
            shutil.copyfile(file, batch.folders.open_claim(claim))
            batch.ledger.add(claim.job_id, customer, None, door, file.name)
            job = batch.run(claim.job_id)
            return job, batch.folders.outbox(job.id, job.customer, door) / (job.result_name or "")


def applicants(count: int) -> list[dict[str, Any]]:
    """Real applicants, each a mapping of input name to value."""
    sample = material.contract().sample
    return [dict(sample[number % len(sample)]) for number in range(count)]


def fill(file: Path, rows: list[dict[str, Any]], more: Callable[[Any], None] = lambda book: None) -> Path:
    """What a person fills in, row by row below the header, by the names there."""
    book = openpyxl.load_workbook(file)
    sheet = book[next(name for name in book.sheetnames if name in ("Input", "Eingabe"))]
    places = {cell.value: cell.column for cell in sheet[HEADER] if cell.value}
    for number, row in enumerate(rows):
        for name, value in row.items():
            sheet.cell(FIRST + number, places[name]).value = value
        sheet.cell(FIRST + number, 1).value = f"A-{number:03d}"
        sheet.cell(FIRST + number, 2).value = dt.datetime(2026, 3, 1) + dt.timedelta(days=number)
    more(book)
    book.save(file)
    return file


def grid(file: Path, name: str) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(file, data_only=True)[name]
    return [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]


def renew(desk: Desk, model: bytes | Remote, changes: dict[str, Any]) -> None:
    """Publish a contract in which a column is another, gone or new, and move the endpoint to it."""
    contract = material.contract().to_dict()
    for name, change in changes.items():
        columns = [column for column in contract["inputs"] if column["name"] != name]
        contract["inputs"] = columns if change is None else [*columns, {"name": name, **change}]
    if isinstance(model, Remote):  # nobody answers there
        contract["sample"] = []
        contract["outputs"] = [{"name": one["name"], "type": one["type"]} for one in contract["outputs"]]
    version = desk.registry.publish("creditrisk", Schema.from_dict(contract), model)
    with desk.engine.begin() as db:
        db.execute(tables.endpoint.update().values(contract_version=version))


def changed(name: str, **fields: Any) -> dict[str, Any]:
    known = next(column for column in material.contract().to_dict()["inputs"] if column["name"] == name)
    return {key: value for key, value in {**known, **fields}.items() if key != "name"}
