"""What an endpoint says of itself becomes a schema, in our dialect and in the original's."""

import json
from typing import Any

import pytest

from worker.scoring import (
    BadAnswer,
    Column,
    ColumnType,
    Description,
    NotFound,
    Output,
    Schema,
    ScoringClient,
    Unauthorized,
    describe,
    discover,
    read_swagger,
)
from worker.scoring.schema import Parameter


def document(inputs: dict[str, Any], outputs: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """A swagger.json in the shape of the classic endpoints."""

    def table(name: str) -> dict[str, Any]:
        return {"properties": {name: {"type": "array", "items": {"$ref": f"#/definitions/{name}Item"}}}}

    return {
        "swagger": "2.0",
        "definitions": {
            "ExecutionRequest": {"example": {"Inputs": {"input1": example}}} if example else {},
            "ExecutionInputs": table("input1"),
            "ExecutionOutputs": table("output1"),
            "input1Item": {"type": "object", "required": list(inputs), "properties": inputs},
            "output1Item": {"type": "object", "properties": outputs},
        },
    }


INPUTS = {
    "age": {"type": "integer", "format": "int64", "minimum": 18, "maximum": 99.0, "description": "Age in years"},
    "income": {"type": "number", "format": "double", "x-ms-isnullable": True, "x-sheetscore-unit": "EUR"},
    "purpose": {"type": "string", "enum": ["A40", "A41", None]},
    "member": {"type": "boolean", "x-ms-isnullable": False},
    "since": {"type": "string", "format": "date-time"},
}
OUTPUTS = {
    "Scored Probabilities": {"type": "number", "format": "double", "x-sheetscore-format": "0.0%"},
    "Scored Labels": {"type": "string", "description": "good or bad"},
    "Loss": {"type": "number", "format": "double", "x-sheetscore-unit": "EUR"},
}
WANTED = Schema(
    (
        Column("age", ColumnType.INTEGER, minimum=18, maximum=99, description="Age in years"),
        Column("income", ColumnType.NUMBER, nullable=True, unit="EUR"),
        Column("purpose", ColumnType.TEXT, categories=("A40", "A41")),
        Column("member", ColumnType.BOOLEAN),
        Column("since", ColumnType.DATETIME),
    ),
    (
        Output("Scored Probabilities", ColumnType.NUMBER, format="0.0%"),
        Output("Scored Labels", ColumnType.TEXT, "good or bad"),
        Output("Loss", ColumnType.NUMBER, unit="EUR"),
    ),
)
ROW = {"age": 30, "income": 1.5, "purpose": "A40", "member": True, "since": "2024-01-01T00:00:00"}


def test_names_types_and_rules_are_read_in_order() -> None:
    """Everything a schema holds, but the model's own wiring, is in swagger.json."""
    assert read_swagger(document(INPUTS, OUTPUTS)) == WANTED


@pytest.mark.parametrize(
    "example", [[ROW, ROW], {"ColumnNames": list(ROW), "Values": [list(ROW.values())] * 2}], ids=["records", "columns"]
)
def test_sample_rows_are_read_in_both_forms(example: Any) -> None:
    """The original wrote either."""
    assert read_swagger(document(INPUTS, OUTPUTS, example)).sample == (ROW, ROW)


def test_the_original_s_capitals_are_read() -> None:
    """Its management side wrote types with capitals."""
    schema = read_swagger(document({"a": {"type": "Number", "format": "Double"}}, {"b": {"type": "String"}}))
    assert (schema.inputs[0].type, schema.outputs[0].type) == (ColumnType.NUMBER, ColumnType.TEXT)


BROKEN: list[Any] = [
    None,
    [],
    {},
    {"definitions": {}},
    {"definitions": {"ExecutionInputs": {"type": "object"}, "ExecutionOutputs": {}}},
    document({"a": {"type": "tensor"}}, OUTPUTS),
    document({}, OUTPUTS),
    document({"a": {"type": "number"}, "A ": {"type": "number"}}, OUTPUTS),
    document(INPUTS, OUTPUTS, [1, 2]),
    document({"a": {"$ref": "#/definitions/nowhere"}}, OUTPUTS),
]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_a_document_that_does_not_describe_an_endpoint_is_refused(broken: Any) -> None:
    """The reason is ours, whatever was in it."""
    with pytest.raises(BadAnswer):
        read_swagger(broken)


def test_an_endpoint_is_discovered_and_scored(serve: Any, fake: Any, http: Any, table: Any) -> None:
    """From an address and a key alone to scores."""
    endpoint = fake()
    server = serve(endpoint)
    kinds = {ColumnType.INTEGER: "integer", ColumnType.NUMBER: "number", ColumnType.TEXT: "string"}
    inputs = {c.name: {"type": kinds[c.type], "x-ms-isnullable": c.nullable} for c in endpoint.schema.inputs}
    outputs = {o.name: {"type": kinds[o.type]} for o in endpoint.schema.outputs}
    server.swagger = json.dumps(document(inputs, outputs)).encode()
    transport = http()

    found = discover(f"{server.url}/execute?api-version=2.0", endpoint._key, "credit", transport)

    assert (found.url, found.name) == (server.url, "credit")
    assert ScoringClient(found, transport).score(table(3)).frame["double age"].tolist() == [0, 2, 4]
    assert server.requests[0][0].endswith("/services/e1/swagger.json?api-version=2.0")
    assert server.requests[0][1]["Authorization"] == f"Bearer {endpoint._key}"


@pytest.mark.parametrize(
    ("reply", "error"),
    [((401, {}, b""), Unauthorized), ((404, {}, b""), NotFound), ((200, {}, b"<html>"), BadAnswer)],
)
def test_an_endpoint_that_cannot_be_discovered(serve: Any, fake: Any, http: Any, reply: Any, error: Any) -> None:
    """A wrong key, a wrong address, a login page."""
    server = serve(fake())
    server.replies.append(reply)

    with pytest.raises(error):
        discover(server.url, "k", transport=http())


def test_an_endpoint_says_its_version_and_is_asked_only_for_what_is_new(serve: Any, fake: Any, http: Any) -> None:
    """The tag that it gave is sent back; its short answer brings the version all the same."""
    server = serve(fake())
    body = json.dumps(document(INPUTS, OUTPUTS)).encode()
    server.replies += [
        (200, {"ETag": '"a"', "x-sheetscore-model-version": "3"}, body),
        (304, {"x-sheetscore-model-version": "4"}, b""),
        (200, {}, body),
    ]
    transport = http()

    first = describe(server.url, "k", transport=transport)
    again = describe(server.url, "k", first.etag, transport)
    mute = describe(server.url, "k", first.etag, transport)

    assert first == Description(WANTED, '"a"', "3")
    assert again == Description(None, '"a"', "4")
    assert mute == Description(WANTED, "", "")
    assert [headers.get("If-None-Match") for _, headers in server.requests] == [None, '"a"', '"a"']


def test_not_modified_without_a_question_is_no_answer(serve: Any, fake: Any, http: Any) -> None:
    """A proxy's cache that goes wrong."""
    server = serve(fake())
    server.replies.append((304, {}, b""))
    with pytest.raises(BadAnswer):
        discover(server.url, "k", transport=http())


def test_parameters_are_read_with_their_defaults() -> None:
    """Old services write every default as text; one without a default must be given by each call."""
    described = document(INPUTS, OUTPUTS)
    described["definitions"]["GlobalParameters"] = {
        "type": "object",
        "required": ["seed"],
        "properties": {
            "threshold": {"type": "number", "default": "0.5", "minimum": 0, "maximum": 1},
            "seed": {"type": "integer"},
        },
    }
    threshold, seed = read_swagger(described).parameters
    assert threshold == Parameter("threshold", ColumnType.NUMBER, minimum=0, maximum=1, default=0.5)
    assert seed == Parameter("seed", ColumnType.INTEGER)
    described["definitions"]["GlobalParameters"]["properties"]["threshold"]["default"] = 3
    with pytest.raises(BadAnswer, match="it takes"):
        read_swagger(described)
