"""What an endpoint takes and gives, from its own swagger.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import orjson

from worker.scoring.codecs.values import to_array
from worker.scoring.endpoint import Endpoint, clean_key, location
from worker.scoring.errors import BadAnswer
from worker.scoring.http import HttpTransport
from worker.scoring.schema import Column, ColumnType, ContractError, Output, Parameter, Schema

_TYPES = {
    "number": ColumnType.NUMBER,
    "integer": ColumnType.INTEGER,
    "boolean": ColumnType.BOOLEAN,
    "string": ColumnType.TEXT,
}


@dataclass(frozen=True, slots=True)
class Description:
    """What an endpoint says of itself. `schema` is None where nothing changed since the `etag` that was given; `etag`
    and `model_version` are blank where the endpoint does not tell.
    """

    schema: Schema | None
    etag: str = ""
    model_version: str = ""


def discover(url: str, key: str, name: str = "", transport: HttpTransport | None = None) -> Endpoint:
    """The endpoint at an address, with the schema it publishes. Raises AddressError, EndpointError."""
    schema = describe(url, key, transport=transport).schema
    if schema is None:
        raise BadAnswer("not modified, though nothing was known")
    return Endpoint(url, key, schema, name)


def describe(url: str, key: str, etag: str = "", transport: HttpTransport | None = None) -> Description:
    """What the endpoint at an address says of itself now; short when that still is what `etag` stands for.

    Raises AddressError, EndpointError.
    """
    answer = (transport or HttpTransport()).swagger(location(url), clean_key(key), etag)
    schema = None if answer.body is None else _read(answer.body)
    return Description(schema, answer.etag, answer.model_version)


def _read(body: bytes) -> Schema:
    try:
        return read_swagger(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise BadAnswer("swagger.json is not JSON") from None


def read_swagger(document: object) -> Schema:
    """The schema in the swagger.json of an endpoint, classic or ours. Raises BadAnswer.

    `definitions` leads from ExecutionInputs and ExecutionOutputs over their first table to the item of one row, whose
    `properties` are the columns; ExecutionRequest has the sample rows in its `example`; GlobalParameters are the
    parameters. `x-ms-isnullable` is Microsoft's, `x-sheetscore-unit` and `x-sheetscore-format` are ours.
    """
    if not isinstance(document, Mapping):
        raise BadAnswer("swagger.json is not an object")
    try:
        inputs = [_input(name, spec) for name, spec in _columns(document, "ExecutionInputs")]
        outputs = [_output(name, spec) for name, spec in _columns(document, "ExecutionOutputs")]
        listed = document["definitions"].get("GlobalParameters", {}).get("properties", {})
        parameters = [_parameter(name, _resolved(document, spec)) for name, spec in listed.items()]
        return Schema(tuple(inputs), tuple(outputs), _sample(document), tuple(parameters))
    except ContractError as error:
        raise BadAnswer(f"swagger.json: {error}") from None
    except (AttributeError, LookupError, TypeError, ValueError, StopIteration):
        raise BadAnswer("swagger.json does not describe the columns") from None


def _columns(document: Mapping[str, Any], where: str) -> list[tuple[str, Mapping[str, Any]]]:
    tables = document["definitions"][where]["properties"]
    table = _resolved(document, next(iter(tables.values())))
    item = _resolved(document, table["items"])
    return [(name, _resolved(document, spec)) for name, spec in item["properties"].items()]


def _resolved(document: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` within the document points at."""
    reference = spec.get("$ref")
    if reference is None:
        return spec
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return dict(found)


def _type(spec: Mapping[str, Any]) -> ColumnType:
    if str(spec.get("format", "")).lower() == "date-time":
        return ColumnType.DATETIME
    return _TYPES[spec["type"].lower()]


def _input(name: str, spec: Mapping[str, Any]) -> Column:
    kind = _type(spec)
    numeric = kind in {ColumnType.NUMBER, ColumnType.INTEGER}
    categories = [value for value in spec.get("enum", []) if value is not None] if kind is ColumnType.TEXT else []
    return Column(
        name,
        kind,
        nullable=bool(spec.get("x-ms-isnullable", False)),
        categories=tuple(map(str, categories)),
        minimum=_bound(spec.get("minimum")) if numeric else None,
        maximum=_bound(spec.get("maximum")) if numeric else None,
        description=str(spec.get("description", "")),
        unit=str(spec.get("x-sheetscore-unit", "")),
    )


def _parameter(name: str, spec: Mapping[str, Any]) -> Parameter:
    column = _input(name, spec)
    values = {field.name: getattr(column, field.name) for field in fields(column)}
    default = to_array([spec["default"]], column.type).tolist()[0] if "default" in spec else None
    return Parameter(**values | {"nullable": False}, default=default)


def _output(name: str, spec: Mapping[str, Any]) -> Output:
    return Output(
        name,
        _type(spec),
        description=str(spec.get("description", "")),
        format=str(spec.get("x-sheetscore-format", "")),
        unit=str(spec.get("x-sheetscore-unit", "")),
    )


def _bound(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _sample(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    example = document["definitions"].get("ExecutionRequest", {}).get("example", {})
    tables = example.get("Inputs") or {}
    table: Any = next(iter(tables.values()), [])
    if isinstance(table, Mapping):
        table = [dict(zip(table["ColumnNames"], row, strict=True)) for row in table["Values"]]
    return tuple(dict(row) for row in table)
