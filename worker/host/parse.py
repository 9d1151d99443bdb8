"""The body of an execute call, to columns. Both classic forms; the order of columns is free, their names are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from worker.endpoints.values import read_columns, read_row
from worker.host.body import read_json
from worker.host.fastparse import fast_columns
from worker.host.parameters import Asked, read_parameters
from worker.host.refusals import MOST_DETAILS, Detail, bad_argument, bad_cells, empty, wrong_body
from worker.scoring.codecs.classic import INPUT
from worker.scoring.schema import Columns, Schema

LARGE_BYTES = 200_000
"""From here on the fast way is the faster one; far earlier for numbers sent as text."""

Cells = Mapping[str, Sequence[Any]]


def parse(body: bytes, schema: Schema, *, records: bool) -> Asked:
    """What a classic body asks for. `records` is the form of `format=swagger`.

    Raises Refusal with up to 100 reasons.
    """
    if len(body) >= LARGE_BYTES and not records:
        asked = fast_columns(body, schema)
        if asked is not None:
            return asked
    request = _request(body)
    parameters = read_parameters(request.get("GlobalParameters"), schema)
    table = _table(request)
    if not records and (row := _plain_row(table, schema)) is not None:
        return Asked(row, parameters)
    cells = _from_records(table, schema) if records else _from_columns(table, schema)
    columns, problems = read_columns(cells, schema)
    if problems:
        raise bad_cells(problems)
    return Asked(columns, parameters)


def _request(body: bytes) -> dict[str, Any]:
    if not body or body.isspace():
        raise empty()
    request = read_json(body)
    if not isinstance(request, dict):
        raise wrong_body("not a JSON object")
    return request


def _table(request: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    inputs = request.get("Inputs")
    if not isinstance(inputs, dict) or not inputs:
        raise bad_argument(Detail("MissingRequestInput", f"The body has no Inputs with {INPUT!r} in them."))
    if len(inputs) > 1:
        raise bad_argument(Detail("MultipleInputsNotAllowed", f"The endpoint has one input, {INPUT!r}."))
    if inputs.keys() != {INPUT}:
        raise bad_argument(Detail("InvalidInputNames", f"The endpoint has one input, {INPUT!r}."))
    return inputs[INPUT]


def _plain_row(table: Any, schema: Schema) -> Columns | None:  # noqa: ANN401 - any JSON
    """What most calls bring: the form of columns with one row of plain values, in the contract's order."""
    match table:
        case {"ColumnNames": [*names], "Values": [[*row]]}:
            return read_row(tuple(names), row, schema)
    return None


def _from_columns(table: object, schema: Schema) -> Cells:
    names = table.get("ColumnNames") if isinstance(table, dict) else None
    rows = table.get("Values") if isinstance(table, dict) else None
    if not isinstance(names, list) or not isinstance(rows, list):
        raise wrong_body(f"{INPUT!r} has no ColumnNames or no Values")
    if tuple(names) != schema.input_names:
        if not set(map(type, names)) <= {str}:
            raise wrong_body(f"{INPUT!r} has ColumnNames that are no text")
        refuse_names(names, schema)
    if not rows:
        raise empty()
    width = len(names)
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {width}:
        wrong = ((at, row) for at, row in enumerate(rows) if not isinstance(row, list) or len(row) != width)
        raise bad_argument(
            *(Detail("InputParseError", _wrong_row(row, width), at) for at, row in islice(wrong, MOST_DETAILS))
        )
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _wrong_row(row: object, width: int) -> str:
    if not isinstance(row, list):
        return "The row is not a list of values."
    return f"The row has {len(row)} values; there are {width} columns."


def refuse_names(names: Sequence[str], schema: Schema) -> None:
    """Raises Refusal unless the names are those of the inputs, in any order."""
    if tuple(names) == schema.input_names:
        return
    given, wanted = set(names), set(schema.input_names)
    if given == wanted and len(names) == len(given):
        return
    details = [
        Detail("InputMismatchError", "The column is missing.", column=name)
        for name in schema.input_names
        if name not in given
    ]
    unknown = [name for name in names if name not in wanted][:MOST_DETAILS]
    details += [Detail("InputMismatchError", "The endpoint has no such column.", column=n[:64]) for n in unknown]
    if len(given) < len(names):
        twice = [name for name in schema.input_names if names.count(name) > 1]
        details += [Detail("InputMismatchError", "The column stands twice.", column=name) for name in twice]
    if details:
        raise bad_argument(*details)


def _from_records(table: object, schema: Schema) -> Cells:
    if not isinstance(table, list):
        raise wrong_body(f"{INPUT!r} is not a list of records")
    if not table:
        raise empty()
    wanted = set(schema.input_names)
    details: list[Detail] = []
    for at, record in enumerate(table):
        if not isinstance(record, dict):
            details.append(Detail("InputParseError", "The row is not an object.", at))
        elif record.keys() != wanted:
            details += _wrong_record(at, record, schema)
        if len(details) >= MOST_DETAILS:
            break
    if details:
        raise bad_argument(*details)
    return {name: [record[name] for record in table] for name in schema.input_names}


def _wrong_record(at: int, record: dict[str, Any], schema: Schema) -> list[Detail]:
    code, wanted = "InputMismatchError", set(schema.input_names)
    missing = [Detail(code, "The column is missing.", at, n) for n in schema.input_names if n not in record]
    unknown = (Detail(code, "The endpoint has no such column.", at, n[:64]) for n in record if n not in wanted)
    return [*missing, *islice(unknown, MOST_DETAILS)]
