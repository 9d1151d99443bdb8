"""The columns of a contract: inputs, parameters and outputs, read from JSON values and checked one by one."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


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
class Parameter(Column):
    """An input of the model that has one value for all rows of a call: `default` where the call gives none, and it must
    give one where there is no default. `source` is the model's own name for it, where that is another.
    """

    default: float | str | None = None
    source: str = ""

    @property
    def example(self) -> float | str:
        """A value that may be given: the default, the smallest, the first category, or the nothing of the type."""
        if self.default is not None:
            return self.default
        if self.minimum is not None:
            return math.ceil(self.minimum) if self.type is ColumnType.INTEGER else self.minimum
        return self.categories[0] if self.categories else EXAMPLES[self.type]


EXAMPLES: Mapping[ColumnType, float | str] = {
    ColumnType.NUMBER: 0,
    ColumnType.INTEGER: 0,
    ColumnType.BOOLEAN: False,
    ColumnType.TEXT: "value",
    ColumnType.DATETIME: "2000-01-01T00:00:00",
}
"""What stands for a value of each type where there is none to show."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output column. `source` and `index` say which output of the ONNX model it is and which column of it
    (None for an output of one column); both are empty for remote models. `format` is an Excel number format.
    `unit` stands beside the name in headers that people read.
    """

    name: str
    type: ColumnType
    description: str = ""
    format: str = ""
    source: str = ""
    index: int | None = None
    unit: str = ""


def lean(item: Column | Output) -> dict[str, Any]:
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
    "default": ((str, bool, int, float, type(None)), "a value"),
    "index": ((int, type(None)), "a whole number"),
}


def read(rows: object, kind: type[Column | Output], where: str, faults: list[str]) -> list[Any]:
    """The columns in a list of JSON objects; what is wrong is added to `faults`, with `where` it stands."""
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


def _field_faults(row: object, kind: type[Column | Output]) -> list[str]:
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


def column_faults(column: Column) -> list[str]:
    """What is wrong with a column's categories and bounds."""
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


def default_faults(parameter: Parameter) -> list[str]:
    """What is wrong with a parameter's default."""
    faults = [f"{parameter.name!r}: a parameter is never blank; give it a default"] if parameter.nullable else []
    value = parameter.default
    if value is not None and not _is_value(parameter, value):
        faults.append(f"{parameter.name!r}: {value!r} is no {parameter.type} that it takes")
    return faults


def is_format(code: str) -> bool:
    """Whether Excel would open a workbook with this format: at most 255 printable characters and four sections, quotes
    and brackets closed. Excel repairs a workbook with a format it cannot read.
    """
    bare = re.sub(r'"[^"]*"|\\.', "", code)
    balanced = '"' not in bare and bare.count("[") == bare.count("]")
    return len(code) <= 255 and code.isprintable() and balanced and bare.count(";") < 4


def _is_value(parameter: Parameter, value: object) -> bool:
    if isinstance(value, bool) or parameter.type is ColumnType.BOOLEAN:
        return isinstance(value, bool) and parameter.type is ColumnType.BOOLEAN
    if isinstance(value, int | float):
        if parameter.type not in (ColumnType.NUMBER, ColumnType.INTEGER):
            return False
        whole = parameter.type is ColumnType.INTEGER
        low, high = parameter.minimum, parameter.maximum
        inside = (low is None or low <= value) and (high is None or value <= high)
        return inside and abs(value) <= (2**53 if whole else sys.float_info.max) and not (whole and value % 1)
    if parameter.type is ColumnType.DATETIME:
        return _is_moment(value)
    text = isinstance(value, str) and parameter.type is ColumnType.TEXT
    return text and (not parameter.categories or value in parameter.categories)


def _is_moment(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).isoformat(timespec="seconds") == value
    except ValueError:
        return False
