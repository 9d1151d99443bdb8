"""What the demonstration is made of, as it ships in the package. Needs nothing that only training needs."""

from __future__ import annotations

import csv
import io
import json
from importlib import resources

from worker.scoring.schema import Schema

SERVICE = "creditrisk"
WORKBOOK = "applicants.xlsx"
FLIGHTS = "flights"
FLIGHTS_ROWS = "flights.csv"


def contract(service: str = SERVICE) -> Schema:
    """The contract of a service of the demonstration, with sample rows; it is that of all its versions."""
    return Schema.from_dict(json.loads(_read(f"{service}.json")))


def model(number: int, service: str = SERVICE) -> bytes:
    """The ONNX file of a version: of credit risk 1 (a scorecard) or 2 (gradient boosting), of flights 1."""
    return _read(f"{service}-{number}.onnx")


def workbook() -> bytes:
    """The customer's workbook: 1,000 applicants, 20 of them with mistakes."""
    return _read(WORKBOOK)


def flights() -> list[dict[str, str | float]]:
    """120 flights as a customer would enter them: their own number, and the inputs; departures as ISO 8601 text."""
    rows = csv.DictReader(io.StringIO(_read(FLIGHTS_ROWS).decode()))
    return [{name: float(text) if name == "Distance (miles)" else text for name, text in row.items()} for row in rows]


def _read(name: str) -> bytes:
    return (resources.files(__package__) / name).read_bytes()
