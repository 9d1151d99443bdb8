"""(e) A service with 10,000 endpoints against one with 10: a page of the list over HTTP, finding a key's endpoint, and
how soon a change of one endpoint is in force.
"""

from __future__ import annotations

import time
import timeit
import uuid
from dataclasses import dataclass
from functools import cache

import requests
from sqlalchemy import Engine, select

from tests.benchmarks.held import HELD, folder
from tests.benchmarks.table import Benchmark
from tests.endpoints import tiny
from worker.endpoints import Access, Models, NewEndpoint, Registry, Snapshots, Updates
from worker.endpoints.keys import digest
from worker.host import HostServer, Management, create_app
from worker.settings import Settings
from worker.store import open_store, tables

FEW, MANY = 10, 10_000
ROWS = 10


@dataclass(frozen=True)
class Hosted:
    """A host whose one service has so many endpoints, one of them `made`."""

    url: str
    token: str
    registry: Registry
    snapshots: Snapshots
    made: NewEndpoint


def benchmarks() -> list[Benchmark]:
    """Ratios of many to few, but for the last."""
    return [
        Benchmark(f"{MANY:,} endpoints: a page of {ROWS} of the list, of that with {FEW}", _page, at_most=1.5),
        Benchmark(f"{MANY:,} endpoints: finding a key's endpoint, of that with {FEW}", _look_up, at_most=1.5),
        Benchmark(f"{MANY:,} endpoints: one changed, until it is in force", _live, at_most=1, unit="s"),
    ]


def _page() -> float:
    few, many = (_hosted(count) for count in (FEW, MANY))
    with requests.Session() as session:

        def seconds(hosted: Hosted) -> float:
            def call() -> None:
                answer = session.get(
                    f"{hosted.url}/workspaces/default/webservices/cells/endpoints?limit={ROWS}",
                    headers={"Authorization": f"Bearer {hosted.token}"},
                )
                assert len(answer.json()) == ROWS

            return min(timeit.repeat(call, number=1, repeat=300))

        return seconds(many) / seconds(few)


def _look_up() -> float:
    def seconds(hosted: Hosted) -> float:
        current, made = hosted.snapshots.current(), hosted.made
        assert current.opened(made.endpoint.id, made.primary)
        return min(timeit.repeat(lambda: current.opened(made.endpoint.id, made.primary), number=2_000, repeat=9))

    return seconds(_hosted(MANY)) / seconds(_hosted(FEW))


def _live() -> float:
    hosted, new = _hosted(MANY), uuid.uuid4().hex
    began = time.monotonic()
    hosted.registry.change_endpoint(hosted.made.endpoint.id, description=new)
    while hosted.snapshots.current().endpoints[hosted.made.endpoint.id].description != new:
        time.sleep(0.005)
    return time.monotonic() - began


@cache
def _hosted(count: int) -> Hosted:
    home = folder()
    engine = open_store("", home)
    registry, access = Registry(engine, home), Access(engine)
    registry.add_service("cells", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    made = registry.add_endpoint("cells", "acme", "acme")
    _fill(engine, made, count - 2)  # `default` is there too
    token = access.add_token("operator")
    models = Models(engine, home)
    snapshots = HELD.enter_context(Snapshots(engine, home, models))
    management = Management(registry, Updates(engine, models), access, snapshots)
    app = create_app(snapshots, Settings(home, {}), management=management)
    server = HELD.enter_context(HostServer(app, "127.0.0.1", 0))
    return Hosted(server.url, token, registry, snapshots, made)


def _fill(engine: Engine, like: NewEndpoint, count: int) -> None:
    with engine.begin() as db:
        e = tables.endpoint
        row = dict(db.execute(select(e).where(e.c.id == like.endpoint.id)).mappings().one())
        more = [{**row, "id": uuid.uuid4().hex, "name": f"x{number}"} for number in range(count)]
        db.execute(e.insert(), more)
        keys = [
            {"id": uuid.uuid4().hex, "endpoint_id": each["id"], "slot": slot, "sha256": digest(f"{each['id']}{slot}")}
            for each in more
            for slot in ("primary", "secondary")
        ]
        db.execute(tables.key.insert(), [{**key, "hint": "", "created_at": 0.0} for key in keys])
