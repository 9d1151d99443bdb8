"""Where the host may listen, and whose word it takes on where a call came from."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.host.certificates import make_certificate
from tests.host.conftest import Open
from worker.host import Exposure, HostServer, NotSafe
from worker.host.exposure import Forwarded, exposure
from worker.settings import Settings


async def echo(request: Request) -> JSONResponse:
    return JSONResponse([request.client.host if request.client else "", str(request.base_url)])


APP = Starlette(routes=[Route("/", echo)])


def wanted(home: Path, *, managed: bool = True, **settings: str) -> Exposure:
    return exposure(Settings(home, {}, **settings), managed=managed)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_nothing(tmp_path: Path, host: str) -> None:
    """No token, no certificate."""
    assert wanted(tmp_path, managed=False, host=host) == Exposure()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "scores.example.com"])
def test_elsewhere_needs_a_token_and_tls_or_a_proxy(tmp_path: Path, host: str) -> None:
    """Each alone is refused with what is missing; both together are taken."""
    certificate, key = map(str, make_certificate(tmp_path))
    tls = {"tls_certificate": certificate, "tls_key": key}
    with pytest.raises(NotSafe, match="--tls-certificate"):
        wanted(tmp_path, host=host)
    with pytest.raises(NotSafe, match="tokens add"):
        wanted(tmp_path, managed=False, host=host, **tls)
    with pytest.raises(NotSafe, match="tokens add"):
        wanted(tmp_path, managed=False, host=host, behind_proxy="10.0.0.7")
    assert wanted(tmp_path, host=host, **tls).tls is not None
    assert wanted(tmp_path, host=host, behind_proxy="10.0.0.7, 10.1.0.0/28").proxies == ("10.0.0.7", "10.1.0.0/28")


@pytest.mark.parametrize("proxy", ["*", "0.0.0.0/0", "::/0", "proxy.example.com", "10.0.0.1/8", "10.0.0"])
def test_a_proxy_is_named_by_its_address(tmp_path: Path, proxy: str) -> None:
    """Neither everybody nor a name that somebody else may come to hold."""
    with pytest.raises(NotSafe, match="behind_proxy"):
        wanted(tmp_path, behind_proxy=proxy)


def test_certificate_and_key_must_fit(tmp_path: Path) -> None:
    """Missing, not PEM, with a password: each is refused before anything listens; nobody is asked at the terminal."""
    certificate, key = map(str, make_certificate(tmp_path))
    _, locked = map(str, make_certificate(tmp_path, "secret"))
    for given in ((certificate, ""), ("", key), (certificate, "gone.pem"), (key, certificate), (certificate, locked)):
        with pytest.raises(NotSafe):
            wanted(tmp_path, tls_certificate=given[0], tls_key=given[1])


def test_tls_carries_calls(tmp_path: Path) -> None:
    """The address says https; a client that trusts the certificate is answered; plain HTTP is not."""
    certificate, key = make_certificate(tmp_path)
    reach = wanted(tmp_path, tls_certificate=str(certificate), tls_key=str(key))
    with HostServer(APP, "127.0.0.1", 0, reach) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        assert requests.get(server.url, verify=str(certificate)).json() == ["127.0.0.1", f"{server.url}/"]
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.url)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{server.port}")


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "scores.example.com"}


def ask(peer: str, headers: dict[str, str], *proxies: str, scheme: str = "http") -> Any:
    """What the application behind `Forwarded` is told: (client's address, its own address), or the refusal's status."""
    told: list[Any] = []

    async def app(scope: Any, *_: Any) -> None:
        told.extend([scope["client"][0], str(Request(scope).base_url)])

    async def send(message: Any) -> None:
        told.append(message.get("status"))

    scope = {
        "type": "http",
        "scheme": scheme,
        "client": (peer, 1),
        "server": ("10.0.0.5", 80),
        "path": "/",
        "headers": [(b"host", b"inside"), *((n.lower().encode(), v.encode()) for n, v in headers.items())],
    }
    asyncio.run(Forwarded(app, proxies)(scope, None, send))  # type: ignore[arg-type]
    return tuple(told[:2]) if told[0] == str(told[0]) else told[0]


@pytest.mark.parametrize("peer", ["10.0.0.7", "::ffff:10.0.0.7", "10.1.0.3"])
def test_a_proxy_is_believed(peer: str) -> None:
    """Address and network; as an IPv4 address in IPv6 too. Of several hosts that were told the proxy's own counts."""
    proxies = ("10.0.0.7", "10.1.0.0/28")
    assert ask(peer, FORWARDED, *proxies) == ("203.0.113.9", "https://scores.example.com/")
    several = {
        **FORWARDED,
        "X-Forwarded-Host": "evil.test, scores.example.com",
        "X-Forwarded-For": "1.2.3.4, 203.0.113.9",
    }
    assert ask(peer, several, *proxies) == ("203.0.113.9", "https://scores.example.com/")


def test_everybody_else_is_not() -> None:
    """Their headers are passed over; without TLS they are turned away, except on this machine."""
    assert ask("10.0.0.8", FORWARDED, "10.0.0.7", scheme="https") == ("10.0.0.8", "https://inside/")
    assert ask("127.0.0.1", FORWARDED, "10.0.0.7") == ("127.0.0.1", "http://inside/")
    assert ask("10.0.0.8", FORWARDED, "10.0.0.7") == 403


def test_the_host_takes_the_proxy_s_word(open_host: Open) -> None:
    """Over real HTTP, and only when the setting names it."""
    names = {"allowed_hosts": "scores.example.com"}
    behind = open_host(behind_proxy="127.0.0.1", **names)
    alone = open_host(**names)
    for host, status in ((behind, 200), (alone, 200)):
        assert requests.get(f"{host.url}/healthz", headers=FORWARDED).status_code == status
    wrong = {**FORWARDED, "X-Forwarded-Host": "evil.test"}
    assert requests.get(f"{behind.url}/healthz", headers=wrong).status_code == 400
    assert requests.get(f"{alone.url}/healthz", headers=wrong).status_code == 200
