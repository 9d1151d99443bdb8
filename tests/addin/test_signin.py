"""Signing in with a customer's token, at a real host: what is listed, which keys are made, what can go wrong."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from addin import memory
from addin.actions.endpoints import CANCEL, REPLACE
from addin.catalogue import Catalogue, Entry
from addin.dialogs import Screen
from addin.keystore import KeyStoreFailed, MemoryKeys
from addin.messages import explain
from addin.signin import (
    NoSignIn,
    NothingOwned,
    SignedIn,
    TokenRefused,
    device_name,
    free_name,
    list_owned,
    take_over,
    this_device,
)
from addin.ui import RecordingUi
from addin.windowed import XlwingsUi
from tests.addin.acting import Bench
from tests.addin.desks import running_host
from tests.addin.servers import serving
from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.endpoints import Access, rules
from worker.endpoints.access import MOST_DEVICES
from worker.scoring import Account, AddressError, BadAnswer, DeviceTaken, HttpTransport, Owned, Unauthorized
from worker.scoring.account import DevicesFull
from worker.store import tables
from worker.store.engine import open_store


@dataclass
class Company:
    """The customer acme at a host: two endpoints and a token. bolt has one, and a token too; idle has none."""

    host: Host
    access: Access
    tokens: dict[str, str]

    def account(self, who: str, transport: HttpTransport) -> Account:
        return Account(self.host.url, self.tokens[who], transport)

    def devices(self, endpoint: str) -> list[str]:
        row = self.host.registry.endpoint(endpoint)
        return [key.slot for key in self.access.keys(row) if key.slot.startswith("device:")]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store("", tmp_path / "host")
    yield engine
    engine.dispose()


@pytest.fixture
def company(tmp_path: Path, engine: Engine) -> Iterator[Company]:
    with running_host(tmp_path / "host") as host:
        access = Access(engine)
        for service in ("credit", "churn"):
            host.registry.add_service(service, tiny.contract(), tiny.credit())
        for customer, services in (("acme", ("credit", "churn")), ("bolt", ("credit",)), ("idle", ())):
            host.registry.add_customer(customer)
            for service in services:
                host.registry.add_endpoint(service, customer, customer, description=f"For {customer}.")
        tokens = {who: access.add_token(f"{who}-it", who) for who in ("acme", "bolt", "idle")}
        tokens |= {"operator": access.add_token("ops"), "nobody": "sst_wrong"}
        host.snapshots.refresh()
        yield Company(host, access, tokens)


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport()
    yield made
    made.close()


@pytest.fixture
def catalogue(tmp_path: Path, transport: HttpTransport) -> Catalogue:
    return Catalogue(tmp_path / "desk", MemoryKeys(), transport=transport)


def test_a_token_lists_its_own_customer_s_endpoints(company: Company, transport: HttpTransport) -> None:
    """And nobody else's; the host's address may be pasted with whatever stood behind it."""
    owned = list_owned(company.account("acme", transport))
    ids = {row.id for row in company.host.registry.endpoints(customer="acme")}
    assert {one.id for one in owned} == ids
    assert {(one.name, one.description) for one in owned} == {("acme", "For acme.")}
    pasted = Account(f"{owned[0].url}/execute?api-version=2.0", company.tokens["acme"], transport)
    assert list_owned(pasted) == owned


@pytest.mark.parametrize(
    ("who", "error"), [("nobody", TokenRefused), ("operator", TokenRefused), ("idle", NothingOwned)]
)
def test_tokens_that_list_nothing(company: Company, transport: HttpTransport, who: str, error: type[Exception]) -> None:
    """A wrong token, an operator's, one of a customer without endpoints."""
    with pytest.raises(error):
        list_owned(company.account(who, transport))


def test_a_token_with_other_letters_is_told_as_a_token(company: Company, transport: HttpTransport) -> None:
    """Nothing is sent; the words fit the field that it was pasted into."""
    with pytest.raises(AddressError) as refused:
        list_owned(Account(company.host.url, "tök", transport))
    assert explain(refused.value, sheet=False).startswith("The key or token holds characters that none has.")


def test_servers_that_know_no_sign_in(transport: HttpTransport) -> None:
    """Something else answers at the address."""
    with serving(status=404, checks_key=False) as other, pytest.raises(NoSignIn):
        list_owned(Account(other.url, "t", transport))
    for body in (b"<html>", b"{}x", b'[{"Name": "a"}]', b'[{"Name": "a", "ApiLocation": "http://evil.example.com"}]'):
        with serving(body=body, checks_key=False) as other, pytest.raises(BadAnswer):
            list_owned(Account(other.url, "t", transport))
    with pytest.raises(AddressError):
        Account("http://scores.example.com", "t", transport)


def test_an_endpoint_is_taken_over_with_a_key_of_its_own(company: Company, catalogue: Catalogue) -> None:
    """It scores at once, and the token is kept nowhere."""
    account = company.account("acme", catalogue.transport)
    owned = list_owned(account)[0]
    entry = take_over(catalogue, account, owned, "PC-7 anna")
    assert company.devices(f"credit/{owned.name}" if "credit" in entry.name else "churn/acme") == ["device:PC-7 anna"]
    assert catalogue.endpoint(entry.name).schema.input_names == tiny.contract().input_names
    with pytest.raises(DeviceTaken):
        take_over(catalogue, account, owned, "PC-7 anna")
    old = catalogue.endpoint(entry.name).key
    take_over(catalogue, account, owned, "PC-7 anna", replace=True)
    assert catalogue.endpoint(entry.name).key != old
    assert [one.name for one in catalogue.entries()] == [entry.name]


def test_a_key_that_cannot_be_saved_is_revoked(company: Company, tmp_path: Path, transport: HttpTransport) -> None:
    """Nobody would know it, and it would open the endpoint for ever."""

    class Locked(MemoryKeys):
        def set(self, url: str, key: str, name: str = "") -> None:
            raise KeyStoreFailed("store", "KeyringLocked")

    catalogue = Catalogue(tmp_path / "desk", Locked(), transport=transport)
    account = company.account("bolt", transport)
    (owned,) = list_owned(account)
    with pytest.raises(KeyStoreFailed):
        take_over(catalogue, account, owned, "PC")
    assert (company.devices("credit/bolt"), catalogue.entries()) == ([], ())


def test_an_endpoint_takes_so_many_computers_and_no_more(
    company: Company, catalogue: Catalogue, engine: Engine
) -> None:
    """Told as that, not as rows that were refused."""
    account = company.account("bolt", catalogue.transport)
    (owned,) = list_owned(account)
    row = {"endpoint_id": owned.id, "hint": "", "created_at": 0.0}
    with engine.begin() as db:
        for number in range(MOST_DEVICES):
            slot = {"id": f"k{number}", "slot": f"device:{number}", "sha256": f"{number:064}"}
            db.execute(tables.key.insert().values(row | slot))
    with pytest.raises(DevicesFull) as error:
        take_over(catalogue, account, owned, "PC")
    assert explain(error.value, sheet=False).startswith("The endpoint has keys for as many computers as it takes.")


def test_a_new_key_is_waited_for(company: Company, catalogue: Catalogue) -> None:
    """Other processes of a host learn of it within a second; one that stays wrong is revoked."""
    account = company.account("bolt", catalogue.transport)
    (owned,) = list_owned(account)
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        company.host.snapshots.refresh()

    class Late(Catalogue):
        def add(self, name: str, url: str, key: str) -> Entry:
            if len(naps) < 2:
                raise Unauthorized
            return super().add(name, url, key)

    late = Late(catalogue._folder, MemoryKeys(), transport=catalogue.transport)
    assert take_over(late, account, owned, "PC", sleep=sleep).url == owned.url
    assert naps == [0.3, 0.7]


class Bound:
    """The desk of somebody at acme, with real calls to the host; `answers` are what is asked."""

    def __init__(self, company: Company, folder: Path, transport: HttpTransport) -> None:
        self.bench = Bench(memory.book({"A1": [["x"]]}), folder)
        self.keys = MemoryKeys()
        self.bench.made.catalogue = self.catalogue = Catalogue(folder / "own", self.keys, transport=transport)
        self.account = company.account("acme", transport)

    def sign_in(self, chosen: Sequence[Owned], *answers: str) -> RecordingUi:
        self.bench.ui.signed_in = [SignedIn(self.account, tuple(chosen))]
        ui = self.bench.ui
        ui.answers, ui.told = list(answers), []
        self.bench._door().dispatch("sign_in")
        return ui


@pytest.fixture
def bound(company: Company, tmp_path: Path, transport: HttpTransport) -> Bound:
    return Bound(company, tmp_path / "desk", transport)


def test_the_button_adds_what_was_chosen(bound: Bound, company: Company) -> None:
    """Asks before a key of the same computer ends, once for all; the first of them is chosen."""
    owned = list_owned(bound.account)
    (told,) = bound.sign_in(owned[:1]).told
    first = bound.catalogue.entries()[0]
    assert told == f"Added: {first.name}. {first.name} is chosen."
    ui = bound.sign_in(owned, CANCEL)
    ((question, _),) = ui.asked
    assert question.startswith(f"There is a key called '{this_device()}' already for {owned[0].label}. Replace it?")
    assert len(bound.catalogue.entries()) == 2
    before = bound.catalogue.endpoint(first.name).key
    bound.sign_in(owned, REPLACE)
    assert bound.catalogue.endpoint(first.name).key != before
    assert {slot for name in ("credit/acme", "churn/acme") for slot in company.devices(name)} == {
        f"device:{this_device()}"
    }


def test_one_that_fails_does_not_keep_the_others_away(bound: Bound, company: Company) -> None:
    """Each is told by its name; the token is in no file and no line of the log."""
    owned = list_owned(bound.account)
    gone = Owned("0" * 32, "credit", "gone", "", owned[0].url.replace(owned[0].id, "0" * 32))
    (told,) = bound.sign_in([gone, owned[0]]).told
    assert told.startswith("Added: ")
    assert "\ncredit/gone: The endpoint is gone" in told
    assert len(bound.catalogue.entries()) == 1
    files = b"".join(file.read_bytes() for file in bound.bench.folder.rglob("*") if file.is_file())
    assert company.tokens["acme"].encode() not in files
    assert company.tokens["acme"] not in repr(bound.account)


def test_closing_the_window_adds_nothing(bound: Bound) -> None:
    """And says nothing."""
    bound.bench.ui.signed_in = [None]
    bound.bench._door().dispatch("sign_in")
    assert (bound.bench.ui.told, bound.catalogue.entries()) == ([], ())


class Window:
    """A window in which somebody signs in, and takes what `choose` takes of what is offered."""

    def __init__(self, url: str, token: str, choose: Callable[[list[dict[str, Any]]], list[str]]) -> None:
        self._entered = {"url": url, "token": token}
        self._choose = choose
        self._sent: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._steps = iter([self._sign_in, self._add])

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def receive(self) -> dict[str, Any]:
        return next(self._steps)()

    def send(self, **message: Any) -> None:
        self._sent.put(message)

    def _sign_in(self) -> dict[str, Any]:
        return {"turn": 1, **self._entered}

    def _add(self) -> dict[str, Any]:
        message = self._sent.get(timeout=20)
        ids = self._choose(message["offered"]) if "offered" in message else None
        return {"answer": {**self._entered, "ids": ids} if ids else None, "fault": message.get("fault")}


class Sitting(Screen):
    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window = window

    def open(self, window: str, **facts: object) -> Any:
        assert window == "signin"
        return self.window


def test_the_window_is_given_the_list_with_marks(bound: Bound, company: Company) -> None:
    """Those on the computer are marked; what is chosen comes back as the host described it."""
    owned = list_owned(bound.account)
    take_over(bound.catalogue, bound.account, owned[0], "PC")
    offered: list[dict[str, Any]] = []

    def choose(given: list[dict[str, Any]]) -> list[str]:
        offered.extend(given)
        return [owned[1].url]

    ui = XlwingsUi(None, Sitting(Window(company.host.url, company.tokens["acme"], choose)))
    found = ui.sign_in(bound.catalogue)
    assert found is not None
    assert found.chosen == (owned[1],)
    assert offered == [
        {"id": one.url, "name": one.label, "about": "For acme.", "known": one is owned[0]} for one in owned
    ]


@pytest.mark.parametrize(
    ("node", "user", "name"),
    [
        ("PC-7.corp.example.com", "anna", "PC-7 anna"),
        ("Ana's MacBook Pro.local", "ana", "Ana-s MacBook Pro ana"),
        ("ΥΠΟΛΟΓΙΣΤΗΣ", "άννα", "desktop"),
        ("", "", "desktop"),
        ("x" * 60, "anna", "x" * 48),
        ("-.pc", "", "desktop"),
    ],
)
def test_a_computer_s_name_is_one_that_the_host_takes(node: str, user: str, name: str) -> None:
    """Whatever the computer and the person are called."""
    assert device_name(node, user) == name
    rules.check_name("device", name)
    rules.check_name("device", this_device())


def test_a_name_that_is_free() -> None:
    """The one it has, else service/name, else with a number; none that the list cannot hold."""
    owned = Owned("1", "credit", "acme", "", "https://a.example.com/workspaces/w/services/1")
    other = owned.url.replace("/1", "/2")
    assert free_name((), owned) == "credit/acme"
    assert free_name([Entry("Mine", owned.url, "")], owned) == "Mine"
    assert free_name([Entry("Credit Acme", other, ""), Entry("credit/acme 2", other, "")], owned) == "credit/acme 3"
    odd = Owned("1", "a;b", "c%" + "x" * 50, "", owned.url)
    assert free_name((), odd) == "a-b/c-" + "x" * 30
