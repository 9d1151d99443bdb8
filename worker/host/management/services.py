"""Web services and their versions over HTTP, for operators. A model is a file that was uploaded before."""

from __future__ import annotations

from contextlib import suppress

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from worker.endpoints import Registry, Snapshots
from worker.host.access import operator
from worker.host.addresses import base_url
from worker.host.area import Area
from worker.host.management.find import service_of
from worker.host.management.models import model_at
from worker.host.management.objects import (
    NewServiceObject,
    ServiceObject,
    VersionObject,
    endpoint_object,
    listed,
    service_object,
    version_object,
)
from worker.host.management.routing import Router
from worker.host.management.wire import Description, NewService, NewVersion
from worker.host.refusals import Refusal

PREFIX = "/workspaces/{ws}/webservices"


class Services:
    """The handlers. Each runs in a thread: a model is tried before it is published."""

    def __init__(self, registry: Registry, snapshots: Snapshots, area: Area | None) -> None:
        self._registry = registry
        self._snapshots = snapshots
        self._area = area

    def add_to(self, router: Router) -> None:
        """Put the addresses into a router."""
        one = f"{PREFIX}/{{service}}"
        router.add("GET", PREFIX, self.list_services, ok200=list[ServiceObject], none204=None)
        router.add("GET", one, self.get_service, ok200=ServiceObject, none204=None)
        router.add("PUT", one, self.make_service, made201=NewServiceObject)
        router.add("PATCH", one, self.patch_service, ok200=ServiceObject)
        router.add("DELETE", one, self.remove_service, none204=None)
        router.add("GET", f"{one}/versions", self.list_versions, ok200=list[VersionObject], none204=None)
        router.add("POST", f"{one}/versions", self.publish_version, made201=VersionObject)

    def list_services(self, request: Request, ws: str) -> Response:
        """The web services."""
        operator(request, self._snapshots)
        return listed([service_object(row, ws) for row in self._registry.services()])

    def get_service(self, request: Request, ws: str, service: str) -> Response:
        """One web service, by name or id."""
        operator(request, self._snapshots)
        with suppress(Refusal):
            return JSONResponse(service_object(service_of(self._registry, service), ws))
        return Response(status_code=204)

    def make_service(self, request: Request, ws: str, service: str, wanted: NewService) -> Response:
        """Publish an uploaded model as a new web service. The two keys of its `default` endpoint are in this answer."""
        operator(request, self._snapshots)
        model = model_at(self._area, wanted.Model.given())
        made = self._registry.add_service(service, wanted.schema_given(), model, wanted.Description)
        row, default = self._registry.service(service), made.endpoint
        published = self._registry.published(service)[default.model_version]
        shown = endpoint_object(default, row.id, ws, base_url(request), published, made)
        answer: NewServiceObject = {**service_object(row, ws), "DefaultEndpoint": shown}
        return JSONResponse(answer, 201)

    def patch_service(self, request: Request, ws: str, service: str, change: Description) -> Response:
        """Change the description of a web service."""
        operator(request, self._snapshots)
        row = service_of(self._registry, service)
        return JSONResponse(service_object(self._registry.describe_service(row.name, change.Description), ws))

    def remove_service(self, request: Request, service: str) -> Response:
        """Remove a web service that no customer has an endpoint of, with its versions and models."""
        who = operator(request, self._snapshots)
        self._registry.remove_service(service_of(self._registry, service).name, who)
        return Response(status_code=204)

    def list_versions(self, request: Request, service: str) -> Response:
        """The versions of a web service, oldest first."""
        operator(request, self._snapshots)
        with suppress(Refusal):
            return listed(self._versions(service_of(self._registry, service).name))
        return Response(status_code=204)

    def publish_version(self, request: Request, service: str, wanted: NewVersion) -> Response:
        """Publish an uploaded model as the next version. `default` follows, no other endpoint does."""
        who = operator(request, self._snapshots)
        name = service_of(self._registry, service).name
        model = model_at(self._area, wanted.Model.given())
        number = self._registry.publish(name, wanted.schema_given(), model, who)
        (made,) = (version for version in self._versions(name) if version["Number"] == number)
        return JSONResponse(made, 201)

    def _versions(self, service: str) -> list[VersionObject]:
        names = {row.id: row.name for row in self._registry.endpoints(service=service)}
        return [version_object(row, names) for row in self._registry.versions(service)]
