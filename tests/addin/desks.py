"""An endpoint in this process with everything the desk asks of one, and a desk that uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import structlog
from structlog.testing import LogCapture

from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.keystore import MemoryKeys
from addin.scorer import Scorer
from tests.endpoints.trials import remembered
from tests.host.conftest import Host
from tests.scoring.conftest import KEY, SCHEMA, score_rows
from worker.endpoints import Access, Models, Registry, Snapshots, Updates
from worker.host import HostServer, Management, create_app
from worker.host.swagger import swagger
from worker.scoring import (
    Answer,
    Columns,
    Endpoint,
    EndpointError,
    FakeEndpoint,
    Limits,
    Schema,
    Unauthorized,
)
from worker.scoring.http import Swagger
from worker.settings import Settings
from worker.store.engine import open_store

URL = "https://scores.example.com/workspaces/w1/services/e1"


class FakeHost:
    """What an HttpTransport is to the desk: it describes an endpoint and carries its calls. `version` and `schema` can
    be changed while it runs; `down` is raised for every question while it is set.
    """

    def __init__(self, schema: Schema = SCHEMA, score: Callable[[Columns], Columns] = score_rows, **given: Any) -> None:
        self.fake = FakeEndpoint(schema, score, **{"key": KEY} | given)
        self.schema = schema
        self.down: EndpointError | None = None
        self.questions: list[str] = []

    @property
    def version(self) -> str:
        return self.fake._answer[0]

    @version.setter
    def version(self, version: str) -> None:
        self.fake._answer = (version, None)

    def swagger(self, url: str, key: str, etag: str = "") -> Swagger:
        self.questions.append(etag)
        if self.down is not None:
            raise self.down
        if key != KEY:
            raise Unauthorized
        row: Any = SimpleNamespace(
            sample_data=True,
            service="credit",
            name="main",
            description="",
            contract_version=1,
            model_version=self.version,
        )
        body = orjson.dumps(swagger(row, self.schema, "/workspaces/w1/services/e1"))
        tag = f'"{sha256(body).hexdigest()}"'
        return Swagger(None if tag == etag else body, tag, self.version)

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        if self.down is not None:
            raise self.down
        return self.fake(endpoint, columns)


@dataclass
class MadeDesk:
    """A desk with one endpoint, `credit`; `time` is its clock, in seconds, and moves when it sleeps."""

    folder: Path
    host: FakeHost = field(default_factory=FakeHost)
    limits: Limits = field(default_factory=lambda: Limits(part_rows=10))
    time: float = 1000.0
    stopped: bool = False
    cached: bool = True

    def __post_init__(self) -> None:
        self.keys = MemoryKeys()
        transport: Any = self.host
        self.catalogue = Catalogue(self.folder, self.keys, transport=transport)
        self.cache = Cache(self.folder / "scores.db" if self.cached else None, b"secret", 50_000_000)
        self.catalogue.add("credit", URL, KEY)
        self.host.questions.clear()
        self.scorer = self.new_scorer()

    def new_scorer(self) -> Scorer:
        """One that has asked nothing yet, as after Excel was opened again."""
        return Scorer(
            self.catalogue,
            self.cache,
            limits=self.limits,
            stopped=lambda: self.stopped,
            clock=lambda: self.time,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@contextmanager
def running_host(home: Path) -> Iterator[Host]:
    """A real host on a loopback port, with nothing in it."""
    engine = open_store("", home)
    capture = LogCapture()
    log = structlog.wrap_logger(None, processors=[capture])
    models, registry = Models(engine, home), Registry(engine, home, trial=remembered)
    snapshots = Snapshots(engine, home, models)
    management = Management(registry, Updates(engine, models), Access(engine), snapshots)
    app = create_app(snapshots, Settings(home, {}), management=management, log=log)
    server = HostServer(app, "127.0.0.1", 0)
    server.start()
    host = Host(server.url, registry, snapshots, capture.entries)
    yield host
    host.session.close()
    server.stop()
    snapshots.close()
    engine.dispose()
