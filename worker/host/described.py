"""What an endpoint says of itself: its contract, loaded when it is first needed, and `swagger.json`."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from worker.endpoints import EndpointRow, Snapshots
from worker.host.access import authorised
from worker.host.accounts import Accounts
from worker.host.addresses import own_url
from worker.host.execute import endpoint_headers
from worker.host.swagger import swagger
from worker.scoring.schema import Schema


class Described:
    """The contracts and descriptions of a host's endpoints."""

    def __init__(self, snapshots: Snapshots, accounts: Accounts) -> None:
        self._snapshots = snapshots
        self._accounts = accounts

    async def contract(self, endpoint: EndpointRow) -> Schema:
        """The contract that an endpoint is pinned to."""
        loaded = self._snapshots.models.in_memory(*endpoint.pins)
        if loaded is None:
            loaded = await to_thread.run_sync(self._accounts.load, self._snapshots.models, endpoint)
        return loaded[0]

    async def spec(self, endpoint: EndpointRow, location: str) -> dict[str, Any]:
        """The description for the endpoint's address as it is handed out."""
        return swagger(endpoint, await self.contract(endpoint), location)

    async def answer(self, request: Request) -> Response:
        """The description; 304 for a caller who has it already."""
        endpoint = authorised(request, self._snapshots)
        body = orjson.dumps(await self.spec(endpoint, own_url(request).removesuffix("/swagger.json")))
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**endpoint_headers(endpoint), "ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")
