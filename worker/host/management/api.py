"""Management over HTTP: web services and their endpoints, settings, refresh, keys.

An operator's token does everything here, an endpoint's own key reads that endpoint. Decided otherwise than classic:
keys are shown once, in the answer that makes them, and are null ever after; PUT on an existing name is 409 and shows no
key; a foreign and a missing endpoint are one answer, 204 to GET and 404 to the rest.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from worker.endpoints import (
    Access,
    EndpointRow,
    NewEndpoint,
    Registry,
    RuleError,
    ServiceRow,
    Snapshots,
    Updates,
    rules,
)
from worker.host.access import bearer_key, operator
from worker.host.management.own import OwnEndpoints
from worker.host.management.refused import broken_rule, misread
from worker.host.management.wire import (
    NewSettings,
    Patch,
    Refresh,
    address_of,
    endpoint_object,
    listed,
    service_object,
)
from worker.host.refusals import Refusal, not_found

PREFIX = "/workspaces/{ws}/webservices"


class Management:
    """The handlers. Each runs in a thread: the store may keep it waiting."""

    def __init__(self, registry: Registry, updates: Updates, access: Access, snapshots: Snapshots) -> None:
        self._registry = registry
        self._access = access
        self._updates = updates
        self._snapshots = snapshots

    def add_to(self, app: FastAPI) -> None:
        """Put the addresses into an application."""
        one = f"{PREFIX}/{{service}}/endpoints/{{endpoint}}"
        for method, path, handler in (
            ("GET", PREFIX, self.list_services),
            ("GET", f"{PREFIX}/{{service}}", self.get_service),
            ("GET", f"{PREFIX}/{{service}}/endpoints", self.list_endpoints),
            ("GET", one, self.get_endpoint),
            ("PUT", one, self.make_endpoint),
            ("PATCH", one, self.patch_endpoint),
            ("DELETE", one, self.remove_endpoint),
            ("POST", f"{one}/refresh", self.refresh_endpoint),
            ("POST", f"{one}/keys/{{slot}}", self.rotate_key),
        ):
            app.add_api_route(path, handler, methods=[method], response_model=None)
        OwnEndpoints(self._registry, self._access, self._snapshots).add_to(app)
        app.add_exception_handler(RuleError, broken_rule)
        app.add_exception_handler(RequestValidationError, misread)

    def list_services(self, request: Request, ws: str) -> Response:
        """The web services."""
        operator(request, self._snapshots)
        return listed([service_object(row, ws) for row in self._registry.services()])

    def get_service(self, request: Request, ws: str, service: str) -> Response:
        """One web service, by name or id."""
        operator(request, self._snapshots)
        with suppress(Refusal):
            return JSONResponse(service_object(self._service(service), ws))
        return Response(status_code=204)

    def list_endpoints(self, request: Request, ws: str, service: str) -> Response:
        """The endpoints of a web service."""
        operator(request, self._snapshots)
        with suppress(Refusal):
            found = self._service(service)
            published = self._registry.published(found.name)
            base = address_of(request)
            rows = self._registry.endpoints(service=found.name)
            return listed([endpoint_object(r, found.id, ws, base, published[r.model_version]) for r in rows])
        return Response(status_code=204)

    def get_endpoint(self, request: Request, ws: str, service: str, endpoint: str) -> Response:
        """One endpoint, for an operator or with its own key."""
        own = self._snapshots.current().owner(bearer_key(request))
        if own is None:
            operator(request, self._snapshots)
        with suppress(Refusal):
            row = self._endpoint(service, endpoint)
            if own is None or own.id == row.id:
                return JSONResponse(self._object(request, ws, row))
        return Response(status_code=204)

    def make_endpoint(self, request: Request, ws: str, service: str, endpoint: str, settings: NewSettings) -> Response:
        """Make an endpoint. Its two keys are in this answer and in no other."""
        operator(request, self._snapshots)
        values = settings.given()
        name, customer = self._service(service).name, settings.Customer or endpoint
        if settings.Customer is None:
            rules.check_name("endpoint", endpoint)
            with suppress(rules.NameTaken):
                self._registry.add_customer(customer)
        made = self._registry.add_endpoint(name, endpoint, customer, settings.ModelVersion, **values)
        return JSONResponse(self._object(request, ws, made.endpoint, made), 201)

    def patch_endpoint(self, request: Request, ws: str, service: str, endpoint: str, patch: Patch) -> Response:
        """Change settings, or the version whose model the endpoint takes. What is not given stays."""
        who = operator(request, self._snapshots)
        row, values = self._endpoint(service, endpoint), patch.given()
        rules.checked_settings(values, row.throttle_level, row.max_concurrent_calls)
        if patch.ModelVersion is not None:
            self._updates.set_model(row, patch.ModelVersion, who)
        return JSONResponse(self._object(request, ws, self._registry.change_endpoint(row.id, **values)))

    def refresh_endpoint(
        self, request: Request, ws: str, service: str, endpoint: str, wanted: Refresh | None = None
    ) -> Response:
        """Take the newest contract, and with `OverwriteResources` the newest model. 304 when nothing changes."""
        who = operator(request, self._snapshots)
        row = self._endpoint(service, endpoint)
        overwrite = wanted is not None and wanted.OverwriteResources
        if self._updates.refresh(row, overwrite=overwrite, who=who) is None:
            return Response(status_code=304)
        return JSONResponse(self._object(request, ws, self._registry.endpoint(row.id)))

    def rotate_key(self, request: Request, service: str, endpoint: str, slot: str) -> Response:
        """Put a new key in place of `primary` or `secondary`; the other stays valid."""
        operator(request, self._snapshots)
        key = self._registry.rotate_key(self._endpoint(service, endpoint).id, slot)
        return JSONResponse({"PrimaryKey" if slot == "primary" else "SecondaryKey": key})

    def remove_endpoint(self, request: Request, service: str, endpoint: str) -> Response:
        """Remove an endpoint and its keys."""
        operator(request, self._snapshots)
        self._registry.remove_endpoint(self._endpoint(service, endpoint).id)
        return Response(status_code=204)

    def _service(self, service: str) -> ServiceRow:
        for row in self._registry.services():
            if service in {row.id, row.name}:
                return row
        raise not_found("WebServiceNotFound", "There is no such web service.")

    def _endpoint(self, service: str, endpoint: str) -> EndpointRow:
        try:
            return self._registry.endpoint(f"{self._service(service).name}/{endpoint}")
        except rules.Unknown:
            raise not_found("EndpointNotFound", "There is no such endpoint.") from None

    def _object(self, request: Request, ws: str, row: EndpointRow, keys: NewEndpoint | None = None) -> dict[str, Any]:
        service = self._registry.service(row.service)
        published = self._registry.published(row.service)[row.model_version]
        return endpoint_object(row, service.id, ws, address_of(request), published, keys)
