"""HTTP as it really goes wrong: each fault over a real socket, and what the client makes of it."""

import gzip
import json
import logging
import os
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from worker.scoring import (
    BadAnswer,
    Columns,
    Endpoint,
    EndpointError,
    HttpTransport,
    Limits,
    NotFound,
    ProxySignIn,
    Rejected,
    Schema,
    ScoringClient,
    ServerFailed,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
)

SECRET = "Jane-Doe-1961"


@pytest.fixture
def columns() -> Columns:
    """Two sound rows."""
    return {
        "age": np.array([1, 2]),
        "income": np.array([1.5, np.nan]),
        "purpose": np.array(["A40", "A41"], object),
    }


@pytest.fixture
def call(serve: Any, fake: Any, http: Any, columns: Columns) -> Any:
    """Makes one call to a server that gives these replies, and hands back the server."""
    server = serve(fake())

    def make(*replies: Any, **given: Any) -> Any:
        server.replies += replies
        endpoint = Endpoint(server.url, server.fake._key, server.fake.schema)
        return http(**given)(endpoint, columns)

    make.server = server  # type: ignore[attr-defined]
    return make


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (422, Rejected),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (405, NotFound),
        (407, ProxySignIn),
        (410, NotFound),
        (408, TimedOut),
        (413, TooLarge),
        (429, Throttled),
        (503, Throttled),
        (500, ServerFailed),
        (502, ServerFailed),
        (504, ServerFailed),
        (424, ServerFailed),
        (599, ServerFailed),
        (204, BadAnswer),
        (206, BadAnswer),
        (409, BadAnswer),
        (418, BadAnswer),
    ],
)
def test_each_status_has_one_meaning(call: Any, status: int, error: type[EndpointError]) -> None:
    """What the body says is never part of the error's text."""
    with pytest.raises(EndpointError) as caught:
        call((status, {}, b"" if status == 204 else SECRET.encode()))

    assert type(caught.value) is error
    assert getattr(caught.value, "status", status) == status
    assert SECRET not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(call: Any, status: int) -> None:
    """It would carry a customer's rows, and perhaps the key, to another address."""
    with pytest.raises(BadAnswer, match="redirect"):
        call((status, {"Location": call.server.url}, b""))

    assert len(call.server.requests) == 1


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-3", None),
        ("soon", None),
        ("nan", None),
        ("", None),
        (format_datetime(datetime(2024, 1, 1, 0, 0, 30, tzinfo=UTC), usegmt=True), 30.0),
        (format_datetime(datetime(2024, 1, 1, tzinfo=UTC) - timedelta(hours=1), usegmt=True), 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(call: Any, given: str, seconds: float | None) -> None:
    """Both forms that HTTP allows; what cannot be read counts as not said."""
    now = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    with pytest.raises(Throttled) as error:
        call((503, {"Retry-After": given}, b""), now=lambda: now)

    assert error.value.retry_after == seconds


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Please sign in</html>", b'{"Results":{"output1":[]}}', b"\x00" * 50, SECRET.encode()],
)
def test_garbage_with_status_200_is_no_answer(call: Any, body: bytes) -> None:
    """Proxies and login pages answer 200."""
    with pytest.raises(BadAnswer) as error:
        call((200, {"Content-Type": "application/json"}, body))

    assert SECRET not in f"{error.value} {error.value!r}"


def test_what_the_endpoint_says_of_itself_is_read(call: Any, results: Any) -> None:
    """Version and limit come with each answer; nonsense counts as not said."""
    good = call((200, {"x-sheetscore-model-version": "7", "x-sheetscore-max-concurrent": "12"}, results(2)))
    odd = call((200, {"x-sheetscore-max-concurrent": "0"}, results(2)))
    none = call((200, {}, results(2)))

    assert (good.model_version, good.max_concurrent) == ("7", 12)
    assert (odd.model_version, odd.max_concurrent) == ("", None)
    assert (none.model_version, none.max_concurrent) == ("", None)


@pytest.fixture
def results(schema: Schema) -> Any:
    """Makes the body of a sound answer for so many rows."""
    from json import dumps

    row = dict(zip(schema.output_names, (0.5, 2, "ok"), strict=True))

    def make(rows: int) -> bytes:
        value = {"ColumnNames": list(row), "Values": [list(row.values())] * rows}
        return dumps({"Results": {"output1": {"value": value}}}).encode()

    return make


def test_a_compressed_answer_is_read(call: Any, results: Any) -> None:
    """Proxies compress what they like."""
    answer = call((200, {"Content-Encoding": "gzip"}, gzip.compress(results(2))))
    assert answer.columns["double age"].tolist() == [2, 2]


def test_a_broken_compression_is_no_answer(call: Any) -> None:
    """And no reason to try for ever."""
    with pytest.raises(BadAnswer):
        call((200, {"Content-Encoding": "gzip"}, b"not gzip at all"))


def test_a_zip_bomb_costs_no_memory(call: Any) -> None:
    """200 MB of blanks in 200 kB are given up at the limit."""
    bomb = gzip.compress(b" " * 200_000_000, 1)
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="more than 1000000 bytes"):
            call((200, {"Content-Encoding": "gzip"}, bomb), limits=Limits(answer_bytes=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_an_answer_over_the_limit_is_not_read_to_its_end(call: Any) -> None:
    """The size is counted as it comes, whatever the header says."""

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"[" * 65_536)
        except OSError:
            handler.wfile = open(os.devnull, "wb")  # noqa: SIM115, PTH123 - http.server flushes and closes it

    with pytest.raises(BadAnswer, match="more than"):
        call(endless, limits=Limits(answer_bytes=1_000_000))


def test_a_slow_answer_is_given_up(call: Any) -> None:
    """No first byte within the limit."""
    release = threading.Event()
    with pytest.raises(TimedOut) as error:
        call(lambda _handler: release.wait(5), limits=Limits(call_seconds=0.2))
    release.set()

    assert error.value.seconds == 0.2


def test_an_answer_that_trickles_is_given_up(call: Any) -> None:
    """A byte now and then resets every socket's own time limit, not ours."""
    release = threading.Event()

    def trickle(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"1\r\n \r\n")
            handler.wfile.flush()
            if release.wait(0.02):
                return

    started = time.monotonic()
    with pytest.raises(TimedOut):
        call(trickle, limits=Limits(call_seconds=0.3))
    release.set()

    assert time.monotonic() - started < 3


def test_a_connection_that_breaks_off_may_be_tried_again(call: Any) -> None:
    """Half an answer is no answer: fewer bytes than announced, or none at all."""

    def cut(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")

    with pytest.raises(Unreachable):
        call(cut)
    with pytest.raises(Unreachable):
        call(lambda _handler: None)


def test_nobody_listening_is_unreachable(schema: Schema, http: Any, columns: Columns) -> None:
    """The reason is the system's own word, without address or memory location."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable) as error:
            http()(Endpoint(f"http://127.0.0.1:{port}/workspaces/w/services/e", "k", schema), columns)

    assert "refused" in error.value.reason.lower()
    assert "127.0.0.1" not in error.value.reason


def test_a_certificate_nobody_vouches_for_is_refused(
    schema: Schema, http: Any, columns: Columns, certificate: Path
) -> None:
    """The key is sent to nobody who cannot prove to be the endpoint."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received: list[bytes] = []

    def accept() -> None:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                received.append(secure.recv(10_000))
        except OSError:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        port = listener.getsockname()[1]
        with pytest.raises(Unreachable, match="certificate not trusted"):
            http()(Endpoint(f"https://localhost:{port}/workspaces/w/services/e", "k", schema), columns)

    assert received == []


def test_what_the_system_trusts_is_trusted_and_nothing_else(
    serve: Any, fake: Any, http: Any, columns: Columns, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's own authority is in the system's store; the list that requests ships is left out."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = serve(fake(), tls=context)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    transport = http()

    answer = transport(Endpoint(url, server.fake._key, server.fake.schema), columns)

    assert answer.columns["double age"].tolist() == [2, 4]
    connection = SimpleNamespace()
    transport._session.get_adapter(url).cert_verify(connection, url, True, None)
    assert (connection.cert_reqs, connection.ca_certs) == ("CERT_REQUIRED", None)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, signed by itself, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "localhost.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_netrc_does_not_replace_the_key(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests prefers what a .netrc has for the host to a header; an auth object wins."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    call()

    assert call.server.requests[0][1]["Authorization"] == f"Bearer {call.server.fake._key}"


def test_this_machine_is_never_reached_through_a_proxy(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy could not reach it, and would see the rows."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert call().columns["double age"].tolist() == [2, 4]


def test_other_machines_are_reached_through_the_system_s_proxy(
    schema: Schema, http: Any, columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is asked for a tunnel; it sees the host's name and no key."""
    with proxy(b"403 Forbidden", monkeypatch) as asked, pytest.raises(Unreachable):
        http()(Endpoint("https://scores.example.com/workspaces/w/services/e", SECRET, schema), columns)

    assert asked[0].startswith(b"CONNECT scores.example.com:443")
    assert SECRET.encode() not in asked[0]


def test_a_proxy_that_wants_a_sign_in_is_told_from_a_network_that_is_down(
    schema: Schema, http: Any, columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trying again is no use: somebody must sign in."""
    endpoint = Endpoint("https://scores.example.com/workspaces/w/services/e", SECRET, schema)
    with proxy(b"407 Proxy Authentication Required", monkeypatch) as asked, pytest.raises(ProxySignIn) as error:
        ScoringClient(endpoint, http()).score_part(columns)

    assert len(asked) == error.value.calls == 1


@contextmanager
def proxy(status: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The system's proxy, which answers every wish for a tunnel with a status; gives what it was asked."""
    asked: list[bytes] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.recv(10_000))
                    connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        yield asked
        listener.shutdown(socket.SHUT_RDWR)


def test_cookies_are_not_kept(call: Any, results: Any) -> None:
    """One customer's call must not be tied to another's."""
    transport = HttpTransport()
    endpoint = Endpoint(call.server.url, call.server.fake._key, call.server.fake.schema)
    columns = {"age": np.array([1]), "income": np.array([1.0]), "purpose": np.array(["A40"], object)}
    call.server.replies.append((200, {"Set-Cookie": "session=1; Path=/"}, results(1)))

    transport(endpoint, columns)
    transport(endpoint, columns)
    transport.close()

    assert "Cookie" not in call.server.requests[1][1]


def test_each_call_can_be_told_apart(call: Any) -> None:
    """A request id that support can look up, new for each call, and the headers of the format."""
    call()
    call()

    first, second = (headers for _path, headers in call.server.requests)
    assert first["x-ms-client-request-id"] != second["x-ms-client-request-id"]
    assert first["Content-Type"] == "application/json"
    assert first["Accept"] == "application/json"


def test_connections_are_kept_for_the_next_call(call: Any, serve: Any, fake: Any, http: Any, table: Any) -> None:
    """Twenty parts over four threads need four connections, not twenty."""
    seen = set()
    score = fake()._score
    endpoint = fake(score=score)
    server = serve(endpoint)
    answer = server.answer

    def watch(handler: Any) -> Any:
        seen.add(handler.client_address)
        return answer(handler)

    server.answer = watch
    client = ScoringClient(Endpoint(server.url, endpoint._key, endpoint.schema), http(), limits=Limits(part_rows=5))

    assert client.score(table(100)).problems == ()
    assert len(seen) <= 4


def test_neither_key_nor_rows_are_logged(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    """At the most talkative level of every library."""
    caplog.set_level(logging.DEBUG)

    call()
    with pytest.raises(Rejected):
        call((400, {}, SECRET.encode()))

    assert "POST" in caplog.text
    for hidden in (call.server.fake._key, SECRET, "A41"):
        assert hidden not in caplog.text


def test_the_key_shows_in_no_repr(call: Any, http: Any) -> None:
    """Of whatever holds it, or fails with it."""
    transport = http()
    endpoint = Endpoint(call.server.url, SECRET, call.server.fake.schema)
    client = ScoringClient(endpoint, transport)
    with pytest.raises(Unauthorized) as error:
        client.score_part({"age": np.array([1]), "income": np.array([1.0]), "purpose": np.array(["A40"], object)})

    assert SECRET not in f"{transport!r} {endpoint!r} {client!r} {error.value!r} {error.getrepr()}"


def test_a_key_that_the_server_repeats_goes_no_further(call: Any) -> None:
    """A refusal's message ends in a workbook's Status column; the key must not."""
    message = f"the caller with {call.server.fake._key} sent a bad age"
    body = json.dumps({"error": {"code": "BadArgument", "message": message, "details": []}}).encode()
    with pytest.raises(Rejected) as refused:
        call((400, {}, body))
    assert refused.value.message == "the caller with (key) sent a bad age"
