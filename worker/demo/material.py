"""What the demonstration is made of, as it ships in the package. Needs nothing that only training needs."""

from __future__ import annotations

import json
from importlib import resources

from worker.scoring.schema import Schema

SERVICE = "creditrisk"
WORKBOOK = "applicants.xlsx"


def contract(service: str = SERVICE) -> Schema:
    """The contract of a service of the demonstration, with sample rows; it is that of all its versions."""
    return Schema.from_dict(json.loads(_read(f"{service}.json")))


def model(number: int) -> bytes:
    """The ONNX file of version 1 (a scorecard) or 2 (gradient boosting)."""
    return _read(f"{SERVICE}-{number}.onnx")


def workbook() -> bytes:
    """The customer's workbook: 1,000 applicants, 20 of them with mistakes."""
    return _read(WORKBOOK)


def _read(name: str) -> bytes:
    return (resources.files(__package__) / name).read_bytes()
