"""Signing in at a proxy: real sockets, real TLS, an endpoint that only the proxy can reach."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.scoring.conftest import KEY, PATH
from tests.scoring.proxies import HOST, Proxy, signing_proxy, tls_for
from worker.scoring import Columns, Endpoint, HttpTransport, Login, ProxySignIn, Schema
from worker.scoring.sessions import SignIn

RIGHT = Login("ana", "Grüße, 東京")
WRONG = Login("ana", "summer")
ROWS: Columns = {"age": np.array([1, 2]), "income": np.array([1.0, 2.0]), "purpose": np.array(["A40", "A41"], object)}


@pytest.fixture
def server(serve: Any, fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The endpoint, at scores.example.com for whoever asks the proxy."""
    context, authority = tls_for(HOST, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return serve(fake(), tls=context)


@pytest.fixture
def proxy(server: Any) -> Iterator[Proxy]:
    with signing_proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: Proxy, schema: Schema) -> Iterator[Callable[[SignIn], Callable[[], list[int]]]]:
    """A transport through the proxy, with somebody to sign in: call it for scores."""
    opened = []

    def make(sign_in: SignIn) -> Callable[[], list[int]]:
        transport = HttpTransport(session=proxy.session(sign_in))
        opened.append(transport)
        endpoint = Endpoint(f"https://{HOST}{PATH}", KEY, schema)

        def score() -> list[int]:
            found: list[int] = transport(endpoint, ROWS).columns["double age"].tolist()
            return found

        return score

    yield make
    for transport in opened:
        transport.close()


class Person:
    """Answers with one login after the other, then with none."""

    def __init__(self, *logins: Login) -> None:
        self.logins = list(logins)
        self.asked: list[tuple[str, Login | None]] = []

    def __call__(self, proxy: str, refused: Login | None) -> Login | None:
        self.asked.append((proxy, refused))
        return self.logins.pop(0) if self.logins else None


def test_who_signs_in_is_let_through(through: Any, proxy: Proxy, server: Any) -> None:
    """Once for all calls; the login goes to the proxy that asked for it, and never to the endpoint."""
    person = Person(RIGHT)
    score = through(person)

    assert [score(), score()] == [[2, 4], [2, 4]]
    assert person.asked == [(proxy.place, None)]
    assert [bool(given) for given in proxy.asked] == [False, True]
    for _path, headers in server.requests:
        assert headers["Authorization"] == f"Bearer {KEY}"
        assert "Proxy-Authorization" not in headers


def test_a_login_that_was_refused_is_asked_for_again(through: Any, proxy: Proxy) -> None:
    """And which one it was is said."""
    person = Person(WRONG, RIGHT)
    assert through(person)() == [2, 4]
    assert person.asked == [(proxy.place, None), (proxy.place, WRONG)]


def test_without_a_login_the_proxy_is_asked_once(through: Any, proxy: Proxy) -> None:
    """A wrong one is not tried again either: accounts are locked after a few."""
    person = Person(WRONG)
    with pytest.raises(ProxySignIn) as error:
        through(person)()
    assert error.value.proxy == proxy.place
    assert len(proxy.asked) == 2
    assert "summer" not in f"{error.getrepr(chain=True)} {WRONG!r}"


@pytest.mark.parametrize("login", [RIGHT, None])
def test_one_question_for_many_calls(through: Any, proxy: Proxy, login: Login | None) -> None:
    """Calls that are refused while somebody is asked go by that answer."""
    asked = []

    def sign_in(_proxy: str, _refused: Login | None) -> Login | None:
        asked.append(1)
        for _ in range(4):
            assert proxy.refused.acquire(timeout=20)
        return login

    score = through(sign_in)
    together = threading.Barrier(4)

    def call() -> list[int] | None:
        together.wait(20)
        try:
            return score()
        except ProxySignIn:
            return None

    with ThreadPoolExecutor(4) as pool:
        results = [call.result() for call in [pool.submit(call) for _ in range(4)]]
    assert results == [[2, 4] if login else None] * 4
    assert len(asked) == 1
