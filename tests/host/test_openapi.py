"""`/openapi.json` tells every address, and a fuzzer that reads it finds nothing.

`SHEETSCORE_FUZZ=500` makes the fuzzer try that many requests of each kind at each address.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.routing import Route

from tests.endpoints import tiny
from tests.endpoints.trials import remembered
from worker.batch.service import BatchService
from worker.batch.templates import Templates
from worker.endpoints import Access, Models, NewEndpoint, Registry, Snapshots, Updates
from worker.host import Area, HostServer, Management, create_app
from worker.host.openapi import openapi
from worker.settings import Settings
from worker.store import open_store

EXAMPLES = int(os.environ.get("SHEETSCORE_FUZZ", "8"))


def described() -> Any:
    """The application with every address, none of which works."""
    nothing: Any = SimpleNamespace(models=None)
    management = Management(nothing, nothing, nothing, nothing)
    return create_app(
        nothing, Settings(Path(), {}), nothing, management, area=nothing, tables=nothing, templates=nothing
    )


APP = described()
SPEC = openapi(APP)
SCHEMA = schemathesis.openapi.from_dict(SPEC)


@dataclass(frozen=True)
class Running:
    """A host with a service of two endpoints. What is called is not what is changed, lest its key go."""

    url: str
    called: NewEndpoint
    keys: dict[str, str]

    def aim(self, case: Case) -> dict[str, str]:
        """Where a part of the path names something, name what is there, but for removal; the key that it needs."""
        there = {"endpoint_id": self.called.endpoint.id, "version": "1"}
        there |= {"service": "credit", "endpoint": "changed"} if case.method != "DELETE" else {}
        for name in case.path_parameters.keys() & there.keys():
            case.path_parameters[name] = there[name]
        opened = next((who for part, who in OPENED_BY.items() if part in case.path), "operator")
        return {"Authorization": f"Bearer {self.keys[opened]}"}


OPENED_BY = {"/services/": "endpoint", "/v2/models/": "endpoint", "/workspaces/{ws}/endpoints": "customer"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The host, with every address."""
    home = tmp_path_factory.mktemp("home")
    engine = open_store("", home)
    models, registry = Models(engine, home), Registry(engine, home, trial=remembered)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    registry.add_endpoint("credit", "changed", "acme")
    called = registry.add_endpoint("credit", "called", "acme")
    keys = {"operator": Access(engine).add_token("ops"), "customer": Access(engine).add_token("acmes", "acme")}
    keys["endpoint"] = called.primary
    config = Settings(home, {})
    batch = BatchService(engine, home, config, models, serving=False)
    with Snapshots(engine, home, models) as snapshots, batch:
        area = Area.of_home(home, config)
        management = Management(registry, Updates(engine, models), Access(engine), snapshots, area)
        hours = itertools.count(0, 3600)  # the many wrong keys come one an hour
        doors = {"management": management, "area": area, "tables": batch.tables}
        doors["templates"] = lambda: Templates(registry, home, time.time)
        app = create_app(snapshots, config, batch.uploads, **doors, clock=lambda: float(next(hours)))
        with HostServer(app, "127.0.0.1", 0) as server:
            yield Running(server.url, called, keys)
    engine.dispose()


def test_every_address_is_told() -> None:
    """Each method of each route, those outside FastAPI too; errors and keys with each."""
    told = {(verb.upper(), path) for path, item in SPEC["paths"].items() for verb in item}
    there = {(m, r.path) for r in APP.routes if isinstance(r, Route) for m in (r.methods or set()) - {"HEAD"}}
    assert told == there
    operations = [operation for item in SPEC["paths"].values() for operation in item.values()]
    assert all("default" in operation["responses"] for operation in operations)
    unlocked = {path for path, item in SPEC["paths"].items() for each in item.values() if not each["security"]}
    assert unlocked == {"/healthz", "/readyz", "/openapi.json", "/v2", "/v2/health/live", "/v2/health/ready"}


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
def test_a_fuzzer_finds_nothing(case: Case, running: Running) -> None:
    """Answers are as they are told, nothing ends in 500, no address opens without a key.

    That what does not fit is refused is not asked where there is a query: classic clients send more, and it is left
    alone. Nor that all which fits is accepted of bodies, slots and devices: names, moments and contracts have rules of
    their own.
    """
    told = SPEC["paths"][case.path].get(case.method.lower(), {})
    has_query = any(parameter["in"] == "query" for parameter in told.get("parameters", []))
    has_rules = "requestBody" in told or "{slot}" in case.path or "{device}" in case.path
    excluded = [positive_data_acceptance] * has_rules + [negative_data_rejection] * has_query
    case.call_and_validate(base_url=running.url, headers=running.aim(case), excluded_checks=excluded)
