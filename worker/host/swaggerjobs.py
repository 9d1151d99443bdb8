"""The part of an endpoint's description that is the same for all of them: the batch API, under the classic names."""

from __future__ import annotations

from typing import Any

from worker.scoring.codecs.classic import INPUT, OUTPUT

Spec = dict[str, Any]

_STATES = ("NotStarted", "Running", "Failed", "Cancelled", "Finished")
_TEXT: Spec = {"type": "string"}
_REFERENCE: Spec = {"$ref": "#/definitions/AzureBlobDataReference"}
_VERSION: Spec = {"name": "api-version", "in": "query", "type": "string", "required": True, "enum": ["2.0"]}
_JOB: Spec = {"name": "jobId", "in": "path", "type": "string", "required": True}


def batch_paths() -> Spec:
    """Submit, start, watch, cancel."""
    asked = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/BatchExecutionRequest"}}
    submitted = {"description": "The job's id.", "schema": _TEXT}
    state = {"description": "The state.", "schema": {"$ref": "#/definitions/BatchExecutionStatus"}}
    done = {"description": "Done."}
    return {
        "/jobs": {"post": _call("submitjob", "Make a job of a table.", [asked], {"200": submitted})},
        "/jobs/{jobId}": {
            "get": _call("getjobstatus", "How far a job is.", [_JOB], {"200": state}),
            "delete": _call("canceljob", "Cancel a job.", [_JOB], {"204": done}),
        },
        "/jobs/{jobId}/start": {"post": _call("startjob", "Start a job.", [_JOB], {"204": done})},
    }


def batch_definitions() -> Spec:
    """What goes in and comes out."""
    parameters = {"$ref": "#/definitions/GlobalParameters"}
    inputs, outputs = {"$ref": "#/definitions/BatchInputs"}, {"$ref": "#/definitions/BatchOutputs"}
    states: Spec = {"type": "string", "enum": list(_STATES)}
    parts = ("ConnectionString", "BaseLocation", "RelativeLocation", "SasBlobToken")
    return {
        "BatchExecutionRequest": _object({"Inputs": inputs, "Outputs": outputs, "GlobalParameters": parameters}),
        "BatchInputs": _object({INPUT: _REFERENCE}),
        "BatchOutputs": _object({OUTPUT: _REFERENCE}),
        "BatchExecutionStatus": _object({"StatusCode": states, "Results": {"type": "object"}, "Details": _TEXT}),
        "AzureBlobDataReference": _object(dict.fromkeys(parts, _TEXT)),
    }


def _call(name: str, summary: str, parameters: list[Spec], responses: Spec) -> Spec:
    wrong = {"description": "What is wrong.", "schema": {"$ref": "#/definitions/ErrorResponse"}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_VERSION, *parameters],
        "responses": {**responses, "default": wrong},
    }


def _object(properties: Spec) -> Spec:
    return {"type": "object", "properties": properties}
