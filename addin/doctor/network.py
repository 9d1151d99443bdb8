"""Whether each endpoint can be reached from this desk, and takes the key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from addin.catalogue import Catalogue, Entry
from addin.doctor.findings import Finding, ok, warning, wrong
from addin.install.system import System
from addin.messages import explain
from worker.scoring import BadAnswer, ProxySignIn, SheetscoreError, Throttled, Unreachable

_REPORT = "For your IT: sheetscore addin doctor --report FILE"
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def proxies(system: System, found: Callable[[], Mapping[str, str]]) -> Iterator[Finding]:
    """The proxies that calls go through. A sign-in in an address is not shown."""
    used = {scheme: _bare(url) for scheme, url in found().items() if scheme in {"http", "https", "all"}}
    if used:
        yield ok("proxy", ", ".join(f"{scheme}: {url}" for scheme, url in sorted(used.items())))
    elif _has_script(system):
        mend = "If endpoints cannot be reached, ask your IT department for the proxy and set HTTPS_PROXY to it."
        yield warning("proxy", "This computer finds its proxy by a script, which only browsers read.", mend)
    else:
        yield ok("proxy", "none")
    for name in _BUNDLES:
        if (named := system.environ.get(name)) and not Path(named).exists():
            yield wrong("certificates", f"{name} names {named}, which is not there.", f"Take the variable {name} away.")


def endpoints(
    catalogue: Catalogue, slow_seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Finding]:
    """Ask each endpoint to describe itself, with its key; an answer after `slow_seconds` is worth a warning."""
    entries = catalogue.entries()
    if not entries:
        yield ok("endpoints", "none yet: Add endpoint, on the Sheetscore tab")
    for entry in entries:
        yield _endpoint(catalogue, entry, slow_seconds, clock)


def _endpoint(catalogue: Catalogue, entry: Entry, slow_seconds: float, clock: Callable[[], float]) -> Finding:
    check, started = f"endpoint {entry.name}", clock()
    try:
        _, version = catalogue.look(entry.name)
    except SheetscoreError as error:
        tell = warning if isinstance(error, Throttled) else wrong  # a busy endpoint is there, and took the key
        return tell(check, f"{entry.url}: {error}", _mend(error))
    took = clock() - started
    what = f"{entry.url}, model version {version or 'not told'}, answered in {took:.1f} s"
    if took > slow_seconds:
        return warning(check, what, "Slow: raise the setting function_seconds if worksheet functions give up.")
    return ok(check, what)


def _mend(error: SheetscoreError) -> str:
    """The words that Excel shows for it; what lies between here and the endpoint is for IT."""
    words = explain(error, sheet=False)
    return f"{words} {_REPORT}" if isinstance(error, ProxySignIn | Unreachable | BadAnswer) else words


def _has_script(system: System) -> bool:
    if system.mac:
        return "ProxyAutoConfigEnable : 1" in system.run(["scutil", "--proxy"])
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
    return bool(system.registry(key).get("autoconfigurl"))


def _bare(url: str) -> str:
    """A proxy's address without the user and password that may stand in it."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    return f"{parts.scheme or 'http'}://{parts.netloc.rpartition('@')[2]}"
