"""What a customer's token opens: the list of that customer's endpoints, and keys for single desktops."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from worker.endpoints import Access, EndpointRow, Registry, Snapshots
from worker.endpoints.access import CodeEnded
from worker.endpoints.keys import OF_CODES
from worker.host.access import bearer_key, customer
from worker.host.addresses import base_url
from worker.host.management.objects import DeviceKey, EndpointObject, endpoint_object, listed
from worker.host.management.routing import Router
from worker.host.refusals import not_found, not_managing

PREFIX = "/workspaces/{ws}/endpoints"


class OwnEndpoints:
    """The handlers. An endpoint of somebody else and one that is not there are one answer. In place of a token the code
    of a connection file lists its one endpoint, and makes one device key there.
    """

    def __init__(self, registry: Registry, access: Access, snapshots: Snapshots) -> None:
        self._registry = registry
        self._access = access
        self._snapshots = snapshots

    def add_to(self, router: Router) -> None:
        """Put the addresses into a router."""
        device = f"{PREFIX}/{{endpoint_id}}/devices/{{device}}"
        router.add("GET", PREFIX, self.list_own, ok200=list[EndpointObject], none204=None)
        router.add("PUT", device, self.add_device, made201=DeviceKey)
        router.add("DELETE", device, self.remove_device, none204=None)

    def list_own(self, request: Request, ws: str) -> Response:
        """The endpoints of the customer whose token it is, without keys."""
        rows = self._own(request)
        services = {row.name: row.id for row in self._registry.services()}
        published = {name: self._registry.published(name) for name in {row.service for row in rows} & set(services)}
        base = base_url(request)
        there = [row for row in rows if row.model_version in published.get(row.service, {})]  # others went meanwhile
        return listed(
            [endpoint_object(r, services[r.service], ws, base, published[r.service][r.model_version]) for r in there]
        )

    def add_device(self, request: Request, endpoint_id: str, device: str) -> Response:
        """A key for one desktop. It is in this answer and in no other."""
        endpoint, code = self._one(request, endpoint_id), _code(request)
        try:
            return JSONResponse({"Key": self._access.add_device(endpoint, device, code)}, 201)
        except CodeEnded:  # another used it since it was looked at
            raise not_managing() from None

    def remove_device(self, request: Request, endpoint_id: str, device: str) -> Response:
        """Revoke the key of one desktop."""
        if _code(request):
            raise not_managing()
        self._access.remove_device(self._one(request, endpoint_id), device)
        return Response(status_code=204)

    def _own(self, request: Request) -> list[EndpointRow]:
        if code := _code(request):
            known = self._access.opened_by_code(code)
            if known is None:
                raise not_managing()
            return [self._registry.endpoint(known)]
        return self._registry.endpoints(customer_id=customer(request, self._snapshots))

    def _one(self, request: Request, endpoint_id: str) -> EndpointRow:
        for row in self._own(request):
            if row.id == endpoint_id:
                return row
        raise not_found("EndpointNotFound", "There is no such endpoint.")


def _code(request: Request) -> str:
    """The code of a connection file that the request carries; "" for any other bearer."""
    bearer = bearer_key(request)
    return bearer if bearer.startswith(OF_CODES) else ""
