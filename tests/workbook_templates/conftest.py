"""Definitions, schemas and built templates for the tests of this room."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbook_templates.builder import bind, build
from workbook_templates.definition import Definition
from workbook_templates.facts import Facts
from workbook_templates.reader import read_definition
from workbook_templates.shelf import Shelf
from worker.demo import material
from worker.scoring import Column, ColumnType, Output, Schema

EVERY_KIND = Schema(
    (
        Column("Age [years]", ColumnType.INTEGER, minimum=18, maximum=100, unit="years", description="How old."),
        Column("It's #1 @ home", ColumnType.NUMBER, minimum=0.25),
        Column("Ratio", ColumnType.NUMBER, nullable=True),
        Column("Count", ColumnType.INTEGER, maximum=9),
        Column("Member", ColumnType.BOOLEAN),
        Column("Nickname", ColumnType.TEXT, nullable=True),
        Column(
            "Purpose", ColumnType.TEXT, categories=("a, b", 'the "best"', "=1+1", *(f"kind {n:02}" for n in range(60)))
        ),
        Column("Due", ColumnType.DATETIME, description="x" * 400),
        Column("Plain", ColumnType.INTEGER, nullable=True),
    ),
    (Output("Score", ColumnType.NUMBER, format="0.00"), Output("Class", ColumnType.TEXT)),
    (
        {
            "Age [years]": 30,
            "It's #1 @ home": 0.5,
            "Ratio": None,
            "Count": 1,
            "Member": True,
            "Nickname": "=2+2",
            "Purpose": "=1+1",
            "Due": "2026-03-31T08:15:00",
        },
        {
            "Age [years]": 31,
            "It's #1 @ home": None,
            "Ratio": 2.5,
            "Count": 2,
            "Member": False,
            "Nickname": None,
            "Purpose": "a, b",
            "Due": "2026-04-01T00:00:00",
        },
    ),
)
EVERY_TEXT = """\
service = "every"
title = "=HYPERLINK(1) & all"
contact = "Desk & co\\ndesk@example.com"
customer = "<Firm> & Sons"
sample_rows = 2
rows = 40
[[columns]]
name = "Our number"
passes = true
[[columns]]
name = "Purpose"
label = "What for"
[[outputs]]
name = "Score"
bands = [
  { to = 0.5, wording = "low", color = "00AA00" },
  { from = 0.5, wording = "high", color = "AA0000" },
]
[[outputs]]
name = "Class"
"""
FACTS = Facts("7", dt.date(2026, 3, 31), dt.datetime(2026, 4, 1, 9, 30, tzinfo=dt.UTC))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of schemas beside the checkout."""
    folder = Path(__file__).parents[3] / "shared"
    if not (folder / "schemas").is_dir():
        message = f"{folder} is not there: the schemas are kept beside the checkout"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def every() -> tuple[Definition, Schema]:
    """A definition and a schema with every type, every kind of bounds, and names and texts that try to be formulas."""
    return read_definition(EVERY_TEXT, "every"), EVERY_KIND


@pytest.fixture(scope="session")
def examples(every: tuple[Definition, Schema]) -> dict[str, tuple[Definition, Schema]]:
    """The templates that ship, in each of their languages, and the one of every kind."""
    shelf = Shelf(Path("no-such-home"))
    made = {"every": every}
    for name in shelf.names():
        for language in shelf.read(name).languages:
            definition = replace(shelf.read(name, language), customer="Harbour Street Credit Union")
            made[f"{name}-{language}"] = (definition, material.contract(definition.service))
    return made


@pytest.fixture(scope="session")
def made(examples: dict[str, tuple[Definition, Schema]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The built workbook of each example."""
    folder = tmp_path_factory.mktemp("templates")
    for name, (definition, schema) in examples.items():
        (folder / f"{name}.xlsx").write_bytes(build(definition, schema, bind(definition, schema, "ab12" * 8), FACTS))
    return {name: folder / f"{name}.xlsx" for name in examples}


@pytest.fixture(scope="session")
def make() -> Callable[..., bytes]:
    """`make(definition, schema)`: a template for an endpoint of which nothing else matters."""
    return lambda definition, schema: build(definition, schema, bind(definition, schema, "ab12" * 8), FACTS)
