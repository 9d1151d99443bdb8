"""Connection files: a code signs one computer in, once, within seven days; it opens nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, select

from addin.catalogue import Catalogue
from addin.keystore import MemoryKeys
from addin.messages import explain
from addin.signin import BadConnectionFile, CodeRefused, connected
from tests.addin.desks import running_host
from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.endpoints import Access, NewEndpoint
from worker.endpoints.access import CODE_SECONDS
from worker.endpoints.keys import digest
from worker.host.throttle import MOST_FAILURES
from worker.scoring import DeviceTaken
from worker.store import tables
from worker.store.engine import open_store


@dataclass
class Desk:
    """A host with an endpoint for acme and one for bolt, and a person who has a connection file."""

    host: Host
    engine: Engine
    folder: Path
    acme: NewEndpoint
    bolt: NewEndpoint

    def __post_init__(self) -> None:
        self.access = Access(self.engine)
        self.catalogue = Catalogue(self.folder, MemoryKeys())

    def code(self, *, age: float = 0.0) -> str:
        """A code for acme's endpoint that was made so many seconds ago."""
        code, until = self.access.add_code(self.acme.endpoint)
        ours = tables.code.c.sha256 == digest(code)
        with self.engine.begin() as db:
            db.execute(tables.code.update().where(ours).values(expires_at=until - age))
        self.host.snapshots.refresh()
        return code

    def file(self, code: str) -> Path:
        file = self.folder / "acme.sheetscore.json"
        file.write_text(json.dumps({"address": self.host.location(self.acme), "code": code}))
        return file

    def ask(self, method: str, path: str, bearer: str) -> requests.Response:
        url = f"{self.host.url}/workspaces/w/endpoints{path}"
        return requests.request(method, url, headers={"Authorization": f"Bearer {bearer}"}, timeout=10)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "person").mkdir()
    with running_host(tmp_path / "host") as host:
        host.registry.add_service("credit", tiny.contract(), tiny.credit())
        made = []
        for name in ("acme", "bolt"):
            host.registry.add_customer(name)
            made.append(host.registry.add_endpoint("credit", name, name))
        host.snapshots.refresh()
        engine = open_store("", tmp_path / "host")
        yield Desk(host, engine, tmp_path / "person", *made)
        engine.dispose()


def devices(desk: Desk) -> list[str]:
    return [key.slot for key in desk.access.keys(desk.acme.endpoint) if key.slot.startswith("device:")]


def test_a_connection_file_signs_one_computer_in_once(desk: Desk) -> None:
    """A key of its own, which scores; a second time the code is as wrong as any other."""
    file = desk.file(desk.code())
    entry = connected(desk.catalogue, file, "Anna PC")
    assert (entry.name, devices(desk)) == ("credit/acme", ["device:Anna PC"])
    assert desk.catalogue.look(entry.name)[0].inputs == tiny.contract().inputs
    with pytest.raises(CodeRefused) as refused:
        connected(desk.catalogue, file, "Another PC")
    assert "used already, or is older than 7 days" in explain(refused.value, sheet=False)
    assert devices(desk) == ["device:Anna PC"]


def test_a_code_is_stored_hashed(desk: Desk) -> None:
    code = desk.code()
    with desk.engine.connect() as db:
        (row,) = db.execute(select(tables.code)).all()
    assert row.sha256 == digest(code)
    assert code not in str(row)
    assert row.expires_at - row.created_at == CODE_SECONDS


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_used_expired_and_wrong_codes_are_one_answer(desk: Desk, method: str) -> None:
    """And that of a wrong token: 401, counted like any wrong key."""
    used, old = desk.code(), desk.code(age=CODE_SECONDS + 1)
    path = f"/{desk.acme.endpoint.id}/devices/PC"
    assert desk.ask("PUT", path, used).status_code == 201
    answers = [desk.ask(method, path if method == "PUT" else "", bearer) for bearer in (used, old, "ssc_no", "sst_no")]
    told = [(answer.status_code, {**answer.json()["error"]}) for answer in answers]
    assert [status for status, _ in told] == [401] * 4
    assert all(error == told[0][1] for _, error in told)


def test_a_code_opens_its_own_endpoint_and_nothing_else(desk: Desk) -> None:
    """It lists one endpoint; another customer's is not there; it takes no key away, and scores nothing."""
    code = desk.code()
    listed = desk.ask("GET", "", code).json()
    assert [(one["WebServiceName"], one["Name"]) for one in listed] == [("credit", "acme")]
    assert desk.ask("PUT", f"/{desk.bolt.endpoint.id}/devices/PC", code).status_code == 404
    assert desk.ask("PUT", "/none/devices/PC", code).status_code == 404
    desk.access.add_device(desk.acme.endpoint, "theirs")
    assert desk.ask("DELETE", f"/{desk.acme.endpoint.id}/devices/theirs", code).status_code == 401
    location = desk.host.location(desk.acme)
    headers = {"Authorization": f"Bearer {code}"}
    assert requests.get(f"{location}/swagger.json", headers=headers, timeout=10).status_code == 401
    assert desk.ask("PUT", f"/{desk.acme.endpoint.id}/devices/PC", code).status_code == 201


def test_a_code_ends_with_its_endpoint(desk: Desk) -> None:
    code = desk.code()
    desk.host.registry.remove_endpoint("credit/acme")
    desk.host.snapshots.refresh()
    assert desk.ask("GET", "", code).status_code == 401
    with desk.engine.connect() as db:
        assert db.execute(select(tables.code)).all() == []


def test_of_many_that_use_a_code_at_once_one_gets_a_key(desk: Desk) -> None:
    code, statuses = desk.code(), list[int]()

    def use(number: int) -> None:
        statuses.append(desk.ask("PUT", f"/{desk.acme.endpoint.id}/devices/PC {number}", code).status_code)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, *[401] * 7]
    assert len(devices(desk)) == 1


def test_a_name_that_is_taken_leaves_the_code(desk: Desk) -> None:
    """The key there is somebody's; the code still works under another name."""
    desk.access.add_device(desk.acme.endpoint, "PC")
    file = desk.file(desk.code())
    with pytest.raises(DeviceTaken):
        connected(desk.catalogue, file, "PC")
    assert connected(desk.catalogue, file, "PC 2").name == "credit/acme"


@pytest.mark.parametrize("text", ["", "[]", "no", '{"address": "x"}', '{"code": 1}'])
def test_a_file_that_is_no_connection_file_is_told(desk: Desk, text: str) -> None:
    file = desk.folder / "x.json"
    file.write_text(text)
    with pytest.raises(BadConnectionFile):
        connected(desk.catalogue, file, "PC")


def test_guessing_codes_is_slowed_down_like_guessing_keys(desk: Desk) -> None:
    """After sixty in a minute the address is told to wait; a right code is still served from there."""
    code = desk.code()
    statuses = [desk.ask("GET", "", f"ssc_{number}").status_code for number in range(MOST_FAILURES + 1)]
    assert statuses == [401] * MOST_FAILURES + [429]
    assert desk.ask("GET", "", code).status_code == 200


def test_codes_that_were_not_used_are_taken_back(desk: Desk) -> None:
    """All of one endpoint, whoever has them; another endpoint's stay, and so do keys that were made."""
    used, first, second = desk.code(), desk.code(), desk.code()
    other, _ = desk.access.add_code(desk.bolt.endpoint)
    assert desk.ask("PUT", f"/{desk.acme.endpoint.id}/devices/PC", used).status_code == 201
    assert desk.access.remove_codes(desk.acme.endpoint) == 2
    desk.host.snapshots.refresh()
    assert [desk.ask("GET", "", code).status_code for code in (first, second, other)] == [401, 401, 200]
    assert devices(desk) == ["device:PC"]
