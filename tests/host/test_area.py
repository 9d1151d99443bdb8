"""The upload area: who holds a link puts and fetches one file for a day; nobody else learns that there is one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.endpoints import tiny
from tests.endpoints.trials import remembered
from worker.endpoints import Access, NewEndpoint, Registry, Snapshots
from worker.host import HostServer, create_app
from worker.host.area import LINK_SECONDS, Area, AreaLimits, safe_name
from worker.host.links import Links
from worker.host.listed import LocationRefused
from worker.host.refusals import Refusal
from worker.settings import Settings

DAY = 24 * 3600.0
ROWS = b"Age,Income\r\n40,1000\r\n"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def area(home: Path, clock: Clock) -> Area:
    return Area(home, Links(b"k" * 32), AreaLimits(2, 3, 7), clock=clock)


class Site:
    """A host with an area, and what its callers do."""

    def __init__(self, url: str, main: NewEndpoint, token: str) -> None:
        self.url, self.main, self.token = url, main, token
        self.location = f"{url}/workspaces/default/services/{main.endpoint.id}"

    def offer(self, name: str = "rows.csv", key: str | None = None, url: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {key or self.main.primary}"}
        return requests.post(f"{url or self.location}/uploads", params={"name": name}, headers=headers)

    def uploaded(self, name: str = "rows.csv", data: bytes = ROWS) -> dict[str, str]:
        reference = self.offer(name).json()
        assert requests.put(link(reference), data=data).status_code == 201
        return reference


def link(reference: dict[str, str]) -> str:
    return reference["BaseLocation"] + reference["RelativeLocation"] + reference["SasBlobToken"]


@pytest.fixture
def site(store, home: Path, main, area: Area) -> Iterator[Site]:
    token = Access(store).add_token("ops")
    with (
        Snapshots(store, home) as snapshots,
        HostServer(create_app(snapshots, Settings(home, {}), area=area), "127.0.0.1", 0) as server,
    ):
        yield Site(server.url, main, token)


@pytest.fixture
def main(store, home: Path) -> NewEndpoint:
    registry = Registry(store, home, trial=remembered)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    return registry.add_endpoint("credit", "main", "acme")


def test_a_file_comes_and_goes_by_its_reference(site: Site, area: Area) -> None:
    offered = site.offer()
    assert offered.status_code == 201
    reference = offered.json()
    assert reference["BaseLocation"] == f"{site.url}/"
    assert reference["RelativeLocation"].startswith(f"area/{site.main.endpoint.id}/")
    assert reference["SasBlobToken"].startswith("?se=2027-01-16T08%3A00%3A00Z&sp=rw&sig=")
    assert requests.get(link(reference)).status_code == 404
    assert requests.put(link(reference), data=ROWS).status_code == 201
    answer = requests.get(link(reference))
    assert (answer.content, answer.headers["cache-control"]) == (ROWS, "no-store")
    assert area.resolve(reference).read_bytes() == ROWS


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_only_this_account_reads_the_area(site: Site, home: Path) -> None:
    """Every folder down to the file, and the file."""
    site.uploaded()
    open_to_others = [path for path in (home / "area", *(home / "area").rglob("*")) if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_operators_have_a_place_of_their_own(site: Site) -> None:
    workspace = f"{site.url}/workspaces/default"
    offered = site.offer("m.onnx", site.token, workspace)
    assert offered.json()["RelativeLocation"].startswith("area/operators/")
    assert offered.json()["RelativeLocation"].endswith("/m.onnx")
    assert site.offer("m.onnx", site.main.primary, workspace).status_code == 401
    assert site.offer(key=site.token).status_code == 401
    assert site.offer("").json()["error"]["details"][0]["code"] == "InvalidQueryParameter"


def test_forged_foreign_missing_and_ended_links_are_answered_alike(site: Site, clock: Clock) -> None:
    reference, other = site.uploaded(), site.uploaded("other.csv")
    unsent = site.offer().json()
    path, token = reference["BaseLocation"] + reference["RelativeLocation"], reference["SasBlobToken"]
    later = site.uploaded("later.csv")
    wrong = [
        path,
        path + token[:-5] + "AAAA=",
        path + token.replace("2027", "2028"),
        path + token.replace("sp=rw", "sp=r"),
        path + other["SasBlobToken"],
        link(unsent),
        f"{site.url}/area/operators/{'0' * 32}/secret.key{token}",
        f"{site.url}/area/operators/..%2f..%2f/secret.key{token}",
        f"{path}{token}&sig=x",
    ]
    bodies = {(found.status_code, found.text) for found in map(requests.get, wrong)}
    clock.now += LINK_SECONDS
    bodies |= {(found.status_code, found.text) for found in [requests.get(link(later))]}
    assert len({text for status, text in bodies if "BlobNotFound" in text}) == 1
    assert {status for status, _ in bodies} == {404}
    assert requests.put(link(later), data=b"x").status_code == 404


def test_a_reading_link_writes_nothing(site: Site, area: Area) -> None:
    reference = site.uploaded()
    reading = area.reference(site.url, reference["RelativeLocation"])
    assert requests.put(link(reading), data=b"other").status_code == 404
    assert requests.get(link(reading)).content == ROWS


def test_nothing_is_there_before_it_is_whole(site: Site, area: Area, home: Path) -> None:
    reference = site.uploaded()
    place = urlsplit(link(reference))
    with socket.create_connection((place.hostname, place.port)) as half:
        half.sendall(f"PUT {place.path}?{place.query} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode())
        half.sendall(b"Content-Length: 100\r\n\r\nhalf")
    assert requests.put(link(reference), data=b"").status_code == 400
    assert requests.get(link(reference)).content == ROWS


def test_too_large_a_file_and_a_full_area_are_refused(site: Site, home: Path) -> None:
    large = requests.put(link(site.offer().json()), data=bytes(2 * 2**20 + 1))
    assert (large.status_code, large.json()["error"]["details"][0]["code"]) == (413, "OutOfMemoryLimit")
    site.uploaded(data=bytes(2 * 2**20))
    full = requests.put(link(site.offer().json()), data=bytes(2 * 2**20))
    assert (full.status_code, full.json()["error"]["details"][0]["code"]) == (413, "UploadAreaFull")
    assert sum(file.stat().st_size for file in (home / "area").rglob("*") if file.is_file()) == 2 * 2**20


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ConnectionString": "AccountKey=canary"}, "ConnectionStringRefused"),
        ({"SasBlobToken": None}, "MissingInputBlobInformation"),
        ({"RelativeLocation": ""}, "MissingInputBlobInformation"),
        ({"RelativeLocation": "../../secret.key"}, "BlobNotFound"),
        ({"SasBlobToken": "?sig=x"}, "BlobNotFound"),
        ({"SasBlobToken": "?se=\ud800&sp=r&sig=\ud800"}, "BlobNotFound"),
    ],
)
def test_what_is_no_reference_of_ours_is_refused(area: Area, change: dict[str, Any], code: str) -> None:
    reference = area.offer("http://127.0.0.1", "operators", "m.onnx")
    file = area.writable(reference["RelativeLocation"], dict(pairs(reference["SasBlobToken"])))
    half = area.begin(file, 5)
    half.write_bytes(b"model")
    area.commit(half, file)
    area.abort(half)
    assert area.resolve(reference | {"ConnectionString": None}).read_bytes() == b"model"
    with pytest.raises(LocationRefused) as refused:
        area.resolve(reference | change)
    assert refused.value.code == code
    assert b"canary" not in refused.value.body


def test_room_is_kept_for_what_is_still_coming(site: Site, area: Area) -> None:
    """Else several that come at once would together be more than the area may hold."""
    first, second = (area.writable(r["RelativeLocation"], dict(pairs(r["SasBlobToken"]))) for r in offers(area, 2))
    half = area.begin(first, 2 * 2**20)
    with pytest.raises(Refusal, match="MemoryQuotaViolation"):
        area.begin(second, 2 * 2**20)
    small = area.begin(second, 2**20)
    half.write_bytes(ROWS)
    area.commit(half, first)
    area.abort(half)
    area.abort(small)
    assert [found.name for found in first.parent.iterdir()] == [first.name]
    area.abort(area.begin(second, 3 * 2**20 - len(ROWS)))


def test_room_of_a_process_that_was_ended_is_given_back(area: Area, clock: Clock) -> None:
    (offered,) = offers(area, 1)
    file = area.writable(offered["RelativeLocation"], dict(pairs(offered["SasBlobToken"])))
    half = area.begin(file, 3 * 2**20)
    half.write_bytes(ROWS)
    clock.now = file.parent.stat().st_mtime + DAY + 1
    assert area.sweep() == 0
    assert not list(file.parent.iterdir())


def offers(area: Area, number: int) -> list[dict[str, str]]:
    return [area.offer("http://127.0.0.1", "operators", "m.onnx") for _ in range(number)]


def pairs(token: str) -> list[tuple[str, str]]:
    return parse_qsl(token.removeprefix("?"))


def test_old_files_go(area: Area, clock: Clock, home: Path) -> None:
    for number, days in enumerate((8, 6)):
        folder = home / "area" / "operators" / f"{number:032x}"
        folder.mkdir(parents=True)
        (folder / "m.onnx").write_bytes(b"x")
        os.utime(folder, (clock.now - days * DAY,) * 2)
    assert area.sweep() == 1
    assert [file.parent.name for file in home.rglob("m.onnx")] == [f"{1:032x}"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [("rows.csv", "rows.csv"), ("../../etc/passwd", "passwd"), ("Für März.csv", "F_r_M_rz.csv"), ("..", "file")],
)
def test_names_stand_in_an_address_as_they_are(name: str, safe: str) -> None:
    assert safe_name(name) == safe
