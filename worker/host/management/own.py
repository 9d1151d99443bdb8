"""What a customer's token opens: the list of that customer's endpoints, and keys for single desktops."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from worker.endpoints import Access, EndpointRow, Registry, Snapshots
from worker.host.access import customer
from worker.host.management.wire import address_of, endpoint_object, listed
from worker.host.refusals import not_found

PREFIX = "/workspaces/{ws}/endpoints"


class OwnEndpoints:
    """The handlers. An endpoint of somebody else and one that is not there are one answer."""

    def __init__(self, registry: Registry, access: Access, snapshots: Snapshots) -> None:
        self._registry = registry
        self._access = access
        self._snapshots = snapshots

    def add_to(self, app: FastAPI) -> None:
        """Put the addresses into an application."""
        device = f"{PREFIX}/{{endpoint_id}}/devices/{{device}}"
        app.add_api_route(PREFIX, self.list_own, methods=["GET"], response_model=None)
        app.add_api_route(device, self.add_device, methods=["PUT"], response_model=None)
        app.add_api_route(device, self.remove_device, methods=["DELETE"], response_model=None)

    def list_own(self, request: Request, ws: str) -> Response:
        """The endpoints of the customer whose token it is, without keys."""
        rows = self._own(request)
        services = {row.name: row.id for row in self._registry.services()}
        published = {name: self._registry.published(name) for name in {row.service for row in rows}}
        base = address_of(request)
        return listed(
            [endpoint_object(r, services[r.service], ws, base, published[r.service][r.model_version]) for r in rows]
        )

    def add_device(self, request: Request, endpoint_id: str, device: str) -> Response:
        """A key for one desktop. It is in this answer and in no other."""
        return JSONResponse({"Key": self._access.add_device(self._one(request, endpoint_id), device)}, 201)

    def remove_device(self, request: Request, endpoint_id: str, device: str) -> Response:
        """Revoke the key of one desktop."""
        self._access.remove_device(self._one(request, endpoint_id), device)
        return Response(status_code=204)

    def _own(self, request: Request) -> list[EndpointRow]:
        customer_id = customer(request, self._snapshots)
        return [row for row in self._registry.endpoints() if row.customer_id == customer_id]

    def _one(self, request: Request, endpoint_id: str) -> EndpointRow:
        for row in self._own(request):
            if row.id == endpoint_id:
                return row
        raise not_found("EndpointNotFound", "There is no such endpoint.")
