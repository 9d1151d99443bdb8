"""What the demonstration is made of, as it ships in the package. Needs nothing that only training needs."""

from __future__ import annotations

import json
from importlib import resources

from worker.scoring.schema import Schema

SERVICE = "creditrisk"
WORKBOOK = "applicants.xlsx"


def contract() -> Schema:
    """The contract of both versions: 18 inputs, 2 outputs, 5 sample rows."""
    return Schema.from_dict(json.loads(_read(f"{SERVICE}.json")))


def model(number: int) -> bytes:
    """The ONNX file of version 1 (a scorecard) or 2 (gradient boosting)."""
    return _read(f"{SERVICE}-{number}.onnx")


def workbook() -> bytes:
    """The customer's workbook: 1,000 applicants, 20 of them with mistakes."""
    return _read(WORKBOOK)


def _read(name: str) -> bytes:
    return (resources.files(__package__) / name).read_bytes()
