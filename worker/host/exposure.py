"""Who may reach the host: this machine alone, unless keys are safe on their way and somebody can revoke them."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from worker.host.refusals import Detail, Refusal
from worker.scoring.endpoint import is_loopback
from worker.scoring.errors import SheetscoreError
from worker.settings import Settings


class NotSafe(SheetscoreError):
    """The host was asked to listen in a way that would give keys away. The words are for the operator."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How calls from elsewhere come: over TLS, through proxies, or not at all."""

    tls: ssl.SSLContext | None = None
    proxies: tuple[str, ...] = ()

    def check(self, host: str) -> None:
        """Raises NotSafe when listening there would let keys cross a network in the clear."""
        if not is_loopback(host) and self.tls is None and not self.proxies:
            raise NotSafe(
                f"{host} can be reached from elsewhere, where keys would cross the network in the clear. "
                "Give --tls-certificate and --tls-key, or --behind-proxy with the address of a proxy that has TLS."
            )


def exposure(settings: Settings, *, managed: bool) -> Exposure:
    """What the settings ask for. `managed` is whether there is an operator's token. Raises NotSafe."""
    wanted = Exposure(_tls(settings.tls_certificate, settings.tls_key), trusted_proxies(settings))
    wanted.check(settings.host)
    if not is_loopback(settings.host) and not managed:
        raise NotSafe(
            f"{settings.host} can be reached from elsewhere, and nobody could revoke a key over HTTP yet. "
            "Make an operator's token first: sheetscore tokens add NAME"
        )
    return wanted


def trusted_proxies(settings: Settings) -> tuple[str, ...]:
    """Addresses and networks. Raises NotSafe."""
    proxies = tuple(part.strip() for part in settings.behind_proxy.split(",") if part.strip())
    for proxy in proxies:
        _check_proxy(proxy)
    return proxies


def _check_proxy(text: str) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise NotSafe(f"behind_proxy: {text!r} is no address or network such as 10.0.0.7 or 10.0.0.0/28") from None
    if network.prefixlen == 0:
        raise NotSafe(f"behind_proxy: {text!r} is everybody; name the proxy's own address")


def _tls(certificate: str, key: str) -> ssl.SSLContext | None:
    if not certificate and not key:
        return None
    if not certificate or not key:
        raise NotSafe("tls_certificate and tls_key go together: give both files")
    for file in (certificate, key):
        if not Path(file).is_file():
            raise NotSafe(f"{file} is not a file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")  # without one OpenSSL asks at the terminal
    except (ssl.SSLError, OSError):
        raise NotSafe(
            f"{certificate} and {key} are no PEM certificate with its key, or the key has a password"
        ) from None
    return context


class Forwarded(ProxyHeadersMiddleware):
    """Believes X-Forwarded-For, -Proto and -Host from the proxies alone. Whoever else comes over a network without TLS
    is turned away: that way is meant for the proxies.
    """

    app: ASGIApp  # type: ignore[assignment]

    def __init__(self, app: ASGIApp, proxies: tuple[str, ...]) -> None:
        super().__init__(app, list(proxies))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Serve one request."""
        peer, port = scope.get("client") or ("", 0)
        peer = _plain(peer)
        scope["client"] = (peer, port)
        if peer in self.trusted_hosts:
            _take_host(scope)
            await super().__call__(scope, receive, send)  # type: ignore[arg-type]
        elif scope["scheme"] == "https" or is_loopback(peer):
            await self.app(scope, receive, send)
        else:
            detail = Detail("NotThroughProxy", "This host is called through its public address.")
            await Refusal(403, "Forbidden", "The request did not come through the proxy.", [detail]).response()(
                scope, receive, send
            )


def _plain(peer: str) -> str:
    """An IPv4 address as such, where a socket for both kinds gives it as one of IPv6."""
    mapped = peer.lower().removeprefix("::ffff:")
    return mapped if "." in mapped else peer


def _take_host(scope: Scope) -> None:
    told = Headers(scope=scope).getlist("x-forwarded-host")
    if told:
        host = told[-1].rpartition(",")[2].strip().encode("latin-1")
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"host"] + [(b"host", host)]
