"""Files elsewhere that a reference may name: below the https addresses that the operator listed, and nowhere else.

What is listed is trusted as a name: TLS proves that the host is the one that was named, so that its IP address, also a
private one, is not looked at. No redirect is followed, no login is sent but the reference's own token, which stands in
no log and no error.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from worker.host.refusals import Detail, Refusal, too_large
from worker.scoring.endpoint import is_loopback
from worker.scoring.errors import ProxySignIn
from worker.settings import SettingError, Settings

if TYPE_CHECKING:  # most hosts fetch nothing
    import requests

FETCH_SECONDS = 60.0
"""How long one file may take as a whole."""
FETCHES_AT_ONCE = 4

_CONNECT_SECONDS = 10.0
_CHUNK = 65_536
_DIRECT: dict[str, Any] = {"http": None, "https": None, "all": None}
_ADDRESS = re.compile(
    r"(?i:https)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*/?)"
)
"""No user, no query, no fragment, no empty name between slashes."""
_HIDDEN = re.compile(r"%(?:2e|2f|5c|25|[01][0-9a-f]|7f)", re.IGNORECASE)
"""Signs that a server may turn into others than those that were compared: dot, slash, backslash, percent, controls."""
_TOKEN = re.compile(r"\??[A-Za-z0-9._~!$&'()*+,;=:@/?%-]{0,4096}")


class LocationRefused(Refusal):
    """A reference whose file is not taken. `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, "BadArgument", "The location cannot be used.", [Detail(code, message)])
        self.code = code


class Listed:
    """The addresses that are listed, and what fetches from them. Safe to use from any thread."""

    def __init__(
        self,
        prefixes: Sequence[str] = (),
        *,
        seconds: float = FETCH_SECONDS,
        session: Callable[[], requests.Session] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises SettingError for what is no https address that ends in a slash."""
        self._prefixes = tuple(_prefix(each) for each in prefixes)
        self._seconds = seconds
        self._session = session or _new_session
        self._clock = clock
        self._free = threading.BoundedSemaphore(FETCHES_AT_ONCE)

    @classmethod
    def of_settings(cls, settings: Settings) -> Listed:
        """Raises SettingError."""
        return cls([each.strip() for each in settings.location_prefixes.split(",") if each.strip()])

    def url(self, location: Mapping[str, str | None]) -> str | None:
        """The address that a reference names, without its token; None when it is not below one that is listed."""
        base, path = location.get("BaseLocation") or "", location.get("RelativeLocation") or ""
        found = _plain(base.removesuffix("/") + "/" + path.removeprefix("/"))
        if found is None or found.endswith("/"):
            return None
        return found if found.startswith(self._prefixes) else None

    def fetch(self, url: str, token: str, file: Path, most_bytes: int) -> None:
        """Write what lies at an address of `url` to a file. Raises Refusal, OSError of the file's."""
        if not _TOKEN.fullmatch(token):
            raise LocationRefused("BlobNotFound", "SasBlobToken is not the query of an address.")
        if not self._free.acquire(blocking=False):
            detail = Detail("NoMoreResources", f"{FETCHES_AT_ONCE} files are being fetched already.")
            raise Refusal(503, "ServiceUnavailable", "The service is temporarily unavailable.", [detail], _LATER)
        try:
            self._fetch(url, token.removeprefix("?"), file, most_bytes)
        finally:
            self._free.release()

    def _fetch(self, url: str, query: str, file: Path, most_bytes: int) -> None:
        until, size = self._clock() + self._seconds, 0
        asked = f"{url}?{query}" if query else url
        with self._session() as session, closing(self._answer(session, asked)) as answer, file.open("wb") as opened:
            while chunk := _next(answer):
                size += len(chunk)
                if size > most_bytes:
                    raise too_large(most_bytes)
                if self._clock() > until:
                    raise LocationRefused("BlobNotFound", f"It did not come within {self._seconds:g} s.")
                opened.write(chunk)

    def _answer(self, session: requests.Session, url: str) -> requests.Response:
        try:
            answer = session.get(
                url,
                auth=_as_it_is,
                headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                timeout=(_CONNECT_SECONDS, self._seconds),
                allow_redirects=False,
                stream=True,
                proxies=_DIRECT if is_loopback(urlsplit(url).hostname or "") else None,
            )
        except (OSError, HTTPError, ProxySignIn) as error:
            raise _broken(error) from None
        if answer.status_code == 200 and answer.headers.get("Content-Encoding", "identity") == "identity":
            return answer
        answer.close()
        told = "packed" if answer.status_code == 200 else f"status {answer.status_code}"
        raise LocationRefused("BlobNotFound", f"The answer of {urlsplit(url).hostname} was {told}, and was not read.")


_LATER = {"Retry-After": "5"}


def _new_session() -> requests.Session:
    from worker.scoring.sessions import new_session  # noqa: PLC0415 - brings requests

    return new_session(1)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands where requests would put a login that a `.netrc` has for the host."""
    return request


def _next(answer: requests.Response) -> bytes:
    raw: Any = answer.raw
    try:
        return bytes(raw.read1(_CHUNK, decode_content=False))
    except (OSError, HTTPError) as error:
        raise _broken(error) from None


def _broken(error: BaseException) -> LocationRefused:
    """Without the libraries' words: they repeat the address, and the token with it."""
    from worker.scoring.sessions import innermost  # noqa: PLC0415 - brings requests

    untrusted = isinstance(innermost(error), ssl.SSLCertVerificationError)
    told = "The host's certificate is not trusted." if untrusted else "The host did not answer, or broke off."
    return LocationRefused("BlobNotFound", told)


def _prefix(given: str) -> str:
    found = _plain(given)
    if found is None or not found.endswith("/"):
        raise SettingError(f"location_prefixes: {given!r} is not an https address that ends in /")
    return found


def _plain(url: str) -> str | None:
    """An address as it is compared and asked; None for one that is not plain https or could be taken for another."""
    found = _ADDRESS.fullmatch(url)
    if found is None or _HIDDEN.search(found["path"]) or {".", ".."} & set(found["path"].split("/")):
        return None
    port = "" if found["port"] in {None, "443"} else f":{found['port']}"
    return f"https://{found['host'].lower()}{port}{found['path']}"
