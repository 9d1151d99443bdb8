"""The contract between a table and a model: which columns go in, which come out, and sample rows.

A `Schema` is a value: made from a contract file or from an endpoint's swagger.json, compared by its fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray[Any]]
"""A table between check, codec and model: one array of equal length for each column, by the endpoint's name for it.

number: float64, blank is NaN. integer: int64, or object of int and None when a blank occurs. boolean, text and
datetime: object; blank is None; a datetime is naive ISO 8601 text with seconds (`2024-02-29T00:00:00`).
"""


class ColumnType(StrEnum):
    """Types a column can have. Integers are exact up to 2**53, which is what a spreadsheet can hold."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATETIME = "datetime"


class ContractError(ValueError):
    """A contract that does not make sense; the message names each fault and where it is."""


@dataclass(frozen=True, slots=True)
class Column:
    """One input column: its name on the wire and the values it allows."""

    name: str
    type: ColumnType
    nullable: bool = False
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """One output column. `source` and `index` say which output of the ONNX model it is and which column of it
    (None for an output of one column); both are empty for remote models. `format` is an Excel number format.
    """

    name: str
    type: ColumnType
    description: str = ""
    format: str = ""
    source: str = ""
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """Inputs and outputs of an endpoint, with sample rows (each a mapping of input name to value)."""

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    sample: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise ContractError("; ".join(faults))

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the contract's order."""
        return tuple(column.name for column in self.inputs)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the contract's order."""
        return tuple(output.name for output in self.outputs)

    def fingerprint(self) -> str:
        """16 hex digits that change when a name, type, category or rule changes, and not when words do."""
        rules = [
            [c.name, c.type, c.nullable, list(c.categories), _number(c.minimum), _number(c.maximum)]
            for c in self.inputs
        ]
        rules += [[o.name, o.type] for o in self.outputs]
        return hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """The contract as plain JSON values; `from_dict` is the inverse."""
        return {
            "inputs": [_lean(column) for column in self.inputs],
            "outputs": [_lean(output) for output in self.outputs],
            "sample": [dict(row) for row in self.sample],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Schema:
        """Read a contract. Raises ContractError naming every fault at once."""
        if not isinstance(data, Mapping):
            raise ContractError("a contract is an object with inputs, outputs and sample")
        faults: list[str] = []
        inputs = _read(data.get("inputs"), Column, "inputs", faults)
        outputs = _read(data.get("outputs"), Output, "outputs", faults)
        sample = data.get("sample", [])
        if not isinstance(sample, list) or not all(isinstance(row, Mapping) for row in sample):
            faults.append("sample must be a list of objects")
            sample = []
        unknown = sorted(set(data) - {"inputs", "outputs", "sample"})
        faults += [f"unknown field {name!r}" for name in unknown]
        if faults:
            raise ContractError("; ".join(faults))
        return cls(tuple(inputs), tuple(outputs), tuple(sample))


def _number(bound: float | None) -> float | None:
    """0 and 0.0 are one bound, however they were written."""
    return None if bound is None else float(bound)


def _lean(item: Column | Output) -> dict[str, Any]:
    """The fields that differ from their defaults, as JSON values."""
    values = {f.name: getattr(item, f.name) for f in fields(item) if getattr(item, f.name) != f.default}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


# What a field of a column or output may be in JSON, and the word for it.
_FIELDS: dict[str, tuple[tuple[type, ...], str]] = {
    "nullable": ((bool,), "true or false"),
    "categories": ((list,), "a list"),
    "minimum": ((int, float, type(None)), "a number"),
    "maximum": ((int, float, type(None)), "a number"),
    "description": ((str,), "text"),
    "unit": ((str,), "text"),
    "format": ((str,), "text"),
    "source": ((str,), "text"),
    "index": ((int, type(None)), "a whole number"),
}


def _read(rows: object, kind: type[Column] | type[Output], where: str, faults: list[str]) -> list[Any]:
    if not isinstance(rows, list):
        faults.append(f"{where} must be a list")
        return []
    made = []
    for number, row in enumerate(rows, 1):
        wrong = _field_faults(row, kind)
        faults += [f"{where} {number}{fault}" for fault in wrong]
        if not wrong:
            values = {**row, "type": ColumnType(row["type"])}
            if "categories" in values:
                values["categories"] = tuple(values["categories"])
            made.append(kind(**values))
    return made


def _field_faults(row: object, kind: type[Column] | type[Output]) -> list[str]:
    if not isinstance(row, Mapping):
        return [" must be an object"]
    faults = []
    if unknown := sorted(set(row) - {f.name for f in fields(kind)}):
        faults.append(f" has unknown fields {unknown}")
    if not isinstance(row.get("name"), str):
        faults.append(" has no name")
    if row.get("type") not in list(ColumnType):
        faults.append(f": type {row.get('type')!r} is not one of {[str(t) for t in ColumnType]}")
    for name, (kinds, wanted) in _FIELDS.items():
        value = row.get(name)
        odd = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
        if name in row and odd:
            faults.append(f": {name} must be {wanted}")
    return faults


def match_key(name: str) -> str:
    """What two column names share when they differ only by case, by blanks around them, by the kind and number of
    blanks and line breaks within, or by how an accent is written (Unicode's form C or D).
    """
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())


def _faults(schema: Schema) -> list[str]:
    faults: list[str] = []
    for where, names in (("inputs", schema.input_names), ("outputs", schema.output_names)):
        if not names:
            faults.append(f"{where} must not be empty")
        faults += [f"{where}: a name is blank" for name in names if not name.strip()]
        keys = [match_key(name) for name in names]
        twice = sorted({name for name, key in zip(names, keys, strict=True) if keys.count(key) > 1})
        faults += [
            f"{where}: {name!r} stands twice (case, and kind and number of blanks, do not count)" for name in twice
        ]
    for column in schema.inputs:
        faults += _column_faults(column)
    faults += [f"{o.name!r}: {o.format!r} is not a number format" for o in schema.outputs if not _is_format(o.format)]
    return faults


def _is_format(code: str) -> bool:
    """Whether Excel would open a workbook with this format: at most 255 printable characters and four sections, quotes
    and brackets closed. Excel repairs a workbook with a format it cannot read.
    """
    bare = re.sub(r'"[^"]*"|\\.', "", code)
    balanced = '"' not in bare and bare.count("[") == bare.count("]")
    return len(code) <= 255 and code.isprintable() and balanced and bare.count(";") < 4


def _column_faults(column: Column) -> list[str]:
    faults: list[str] = []
    if column.categories and column.type is not ColumnType.TEXT:
        faults.append(f"{column.name!r}: only text columns have categories")
    if not all(isinstance(value, str) for value in column.categories):
        faults.append(f"{column.name!r}: categories must be text")
    numeric = column.type in (ColumnType.NUMBER, ColumnType.INTEGER)
    if (column.minimum is not None or column.maximum is not None) and not numeric:
        faults.append(f"{column.name!r}: only numbers have a minimum or maximum")
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        faults.append(f"{column.name!r}: minimum {column.minimum:g} is above maximum {column.maximum:g}")
    return faults


def row_count(columns: Columns) -> int:
    """Number of rows in a table of columns; 0 for a table without columns."""
    return len(next(iter(columns.values()))) if columns else 0


def take(columns: Columns, rows: npt.NDArray[np.intp] | slice | Sequence[int]) -> Columns:
    """The given rows of every column, in the given order."""
    return {name: values[rows] for name, values in columns.items()}
