"""Whether a definition fits an endpoint's schema."""

from __future__ import annotations

from collections.abc import Iterator

from workbook_templates.definition import Chart, ColumnWords, Definition, DefinitionError, Fault, OutputWords
from worker.scoring.schema import Column, ColumnType, Schema, match_key

_NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)


def check_fit(definition: Definition, schema: Schema) -> None:
    """Raises DefinitionError with everything in the definition that the schema does not have."""
    if found := faults(definition, schema):
        raise DefinitionError(definition.name, found)


def faults(definition: Definition, schema: Schema) -> tuple[Fault, ...]:
    """The same as a list, by line."""
    found = [*_columns(definition, schema), *_outputs(definition, schema), *_charts(definition, schema)]
    if definition.sample_rows > len(schema.sample):
        what = f"the contract has {len(schema.sample)} sample rows, not {definition.sample_rows}"
        found.append(Fault(0, "sample_rows", what))
    return tuple(sorted(found, key=lambda fault: fault.line))


def _columns(definition: Definition, schema: Schema) -> Iterator[Fault]:
    inputs = {column.name: column for column in schema.inputs}
    taken = {match_key(name) for name in (*schema.input_names, *schema.output_names)}
    for words in definition.columns:
        place = f"columns ({words.name!r})"
        if words.passes and match_key(words.name) in taken:
            yield Fault(words.line, place, "the endpoint has a column of that name; only others pass through")
        elif not words.passes and words.name not in inputs:
            listed = ", ".join(map(repr, schema.input_names))
            yield Fault(words.line, place, f"the endpoint does not take it; it takes {listed}")
        elif not words.passes:
            yield from _values(words, inputs[words.name], place)
    yield from _labels(definition, schema)


def _values(words: ColumnWords, column: Column, place: str) -> Iterator[Fault]:
    if unknown := sorted(set(words.values) - set(column.categories)):
        yield Fault(words.line, f"{place} values", f"{unknown} are not among its categories")
    if words.values and (missing := sorted(set(column.categories) - set(words.values))):
        yield Fault(words.line, f"{place} values", f"there are no words for {missing}")


def _labels(definition: Definition, schema: Schema) -> Iterator[Fault]:
    """A label must not be another column's name: whoever reads the sheet by names would take the wrong one."""
    names = {match_key(name): name for name in (*schema.input_names, *(own.name for own in definition.passing))}
    for words in definition.columns:
        other = names.get(match_key(words.label)) if words.label else None
        if other is not None and other != words.name and words.name in names.values():
            place = f"columns ({words.name!r}) label"
            yield Fault(words.line, place, f"{words.label!r} is the name of another column")


def _outputs(definition: Definition, schema: Schema) -> Iterator[Fault]:
    types = {output.name: output.type for output in schema.outputs}
    for words in definition.outputs:
        place = f"outputs ({words.name!r})"
        if words.name not in types:
            listed = ", ".join(map(repr, schema.output_names))
            yield Fault(words.line, place, f"the endpoint does not return it; it returns {listed}")
        else:
            yield from _kinds(words, types[words.name], place)


def _kinds(words: OutputWords, kind: ColumnType, place: str) -> Iterator[Fault]:
    if words.bands and kind not in _NUMBERS:
        yield Fault(words.line, place, f"bands are for numbers, and this is {kind}")
    if words.values and kind is not ColumnType.TEXT:
        yield Fault(words.line, place, f"values are for text, and this is {kind}")


def _charts(definition: Definition, schema: Schema) -> Iterator[Fault]:
    types = {output.name: output.type for output in schema.outputs}
    groups = {column.name for column in schema.inputs if column.categories} | {own.name for own in definition.passing}
    for chart in definition.charts:
        place = f"charts ({chart.title!r})"
        if chart.output not in types:
            yield Fault(chart.line, place, f"the endpoint does not return {chart.output!r}")
        elif chart.by:
            yield from _grouped(chart, types[chart.output], groups, place)
        elif not definition.output(chart.output).bands:
            yield Fault(chart.line, place, f"{chart.output!r} has no bands; give bands, or by = COLUMN")


def _grouped(chart: Chart, kind: ColumnType, groups: set[str], place: str) -> Iterator[Fault]:
    if kind not in _NUMBERS:
        yield Fault(chart.line, place, f"there is no mean of {chart.output!r}, which is {kind}")
    if chart.by not in groups:
        yield Fault(chart.line, place, f"by {chart.by!r}: neither a column with a list of values nor one that passes")
