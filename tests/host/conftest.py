"""A host with real endpoints, called over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from sqlalchemy import Engine
from structlog.testing import LogCapture

from tests.endpoints import tiny
from tests.endpoints.trials import remembered
from tests.host.operating import Operator
from worker.batch.templates import Templates
from worker.endpoints import Access, Models, NewEndpoint, Registry, Snapshots, Updates
from worker.host import Accounts, Area, HostLimits, HostServer, Management, Tables, Uploads, create_app
from worker.scoring import Transport
from worker.settings import Settings
from worker.store.engine import open_store


@dataclass
class Host:
    """A running host, its registry and what it logged."""

    url: str
    registry: Registry
    snapshots: Snapshots
    lines: list[Any]
    session: requests.Session = field(default_factory=requests.Session)

    def location(self, endpoint: NewEndpoint) -> str:
        return f"{self.url}/workspaces/default/services/{endpoint.endpoint.id}"

    def execute(
        self, endpoint: NewEndpoint, body: Any, query: str = "?api-version=2.0", key: str | None = None
    ) -> requests.Response:
        """Post JSON (or bytes as they are) with the endpoint's key."""
        data = {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Authorization": f"Bearer {endpoint.primary if key is None else key}"}
        return self.session.post(f"{self.location(endpoint)}/execute{query}", headers=headers, **data)


Open = Callable[..., Host]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Engine]:
    engine = open_store("", home)
    yield engine
    engine.dispose()


@pytest.fixture
def open_host(store: Engine, home: Path) -> Iterator[Open]:
    """Starts a host; `transport` answers for every remote model."""
    running: list[tuple[HostServer, Snapshots, requests.Session]] = []

    def start(
        limits: HostLimits | None = None,
        uploads: Uploads | None = None,
        transport: Transport | None = None,
        accounts: Accounts | None = None,
        clocks: dict[str, Any] | None = None,
        tables: Tables | None = None,
        area: Area | None = None,
        **settings: Any,
    ) -> Host:
        given: dict[str, Any] = {"transport_for": lambda *_: transport} if transport else {}
        capture = LogCapture()
        log = structlog.wrap_logger(None, processors=[capture])
        models, registry = Models(store, home, **given), Registry(store, home, trial=remembered, **given)
        snapshots = Snapshots(store, home, models)
        given_settings = Settings(home, {}, **settings)
        area = area or Area.of_home(home, given_settings)
        management = Management(registry, Updates(store, models), Access(store), snapshots, area)
        handed: dict[str, Any] = {"log": log, "limits": limits, "accounts": accounts, "area": area, **(clocks or {})}
        handed["templates"] = lambda: Templates(registry, home, time.time)
        app = create_app(snapshots, given_settings, uploads, management, tables=tables, **handed)
        server = HostServer(app, "127.0.0.1", 0)
        server.start()
        host = Host(server.url, registry, snapshots, capture.entries)
        running.append((server, snapshots, host.session))
        return host

    yield start
    for server, snapshots, session in running:
        session.close()
        server.stop()
        snapshots.close()


@pytest.fixture
def host(open_host: Open) -> Host:
    return open_host()


@pytest.fixture
def credit(host: Host) -> NewEndpoint:
    """An endpoint of the service `credit`, for the customer `acme`."""
    host.registry.add_service("credit", tiny.contract(), tiny.credit(), "Credit risk.")
    host.registry.add_customer("acme")
    made = host.registry.add_endpoint("credit", "main", "acme", description="For Acme.")
    host.snapshots.refresh()
    return made


@pytest.fixture
def ask(host: Host, credit: NewEndpoint, store: Engine) -> Operator:
    """An operator at a host with the service `credit`."""
    token = Access(store).add_token("ops")
    host.snapshots.refresh()
    return Operator(host, token)
