"""What an endpoint takes and gives, its sample rows, and the endpoints there are, as rows of cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress

from addin.catalogue import Entry
from addin.formulas.argument import Argument
from addin.formulas.errors import FormulaError, FormulaFault
from addin.formulas.spill import Cell, Spill, plain, to_date
from worker.scoring import Column, ColumnType, Schema


def list_schema(schema: Schema) -> Spill:
    """Inputs, then outputs, under a row of headers."""
    rows: Spill = [["", "Name", "Type", "May be blank", "Allowed values", "Unit", "Description"]]
    for column in schema.inputs:
        blank = "yes" if column.nullable else "no"
        told = [column.name, str(column.type), blank, _allowed(column), column.unit, column.description]
        rows.append(["Input", *map(plain, told)])
    for output in schema.outputs:
        rows.append(["Output", *map(plain, [output.name, str(output.type), "", "", "", output.description])])
    return rows


def list_sample(schema: Schema, count: Argument | None) -> Spill:
    """The endpoint's sample rows, at most so many, under the names of its inputs. Raises FormulaError BAD_ARGUMENT."""
    most = len(schema.sample)
    if count is not None and not count.is_blank:
        wanted = count.only
        if isinstance(wanted, bool) or not isinstance(wanted, int | float) or wanted < 0:
            raise FormulaError(FormulaFault.BAD_ARGUMENT, "rows")
        most = int(min(wanted, most))
    header: list[Cell] = [plain(name) for name in schema.input_names]
    return [header, *([_sample(row.get(c.name), c) for c in schema.inputs] for row in schema.sample[:most])]


def list_endpoints(entries: Sequence[Entry], selected: Entry | None) -> Spill:
    """The endpoints of this person, under a row of headers."""
    rows: Spill = [["Endpoint", "Chosen", "Address", "Model version"]]
    for entry in entries:
        chosen = "yes" if selected and entry.name == selected.name else ""
        rows.append([plain(entry.name), chosen, plain(entry.url), plain(entry.last_seen_version)])
    return rows


def _allowed(column: Column) -> str:
    if column.categories:
        return ", ".join(column.categories)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:.15g} to {high:.15g}"
    if low is not None:
        return f"{low:.15g} or more"
    return f"{high:.15g} or less" if high is not None else ""


def _sample(value: object, column: Column) -> Cell:
    if column.type is ColumnType.DATETIME and isinstance(value, str):
        with suppress(ValueError):
            return to_date(dt.datetime.fromisoformat(value))
    return plain(value)
