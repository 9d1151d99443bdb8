"""The contract between a table and a model: which columns go in, which come out, what a call may set, sample rows.

A `Schema` is a value: made from a contract file or from an endpoint's swagger.json, compared by its fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.scoring.columns import (
    EXAMPLES,
    Column,
    ColumnType,
    ContractError,
    Output,
    Parameter,
    column_faults,
    default_faults,
    is_format,
    lean,
    read,
)

__all__ = [
    "EXAMPLES",
    "Column",
    "ColumnType",
    "Columns",
    "ContractError",
    "Output",
    "Parameter",
    "Schema",
    "match_key",
    "row_count",
    "take",
]

Columns = dict[str, npt.NDArray[Any]]
"""A table between check, codec and model: one array of equal length for each column, by the endpoint's name for it.

number: float64, blank is NaN. integer: int64, or object of int and None when a blank occurs. boolean, text and
datetime: object; blank is None; a datetime is naive ISO 8601 text with seconds (`2024-02-29T00:00:00`).
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """Inputs, outputs and parameters of an endpoint, with sample rows (each a mapping of input name to value)."""

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    sample: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    parameters: tuple[Parameter, ...] = ()

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise ContractError("; ".join(faults))

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the contract's order."""
        return tuple([column.name for column in self.inputs])  # a list first: a third of a generator's time

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the contract's order."""
        return tuple([output.name for output in self.outputs])

    @property
    def open_parameters(self) -> tuple[str, ...]:
        """Names of the parameters that have no value: such a contract cannot score."""
        return tuple(parameter.name for parameter in self.parameters if parameter.default is None)

    @property
    def example_parameters(self) -> dict[str, float | str]:
        """A value for each parameter."""
        return {parameter.name: parameter.example for parameter in self.parameters}

    def given(self, values: Mapping[str, Any]) -> Schema:
        """The same contract with these values of parameters in place of their defaults.

        Raises ContractError for an unknown parameter and a value that it does not take.
        """
        if not values:
            return self
        if unknown := sorted(set(values) - {parameter.name for parameter in self.parameters}):
            raise ContractError(f"there are no parameters {unknown}")
        set_ = (replace(p, default=values.get(p.name, p.default)) for p in self.parameters)
        return replace(self, parameters=tuple(set_))

    def fingerprint(self) -> str:
        """16 hex digits that change when a name, type, category or rule changes, and not when words do."""
        rules: list[list[object]] = [_rule(column) for column in self.inputs]
        rules += [[*_rule(parameter), _number(parameter.default)] for parameter in self.parameters]
        rules += [[o.name, o.type] for o in self.outputs]
        return hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """The contract as plain JSON values; `from_dict` is the inverse."""
        return {
            "inputs": [lean(column) for column in self.inputs],
            "outputs": [lean(output) for output in self.outputs],
            "sample": [dict(row) for row in self.sample],
        } | ({"parameters": [lean(parameter) for parameter in self.parameters]} if self.parameters else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Schema:
        """Read a contract. Raises ContractError naming every fault at once."""
        if not isinstance(data, Mapping):
            raise ContractError("a contract is an object with inputs, outputs, parameters and sample")
        faults: list[str] = []
        inputs = read(data.get("inputs"), Column, "inputs", faults)
        outputs = read(data.get("outputs"), Output, "outputs", faults)
        parameters = read(data.get("parameters", []), Parameter, "parameters", faults)
        sample = data.get("sample", [])
        if not isinstance(sample, list) or not all(isinstance(row, Mapping) for row in sample):
            faults.append("sample must be a list of objects")
            sample = []
        unknown = sorted(set(data) - {"inputs", "outputs", "parameters", "sample"})
        faults += [f"unknown field {name!r}" for name in unknown]
        if faults:
            raise ContractError("; ".join(faults))
        return cls(tuple(inputs), tuple(outputs), tuple(sample), tuple(parameters))


def _rule(column: Column) -> list[object]:
    bounds = _number(column.minimum), _number(column.maximum)
    return [column.name, column.type, column.nullable, list(column.categories), *bounds]


def _number(value: float | str | None) -> float | str | None:
    """0 and 0.0 are one number, however they were written."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def match_key(name: str) -> str:
    """What two column names share when they differ only by case, by blanks around them, by the kind and number of
    blanks and line breaks within, or by how an accent is written (Unicode's form C or D).
    """
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())


def _faults(schema: Schema) -> list[str]:
    faults: list[str] = []
    faults += [f"{where} must not be empty" for where in ("inputs", "outputs") if not getattr(schema, where)]
    given = (*schema.input_names, *(parameter.name for parameter in schema.parameters))
    for where, names in (("inputs", given), ("outputs", schema.output_names)):
        faults += [f"{where}: a name is blank" for name in names if not name.strip()]
        keys = [match_key(name) for name in names]
        twice = sorted({name for name, key in zip(names, keys, strict=True) if keys.count(key) > 1})
        faults += [
            f"{where}: {name!r} stands twice (case, and kind and number of blanks, do not count)" for name in twice
        ]
    for column in (*schema.inputs, *schema.parameters):
        faults += column_faults(column)
    for parameter in schema.parameters:
        faults += default_faults(parameter)
    faults += [f"{o.name!r}: {o.format!r} is not a number format" for o in schema.outputs if not is_format(o.format)]
    return faults


def row_count(columns: Columns) -> int:
    """Number of rows in a table of columns; 0 for a table without columns."""
    return len(next(iter(columns.values()))) if columns else 0


def take(columns: Columns, rows: npt.NDArray[np.intp] | slice | Sequence[int]) -> Columns:
    """The given rows of every column, in the given order."""
    return {name: values[rows] for name, values in columns.items()}
