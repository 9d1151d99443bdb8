"""Under which names the host answers, and the addresses that it hands out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from worker.scoring.endpoint import is_loopback
from worker.settings import SettingError, Settings

if TYPE_CHECKING:
    from starlette.requests import Request

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - named so that it is not taken for a name
_NAME = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*")
"""A name or address as a Host header can have it, without port: names of DNS, IPv4, IPv6."""


def base_url(request: Request) -> str:
    """What stands in front of every address handed out: the public URL, or else the host as the caller named it."""
    told: str = request.app.state.public_url
    return told or str(request.base_url).rstrip("/")


def own_url(request: Request) -> str:
    """The address of the request itself as it is handed out, without its query, in ASCII: it may stand in a header."""
    return base_url(request) + quote(request.url.path.removeprefix(request.scope.get("root_path", "")))


def public_url(settings: Settings) -> str:
    """The setting without a slash at its end. Raises SettingError."""
    told = str(settings.public_url).rstrip("/")
    if told and not _is_usable(_split(told)):
        raise SettingError(f"public_url: {told!r} is no address such as https://scores.example.com/base")
    return told


def told_url(settings: Settings) -> str:
    """Where this home's host is reached, as far as its settings say."""
    secure = "s" if settings.tls_certificate else ""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return public_url(settings) or f"http{secure}://{host}:{settings.port}"


def host_names(settings: Settings) -> frozenset[str]:
    """The names that a request may give as Host, besides those of this machine. Raises SettingError."""
    named = {name.strip().strip("[]").lower() for name in settings.allowed_hosts.split(",") if name.strip()}
    for name in named:
        if not _NAME.fullmatch(name):
            raise SettingError(f"allowed_hosts: {name!r} is no name such as scores.example.com")
    named |= {(urlsplit(public_url(settings)).hostname or ""), settings.host.lower()}
    return frozenset(named - EVERYWHERE - {""})


def host_of(netloc: str) -> str:
    """The name in a Host header: without port, brackets and upper case."""
    host, _, port = netloc.rpartition(":") if not netloc.endswith("]") else (netloc, "", "")
    return (host if port.isdecimal() else netloc).strip("[]").lower()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _is_usable(parts: SplitResult | None) -> bool:
    if parts is None or not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
