"""Signing in at a company's proxy, from the button to the scores; what is kept of it, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin import memory
from addin.actions.placing import BESIDE
from addin.keystore import KeyStoreRefused, MemoryKeys
from addin.paths import log_file
from addin.proxylogin import STORED, ProxyLogins, report
from addin.ui import RecordingUi
from tests.addin.acting import Bench, scores, table, values
from tests.addin.desks import URL
from tests.scoring.conftest import KEY, serving
from tests.scoring.proxies import HOST, Proxy, signing_proxy, tls_for
from worker.scoring import HttpTransport, Login

RIGHT = Login("ana", "Grüße, 東京")
WRONG = Login("ana", "summer-2026")
PLACE = "proxy.example.com:3128"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Rows to be scored at an endpoint behind a proxy."""
    return Bench(memory.book({"A1": table()}), tmp_path)


@pytest.fixture
def proxy(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    context, authority = tls_for(HOST, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving() as serve:
        server = serve(bench.host.fake, tls=context)
        server.swagger = bench.host.swagger(URL, KEY).body or b""
        with signing_proxy(server.url) as proxy:
            yield proxy


def click(bench: Bench, proxy: Proxy, *logins: Login) -> Any:
    """Score selection in a new process of the desk; whoever is asked by the proxy enters these logins."""
    bench.ui = RecordingUi(answers=[BESIDE], logins=list(logins))
    sign_in = ProxyLogins(bench.made.keys, bench.ui.proxy_sign_in)
    transport: Any = HttpTransport(session=proxy.session(sign_in))
    bench.made.catalogue.transport = transport
    bench.scorer = bench.made.new_scorer()
    bench._door().dispatch("score_selection")
    transport.close()
    return bench.ui


def test_after_enter_the_action_goes_on(bench: Bench, proxy: Proxy) -> None:
    """And the next process of the desk asks nobody: the login is in the key store, and nowhere else."""
    ui = click(bench, proxy, WRONG, RIGHT)
    assert [text for text, _ in ui.asked if not text.endswith("?")] == [proxy.place, f"{proxy.place} refused"]
    assert ui.told == []
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    assert json.loads(bench.made.keys.get(STORED) or "") == {proxy.place: [RIGHT.name, RIGHT.password]}
    files = b"".join(file.read_bytes() for file in bench.folder.rglob("*") if file.is_file())
    for secret in (RIGHT.password, WRONG.password):
        assert secret.encode() not in files
    assert b"score_selection" in log_file(bench.folder).read_bytes()

    bench.book.sheets[0]["A2"].value = 30.0
    again = click(bench, proxy)
    assert values(bench.book, "D2:G4") == scores(30, 21, 22)
    assert proxy.place not in dict(again.asked)


def test_who_does_not_sign_in_is_told_what_to_do(bench: Bench, proxy: Proxy) -> None:
    """What was refused is kept no longer, or it would lock the account; the sheet is as it was."""
    bench.made.keys.set(STORED, json.dumps({proxy.place: [WRONG.name, WRONG.password], PLACE: ["x", "y"]}))
    ui = click(bench, proxy)
    assert [text for text, _ in ui.asked if not text.endswith("?")] == [f"{proxy.place} refused"]
    (told,) = ui.told
    assert told.startswith("Your company's proxy wants a sign-in (407).")
    assert told.endswith("Sheet unchanged.")
    assert proxy.place in ui.copied[0]
    assert json.loads(bench.made.keys.get(STORED) or "") == {PLACE: ["x", "y"]}
    assert len(proxy.asked) == 2


@pytest.mark.parametrize(
    "stored", ["", "[]", "{", '{"proxy.example.com:3128": 5}', '{"proxy.example.com:3128": ["a"]}']
)
def test_what_cannot_be_read_is_asked_for(stored: str) -> None:
    """The key store may hold anything under that name."""
    keys = MemoryKeys()
    keys.set(STORED, stored)
    assert ProxyLogins(keys, lambda *_: RIGHT)(PLACE, None) == RIGHT
    assert ProxyLogins(keys)(PLACE, None) == RIGHT


def test_without_a_key_store_it_is_asked_for_in_each_process() -> None:
    """It is never kept elsewhere."""

    class Refusing(MemoryKeys):
        def get(self, url: str, name: str = "") -> str | None:
            raise KeyStoreRefused("keyrings.alt")

        def set(self, url: str, key: str, name: str = "") -> None:
            raise KeyStoreRefused("keyrings.alt")

    asked: list[tuple[str, bool]] = []

    def ask(proxy: str, refused: bool) -> Login:
        asked.append((proxy, refused))
        return RIGHT

    logins = ProxyLogins(Refusing(), ask)
    assert [logins(PLACE, None), logins(PLACE, WRONG)] == [RIGHT, RIGHT]
    assert asked == [(PLACE, False), (PLACE, True)]


def test_the_report_for_it_holds_what_they_need() -> None:
    """The proxy, the status, the kinds of sign-in; no name and no password is handed to it."""
    told = report(PLACE, refused=True)
    for words in (PLACE, "407", "Basic", "NTLM", "were refused"):
        assert words in told
    assert "No sign-in was tried" in report(PLACE, refused=False)
