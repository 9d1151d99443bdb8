"""The whole host as OpenAPI 3.1: what FastAPI says of management, and what stands here of the bare routes.

It holds no secret and is read without a key. Bodies that depend on an endpoint's contract are described by the
endpoint's own `swagger.json`.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker import __version__
from worker.host.addresses import base_url
from worker.host.workbooks import PASSWORD_HEADER
from worker.scoring.codecs.classic import INPUT, OUTPUT

PATH = "/openapi.json"

Spec = dict[str, Any]

_TEXT: Spec = {"type": "string"}
_ERROR: Spec = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": _TEXT,
                "message": _TEXT,
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["code", "message"],
                        "properties": {
                            "code": _TEXT,
                            "message": _TEXT,
                            "row": {"type": "integer", "minimum": 0},
                            "column": _TEXT,
                        },
                    },
                },
            },
        }
    },
}
_INFERENCE_ERROR: Spec = {"type": "object", "required": ["error"], "properties": {"error": _TEXT}}
"""As the Open Inference Protocol has it, below `/v2`."""
_OPEN = ("/healthz", "/readyz", "/v2", "/v2/health/live", "/v2/health/ready", PATH)
"""Addresses that need no key."""
_VERBS = ("get", "put", "post", "patch", "delete")


async def answer(request: Request) -> Response:
    """The description, with the host's address as it is handed out."""
    return JSONResponse(openapi(request.app) | {"servers": [{"url": base_url(request)}]})


def openapi(app: FastAPI) -> Spec:
    """Every address of an application, but for where it is served."""
    spec = app.openapi() | {"info": {"title": "Sheetscore", "version": __version__}}
    paths = {path: dict(item) for path, item in spec.get("paths", {}).items()}
    for route in app.routes:
        if type(route) is Route:
            item = paths.setdefault(_plain(route.path), {})
            item |= {verb: _bare(route, verb) for verb in _VERBS if verb.upper() in (route.methods or ())}
    for path, item in paths.items():
        for verb in item.keys() & set(_VERBS):
            error = "InferenceError" if path.startswith("/v2") else "Error"
            item[verb] = _with_errors(_placed(item[verb], path), error, is_open=path in _OPEN)
    parts = spec.get("components", {})
    kept = {name: kind for name, kind in parts.get("schemas", {}).items() if name not in _FASTAPI_S}
    schemes = {"Key": {"type": "http", "scheme": "bearer", "description": "An endpoint's key, or a token."}}
    return spec | {
        "paths": paths,
        "components": {
            "schemas": {**kept, "Error": _ERROR, "InferenceError": _INFERENCE_ERROR},
            "securitySchemes": schemes,
        },
    }


_FASTAPI_S = {"HTTPValidationError", "ValidationError"}


def _query(name: str, schema: Spec, *, required: bool = False) -> Spec:
    return {"name": name, "in": "query", "required": required, "schema": schema}


_ROWS: Spec = {
    "type": "object",
    "required": ["Inputs"],
    "properties": {"Inputs": {"type": "object"}, "GlobalParameters": {"type": "object"}},
}
_REFERENCE: Spec = {
    "type": "object",
    "properties": dict.fromkeys(("BaseLocation", "RelativeLocation", "SasBlobToken"), _TEXT),
}
_JOB: Spec = {
    "type": "object",
    "required": ["Inputs"],
    "properties": {
        "Inputs": {"type": "object", "required": [INPUT], "properties": {INPUT: _REFERENCE}},
        "Outputs": {"type": "object", "properties": {OUTPUT: _REFERENCE}, "additionalProperties": False},
        "GlobalParameters": {"type": "object"},
    },
}
_TENSORS: Spec = {"type": "object", "required": ["inputs"], "properties": {"inputs": {"type": "array"}}}
_NAME: Spec = {"type": "string", "minLength": 1}
_FILE: Spec = {"required": True, "content": {"application/octet-stream": {}}}
_LINK = [_query("se", _TEXT, required=True), _query("sp", _TEXT, required=True), _query("sig", _TEXT, required=True)]
"""The token of a signed link, as it is handed out."""
_MORE: dict[str, Spec] = {
    "post /execute": {
        "parameters": [
            _query("api-version", {"enum": ["2.0"]}, required=True),
            _query("details", {"enum": ["true", "false"]}),
            _query("format", {"enum": ["swagger"]}),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ROWS}}},
    },
    "post /jobs": {
        "parameters": [_query("api-version", {"enum": ["2.0"]}, required=True)],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _JOB}}},
    },
    "post /start": {"parameters": [_query("api-version", {"enum": ["2.0"]}, required=True)]},
    "post /infer": {"requestBody": {"required": True, "content": {"application/json": {"schema": _TENSORS}}}},
    "post /workbooks": {
        "parameters": [
            _query("name", _NAME, required=True),
            {"name": PASSWORD_HEADER, "in": "header", "schema": {**_TEXT, "maxLength": 765}},
        ],
        "requestBody": _FILE,
    },
    "get /template": {"parameters": [_query("name", _TEXT)]},
    "post /uploads": {"parameters": [_query("name", _NAME, required=True)]},
    "put /{name}": {"parameters": _LINK, "requestBody": _FILE},
    "get /{name}": {"parameters": _LINK},
}
"""What a bare route takes besides its path, by verb and the end of its path."""


def _bare(route: Route, verb: str) -> Spec:
    told = (route.endpoint.__doc__ or route.name).strip().splitlines()[0]
    words = re.sub(r"\W+", "_", route.path).strip("_")
    more = _MORE.get(f"{verb} /{route.path.rpartition('/')[2]}", {})
    return more | {
        "operationId": f"{verb}_{words}",
        "summary": told,
        "responses": {"2XX": {"description": "Done."}, "304": {"description": "Nothing changed."}},
    }


def _placed(operation: Spec, path: str) -> Spec:
    """With every parameter of the path; FastAPI tells those that a handler reads."""
    told = operation.get("parameters", [])
    missing = [name for name in re.findall(r"{(\w+)", path) if name not in {each["name"] for each in told}]
    made = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in missing]
    return {**operation, "parameters": [*made, *told]}


def _with_errors(operation: Spec, name: str, *, is_open: bool) -> Spec:
    error = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    responses = {status: said for status, said in operation["responses"].items() if status != "422"}
    responses["default"] = {"description": "What is wrong.", "content": error}
    return {**operation, "responses": responses, "security": [] if is_open else [{"Key": []}]}


def _plain(path: str) -> str:
    """A path without the kinds that Starlette writes into its parameters."""
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)
