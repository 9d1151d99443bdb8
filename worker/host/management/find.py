"""Web services and endpoints as they are named in an address."""

from __future__ import annotations

from worker.endpoints import EndpointRow, Registry, ServiceRow, rules
from worker.host.refusals import not_found


def service_of(registry: Registry, service: str) -> ServiceRow:
    """A web service by name or id. Raises Refusal."""
    for row in registry.services():
        if service in {row.id, row.name}:
            return row
    raise not_found("WebServiceNotFound", "There is no such web service.")


def endpoint_of(registry: Registry, service: str, endpoint: str) -> EndpointRow:
    """An endpoint by the name or id of its service and its own name. Raises Refusal."""
    try:
        return registry.endpoint(f"{service_of(registry, service).name}/{endpoint}")
    except rules.Unknown:
        raise not_found("EndpointNotFound", "There is no such endpoint.") from None
