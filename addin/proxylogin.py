"""A person's sign-in at their company's proxy: asked for once, kept in the key store, forgotten when it is refused."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import suppress

from addin.keystore import KeyStore, KeyStoreError
from worker import __version__
from worker.scoring import Login

STORED = "proxy sign-in"
"""The entry's name in the key store: one for all proxies, so that nothing is left when it is deleted."""

Ask = Callable[[str, bool], Login | None]
"""Asks the person for a proxy (host:port); True: what was sent was refused. None: no sign-in."""


def nobody(_proxy: str, _refused: bool) -> None:
    """An Ask where no window may be shown, as in a worksheet function."""


class ProxyLogins:
    """What HttpTransport asks for a sign-in. Where there is no key store it is kept as long as the transport lives."""

    def __init__(self, keys: KeyStore, ask: Ask = nobody) -> None:
        self._keys = keys
        self._ask = ask

    def __call__(self, proxy: str, refused: Login | None) -> Login | None:
        """The login that is kept for a proxy, unless that was refused; then what the person enters."""
        logins = self._kept()
        kept = logins.pop(proxy, None)
        if kept is not None and kept != refused:
            return kept
        if kept is not None:
            self._keep(logins)
        given = self._ask(proxy, refused is not None)
        if given is not None:
            self._keep({**logins, proxy: given})
        return given

    def _kept(self) -> dict[str, Login]:
        with suppress(KeyStoreError, ValueError, TypeError, AttributeError):
            stored = json.loads(self._keys.get(STORED) or "{}")
            return {proxy: Login(*map(str, pair)) for proxy, pair in stored.items()}
        return {}

    def _keep(self, logins: dict[str, Login]) -> None:
        with suppress(KeyStoreError):
            if logins:
                self._keys.set(STORED, json.dumps({p: [login.name, login.password] for p, login in logins.items()}))
            else:
                self._keys.delete(STORED)


def report(proxy: str, *, refused: bool) -> str:
    """What those who run the network need to know. No name and no password is in it."""
    tried = "The name and password that were entered were refused." if refused else "No sign-in was tried."
    lines = [
        f"Sheetscore {__version__} asked the proxy {proxy} for a tunnel (CONNECT) and was answered 407.",
        f"{tried} Sheetscore signs in with Basic; it cannot do NTLM, Negotiate or Kerberos.",
        "Please offer Basic to it, or let it through to the endpoint's host without a sign-in.",
        f"System: {platform.platform()}, Python {platform.python_version()}",
    ]
    return "\n".join(lines)
