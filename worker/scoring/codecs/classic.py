"""The wire format of Azure Machine Learning Studio (classic), request-response, in its two forms.

Columns: `{"Inputs": {"input1": {"ColumnNames": [...], "Values": [[...], ...]}}, "GlobalParameters": {}}`, answered by
`{"Results": {"output1": {"type": "DataTable", "value": {"ColumnNames": [...], "Values": [[...], ...]}}}}`.
Records (`format=swagger`): `{"Inputs": {"input1": [{...}, ...]}}` and `{"Results": {"output1": [{...}, ...]}}`.
Values were strings in the original; numbers and nulls are read too. Source: Microsoft's pages "Consume a web service"
(studio/consume-web-services.md) and "Web service error codes" in azure-docs, and its public clients for R and Python.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from worker.scoring.codecs.values import to_array
from worker.scoring.errors import BadAnswer, Rejected
from worker.scoring.schema import Columns, Schema

INPUT = "input1"
OUTPUT = "output1"


def encode_columns(columns: Columns, schema: Schema) -> bytes:
    """The body of a request in the column form: JSON numbers, null for blanks."""
    rows = _rows(columns, schema.input_names)
    return _request({"ColumnNames": schema.input_names, "Values": rows}, schema)


def encode_records(columns: Columns, schema: Schema) -> bytes:
    """The body of a request in the record form."""
    names = schema.input_names
    return _request([dict(zip(names, row, strict=True)) for row in _rows(columns, names)], schema)


def decode_columns(body: bytes, schema: Schema, rows: int) -> Columns:
    """The outputs in an answer in the column form. Columns that are not outputs are left out. Raises BadAnswer."""
    table = _result(body)
    if isinstance(table, Mapping):
        table = table.get("value")
    if not isinstance(table, Mapping):
        raise BadAnswer("no table in the answer")
    names, values = table.get("ColumnNames"), table.get("Values")
    if not isinstance(names, list) or not isinstance(values, list):
        raise BadAnswer("no columns or rows in the answer")
    _check_count(len(values), rows)
    if not all(isinstance(row, list) and len(row) == len(names) for row in values):
        raise BadAnswer("a row of another length than the list of columns")
    if any(names.count(name) > 1 for name in schema.output_names):
        raise BadAnswer("a column stands twice")
    found = list(zip(*values, strict=True)) or [()] * len(names)
    return _outputs(dict(zip(map(str, names), found, strict=True)), schema)


def decode_records(body: bytes, schema: Schema, rows: int) -> Columns:
    """The outputs in an answer in the record form. Fields that are not outputs are left out. Raises BadAnswer."""
    records = _result(body)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadAnswer("no list of records in the answer")
    _check_count(len(records), rows)
    names = [name for name in schema.output_names if all(name in record for record in records)]
    return _outputs({name: [record[name] for record in records] for name in names}, schema)


def read_refusal(body: bytes) -> Rejected:
    """What `{"error": {"code", "message", "details": [{"code", "message"}]}}` says; the first detail is the cause.

    Our host adds `row` (0-based), `column` and `at` (a moment in ISO 8601) to a detail. Anything else gives a Rejected
    that knows nothing.
    """
    try:
        error = _load(body)["error"]
        details = error.get("details") or [{}]
        detail = details[0] if isinstance(details, list) else {}
        row, column = detail.get("row"), detail.get("column")
        return Rejected(
            _short(detail.get("code") or error.get("code")),
            _short(detail.get("message") or error.get("message")),
            row if type(row) is int and row >= 0 else None,
            _short(column) or None,
            _moment(detail.get("at")),
        )
    except (ValueError, TypeError, LookupError, AttributeError):
        return Rejected("", "")


def _moment(text: object) -> dt.datetime | None:
    """A moment with its time zone, of years that every system's clock knows; None for anything else."""
    try:
        found = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo and 1970 < found.year < 9999 else None


def _rows(columns: Columns, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def _request(table: object, schema: Schema) -> bytes:
    parameters = {p.name: p.default for p in schema.parameters if p.default is not None}
    return orjson.dumps({"Inputs": {INPUT: table}, "GlobalParameters": parameters})


def _load(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(body)
    except ValueError:
        pass
    try:
        # Servers written in Python send NaN and Infinity, which are not JSON (MLflow does).
        return json.loads(body, parse_constant=lambda _token: None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _result(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        answer = _load(body)
    except ValueError:
        raise BadAnswer("not JSON") from None
    results = answer.get("Results") if isinstance(answer, Mapping) else None
    if not isinstance(results, Mapping):
        raise BadAnswer("no Results in the answer")
    if OUTPUT not in results and len(results) == 1:
        return next(iter(results.values()))
    return results.get(OUTPUT)


def _check_count(found: int, wanted: int) -> None:
    if found != wanted:
        raise BadAnswer(f"{found} rows instead of {wanted}")


def _outputs(found: Mapping[str, Sequence[Any]], schema: Schema) -> Columns:
    columns: Columns = {}
    for output in schema.outputs:
        if output.name not in found:
            raise BadAnswer(f"no column {output.name!r} in the answer")
        try:
            columns[output.name] = to_array(found[output.name], output.type)
        except ValueError as error:
            raise BadAnswer(f"column {output.name!r}: {error}") from None
    return columns


def _short(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:500]).strip()
