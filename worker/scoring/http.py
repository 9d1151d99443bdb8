"""Carries calls over HTTP."""

from __future__ import annotations

import re
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

from worker.scoring.codecs import CLASSIC, Codec
from worker.scoring.endpoint import Endpoint, is_loopback, swagger_url
from worker.scoring.errors import (
    BadAnswer,
    EndpointError,
    NotFound,
    ProxySignIn,
    ServerFailed,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from worker.scoring.limits import Limits
from worker.scoring.schema import Columns, row_count
from worker.scoring.sessions import SignIn, innermost, new_session, nobody
from worker.scoring.transport import Answer

VERSION_HEADER = "x-sheetscore-model-version"
CONCURRENCY_HEADER = "x-sheetscore-max-concurrent"
CONNECT_SECONDS = 10.0
_CHUNK = 65_536
_NO_PROXY: dict[str, Any] = {"http": None, "https": None, "all": None}


@dataclass(frozen=True, slots=True)
class Swagger:
    """An endpoint's answer to a question for its swagger.json. `body` is None when it still is the one of the `etag`
    that was given; `etag` and `model_version` are blank where the endpoint does not tell.
    """

    body: bytes | None
    etag: str = ""
    model_version: str = ""


class HttpTransport:
    """A pool of connections, used by any number of threads; close it, or let it go out of sight.

    Trusts what the operating system trusts, goes through the system's proxies (never to reach this machine), follows no
    redirect (it would carry the rows elsewhere), keeps no cookie. Bodies and keys are never logged. `sign_in` is asked,
    in the calling thread, when a proxy wants somebody to sign in; a `session` that is given has its own.
    """

    def __init__(
        self,
        *,
        codec: Codec = CLASSIC,
        limits: Limits | None = None,
        session: requests.Session | None = None,
        sign_in: SignIn = nobody,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._codec = codec
        self._limits = limits or Limits()
        self._session = session or new_session(self._limits.concurrency, sign_in)
        self._clock = clock
        self._now = now

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        """Score rows. Raises EndpointError; TooLarge before anything is sent if the body is over the limit."""
        body = self._codec.encode(columns, endpoint.schema)
        if len(body) > self._limits.body_bytes:
            raise TooLarge(self._limits.body_bytes)
        headers = {"Content-Type": "application/json", "x-ms-client-request-id": str(uuid.uuid4())}
        url = endpoint.execute_url + self._codec.query
        with self._send("POST", url, endpoint.key, data=body, headers=headers) as response:
            content = self._read(response)
            self._raise_for_status(response, content, endpoint.key)
            return Answer(
                self._codec.decode(content, endpoint.schema, row_count(columns)),
                response.headers.get(VERSION_HEADER, ""),
                _positive(response.headers.get(CONCURRENCY_HEADER, "")),
            )

    def swagger(self, url: str, key: str, etag: str = "") -> Swagger:
        """What the endpoint at a location says of itself, unless it is what `etag` stands for. Raises EndpointError."""
        headers = {"If-None-Match": etag} if etag else {}
        with self._send("GET", swagger_url(url), key, headers=headers) as response:
            content = self._read(response)
            known = bool(etag) and response.status_code == 304
            if not known:
                self._raise_for_status(response, content, key)
            return Swagger(
                None if known else content,
                response.headers.get("ETag", etag if known else ""),
                response.headers.get(VERSION_HEADER, ""),
            )

    def manage(self, method: str, url: str, token: str) -> bytes:
        """What a host's management answers, nothing where there is nothing. Raises EndpointError: Rejected for a clash
        with what is there.
        """
        with self._send(method, url, token) as response:
            content = self._read(response)
            if response.status_code == 409:  # what is asked for clashes with what is there; scoring has no such case
                raise self._codec.read_refusal(content)
            if response.status_code not in {201, 204}:
                self._raise_for_status(response, content, token)
            return content

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    @contextmanager
    def _send(self, method: str, url: str, key: str, **parts: Any) -> Iterator[requests.Response]:  # noqa: ANN401 - passed on
        local = is_loopback(urlsplit(url).hostname or "")
        try:
            with self._session.request(
                method,
                url,
                auth=_Bearer(key),
                timeout=(CONNECT_SECONDS, self._limits.call_seconds),
                allow_redirects=False,
                stream=True,
                proxies=_NO_PROXY if local else None,
                **parts,
            ) as response:
                yield response
        except (OSError, HTTPError) as error:
            raise self._as_endpoint_error(error) from None

    def _read(self, response: requests.Response) -> bytes:
        """The body, unpacked, within the limits of size and time: a server may send a byte a second, or a zip bomb."""
        until = self._clock() + self._limits.call_seconds
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._limits.answer_bytes:
                raise BadAnswer(f"more than {self._limits.answer_bytes} bytes")
            if self._clock() > until:
                raise TimedOut(self._limits.call_seconds)
        return bytes(content)

    def _raise_for_status(self, response: requests.Response, content: bytes, key: str) -> None:
        status = response.status_code
        if status != 200:
            if key:  # a server that repeats the key in its message must not bring it into a workbook
                content = content.replace(key.encode(), b"(key)")
            raise self._error_of(status, content, _seconds(response.headers.get("Retry-After", ""), self._now()))

    def _error_of(self, status: int, content: bytes, retry_after: float | None) -> EndpointError:
        if status in {400, 422}:
            return self._codec.read_refusal(content)
        if status in {401, 403}:
            refusal = self._codec.read_refusal(content)
            return Unauthorized(status, refusal.code, refusal.at)
        if status in {404, 405, 410}:
            return NotFound(status)
        if status == 407:
            return ProxySignIn()
        if status == 408:
            return TimedOut(self._limits.call_seconds)
        if status == 413:
            return TooLarge()
        if status in {429, 503}:
            return Throttled(status, retry_after)
        if status >= 500 or status == 424:  # Azure and SageMaker answer 424 when the model's own code fails
            return ServerFailed(status, retry_after)
        return BadAnswer("a redirect, which is not followed" if 300 <= status < 400 else f"status {status}")

    def _as_endpoint_error(self, error: Exception) -> EndpointError:
        cause = error.args[0] if error.args else error
        if isinstance(error, exceptions.ConnectTimeout):
            return Unreachable(f"no connection in {CONNECT_SECONDS:g} s")
        if isinstance(error, exceptions.ReadTimeout) or isinstance(cause, ReadTimeoutError):
            return TimedOut(self._limits.call_seconds)
        if isinstance(error, exceptions.ContentDecodingError):
            return BadAnswer("compression that cannot be undone")
        return Unreachable(_reason(innermost(error)))


class _Bearer(AuthBase):
    """An auth object rather than a header: requests replaces a mere header by what a `.netrc` has for the host."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _reason(seen: BaseException) -> str:
    """An innermost cause in the operating system's or TLS's word; addresses and memory locations left out."""
    if isinstance(seen, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {seen.verify_message}"
    if isinstance(seen, OSError) and seen.strerror:
        return seen.strerror
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(seen).__name__).lower()


def _positive(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9]\d{0,6}", text) else None


def _seconds(text: str, now: float) -> float | None:
    """A Retry-After in seconds: RFC 9110, 10.2.3 allows a number of seconds or a date."""
    if re.fullmatch(r"\d{1,9}(\.\d*)?", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None
