"""The connections of HTTP: the system's trust, the system's proxies, and the sign-in that a proxy may want."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import truststore
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from worker.scoring.errors import ProxySignIn

_TUNNEL_407 = "Tunnel connection failed: 407"  # all that http.client tells of a proxy's answer to CONNECT


@dataclass(frozen=True, slots=True)
class Login:
    """What a person signs in with at a proxy."""

    name: str
    password: str = field(repr=False)


SignIn = Callable[[str, Login | None], Login | None]
"""Given a proxy as host:port, and the login that it has just refused (None at first): another one, or None."""


def nobody(_proxy: str, _refused: Login | None) -> None:
    """A SignIn where there is nobody to sign in."""


def new_session(connections: int, sign_in: SignIn = nobody) -> requests.Session:
    """A session that keeps no cookie and asks `sign_in` when a proxy wants somebody to sign in."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "sheetscore", "Accept": "application/json"})
    session.mount("https://", _Tunnels(connections, sign_in))
    session.mount("http://", HTTPAdapter(pool_maxsize=connections, max_retries=0))
    return session


class _Tunnels(HTTPAdapter):
    """TLS, through a proxy's tunnel where there is a proxy.

    Verifies certificates as the operating system does, which knows a company's own authorities. Signs in at a proxy
    only when that asks for it, with Basic (RFC 7617) in the request for the tunnel: the endpoint never sees it.
    """

    def __init__(self, connections: int, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._logins: dict[str, Login] = {}
        self._asking = threading.Lock()
        self._turn = 0
        super().__init__(pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        super().init_poolmanager(*args, ssl_context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on
        return super().proxy_manager_for(proxy, ssl_context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: bool | str, cert: Any) -> None:  # noqa: ANN401 - passed on
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        if verify is True:  # not a bundle named in REQUESTS_CA_BUNDLE: leave out the one that requests ships
            conn.ca_certs = None

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        login = self._logins.get(_place(proxy))
        if login is None:  # one that stands in the proxy's own address
            return super().proxy_headers(proxy)
        pair = base64.b64encode(f"{login.name}:{login.password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {pair}"}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - passed on
        proxy = _place(select_proxy(str(request.url), kwargs.get("proxies")) or "")
        while True:
            turn = self._turn
            try:
                return super().send(request, *args, **kwargs)
            except requests.ConnectionError as error:
                if _TUNNEL_407 not in str(innermost(error)):
                    raise
            if not self._has_another(proxy, turn):
                raise ProxySignIn(proxy)

    def _has_another(self, proxy: str, turn: int) -> bool:
        """Whether to try again. One thread asks; others that were refused meanwhile go by what came of it."""
        with self._asking:
            if self._turn == turn:
                given = self._sign_in(proxy, self._logins.pop(proxy, None))
                if given is not None:
                    self._logins[proxy] = given
                self.proxy_manager.clear()  # each holds the headers that it was made with
                self._turn += 1
            return proxy in self._logins


def innermost(error: BaseException) -> BaseException:
    """What the libraries wrapped, one in another."""
    seen: BaseException = error
    for _ in range(10):
        inner = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in seen.args if isinstance(arg, BaseException)), seen.__cause__)
        if inner is None:
            break
        seen = inner
    return seen


def _place(proxy: str) -> str:
    """A proxy's host and port, without what else its address holds."""
    return urlsplit(proxy if "//" in proxy else f"//{proxy}").netloc.rpartition("@")[2]
