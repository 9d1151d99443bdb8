"""What hangs off an endpoint's HelpLocation: pages about scoring, jobs and updates, and the description for programs.

Generated from the endpoint's description (`swagger.json`); every text in them is escaped, and no key stands in them.
Addresses as in the classic service: old clients read workspace, service and endpoint out of a HelpLocation.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.endpoints import EndpointRow, Snapshots
from worker.host.access import authorised, bearer_key
from worker.host.addresses import base_url
from worker.host.management.objects import resource_name
from worker.host.refusals import not_found
from worker.scoring.codecs.classic import INPUT, OUTPUT

PREFIX = "/apihelp/workspaces/{ws}/webservices/{service}/endpoints/{endpoint_id}"

Spec = dict[str, Any]
Describe = Callable[[EndpointRow, str], Awaitable[Spec]]

_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
_AUTHORIZATION = ("Authorization", "Bearer KEY, where KEY is one of the endpoint's keys")


class Help:
    """The handlers. `describe` gives an endpoint's description for its location."""

    def __init__(self, snapshots: Snapshots, describe: Describe) -> None:
        self._snapshots = snapshots
        self._describe = describe

    def routes(self) -> list[Route]:
        """The four addresses, for an endpoint's key or an operator's token."""
        return [
            Route(f"{PREFIX}/score", self.score, methods=["GET"]),
            Route(f"{PREFIX}/jobs", self.jobs, methods=["GET"]),
            Route(f"{PREFIX}/update", self.update, methods=["GET"]),
            Route(f"{PREFIX}/apidocument", self.document, methods=["GET"]),
        ]

    async def score(self, request: Request) -> Response:
        """How rows are scored: address, an example, the columns."""
        endpoint, location = self._opened(request)
        spec = await self._describe(endpoint, location)
        defined = spec["definitions"]
        return _page(
            endpoint,
            "Request-response",
            _call("POST", f"{location}/execute?api-version=2.0&details=true&format=swagger"),
            _table("Headers", ("header", "value"), [_AUTHORIZATION, ("Content-Type", "application/json")]),
            _example(defined["ExecutionRequest"]["example"]),
            _columns("Inputs", defined[f"{INPUT}Item"]["properties"]),
            _columns("Outputs", defined[f"{OUTPUT}Item"]["properties"]),
        )

    async def jobs(self, request: Request) -> Response:
        """How a job is made, started, watched and cancelled."""
        endpoint, location = self._opened(request)
        reference = {"BaseLocation": "...", "RelativeLocation": "...", "SasBlobToken": "..."}
        jobs = f"{location}/jobs"
        calls = [
            ("POST", f"{jobs}?api-version=2.0", "makes a job; the answer is its id"),
            ("POST", f"{jobs}/JOB/start?api-version=2.0", "starts it"),
            ("GET", f"{jobs}/JOB?api-version=2.0", "its state, and where its results are"),
            ("DELETE", f"{jobs}/JOB?api-version=2.0", "cancels it"),
        ]
        return _page(
            endpoint,
            "Batch",
            _table("Calls", ("method", "address", "what it does"), calls),
            _table("Headers", ("header", "value"), [_AUTHORIZATION]),
            _example({"Input": reference, "GlobalParameters": {}}),
        )

    async def update(self, request: Request) -> Response:
        """How the endpoint is given another model."""
        endpoint, _ = self._opened(request)
        path = request.path_params
        address = f"{base_url(request)}/workspaces/{path['ws']}/webservices/{path['service']}/endpoints/{endpoint.name}"
        location = {"BaseLocation": "...", "RelativeLocation": "...", "SasBlobToken": "..."}
        operators = ("Authorization", "Bearer TOKEN, where TOKEN is an operator's")
        return _page(
            endpoint,
            "Update",
            _call("PATCH", address),
            _table("Headers", ("header", "value"), [operators, ("Content-Type", "application/json")]),
            _example({"Resources": [{"Name": resource_name(endpoint.service), "Location": location}]}),
        )

    async def document(self, request: Request) -> Response:
        """The description for programs: what `swagger.json` says."""
        return JSONResponse(await self._describe(*self._opened(request)))

    def _opened(self, request: Request) -> tuple[EndpointRow, str]:
        bearer = self._snapshots.current().bearer(bearer_key(request))
        if bearer is None or not bearer.is_operator:
            endpoint = authorised(request, self._snapshots)
        else:
            found = self._snapshots.current().endpoints.get(request.path_params["endpoint_id"])
            if found is None:
                raise not_found("EndpointNotFound", "There is no such endpoint.")
            endpoint = found
        return endpoint, f"{base_url(request)}/workspaces/{request.path_params['ws']}/services/{endpoint.id}"


def _page(endpoint: EndpointRow, title: str, *parts: str) -> Response:
    name = escape(f"{endpoint.service}/{endpoint.name}")
    top = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}: {name}</title>"
    told = f"<h1>{title}: {name}</h1><p>{escape(endpoint.description)}</p>"
    return Response("\n".join([top, told, *parts]), headers=_HEADERS, media_type="text/html")


def _call(method: str, address: str) -> str:
    return f"<p><code>{method} {escape(address)}</code></p>"


def _example(body: object) -> str:
    return f"<h2>Body</h2><pre>{escape(json.dumps(body, indent=2, ensure_ascii=False))}</pre>"


def _columns(title: str, properties: Spec) -> str:
    rows = [
        (name, spec["type"], ", ".join(map(str, spec.get("enum", ()))), spec.get("description", ""))
        for name, spec in properties.items()
    ]
    return _table(title, ("name", "type", "allowed", "description"), rows)


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["".join(f"<th>{head}" for head in heads)]
    lines += ["".join(f"<td>{escape(cell)}" for cell in row) for row in rows]
    return f"<h2>{title}</h2><table>" + "".join(f"<tr>{line}" for line in lines) + "</table>"
