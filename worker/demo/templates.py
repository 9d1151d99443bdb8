"""The demonstration's templates, filled in as their customers would: a German bank's applications, an agency's flights.

Each lacks one value, so that what comes back has something to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook_templates.facts import Row
from workbook_templates.shelf import FOLDER
from worker.batch.templates import Template, Templates
from worker.demo import material
from worker.demo.applicants import FIRST_DAY, application
from worker.demo.credit import load
from worker.endpoints import EndpointRow, Registry
from worker.files import private_folder, write_whole

DIFFERENCES = {
    "credit": "customer,name,accent\nharbour,Harbour Street Credit Union,\nmeadow,Sparverein Meadow,2E6B4F\n",
    "flights": "customer,name,accent\nrunway,Runway Travel,\n",
}
"""What differs for the customers: the tables beside the definitions that ship."""

APPLICATIONS = 60
LACKING = 17
"""Place of the row, from 0, that lacks a value."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a customer sends back: their template with rows in it."""

    customer: str
    template: Template


def filled(
    registry: Registry, home: Path, endpoints: dict[str, EndpointRow], clock: Callable[[], float]
) -> list[Filled]:
    """The filled templates of these endpoints, by customer. Raises DefinitionError when a home's own do not fit."""
    for name, table in DIFFERENCES.items():
        write_whole(private_folder(home / FOLDER) / f"{name}.csv", table.encode(), replace=False)
    templates, made = Templates(registry, home, clock), []
    for customer, endpoint in endpoints.items():
        name, rows = ("flights", _flights()) if endpoint.service == material.FLIGHTS else ("credit", _applications())
        made.append(Filled(customer, templates.build(endpoint, name, rows)))
    return made


def _applications() -> list[Row]:
    inputs, _ = load()
    rows: list[Row] = [
        {
            "Antrag": application(number),
            "Eingegangen": FIRST_DAY,
            **{str(name): value for name, value in values.items()},
        }
        for number, values in enumerate(inputs.head(APPLICATIONS).to_dict(orient="records"), 1)
    ]
    return _lacking(rows, "Housing")


def _flights() -> list[Row]:
    return _lacking(material.flights(), "Distance (miles)")


def _lacking(rows: Sequence[Row], column: str) -> list[Row]:
    return [{**row, column: None} if place == LACKING else row for place, row in enumerate(rows)]
