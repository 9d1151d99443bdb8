"""A first contract for a model, from what the model declares and a table of sample rows; a person edits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from worker.endpoints.rules import ModelMisfit
from worker.endpoints.sample import plain
from worker.endpoints.trial import Graph
from worker.endpoints.values import read_column, read_columns
from worker.scoring.schema import Column, ColumnType, Output, Parameter, Schema, match_key
from worker.scoring.words import kind_words

MOST_CATEGORIES = 20
"""A text column with more values than this, or whose values are not repeated, has no list of them."""

SAMPLE_ROWS = 5
"""So many rows of the table become the contract's sample."""

MOST_COLUMNS = 100
"""Of an output with more columns than this the first become outputs of the contract."""

Cells = Mapping[str, Sequence[Any]]

# What a column may be for an input of this kind: the first that all cells are.
_CANDIDATES = {
    "tensor(string)": (ColumnType.TEXT,),
    "tensor(bool)": (ColumnType.BOOLEAN,),
    "tensor(int64)": (ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.DATETIME),
    "tensor(float)": (ColumnType.NUMBER, ColumnType.BOOLEAN),
    "tensor(double)": (ColumnType.NUMBER, ColumnType.BOOLEAN, ColumnType.DATETIME),
}
_NULLS = {"tensor(string)", "tensor(float)", "tensor(double)"}
_OUTPUTS = {"tensor(string)": ColumnType.TEXT, "tensor(bool)": ColumnType.BOOLEAN, "tensor(int64)": ColumnType.INTEGER}


def infer(graph: Graph, cells: Cells) -> Schema:
    """The contract of a model with these inputs and outputs, for a table whose columns of cells are named by header.

    An input that is a single value becomes a parameter, for which the person may choose a default. A column belongs to
    an input of the same name, but for case, outer blanks and what converters write as `_`. A type is what the model
    takes and all cells are, with blanks (None) where there are any; columns that no input wants are left out. Raises
    ModelMisfit.
    """
    faults: list[str] = []
    inputs: list[Column] = []
    parameters: list[Parameter] = []
    for name, (kind, dimensions) in graph.inputs.items():
        header = _header(name, cells)
        if kind not in _CANDIDATES:
            faults.append(f"input {name!r} is {kind}, which no column can be")
        elif dimensions == 0:
            parameters.append(Parameter(name, _CANDIDATES[kind][0]))
        elif header is None:
            faults.append(f"the table has no column for the model's input {name!r}")
        else:
            inputs.append(_input(header, kind, cells[header], faults))
    if not faults and not inputs:
        faults.append("every input of the model is a single value; there is none for a column")
    if faults:
        raise ModelMisfit(faults)
    schema = Schema(tuple(inputs), _outputs(graph), parameters=tuple(parameters))
    return replace(schema, sample=_sample(schema, cells))


def _header(name: str, cells: Cells) -> str | None:
    if name in cells:
        return name
    found = [header for header in cells if _plain(header) == _plain(name)]
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in match_key(name))


def _input(name: str, kind: str, cells: Sequence[Any], faults: list[str]) -> Column:
    nullable = kind in _NULLS and any(cell is None for cell in cells)
    filled = [cell for cell in cells if cell is not None]
    reasons = []
    for type_ in _CANDIDATES[kind]:
        column = Column(name, type_, nullable)
        problems = read_column(column, filled)[1]
        if not problems:
            return Column(name, type_, nullable, _categories(filled)) if type_ is ColumnType.TEXT else column
        reasons.append(f"{problems[0].value!r} ({kind_words(problems[0].kind)})")
    faults.append(f"column {name!r}, for an input that is {kind}: {reasons[0]}")
    return Column(name, _CANDIDATES[kind][0])


def _categories(cells: Sequence[Any]) -> tuple[str, ...]:
    values = sorted({str(cell) for cell in cells})
    return tuple(values) if len(values) <= MOST_CATEGORIES and 2 * len(values) <= len(cells) else ()


def _outputs(graph: Graph) -> tuple[Output, ...]:
    widths = {name: _width(shape) for name, (_, shape) in graph.outputs.items()}
    kinds = {name: _OUTPUTS.get(kind, ColumnType.NUMBER) for name, (kind, _) in graph.outputs.items()}
    numbers = [name for name, kind in kinds.items() if kind is ColumnType.NUMBER]
    if len(kinds) == 2 and len(numbers) == 1 and widths[numbers[0]] == 2:
        label = next(name for name in kinds if name != numbers[0])
        return (
            Output("Scored Labels", kinds[label], source=label),
            Output("Scored Probabilities", ColumnType.NUMBER, source=numbers[0], index=1),
        )
    made = []
    for name, kind in kinds.items():
        if widths[name] == 1:
            made.append(Output(name, kind, source=name))
        else:
            made += [Output(f"{name} {i}", kind, source=name, index=i) for i in range(min(widths[name], MOST_COLUMNS))]
    return tuple(made)


def _width(shape: Sequence[Any]) -> int:
    """Columns of an output; 1 where the model does not say."""
    return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else 1


def _sample(schema: Schema, cells: Cells) -> tuple[dict[str, Any], ...]:
    columns, problems = read_columns({name: cells[name] for name in schema.input_names}, schema)
    bad = {problem.row for problem in problems}
    values = plain(columns)
    rows = [row for row in range(len(next(iter(values.values())))) if row not in bad]
    return tuple({name: values[name][row] for name in values} for row in rows[:SAMPLE_ROWS])
