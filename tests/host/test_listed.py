"""Files elsewhere are fetched below listed addresses only, over trusted TLS, whole or not at all."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.endpoints import tiny
from tests.host.certificates import make_certificate
from tests.host.conftest import Open
from tests.host.operating import Operator, code
from tests.host.test_jobs import Desk
from worker.endpoints import Access
from worker.host.area import Area, AreaLimits
from worker.host.links import Links
from worker.host.listed import FETCHES_AT_ONCE, Listed, LocationRefused
from worker.host.refusals import Refusal
from worker.settings import SettingError, Settings

ROWS = b"Age,Income\r\n40,1000\r\n"
TOKEN = "?sv=2022&sig=can%2Bary%3D"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Storage:
    """An https server on loopback whose `answer` may be changed; `asked` are the paths, with their queries."""

    def __init__(self, port: int) -> None:
        self.base = f"https://127.0.0.1:{port}/data/"
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answer: Answer = sends(ROWS)

    def reference(self, path: str = "rows.csv", token: str = TOKEN) -> dict[str, str | None]:
        return {"BaseLocation": self.base, "RelativeLocation": path, "SasBlobToken": token}


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def storing(certificate: Path, key: Path) -> Iterator[Storage]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            storage.asked.append((self.path, dict(self.headers)))
            storage.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that went away is part of the tests."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        storage = Storage(server.server_address[1])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield storage
        server.shutdown()


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Storage]:
    """A storage whose certificate nobody vouches for."""
    with storing(*make_certificate(tmp_path)) as storage:
        yield storage


@pytest.fixture
def storage(strange: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """One that the system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return strange


def area(home: Path, listed: Listed) -> Area:
    return Area(home, Links(b"k" * 32), AreaLimits(1, 3, 7), listed)


def refused(home: Path, storage: Storage, listed: Listed | None = None, **change: str | None) -> Refusal:
    """What a reference is refused with; nothing is left of it in the area."""
    with (
        pytest.raises(Refusal) as caught,
        area(home, listed or Listed([storage.base])).file(storage.reference() | change, "operators"),
    ):
        pass
    assert b"can%2Bary" not in caught.value.body
    assert b"can+ary" not in caught.value.body
    assert not [found for found in home.rglob("*") if found.is_file()]
    return caught.value


def test_a_listed_file_is_fetched_and_gone_afterwards(home: Path, storage: Storage) -> None:
    with area(home, Listed([storage.base])).file(storage.reference("a/rows.csv"), "operators") as file:
        assert (file.name, file.read_bytes(), file.parents[1]) == ("rows.csv", ROWS, home / "area" / "operators")
    assert not file.parent.exists()
    ((path, headers),) = storage.asked
    assert path == f"/data/a/rows.csv{TOKEN}"
    assert not {"Authorization", "Cookie"} & set(headers)


def test_a_login_of_a_netrc_is_not_sent(
    home: Path, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The libraries would add it unasked."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with area(home, Listed([storage.base])).file(storage.reference(), "operators"):
        assert "Authorization" not in storage.asked[0][1]


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("{base}", "../other/rows.csv"),
        ("{base}", "a/../../rows.csv"),
        ("{base}", "%2e%2e/rows.csv"),
        ("{base}", "%2E./rows.csv"),
        ("{base}", "..%2frows.csv"),
        ("{base}", "%252e%252e/rows.csv"),
        ("{base}", "..\\rows.csv"),
        ("{base}", "..%5crows.csv"),
        ("{base}", "a//rows.csv"),
        ("{base}", "rows.csv?x=1"),
        ("{base}", "rows.csv#x"),
        ("{base}", "rows\r\nX: y.csv"),
        ("{base}", "rows.csv%00"),
        ("{base}", ""),
        ("{base}", "a/"),
        ("https://{place}/", "rows.csv"),
        ("https://{place}/dat", "a/rows.csv"),
        ("https://{place}/database/", "rows.csv"),
        ("https://{place}/DATA/", "rows.csv"),
        ("https://{place}@other.test/data/", "rows.csv"),
        ("https://me:pw@{place}/data/", "rows.csv"),
        ("https://{place}.other.test/data/", "rows.csv"),
        ("https://127.0.0.1/data/", "rows.csv"),
        ("http://{place}/data/", "rows.csv"),
        ("file:///data/", "rows.csv"),
        ("//{place}/data/", "rows.csv"),
        (" https://{place}/data/", "rows.csv"),
        ("", "https://{place}/data/rows.csv"),
    ],
)
def test_nothing_else_is_fetched(home: Path, storage: Storage, base: str, path: str) -> None:
    """Whatever an address may be taken for: it must say plainly that it is below what is listed."""
    place = storage.base.split("/")[2]
    listed = Listed([storage.base])
    told = {"BaseLocation": base.format(base=storage.base, place=place), "RelativeLocation": path.format(place=place)}
    assert isinstance(refused(home, storage, listed, **told), LocationRefused)
    assert storage.asked == []


def test_nothing_is_fetched_where_nothing_is_listed(home: Path, storage: Storage) -> None:
    """As before: what is not in the upload area is refused."""
    assert isinstance(refused(home, storage, Listed()), LocationRefused)
    assert storage.asked == []


@pytest.mark.parametrize("spelled", ["HTTPS://STORE.test/data/", "https://store.test:443/data/"])
def test_a_host_has_one_spelling(spelled: str) -> None:
    listed = Listed(["https://Store.test/data/"])
    location = {"BaseLocation": spelled, "RelativeLocation": "a%20b.csv"}
    assert listed.url(location) == "https://store.test/data/a%20b.csv"


@pytest.mark.parametrize(
    "prefix", ["http://store.test/", "https://store.test", "https://store.test/a", "https://a@b.test/", "store.test/"]
)
def test_a_prefix_that_says_too_little_is_refused(home: Path, prefix: str) -> None:
    """`https://store.test` would list `https://store.test.evil` too. The host does not start."""
    with pytest.raises(SettingError, match="location_prefixes"):
        Area.of_home(home, Settings(home, {}, location_prefixes=f"https://fine.test/, {prefix}"))


@pytest.mark.parametrize("status", [301, 302, 307, 403, 404, 500])
def test_an_answer_that_is_no_file_is_not_passed_on(home: Path, storage: Storage, status: int) -> None:
    """A redirect is not followed; only the status is told."""
    storage.answer = sends(b"secret of the storage", status, Location=f"{storage.base}other.csv")
    found = refused(home, storage)
    assert f"status {status}".encode() in found.body
    assert b"secret" not in found.body
    assert len(storage.asked) == 1


def test_too_large_a_file_is_given_up(home: Path, storage: Storage) -> None:
    storage.answer = sends(bytes(2**20 + 1))
    assert refused(home, storage).status == 413


def test_a_packed_file_is_not_unpacked(home: Path, storage: Storage) -> None:
    """It could become a thousand times as large; none was asked for."""
    storage.answer = sends(b"x", Content_Encoding="gzip")
    assert b"packed" in refused(home, storage).body


def test_a_file_that_drips_is_given_up_in_time(home: Path, storage: Storage) -> None:
    """A byte now and then keeps every single read in time."""
    now = iter(range(100))

    def drips(handler: BaseHTTPRequestHandler) -> None:
        sends(b"", Content_Length="1000")(handler)
        for _ in range(1000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            given_up.wait(0.01)

    given_up = threading.Event()
    storage.answer = drips
    found = refused(home, storage, Listed([storage.base], seconds=10, clock=lambda: float(next(now))))
    given_up.set()
    assert b"within 10 s" in found.body


def test_silence_and_a_broken_off_file_are_refused(home: Path, storage: Storage) -> None:
    """Half a file is no file."""
    released = threading.Event()
    storage.answer = lambda _: (released.wait(30), None)[1]
    assert b"did not answer" in refused(home, storage, Listed([storage.base], seconds=0.2)).body
    released.set()
    storage.answer = sends(b"half", Content_Length="100")
    assert b"broke off" in refused(home, storage).body


def test_a_host_that_nobody_vouches_for_gets_no_token(home: Path, strange: Storage) -> None:
    assert b"not trusted" in refused(home, strange).body
    assert strange.asked == []


def test_a_token_is_no_way_out_of_its_address(home: Path, storage: Storage) -> None:
    for token in ("?sig=x#y", "?sig=x\r\nX: y", "?sig=x y", "?" + "x" * 5000):
        assert b"SasBlobToken" in refused(home, storage, SasBlobToken=token).body
    assert storage.asked == []


def test_few_are_fetched_at_once(home: Path, storage: Storage, tmp_path: Path) -> None:
    """A slow storage does not take all threads of the host."""
    listed, inside, released = Listed([storage.base]), threading.Semaphore(0), threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        inside.release()
        released.wait(30)
        sends(ROWS)(handler)

    storage.answer = waits
    fetch = (storage.base + "rows.csv", "", tmp_path / "f", 100)
    threads = [threading.Thread(target=listed.fetch, args=fetch) for _ in range(FETCHES_AT_ONCE)]
    for thread in threads:
        thread.start()
        assert inside.acquire(timeout=30)
    with pytest.raises(Refusal) as full:
        listed.fetch(*fetch)
    released.set()
    for thread in threads:
        thread.join()
    assert (full.value.status, full.value.headers) == (503, {"Retry-After": "5"})
    listed.fetch(*fetch)


def test_a_model_is_published_from_a_listed_address(open_host: Open, storage: Storage, store: Any) -> None:
    """With management's own bodies; a refusal and the log hold no token."""
    host = open_host(location_prefixes=storage.base)
    token = Access(store).add_token("ops")
    host.snapshots.refresh()
    ask = Operator(host, token)
    body = {"Contract": tiny.CONTRACT, "Model": storage.reference("m.onnx")}
    with structlog.testing.capture_logs() as logged:
        storage.answer = sends(b"canary", 403)
        missing = ask("PUT", "/credit", body)
        storage.answer = sends(tiny.credit())
        assert ask("PUT", "/credit", body).status_code == 201
    assert (missing.status_code, code(missing)) == (400, "BlobNotFound")
    told = missing.text + str(logged) + str(host.lines)
    assert [word for word in ("canary", "can%2Bary", "can+ary") if word in told] == []


def test_a_job_is_made_of_a_listed_address(open_host: Open, storage: Storage, tmp_path: Path) -> None:
    """What old clients have in their own storage need not be uploaded again, if the operator lists the place."""
    desk = Desk(tmp_path / "desk")
    host = open_host(location_prefixes=storage.base, tables=desk)
    host.registry.add_service("credit", tiny.contract(), tiny.credit())
    host.registry.add_customer("acme")
    made = host.registry.add_endpoint("credit", "main", "acme")
    host.snapshots.refresh()
    body = {"Inputs": {"input1": storage.reference()}}
    headers = {"Authorization": f"Bearer {made.primary}"}
    answer = host.session.post(f"{host.location(made)}/jobs?api-version=2.0", json=body, headers=headers)
    assert answer.status_code == 200
    assert [(data, name) for data, name, _ in desk.submitted] == [(ROWS, "rows.csv")]


def test_nobody_listening_is_told_without_the_address(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Storage(taken.getsockname()[1])
        assert b"did not answer" in refused(home, nobody).body
