"""A first definition of a service's template, as TOML to go on with."""

from __future__ import annotations

import json
from collections.abc import Iterator

from workbook_templates.phrases import line
from worker.scoring.schema import Column, ColumnType, Schema


def draft(service: str, schema: Schema, languages: tuple[str, ...]) -> str:
    """The text of a definition that fits: every column and output with the contract's own words."""
    return "\n".join([*_top(service, schema, languages), *_columns(schema), *_outputs(schema)]) + "\n"


def _top(service: str, schema: Schema, languages: tuple[str, ...]) -> Iterator[str]:
    yield '# Every text may be one for each language: label = { en = "Amount", de = "Betrag" }.'
    yield f"service = {_text(service)}"
    yield "version = 1"
    yield f"languages = [{', '.join(map(_text, languages))}]"
    yield f"title = {_text(service)}"
    yield 'about = ""'
    yield 'accent = "1F5F8B"'
    yield 'contact = ""'
    yield "rows = 1000"
    yield f"sample_rows = {min(len(schema.sample), 2)}"
    yield ""
    yield "# The customer's own column, by which they recognise a row."
    yield "[[columns]]"
    yield f"name = {_text(_free(schema))}"
    yield "passes = true"


def _columns(schema: Schema) -> Iterator[str]:
    for column in schema.inputs:
        yield ""
        yield "[[columns]]"
        yield f"name = {_text(column.name)}"
        yield f"label = {_text(line(column.name))}"
        yield f"help = {_text(line(column.description))}"
        if column.unit:
            yield f"unit = {_text(line(column.unit))}"
        yield from _hint(column)


def _hint(column: Column) -> Iterator[str]:
    if column.categories:
        yield f'# values = {{ {_text(column.categories[0])} = "what it means", ... }}'
    elif column.type is ColumnType.DATETIME:
        yield '# format = "yyyy-mm-dd hh:mm"'


def _outputs(schema: Schema) -> Iterator[str]:
    for output in schema.outputs:
        yield ""
        yield "[[outputs]]"
        yield f"name = {_text(output.name)}"
        yield f"label = {_text(line(output.name))}"
        yield f"help = {_text(line(output.description))}"
        if output.type in (ColumnType.NUMBER, ColumnType.INTEGER):
            yield "# bands = ["
            yield '#     { to = 0.5, wording = "low", color = "CFE8D5" },'
            yield '#     { from = 0.5, wording = "high", color = "F6CFC7" },'
            yield "# ]"


def _free(schema: Schema) -> str:
    name, taken = "Your reference", {*schema.input_names, *schema.output_names}
    return name if name not in taken else f"{name} 2"


def _text(text: str) -> str:
    """A text as TOML has it: a basic string is one of JSON."""
    return json.dumps(text, ensure_ascii=False)
