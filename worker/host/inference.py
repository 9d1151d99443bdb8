"""The Open Inference Protocol, version 2, over HTTP: today's clients call an endpoint as a model of its id.

Each column is a tensor of its own, of shape [n] or [n, 1], and each parameter one of shape [1]. Key, throttle, limits,
usage and log are those of `execute`. Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from importlib.metadata import version
from itertools import islice
from typing import Any

import numpy as np
import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from worker.endpoints import EndpointRow, Snapshots
from worker.endpoints.values import read_columns
from worker.host.access import authorised
from worker.host.accounts import Accounts
from worker.host.body import read_json
from worker.host.execute import Execute, endpoint_headers
from worker.host.formats import JSON, Format
from worker.host.parameters import Asked, read_parameters
from worker.host.parse import refuse_names
from worker.host.refusals import (
    MOST_DETAILS,
    Detail,
    Refusal,
    bad_argument,
    bad_cells,
    empty,
    not_found,
    unsupported,
    wrong_body,
)
from worker.scoring.schema import Column, Columns, ColumnType, Output, Parameter, Schema

BINARY_HEADER = "inference-header-content-length"
MODEL = "/v2/models/{endpoint_id}"

# What a column is called in the protocol, and what is taken for it: values are checked one by one all the same.
_NAMES: Mapping[ColumnType, str] = {
    ColumnType.NUMBER: "FP64",
    ColumnType.INTEGER: "INT64",
    ColumnType.BOOLEAN: "BOOL",
    ColumnType.TEXT: "BYTES",
    ColumnType.DATETIME: "BYTES",
}
_NUMBERS = frozenset(f"{kind}{bits}" for kind in ("INT", "UINT") for bits in (8, 16, 32, 64)) | {"FP16", "FP32", "FP64"}
_TAKEN: Mapping[ColumnType, frozenset[str]] = {
    ColumnType.NUMBER: _NUMBERS | {"BYTES"},
    ColumnType.INTEGER: _NUMBERS | {"BYTES"},
    ColumnType.BOOLEAN: frozenset({"BOOL", "BYTES"}),
    ColumnType.TEXT: frozenset({"BYTES"}),
    ColumnType.DATETIME: frozenset({"BYTES"}),
}

Handler = Callable[[Request], Awaitable[Response]]


class Inference:
    """The addresses under `/v2`."""

    def __init__(self, snapshots: Snapshots, execute: Execute, accounts: Accounts) -> None:
        self._snapshots = snapshots
        self._execute = execute
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        """Those of the server need no key."""
        routes: list[BaseRoute] = [
            Route("/v2", _server, methods=["GET"]),
            Route("/v2/health/live", _live, methods=["GET"]),
            Route("/v2/health/ready", _takes_calls, methods=["GET"]),
        ]
        for model in (MODEL, MODEL + "/versions/{version}"):
            routes += [
                Route(model, _in_its_words(self._metadata), methods=["GET"]),
                Route(f"{model}/ready", _in_its_words(self._ready), methods=["GET"]),
                Route(f"{model}/infer", _in_its_words(self._infer), methods=["POST"]),
            ]
        return routes

    async def _infer(self, request: Request) -> Response:
        """Scores rows."""
        return await self._execute.answer(request, tensors)

    async def _ready(self, request: Request) -> Response:
        """Loads the model, if need be."""
        endpoint, _ = await self._loaded(request)
        return _json({"name": endpoint.id, "ready": True}, endpoint_headers(endpoint))

    async def _metadata(self, request: Request) -> Response:
        """Describes the endpoint as a model."""
        endpoint, schema = await self._loaded(request)
        about = {
            "name": endpoint.id,
            "versions": [str(endpoint.model_version)],
            "platform": "sheetscore",
            "inputs": [_tensor(c, [-1]) for c in schema.inputs] + [_tensor(p, [1]) for p in schema.parameters],
            "outputs": [_tensor(output, [-1]) for output in schema.outputs],
        }
        return _json(about, endpoint_headers(endpoint))

    async def _loaded(self, request: Request) -> tuple[EndpointRow, Schema]:
        endpoint = authorised(request, self._snapshots)
        _check_version(request, endpoint)
        loaded = self._snapshots.models.in_memory(*endpoint.pins)
        if loaded is None:
            loaded = await to_thread.run_sync(self._accounts.load, self._snapshots.models, endpoint)
        return endpoint, loaded[0]


def tensors(request: Request, endpoint: EndpointRow) -> Format:
    """The format of one call: its answer repeats the call's id. Raises Refusal."""
    _check_version(request, endpoint)
    if BINARY_HEADER in request.headers:
        raise unsupported("Binary tensors are not taken; send the data as JSON.")
    call = _Call(endpoint)
    return Format(call.read, call.write, JSON)


class _Call:
    def __init__(self, endpoint: EndpointRow) -> None:
        self._head: dict[str, Any] = {"model_name": endpoint.id, "model_version": str(endpoint.model_version)}
        self._wanted: list[str] = []

    def read(self, body: bytes, schema: Schema) -> Asked:
        """Every input and parameter. Raises Refusal."""
        if not body or body.isspace():
            raise empty()
        request = read_json(body)
        given = _by_name(request.get("inputs") if isinstance(request, dict) else None, "inputs")
        self._wanted = _outputs(request.get("outputs"), schema)
        if isinstance(request.get("id"), str):
            self._head["id"] = request["id"]
        parameters = {p.name: _data(given.pop(p.name), p)[0] for p in schema.parameters if p.name in given}
        refuse_names(list(given), schema)
        cells = {column.name: _data(given[column.name], column) for column in schema.inputs}
        rows = {len(values) for values in cells.values()}
        if len(rows) > 1:
            raise bad_argument(Detail("InputParseError", "The tensors of the columns differ in length."))
        if rows == {0}:
            raise empty()
        columns, problems = read_columns(cells, schema)
        if problems:
            raise bad_cells(problems)
        return Asked(columns, read_parameters(parameters, schema))

    def write(self, columns: Columns, schema: Schema) -> bytes:
        """The outputs asked for, or all; a missing score is null."""
        outputs = {output.name: output for output in schema.outputs}
        named = [outputs[name] for name in self._wanted or outputs]
        made = [_tensor(o, [len(columns[o.name])]) | {"data": _plain(columns[o.name])} for o in named]
        return orjson.dumps(self._head | {"outputs": made}, option=orjson.OPT_SERIALIZE_NUMPY)


def _plain(values: Any) -> Any:  # noqa: ANN401 - what orjson writes
    return values.tolist() if values.dtype == object else np.ascontiguousarray(values)


def _tensor(column: Column | Output, shape: list[int]) -> dict[str, Any]:
    return {"name": column.name, "datatype": _NAMES[column.type], "shape": shape}


def _by_name(tensors: object, what: str) -> dict[str, dict[str, Any]]:
    if not isinstance(tensors, list) or not tensors:
        raise wrong_body(f"it has no {what}")
    if not all(isinstance(tensor, dict) and isinstance(tensor.get("name"), str) for tensor in tensors):
        raise wrong_body(f"one of its {what} has no name")
    found = {tensor["name"]: tensor for tensor in tensors}
    if len(found) < len(tensors):
        raise wrong_body(f"two of its {what} have the same name")
    return found


def _outputs(given: object, schema: Schema) -> list[str]:
    if given is None or given == []:
        return []
    names = _by_name(given, "outputs")
    unknown = islice((name for name in names if name not in schema.output_names), MOST_DETAILS)
    if details := [Detail("InvalidOutputOverrideName", f"The endpoint has no output {n[:64]!r}.") for n in unknown]:
        raise bad_argument(*details)
    return list(names)


def _data(tensor: Mapping[str, Any], column: Column) -> list[Any]:
    """The values of a tensor, flat, as many as its shape says. Raises Refusal."""
    kind, shape, data = tensor.get("datatype"), tensor.get("shape"), tensor.get("data")
    if not isinstance(kind, str) or kind not in _TAKEN[column.type]:
        raise _wrong(column, f"The datatype must be {_NAMES[column.type]}.")
    if not isinstance(data, list):
        raise _wrong(column, "The tensor has no data as a list.")
    if data and all(isinstance(value, list) and len(value) == 1 for value in data):
        data = [value[0] for value in data]
    if shape not in ([len(data)], [len(data), 1]) or (isinstance(column, Parameter) and len(data) != 1):
        wanted = "[1], with one value" if isinstance(column, Parameter) else "[n] or [n, 1], with n values"
        raise _wrong(column, f"The shape must be {wanted} in data.")
    return data


def _wrong(column: Column, message: str) -> Refusal:
    return bad_argument(Detail("InputMismatchError", message, column=column.name))


def _check_version(request: Request, endpoint: EndpointRow) -> None:
    wanted = request.path_params.get("version")
    if wanted is not None and wanted != str(endpoint.model_version):
        raise not_found("ModelVersionNotFound", f"The endpoint's model is of version {endpoint.model_version}.")


def _in_its_words(handler: Handler) -> Handler:
    """Refusals as the protocol has them: one text."""

    @wraps(handler)
    async def spoken(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            text = " ".join([refusal.message, *map(_sentence, refusal.details)])
            return _json({"error": text}, refusal.headers, refusal.status)

    return spoken


def _sentence(detail: Detail) -> str:
    places = (("row", detail.row), ("column", detail.column))
    at = ", ".join(f"{what} {where!r}" for what, where in places if where is not None)
    return f"{detail.code}{f' ({at})' if at else ''}: {detail.message}"


async def _server(_: Request) -> Response:
    """What the host is."""
    return _json({"name": "sheetscore", "version": version("sheetscore"), "extensions": []})


async def _live(_: Request) -> Response:
    """Says that the host is up."""
    return _json({"live": True})


async def _takes_calls(_: Request) -> Response:
    """Says that it takes calls."""
    return _json({"ready": True})


def _json(value: object, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, dict(headers or {}), JSON)
