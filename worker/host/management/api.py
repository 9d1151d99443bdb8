"""Management over HTTP: web services, their versions and endpoints, settings, models, refresh, keys.

An operator's token does everything here, an endpoint's own key reads that endpoint. Decided otherwise than classic:
keys are shown once, in the answer that makes them, and are null ever after; PUT on an existing name is 409 and shows no
key; a foreign and a missing endpoint are one answer, 204 to GET and 404 to the rest.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from worker.endpoints import Access, Change, EndpointRow, NewEndpoint, Registry, RuleError, Snapshots, Updates, rules
from worker.endpoints.updates import check_movable
from worker.host.access import bearer_key, operator
from worker.host.addresses import base_url
from worker.host.area import Area
from worker.host.management.find import endpoint_of, service_of
from worker.host.management.models import model_at
from worker.host.management.objects import (
    EndpointObject,
    PrimaryKey,
    SecondaryKey,
    endpoint_object,
    listed,
    resource_name,
)
from worker.host.management.own import OwnEndpoints
from worker.host.management.refused import broken_rule, misread
from worker.host.management.routing import Router
from worker.host.management.services import PREFIX, Services
from worker.host.management.wire import NewSettings, Patch, Refresh
from worker.host.refusals import Detail, Refusal, bad_argument, not_found


class Management:
    """The handlers of endpoints. Each runs in a thread: the store may keep it waiting."""

    def __init__(
        self, registry: Registry, updates: Updates, access: Access, snapshots: Snapshots, area: Area | None = None
    ) -> None:
        """Without an upload area no model can be referred to."""
        self._registry = registry
        self._access = access
        self._updates = updates
        self._snapshots = snapshots
        self._area = area

    def add_to(self, app: FastAPI) -> None:
        """Put the addresses into an application."""
        router = Router(app, self._snapshots)
        Services(self._registry, self._snapshots, self._area).add_to(router)
        every, one = f"{PREFIX}/{{service}}/endpoints", f"{PREFIX}/{{service}}/endpoints/{{endpoint}}"
        router.add("GET", every, self.list_endpoints, ok200=list[EndpointObject], none204=None)
        router.add("GET", one, self.get_endpoint, ok200=EndpointObject, none204=None)
        router.add("PUT", one, self.make_endpoint, made201=EndpointObject)
        router.add("PATCH", one, self.patch_endpoint, ok200=EndpointObject, same304=None)
        router.add("DELETE", one, self.remove_endpoint, none204=None)
        router.add("POST", f"{one}/refresh", self.refresh_endpoint, ok200=EndpointObject, same304=None)
        router.add("POST", f"{one}/keys/{{slot}}", self.rotate_key, ok200=PrimaryKey | SecondaryKey)
        OwnEndpoints(self._registry, self._access, self._snapshots).add_to(router)
        app.add_exception_handler(RuleError, broken_rule)
        app.add_exception_handler(RequestValidationError, misread)

    def list_endpoints(
        self,
        request: Request,
        ws: str,
        service: str,
        limit: Annotated[int | None, Query(ge=1, le=10_000, description="At most so many, by name.")] = None,
        after: Annotated[str, Query(max_length=24, description="Only those whose names come after this one.")] = "",
    ) -> Response:
        """The endpoints of a web service, all of them or a page."""
        operator(request, self._snapshots)
        with suppress(Refusal):
            found = service_of(self._registry, service)
            rows = self._registry.endpoints(service=found.name, after=after, limit=limit)
            published = self._registry.published(found.name)  # after the rows, which may pin what came this moment
            base = base_url(request)
            there = [row for row in rows if row.model_version in published]
            return listed([endpoint_object(r, found.id, ws, base, published[r.model_version]) for r in there])
        return Response(status_code=204)

    def get_endpoint(self, request: Request, ws: str, service: str, endpoint: str) -> Response:
        """One endpoint, for an operator or with its own key."""
        own = self._snapshots.current().owner(bearer_key(request))
        if own is None:
            operator(request, self._snapshots)
        with suppress(Refusal):
            row = endpoint_of(self._registry, service, endpoint)
            if own is None or own.id == row.id:
                return JSONResponse(self._object(request, ws, row))
        return Response(status_code=204)

    def make_endpoint(self, request: Request, ws: str, service: str, endpoint: str, settings: NewSettings) -> Response:
        """Make an endpoint. Its two keys are in this answer and in no other."""
        operator(request, self._snapshots)
        values = settings.given()
        name, customer = service_of(self._registry, service).name, settings.Customer or endpoint
        unnamed = settings.Customer is None
        made = self._registry.add_endpoint(
            name, endpoint, customer, settings.ModelVersion, new_customer=unnamed, **values
        )
        return JSONResponse(self._object(request, ws, made.endpoint, made), 201)

    def patch_endpoint(self, request: Request, ws: str, service: str, endpoint: str, patch: Patch) -> Response:
        """Change settings, or the model. What is not given stays; 304 when nothing changes."""
        who = operator(request, self._snapshots)
        row = endpoint_of(self._registry, service, endpoint)
        values = rules.checked_settings(patch.given(), row.throttle_level, row.max_concurrent_calls)
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        moved = self._moved(row, patch, who)
        if not changed and moved is None:
            return Response(status_code=304)
        return JSONResponse(self._object(request, ws, self._registry.change_endpoint(row.id, **changed)))

    def refresh_endpoint(
        self, request: Request, ws: str, service: str, endpoint: str, wanted: Refresh | None = None
    ) -> Response:
        """Take the newest contract, and with `OverwriteResources` the newest model. 304 when nothing changes."""
        who = operator(request, self._snapshots)
        row = endpoint_of(self._registry, service, endpoint)
        overwrite = wanted is not None and wanted.overwrites()
        if self._updates.refresh(row, overwrite=overwrite, who=who) is None:
            return Response(status_code=304)
        return JSONResponse(self._object(request, ws, self._registry.endpoint(row.id)))

    def rotate_key(self, request: Request, service: str, endpoint: str, slot: str) -> Response:
        """Put a new key in place of `primary` or `secondary`; the other stays valid."""
        operator(request, self._snapshots)
        key = self._registry.rotate_key(endpoint_of(self._registry, service, endpoint).id, slot)
        return JSONResponse({"PrimaryKey" if slot == "primary" else "SecondaryKey": key})

    def remove_endpoint(self, request: Request, service: str, endpoint: str) -> Response:
        """Remove an endpoint with its keys and the models sent to it alone."""
        operator(request, self._snapshots)
        self._registry.remove_endpoint(endpoint_of(self._registry, service, endpoint).id)
        return Response(status_code=204)

    def _moved(self, row: EndpointRow, patch: Patch, who: str) -> Change | None:
        if patch.ContractVersion not in {None, row.contract_version}:
            if patch.Resources is not None or patch.ModelVersion != patch.ContractVersion:
                raise bad_argument(Detail("BadParameterValue", "Give ContractVersion with the same ModelVersion."))
            return self._updates.roll_back(row, patch.ModelVersion, who)
        if patch.Resources is None:
            return None if patch.ModelVersion is None else self._updates.set_model(row, patch.ModelVersion, who)
        if patch.ModelVersion is not None:
            raise bad_argument(Detail("BadParameterValue", "Give either ModelVersion or Resources."))
        if [resource.Name for resource in patch.Resources] != [resource_name(row.service)]:
            wanted = f"Resources must name one resource of the endpoint, {resource_name(row.service)!r}."
            raise bad_argument(Detail("InvalidResourceName" if patch.Resources else "MissingResources", wanted))
        check_movable(row, "model")
        return self._registry.send_model(row, model_at(self._area, patch.Resources[0].Location.given()), who)

    def _object(self, request: Request, ws: str, row: EndpointRow, keys: NewEndpoint | None = None) -> EndpointObject:
        service = self._registry.service(row.service)
        published = self._registry.published(row.service).get(row.model_version)
        if published is None:
            raise not_found("EndpointNotFound", "The endpoint was changed or removed meanwhile.")
        return endpoint_object(row, service.id, ws, base_url(request), published, keys)
