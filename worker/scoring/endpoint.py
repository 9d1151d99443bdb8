"""Where an endpoint is, the key that opens it, and what it takes."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from worker.scoring.errors import SheetscoreError
from worker.scoring.schema import Schema

# What the classic portal and our own put behind an endpoint's location; people paste these addresses.
_LOCATION = re.compile(
    r"(?P<location>(?:/[^/]+)*?/workspaces/[^/]+/services/[^/]+)(?:/(?:execute|jobs|score|swagger\.json|workbooks)(?:/.*)?)?/?"
)


class AddressFault(StrEnum):
    """What is wrong with an address or key."""

    NOT_A_URL = "not-a-url"
    NOT_HTTPS = "not-https"
    HAS_USER = "has-user"
    NOT_AN_ENDPOINT = "not-an-endpoint"
    KEY_NOT_ASCII = "key-not-ascii"


class AddressError(SheetscoreError):
    """An address that is refused. `host` is the part that may be shown: the rest can hold a password."""

    def __init__(self, fault: AddressFault, host: str = "") -> None:
        super().__init__(f"address refused ({fault})")
        self.fault = fault
        self.host = host


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    `url` may be pasted with `/execute?...` or `/swagger.json` behind it; what is kept is the location,
    `scheme://host[:port]/workspaces/{workspace}/services/{endpoint id}`. Raises AddressError.
    """

    url: str
    key: str = field(repr=False)
    schema: Schema = field(repr=False)
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", location(self.url))
        object.__setattr__(self, "key", clean_key(self.key))

    @property
    def execute_url(self) -> str:
        """Where rows are posted (request-response, with the column types in the answer)."""
        return f"{self.url}/execute?api-version=2.0&details=true"

    @property
    def swagger_url(self) -> str:
        """Where the endpoint describes itself."""
        return swagger_url(self.url)


def swagger_url(url: str) -> str:
    """Where the endpoint at a location describes itself."""
    return f"{url}/swagger.json?api-version=2.0"


def location(url: str) -> str:
    """The location of the endpoint that an address belongs to.

    Raises AddressError: https only, except on loopback hosts, so that no key crosses a network in the clear; no user
    or password in it, as addresses are shown and logged.
    """
    parts = _safe(url)
    found = _LOCATION.fullmatch(parts.path)
    if not found:
        raise AddressError(AddressFault.NOT_AN_ENDPOINT, parts.hostname or "")
    return f"{parts.scheme}://{parts.netloc.lower()}{found['location']}"


def workspace(url: str) -> str:
    """The workspace of a host that an address belongs to: the one named in it, else `default`. Raises AddressError."""
    parts = _safe(url)
    base, _, named = parts.path.partition("/workspaces/")
    return f"{parts.scheme}://{parts.netloc.lower()}{base.rstrip('/')}/workspaces/{named.split('/')[0] or 'default'}"


def _safe(url: str) -> SplitResult:
    parts = _split(url.strip())
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise AddressError(AddressFault.HAS_USER, host)
    if parts.scheme != "https" and not is_loopback(host):
        raise AddressError(AddressFault.NOT_HTTPS, host)
    return parts


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url or "\\" in url:
        raise AddressError(AddressFault.NOT_A_URL)
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine (RFC 6761, 6.3 reserves `localhost`)."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def clean_key(key: str) -> str:
    """A pasted key without the blanks around it.

    Raises AddressError when it cannot stand in a header: HTTP libraries quote such a key in their error message.
    """
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AddressError(AddressFault.KEY_NOT_ASCII)
    return key
