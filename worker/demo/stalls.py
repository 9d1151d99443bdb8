"""Who takes part in the demonstration: two web services, three customers, an endpoint for each."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from worker.demo import material
from worker.endpoints import EndpointRow, Registry


@dataclass(frozen=True, slots=True)
class Stall:
    """One customer of the demonstration with an endpoint and the key that was made for this run."""

    endpoint: EndpointRow
    key: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a customer has: an endpoint of a service, pinned to a version, and a language."""

    service: str
    version: int
    language: str = "en"


CUSTOMERS = {
    "harbour": Part(material.SERVICE, 1),
    "meadow": Part(material.SERVICE, 2, "de"),
    "runway": Part(material.FLIGHTS, 1),
}
"""By name, which is the endpoint's too."""

APPLICANTS = ("harbour", "meadow")
"""Those who drop a workbook of their own."""

TEMPLATES = ("meadow", "runway")
"""Those who fill in a template."""


def set_up(registry: Registry, console: Console) -> dict[str, Stall]:
    """Make what is not there yet, as a run may have been ended between any two steps; the endpoints by customer."""
    console.print(f"1. Web service '{material.SERVICE}': German credit data, 1,000 real applicants, two model versions")
    console.print(f"   Web service '{material.FLIGHTS}': flights from New York City in 2013, one model version")
    _publish(registry)
    console.print("2. Three customers, an endpoint for each, pinned to different versions")
    customers = {customer.name for customer in registry.customers()}
    endpoints = {(row.service, row.name): row for row in registry.endpoints()}
    stalls = {}
    for name, part in CUSTOMERS.items():
        if name not in customers:
            registry.add_customer(name, part.language)
        if there := endpoints.get((part.service, name)):
            stall = Stall(there, registry.rotate_key(there.id, "primary"))
        else:
            made = registry.add_endpoint(part.service, name, name, part.version)
            stall = Stall(made.endpoint, made.primary)
        pinned = f"{part.service} version {stall.endpoint.model_version}"
        console.print(f"   {name:8} {pinned:20} endpoint id {stall.endpoint.id}")
        stalls[name] = stall
    return stalls


def _publish(registry: Registry) -> None:
    there = {service.name for service in registry.services()}
    if material.SERVICE not in there:
        about = "Probability that a loan is not paid back"
        registry.add_service(material.SERVICE, material.contract(), material.model(1), about)
    if registry.service(material.SERVICE).newest == 1:
        registry.publish(material.SERVICE, material.contract(), material.model(2))
    if material.FLIGHTS not in there:
        about = "Minutes by which a flight arrives late"
        model = material.model(1, material.FLIGHTS)
        registry.add_service(material.FLIGHTS, material.contract(material.FLIGHTS), model, about)
