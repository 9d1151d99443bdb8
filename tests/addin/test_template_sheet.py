"""A template's sheet in Excel: the add-in takes its table and fills the green columns that stand beside it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xlwings as xw

from tests.addin.acting import OUTPUTS, Bench, scores, values
from tests.addin.desks import URL
from tests.addin.lo_engine import session
from tests.scoring.conftest import KEY, SCHEMA
from workbook_templates import Facts, bind, build, read_definition

DEFINITION = """\
service = "s"
title = "Ages"
rows = 12
[[columns]]
name = "Our number"
passes = true
[[columns]]
name = "age"
label = "How old"
"""
FACTS = Facts("1", dt.date(2026, 3, 31), dt.datetime(2026, 4, 1, tzinfo=dt.UTC))


@pytest.fixture
def template(tmp_path: Path) -> xw.Book:
    """The template with two rows filled in, opened in LibreOffice."""
    definition = read_definition(DEFINITION, "ages")
    rows = [{"Our number": f"A-{n}", "age": 20 + n, "income": 5.5, "purpose": "A40"} for n in range(2)]
    file = tmp_path / "ages.xlsx"
    file.write_bytes(build(definition, SCHEMA, bind(definition, SCHEMA, "ab" * 16), FACTS, rows))
    app = session.shared()
    for book in list(app.books):
        book.close()
    return app.books.open(str(file))


def test_scores_go_into_the_green_columns(template: xw.Book, tmp_path: Path) -> None:
    """Their headers are those that the add-in would write: nothing is asked, nothing is overwritten."""
    sheet = template.sheets["Input"]
    assert values(template, "E9:H9", "Input") == [OUTPUTS]
    sheet.impl.activate()
    sheet["B10"].impl.select()
    bench = Bench(template, tmp_path)
    told = bench.do("score_table", "Beside the data")
    assert len(told.asked) == 1  # where they should go, and nothing else
    assert values(template, "E10:H11", "Input") == scores(20, 21)
    assert values(template, "A10:A11", "Input") == [["A-0"], ["A-1"]]


def test_the_template_chooses_its_endpoint_in_the_drop_down(template: xw.Book, tmp_path: Path) -> None:
    """As it was built, from its hidden names alone; nothing is sent before somebody clicks."""
    bench = Bench(template, tmp_path)
    bench.made.catalogue.add("ages", URL.replace("/e1", f"/{'ab' * 16}"), KEY)
    bench.made.catalogue.select("credit")
    bench.do("offer_endpoint")
    chosen = bench.made.catalogue.selected()
    assert chosen is not None
    assert (chosen.name, bench.host.fake.calls) == ("ages", [])
