"""The description of one endpoint as Swagger 2.0, in the classic service's layout, so that old clients can read it.

`x-ms-isnullable` is Microsoft's; `x-sheetscore-unit` and `x-sheetscore-format` are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from worker.endpoints import EndpointRow
from worker.host.swaggerjobs import batch_definitions, batch_paths
from worker.scoring.codecs.classic import INPUT, OUTPUT
from worker.scoring.schema import EXAMPLES, Column, ColumnType, Output, Parameter, Schema

Spec = dict[str, Any]

_TYPES: Mapping[ColumnType, Spec] = {
    ColumnType.NUMBER: {"type": "number", "format": "double"},
    ColumnType.INTEGER: {"type": "integer", "format": "int64"},
    ColumnType.BOOLEAN: {"type": "boolean"},
    ColumnType.TEXT: {"type": "string"},
    ColumnType.DATETIME: {"type": "string", "format": "date-time"},
}


def swagger(endpoint: EndpointRow, schema: Schema, location: str) -> Spec:
    """`location` is the endpoint's address as it is handed out. Sample rows appear only if the endpoint shows them."""
    address = urlsplit(location)
    sample = [dict(row) for row in schema.sample] if endpoint.sample_data else []
    rows = sample or [{column.name: EXAMPLES[column.type] for column in schema.inputs}]
    return {
        "swagger": "2.0",
        "info": {
            "title": f"{endpoint.service}/{endpoint.name}",
            "description": endpoint.description,
            "version": f"{endpoint.contract_version}.{endpoint.model_version}",
            "x-endpoint-name": endpoint.name,
            "x-endpoint-description": endpoint.description,
        },
        "host": address.netloc,
        "basePath": address.path,
        "schemes": [address.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        "security": [{"Bearer": []}],
        "paths": {"/execute": {"post": _execute()}, **batch_paths()},
        "definitions": _definitions(schema, rows) | batch_definitions(),
    }


def _execute() -> Spec:
    shown = {"name": "details", "in": "query", "type": "boolean", "description": "Adds the column types to the answer."}
    form = "Rows as records. Without it rows stand under a list of columns, which this description does not have."
    return {
        "operationId": "execute",
        "summary": "Score rows.",
        "parameters": [
            {"name": "api-version", "in": "query", "type": "string", "required": True, "enum": ["2.0"]},
            shown,
            {
                "name": "format",
                "in": "query",
                "type": "string",
                "required": True,
                "enum": ["swagger"],
                "description": form,
            },
            {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/ExecutionRequest"}},
        ],
        "responses": {
            "200": {"description": "The scores.", "schema": {"$ref": "#/definitions/ExecutionResponse"}},
            "default": {"description": "What is wrong.", "schema": {"$ref": "#/definitions/ErrorResponse"}},
        },
    }


def _definitions(schema: Schema, rows: list[Spec]) -> Spec:
    text = {"type": "string"}
    detail = _object({"code": text, "message": text, "row": {"type": "integer"}, "column": text})
    error = _object({"code": text, "message": text, "details": {"type": "array", "items": detail}})
    inputs = {column.name: _input(column) for column in schema.inputs}
    outputs = {output.name: _output(output) for output in schema.outputs}
    return {
        "ExecutionRequest": {
            **_object({"Inputs": _reference("ExecutionInputs"), "GlobalParameters": _reference("GlobalParameters")}),
            "required": ["Inputs", "GlobalParameters"] if schema.open_parameters else ["Inputs"],
            "example": {"Inputs": {INPUT: rows}, "GlobalParameters": schema.example_parameters},
        },
        "ExecutionInputs": _tables(INPUT),
        "GlobalParameters": _parameters(schema),
        f"{INPUT}Item": {**_object(inputs), "required": list(inputs)},
        "ExecutionResponse": _object({"Results": {"$ref": "#/definitions/ExecutionOutputs"}}),
        "ExecutionOutputs": _tables(OUTPUT),
        f"{OUTPUT}Item": _object(outputs),
        "ErrorResponse": _object({"error": error}),
    }


def _parameters(schema: Schema) -> Spec:
    made = _object({parameter.name: _parameter(parameter) for parameter in schema.parameters})
    return {**made, "required": list(schema.open_parameters)} if schema.open_parameters else made


def _parameter(parameter: Parameter) -> Spec:
    return _input(parameter) | ({} if parameter.default is None else {"default": parameter.default})


def _reference(name: str) -> Spec:
    return {"$ref": f"#/definitions/{name}"}


def _object(properties: Spec) -> Spec:
    return {"type": "object", "properties": properties}


def _tables(name: str) -> Spec:
    return _object({name: {"type": "array", "items": _reference(f"{name}Item")}})


def _input(column: Column) -> Spec:
    spec = dict(_TYPES[column.type])
    extras = {
        "description": column.description,
        "x-ms-isnullable": column.nullable,
        "enum": list(column.categories),
        "x-sheetscore-unit": column.unit,
    }
    spec.update({key: value for key, value in extras.items() if value})
    if column.minimum is not None:
        spec["minimum"] = column.minimum
    if column.maximum is not None:
        spec["maximum"] = column.maximum
    return spec


def _output(output: Output) -> Spec:
    extras = {
        "description": output.description,
        "x-sheetscore-format": output.format,
        "x-sheetscore-unit": output.unit,
    }
    return {**_TYPES[output.type], **{key: value for key, value in extras.items() if value}}
