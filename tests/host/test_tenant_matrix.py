"""Every address x every kind of key x own, foreign and missing: who is let in; nobody learns what is not theirs."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.endpoints import tiny
from tests.host.conftest import Host, Open
from tests.host.operating import Operator
from worker.batch.tablejobs import UnknownJob
from worker.endpoints import Access, NewEndpoint
from worker.host import Management, create_app
from worker.settings import Settings

AT = "/workspaces/{ws}/services/{endpoint_id}"
V2 = "/v2/models/{endpoint_id}"
SERVICES = "/workspaces/{ws}/webservices"
ONE = f"{SERVICES}/{{service}}/endpoints/{{endpoint}}"
OWN = "/workspaces/{ws}/endpoints"
HELP = "/apihelp/workspaces/{ws}/webservices/{service}/endpoints/{endpoint_id}"

# Who is let in; what those get of a thing that is there (None: not asked) and of one that is not.
ADDRESSES: dict[str, tuple[str, int | None, int]] = {
    "GET /healthz": ("anyone", 200, 200),
    "GET /readyz": ("anyone", 200, 200),
    "GET /openapi.json": ("anyone", 200, 200),
    "GET /v2": ("anyone", 200, 200),
    "GET /v2/health/live": ("anyone", 200, 200),
    "GET /v2/health/ready": ("anyone", 200, 200),
    "GET /metrics": ("operator", 200, 200),
    f"POST {AT}/execute": ("endpoint", 400, 401),
    f"GET {AT}/swagger.json": ("endpoint", 200, 401),
    f"POST {AT}/workbooks": ("endpoint", 400, 401),
    f"GET {AT}/workbooks/{{job_id}}": ("endpoint", 404, 401),
    f"DELETE {AT}/workbooks/{{job_id}}": ("endpoint", 404, 401),
    f"GET {AT}/workbooks/{{job_id}}/result": ("endpoint", 404, 401),
    f"GET {AT}/workbooks/{{job_id}}/template": ("endpoint", 404, 401),
    "POST /workspaces/{ws}/workbooks": ("customer", 400, 400),
    "GET /workspaces/{ws}/workbooks/{job_id}": ("customer", 404, 404),
    "DELETE /workspaces/{ws}/workbooks/{job_id}": ("customer", 404, 404),
    "GET /workspaces/{ws}/workbooks/{job_id}/result": ("customer", 404, 404),
    "GET /workspaces/{ws}/workbooks/{job_id}/template": ("customer", 404, 404),
    f"POST {AT}/jobs": ("endpoint", 400, 401),
    f"POST {AT}/jobs/{{job_id}}/start": ("endpoint", 404, 401),
    f"GET {AT}/jobs/{{job_id}}": ("endpoint", 404, 401),
    f"DELETE {AT}/jobs/{{job_id}}": ("endpoint", 404, 401),
    f"POST {AT}/uploads": ("endpoint", 400, 401),
    "POST /workspaces/{ws}/uploads": ("operator", 400, 400),
    "GET /area/{owner}/{folder}/{name}": ("nobody", 404, 404),
    "PUT /area/{owner}/{folder}/{name}": ("nobody", 404, 404),
    f"GET {AT}/template": ("endpoint, customer or operator", 404, 404),
    "GET /workspaces/{ws}/templates": ("operator", 200, 200),
    f"GET {V2}": ("endpoint", 200, 401),
    f"GET {V2}/ready": ("endpoint", 200, 401),
    f"POST {V2}/infer": ("endpoint", 400, 401),
    f"GET {V2}/versions/{{version}}": ("endpoint", 200, 401),
    f"GET {V2}/versions/{{version}}/ready": ("endpoint", 200, 401),
    f"POST {V2}/versions/{{version}}/infer": ("endpoint", 400, 401),
    f"GET {HELP}/score": ("endpoint or operator", 200, 404),
    f"GET {HELP}/jobs": ("endpoint or operator", 200, 404),
    f"GET {HELP}/update": ("endpoint or operator", 200, 404),
    f"GET {HELP}/apidocument": ("endpoint or operator", 200, 404),
    f"GET {SERVICES}": ("operator", 200, 200),
    f"GET {SERVICES}/{{service}}": ("operator", 200, 204),
    f"PUT {SERVICES}/{{service}}": ("operator", None, 404),
    f"PATCH {SERVICES}/{{service}}": ("operator", 200, 404),
    f"DELETE {SERVICES}/{{service}}": ("operator", None, 404),
    f"GET {SERVICES}/{{service}}/versions": ("operator", 200, 204),
    f"POST {SERVICES}/{{service}}/versions": ("operator", None, 404),
    f"GET {SERVICES}/{{service}}/endpoints": ("operator", 200, 204),
    f"GET {ONE}": ("endpoint's own, or operator", 200, 204),
    f"PUT {ONE}": ("operator", 409, 404),
    f"PATCH {ONE}": ("operator", 200, 404),
    f"DELETE {ONE}": ("operator", None, 404),
    f"POST {ONE}/refresh": ("operator", 304, 404),
    f"POST {ONE}/keys/{{slot}}": ("operator", 400, 404),
    f"GET {OWN}": ("customer", 200, 200),
    f"PUT {OWN}/{{endpoint_id}}/devices/{{device}}": ("customer", 201, 404),
    f"DELETE {OWN}/{{endpoint_id}}/devices/{{device}}": ("customer", 204, 404),
}
KEYS = ("none", "wrong", "operator", "customer", "own", "device", "revoked", "expired")
BODY = {"Description": "As before."}
SERVICE_BODY = BODY | {
    "Contract": {},
    "Model": {"BaseLocation": "https://x.test/", "RelativeLocation": "m.onnx", "SasBlobToken": ""},
}
"""Nothing of weight may come of it, even where the key is right."""


def wanted(who: str, key: str, found: int | None, missing: int) -> tuple[int | None, int, int]:
    """Statuses for the own, the foreign and the missing."""
    letting_in = {
        "nobody": dict.fromkeys(KEYS, (missing, missing, missing)),
        "anyone": dict.fromkeys(KEYS, (found, found, found)),
        "operator": {"operator": (found, found, missing)},
        "customer": {"customer": (found, missing, missing)},
        "endpoint": {"own": (found, 401, 401), "device": (found, 401, 401), "expired": (403, 401, 401)},
        "endpoint or operator": {
            "own": (found, 401, 401),
            "device": (found, 401, 401),
            "expired": (403, 401, 401),
            "operator": (found, found, missing),
        },
        "endpoint, customer or operator": {
            "own": (found, 401, 401),
            "device": (found, 401, 401),
            "expired": (403, 401, 401),
            "customer": (found, missing, missing),
            "operator": (found, found, missing),
        },
        "endpoint's own, or operator": {
            "own": (found, missing, missing),
            "device": (found, missing, missing),
            "expired": (found, missing, missing),
            "operator": (found, found, missing),
        },
    }
    answers: Any = letting_in[who].get(key, (401, 401, 401))
    return answers


@dataclass
class World:
    """A host with an endpoint of one's own, a foreign one and one that has expired; the keys by kind."""

    host: Host
    endpoints: dict[str, NewEndpoint]
    keys: dict[str, str]

    def ask(self, address: str, key: str, target: str) -> requests.Response:
        method, path = address.split(" ")
        there = self.endpoints.get("expired" if (key, target) == ("expired", "own") else target)
        row = there.endpoint if there else None
        filled = path.format(
            ws="w",
            endpoint_id=row.id if row else uuid.uuid4(),
            endpoint=row.name if row else "none",
            service="credit" if row else "none",
            job_id="0" * 32,
            version=1,
            slot="third",
            device="a b",
            owner=row.id if row else uuid.uuid4(),
            folder="0" * 32,
            name="rows.csv",
        )
        headers = {"Authorization": f"Bearer {self.keys[key]}"} if key != "none" else {}
        given = BODY if "/endpoints/" in address else SERVICE_BODY
        body = {} if method in {"GET", "DELETE"} else {"json": given}
        return self.host.session.request(method, f"{self.host.url}{filled}", headers=headers, **body)


def no_such_job(endpoint_id: str, job_id: str) -> None:
    raise UnknownJob(job_id)


@pytest.fixture
def world(open_host: Open, store: Any) -> World:
    ticks = count()
    clocks = {"clock": lambda: next(ticks) * 100.0, "wall_clock": lambda: time.time() + 3600}
    nothing: Any = SimpleNamespace(state=lambda *_: None, start=no_such_job)
    host = open_host(uploads=nothing, tables=nothing, clocks=clocks)
    registry, access = host.registry, Access(store)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    registry.add_customer("other")
    endpoints = {
        "own": registry.add_endpoint("credit", "main", "acme"),
        "foreign": registry.add_endpoint("credit", "theirs", "other"),
        "expired": registry.add_endpoint("credit", "gone", "acme", expires_at=time.time() + 60),
    }
    registry.rotate_key(endpoints["own"].endpoint.id, "secondary")
    keys = {
        "none": "",
        "wrong": "wrong",
        "operator": access.add_token("ann"),
        "customer": access.add_token("acmes", "acme"),
        "own": endpoints["own"].primary,
        "device": access.add_device(endpoints["own"].endpoint, "desk"),
        "revoked": endpoints["own"].secondary,
        "expired": endpoints["expired"].primary,
    }
    host.snapshots.refresh()
    return World(host, endpoints, keys)


def addresses(home: Any) -> set[str]:
    """Every address of the application."""
    snapshots: Any = SimpleNamespace(models=None)
    management = Management(SimpleNamespace(), SimpleNamespace(), SimpleNamespace(), snapshots)  # type: ignore[arg-type]
    doors = ("area", "tables", "templates")
    routes: Any = create_app(
        snapshots, Settings(home, {}), SimpleNamespace(), management, **dict.fromkeys(doors, SimpleNamespace())
    ).routes  # type: ignore[arg-type]
    return {f"{method} {route.path}" for route in routes for method in route.methods - {"HEAD"}}


def told(answer: requests.Response) -> Any:
    """All that an answer tells, but for its id and the time."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-ms-request-id"}}
    return answer.status_code, headers, answer.content


def test_every_address_has_a_line(home: Any) -> None:
    """Whoever adds one says who is let in."""
    assert addresses(home) == set(ADDRESSES)


def test_who_is_let_in(world: World) -> None:
    """As the table has it, for every key and every thing; a foreign thing and a missing one are one answer."""
    wrong = []
    for address, (who, found, missing) in ADDRESSES.items():
        for key in KEYS:
            expected = wanted(who, key, found, missing)
            if None in expected:
                continue
            answers = [world.ask(address, key, target) for target in ("own", "foreign", "missing")]
            got = tuple(answer.status_code for answer in answers)
            if got != expected:
                wrong.append((address, key, got, expected))
            if key != "operator" and told(answers[1]) != told(answers[2]):
                wrong.append((address, key, told(answers[1]), told(answers[2])))
    assert wrong == []


def test_what_an_operator_alone_makes_and_removes(world: World) -> None:
    """What the table does not ask of an operator, on objects made for it; every other key is refused first."""
    ask = Operator(world.host, world.keys["operator"])
    first, second = ask.version(tiny.credit()), ask.version(tiny.credit(0.5))
    one, done = "/fresh/endpoints/main", []
    steps = [
        (f"PUT {SERVICES}/{{service}}", "/fresh", first, 201),
        (f"POST {SERVICES}/{{service}}/versions", "/fresh/versions", second, 201),
        (f"PUT {ONE}", one, {"Customer": "acme"}, 201),
        (f"DELETE {ONE}", one, None, 204),
        (f"DELETE {SERVICES}/{{service}}", "/fresh", None, 204),
    ]
    for address, path, body, status in steps:
        method = address.split(" ")[0]
        others = {key: ask(method, path, body, world.keys[key]).status_code for key in KEYS if key != "operator"}
        assert others == dict.fromkeys(others, 401)
        assert ask(method, path, body).status_code == status
        done.append(address)
    assert {address for address, (_, found, _) in ADDRESSES.items() if found is None} <= set(done)


def test_a_key_that_was_revoked_says_so_at_its_own_endpoint_only(world: World) -> None:
    """Everywhere else it is as wrong as any other."""
    address = f"GET {AT}/swagger.json"
    assert b"KeyRevoked" in world.ask(address, "revoked", "own").content
    assert told(world.ask(address, "revoked", "foreign")) == told(world.ask(address, "wrong", "foreign"))
