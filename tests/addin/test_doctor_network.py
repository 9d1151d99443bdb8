"""The doctor and the network: real servers that go wrong in the ways of company networks."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from addin.catalogue import Catalogue
from addin.doctor.findings import Finding, Verdict
from addin.doctor.network import endpoints, proxies
from addin.entries import Entries, Entry, write_entries
from addin.keystore import EnvironmentKeys
from tests.addin.computers import Computer, mac, windows
from tests.addin.servers import KEY, LOCATION, Server, serving
from worker.scoring import HttpTransport, Limits
from worker.scoring.sessions import new_session

ELSEWHERE = f"https://scores.example.com{LOCATION}"


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the test."""
    with ExitStack() as stack:
        yield lambda **facts: stack.enter_context(serving(**facts))


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[..., Finding]]:
    """Asks one endpoint, as the doctor does; its key is in the environment."""
    with ExitStack() as stack:

        def make(url: str, key: str = KEY, slow: float = 10.0, clock: Any = time.monotonic, **given: Any) -> Finding:
            write_entries(tmp_path, Entries([Entry("Credit", url, "2026-01-01")]))
            transport = HttpTransport(limits=Limits(call_seconds=0.5), **given)
            stack.callback(transport.close)
            keys = EnvironmentKeys({"SHEETSCORE_KEY_CREDIT": key})
            (found,) = endpoints(Catalogue(tmp_path, keys, transport=transport), slow, clock)
            assert found.check == "endpoint Credit"
            assert key not in str(found) or not key
            return found

        yield make


def test_an_endpoint_that_answers_is_ok(serve: Any, ask: Any) -> None:
    """With its model version; it was asked once, with the key."""
    server = serve(headers={"x-sheetscore-model-version": "7"})
    found = ask(server.url + LOCATION)

    assert found.verdict is Verdict.OK
    assert "model version 7, answered in" in found.what
    assert server.asked == [("GET", f"{LOCATION}/swagger.json?api-version=2.0", f"Bearer {KEY}")]


def test_no_endpoint_yet(tmp_path: Path) -> None:
    """Nothing is wrong with that."""
    (found,) = endpoints(Catalogue(tmp_path, EnvironmentKeys({})), 10.0)
    assert found.verdict is Verdict.OK


def test_a_wrong_key(serve: Any, ask: Any) -> None:
    """The endpoint is there; the key is for its provider to replace. The key itself is never shown."""
    found = ask(serve().url + LOCATION, key="wrong-key-4711")

    assert found.verdict is Verdict.WRONG
    assert "unauthorized (401)" in found.what
    assert "Ask your provider" in found.mend


def test_no_key(serve: Any, ask: Any) -> None:
    """It is not asked without."""
    server = serve()
    found = ask(server.url + LOCATION, key="")

    assert (found.verdict, server.asked) == (Verdict.WRONG, [])
    assert "no key" in found.what


def test_a_server_that_is_down(serve: Any, ask: Any) -> None:
    """In the operating system's words, with a way to tell IT."""
    with serving() as server:
        url = server.url + LOCATION
    found = ask(url)

    assert found.verdict is Verdict.WRONG
    assert "refused" in found.what.lower()
    assert "--report" in found.mend


def test_a_server_that_does_not_answer_in_time(serve: Any, ask: Any) -> None:
    """The doctor ends all the same."""
    server = serve()
    server.gate.clear()
    started = time.monotonic()
    found = ask(server.url + LOCATION)

    assert found.verdict is Verdict.WRONG
    assert "no answer in 0.5 s" in found.what
    assert time.monotonic() - started < 5


def test_a_slow_answer_is_worth_a_warning(serve: Any, ask: Any) -> None:
    """With the setting that helps."""
    times = iter([0.0, 12.0])
    found = ask(serve().url + LOCATION, clock=lambda: next(times))

    assert found.verdict is Verdict.WARNING
    assert "answered in 12.0 s" in found.what
    assert "function_seconds" in found.mend


def test_a_busy_endpoint_is_there(serve: Any, ask: Any) -> None:
    """It took the key; only the moment is wrong."""
    found = ask(serve(status=503, headers={"Retry-After": "7"}).url + LOCATION)
    assert found.verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"status": 404}, "not found (404)"),
        ({"status": 500}, "server failed (500)"),
        ({"status": 302, "headers": {"Location": "https://login.example.com"}}, "redirect"),
        ({"body": b"<html>Please sign in to the guest network</html>"}, "not JSON"),
    ],
)
def test_what_answers_is_not_the_endpoint(serve: Any, ask: Any, facts: dict[str, Any], what: str) -> None:
    """Told as it is, never with the body."""
    found = ask(serve(**facts).url + LOCATION)

    assert found.verdict is Verdict.WRONG
    assert what in found.what
    assert "guest" not in str(found)


def test_an_unknown_certificate_authority(serve: Any, ask: Any, certificate: Path) -> None:
    """The company's own, which is not in the system's store: for IT. The key is not sent."""
    server = serve(certificate=certificate)
    found = ask(server.url + LOCATION)

    assert found.verdict is Verdict.WRONG
    assert "certificate not trusted" in found.what
    assert "does not trust the endpoint's certificate" in found.mend
    assert "--report" in found.mend
    assert server.asked == []


def test_a_proxy_that_wants_a_sign_in(serve: Any, ask: Any) -> None:
    """407, before the endpoint is reached; the key is not sent to the proxy."""
    proxy = serve(status=407, headers={"Proxy-Authenticate": "Negotiate"}, checks_key=False)
    found = ask(ELSEWHERE, session=through(proxy))

    assert found.verdict is Verdict.WRONG
    assert "407" in found.what
    assert "proxy wants a sign-in (407)" in found.mend
    assert "--report" in found.mend
    assert proxy.asked == [("CONNECT", "scores.example.com:443", "")]


def test_a_proxy_that_is_down(ask: Any) -> None:
    """Told as unreachable, and soon."""
    with serving() as proxy:
        pass
    found = ask(ELSEWHERE, session=through(proxy))

    assert found.verdict is Verdict.WRONG
    assert "unreachable" in found.what


def through(proxy: Server) -> requests.Session:
    session = new_session(1)
    session.trust_env = False
    session.proxies = {"https": proxy.url.replace("localhost", "127.0.0.1")}
    return session


# Which proxies are used.


@pytest.fixture
def desk(tmp_path: Path) -> Computer:
    return windows(tmp_path)


def test_proxies_are_shown_without_their_passwords(desk: Computer) -> None:
    """A sign-in may stand in the address."""
    given = {"https": "http://ana:secret@proxy.example.com:8080", "http": "proxy.example.com:80", "no": "localhost"}
    (found,) = proxies(desk.system, lambda: given)

    assert found.verdict is Verdict.OK
    assert found.what == "http: http://proxy.example.com:80, https: http://proxy.example.com:8080"


def test_a_proxy_by_script_is_worth_a_warning(desk: Computer, tmp_path: Path) -> None:
    """Browsers run such scripts, Python does not."""
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
    desk.keys[key] = {"autoconfigurl": "http://wpad/wpad.dat"}
    apple = mac(tmp_path / "mac")
    apple.says["scutil"] = "<dictionary> {\n  ProxyAutoConfigEnable : 1\n}"
    for computer in (desk, apple):
        (found,) = proxies(computer.system, dict)
        assert found.verdict is Verdict.WARNING
        assert "HTTPS_PROXY" in found.mend


def test_no_proxy(desk: Computer, tmp_path: Path) -> None:
    """Nothing to say."""
    for computer in (desk, mac(tmp_path / "mac")):
        (found,) = proxies(computer.system, dict)
        assert (found.verdict, found.what) == (Verdict.OK, "none")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_variable_that_names_no_file(desk: Computer, name: str) -> None:
    """Left over from another program, it breaks every call."""
    system = desk.but(environ={**desk.system.environ, name: "/nowhere/ca.pem"}).system
    found = list(proxies(system, dict))

    assert [finding.verdict for finding in found] == [Verdict.OK, Verdict.WRONG]
    assert name in found[1].mend


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, signed by an authority that only the company's browsers know."""
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    company, host = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in ("Company Root", "localhost"))
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(company, host, leaf.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(root, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(leaf.private_bytes(*kinds) + signed.public_bytes(serialization.Encoding.PEM))
    return file
