"""Builds a template: a workbook for one customer and one endpoint, from values alone."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl.workbook import Workbook

from workbook_templates.definition import Definition, DefinitionError, Fault
from workbook_templates.facts import Facts, Row
from workbook_templates.finish import finish
from workbook_templates.inputsheet import InputSheet
from workbook_templates.look import Look
from workbook_templates.phrases import Phrases, line
from workbook_templates.plan import FILLED, INCOMPLETE, plan
from workbook_templates.sheets import add_codes, add_lists, name
from workbook_templates.start import StartSheet
from worker.scoring.binding import Binding
from worker.scoring.schema import Schema


def bind(definition: Definition, schema: Schema, endpoint_id: str) -> Binding:
    """What a template of this definition says of its endpoint."""
    return Binding(endpoint_id, definition.name, str(definition.version), schema.fingerprint())


def build(
    definition: Definition, schema: Schema, binding: Binding, facts: Facts, rows: Sequence[Row] | None = None
) -> bytes:
    """The workbook as an .xlsx. The same arguments give the same bytes. No macro, link, address or key is in it.

    `rows` are filled in, values by column name, datetimes as such or as ISO 8601 text; None is the sample rows that
    the definition wants. Raises DefinitionError when the definition does not fit the schema, or has too few rows.
    """
    if rows is not None and len(rows) > definition.rows:
        what = f"{len(rows):,} rows are to be filled in, and there is room for {definition.rows:,}"
        raise DefinitionError(definition.name, (Fault(0, "rows", what),))
    planned, phrases = plan(definition, schema), Phrases(definition.words)
    book = Workbook()
    start_sheet = book.worksheets[0]
    start_sheet.title = phrases("start")
    if rows is None:
        entry = InputSheet(book, definition, planned, phrases, schema.sample[: definition.sample_rows], examples=True)
    else:
        entry = InputSheet(book, definition, planned, phrases, rows)
    entry.draw()
    start = StartSheet(start_sheet, definition, planned, phrases, facts)
    start.draw(book)
    add_codes(book, planned, phrases, Look(definition.accent))
    add_lists(book, planned, phrases)
    for key, constant in binding.formulas().items():
        name(book, key, constant, hidden=True)
    _describe(book, definition, facts)
    counts = {"Rows_Filled": entry.counts[f"A{FILLED}"], "Rows_Incomplete": entry.counts[f"A{INCOMPLETE}"]}
    shown = {cell: counts[key] for cell, key in start.counts.items()}
    saved = io.BytesIO()
    book.save(saved)
    stored = {"xl/worksheets/sheet1.xml": shown, "xl/worksheets/sheet2.xml": entry.counts}
    return finish(saved.getvalue(), stored, facts.built)


def _describe(book: Workbook, definition: Definition, facts: Facts) -> None:
    """The document's properties. Stored values are right, so nothing need be calculated when it is opened."""
    about = book.properties
    about.title, about.subject = line(definition.title), line(definition.customer)
    about.description, about.language = line(definition.about), definition.language
    about.creator = line(definition.contact.split("\n")[0]) or "Sheetscore"
    about.created = facts.built.replace(tzinfo=None)
    about.version = str(definition.version)
    book.calculation.fullCalcOnLoad = False
