"""The list of endpoints: what it keeps, what it never keeps, and what it does with a list somebody spoilt."""

from __future__ import annotations

import logging
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from addin.catalogue import Catalogue, NameTaken, NoKey, UnknownEndpoint, VariableTaken
from addin.conf import read_conf, update_conf
from addin.entries import BadLine, BadName, Entry, LineFault, read_entries
from addin.keystore import KeyStoreRefused, MemoryKeys, SystemKeys
from tests.addin.desks import URL, FakeHost, MadeDesk, running_host
from tests.addin.test_keystore import Plain
from tests.endpoints import tiny
from tests.host.conftest import Host
from tests.scoring.conftest import KEY, SCHEMA
from worker.endpoints import NewEndpoint
from worker.scoring import AddressError, BadAnswer, Column, ColumnType, HttpTransport, Schema, Unauthorized, Unreachable

OTHER = "https://scores.example.com/workspaces/w1/services/e2"


@pytest.fixture
def desk(tmp_path: Path) -> MadeDesk:
    return MadeDesk(tmp_path)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with running_host(tmp_path / "home") as host:
        yield host


@pytest.fixture
def credit(host: Host) -> NewEndpoint:
    host.registry.add_service("credit", tiny.contract(), tiny.credit(), "Credit risk.")
    host.registry.add_customer("acme")
    made = host.registry.add_endpoint("credit", "main", "acme")
    host.snapshots.refresh()
    return made


def test_an_endpoint_is_added_and_found_again(desk: MadeDesk) -> None:
    """By another process too, with key and schema, without a question; the name in whatever case."""
    again = Catalogue(desk.folder, desk.keys, transport=desk.catalogue.transport)
    entry = again.entry("CREDIT ")
    assert (entry.name, entry.url, entry.last_seen_version) == ("credit", URL, "1")
    endpoint = again.endpoint("Credit")
    assert (endpoint.url, endpoint.key, endpoint.schema, endpoint.name) == (URL, KEY, SCHEMA, "credit")
    assert again.selected() == entry
    assert desk.host.questions == []


def test_an_address_may_be_pasted_with_what_stands_behind_it(desk: MadeDesk) -> None:
    """What is kept is the location."""
    entry = desk.catalogue.add(" other ", f" {OTHER}/execute?api-version=2.0&details=true ", f" {KEY}\n")
    assert (entry.name, entry.url) == ("other", OTHER)
    assert desk.catalogue.endpoint("other").key == KEY


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a;b", 'a"b', "a%b", "a|b", "a\nb"])
def test_a_name_that_would_break_the_list_is_refused(desk: MadeDesk, name: str) -> None:
    """Excel's side splits and expands it."""
    with pytest.raises(BadName):
        desk.catalogue.add(name, OTHER, KEY)
    assert len(desk.catalogue.entries()) == 1


def test_two_endpoints_of_one_name_are_refused(desk: MadeDesk) -> None:
    """Case does not count; the key of the second is not kept."""
    with pytest.raises(NameTaken) as error:
        desk.catalogue.add("CREDIT", OTHER, KEY)
    assert error.value.name == "credit"
    assert desk.keys.get(OTHER) is None


@pytest.mark.parametrize("name", ["Credit!", "credit_", " (credit) "])
def test_two_endpoints_of_one_environment_variable_are_refused(desk: MadeDesk, name: str) -> None:
    """The key of one would be sent to the other. The same endpoint may be called so."""
    with pytest.raises(VariableTaken) as error:
        desk.catalogue.add(name, OTHER, KEY)
    assert (error.value.name, error.value.variable) == ("credit", "SHEETSCORE_KEY_CREDIT")
    assert desk.keys.get(OTHER) is None
    assert desk.catalogue.add(name, URL, KEY).name == name.strip()


def test_an_address_added_again_gets_its_new_key_and_name(desk: MadeDesk) -> None:
    """That is how a key is replaced; place, date and choice stay."""
    before = desk.catalogue.entry("credit")
    desk.keys.set(URL, "revoked")
    desk.catalogue.add("other", OTHER, KEY)
    after = desk.catalogue.add("risk", URL, KEY)
    assert after == before.__class__("risk", URL, before.added, "1")
    assert [entry.name for entry in desk.catalogue.entries()] == ["risk", "other"]
    assert desk.catalogue.selected() == after
    assert desk.catalogue.endpoint("risk").key == KEY


@pytest.mark.parametrize(
    ("url", "key", "error"),
    [(OTHER, "wrong", Unauthorized), ("http://scores.example.com/x", KEY, AddressError), (OTHER, "ключ", AddressError)],
)
def test_an_endpoint_that_does_not_open_is_not_added(desk: MadeDesk, url: str, key: str, error: Any) -> None:
    """Neither its line nor its key."""
    with pytest.raises(error):
        desk.catalogue.add("other", url, key)
    assert len(desk.catalogue.entries()) == 1
    assert desk.keys.get(OTHER) is None


def test_where_keys_cannot_be_kept_nothing_is_added(tmp_path: Path) -> None:
    """A line without a key would be of no use."""
    host: Any = FakeHost()
    catalogue = Catalogue(tmp_path, SystemKeys(Plain), transport=host)
    with pytest.raises(KeyStoreRefused):
        catalogue.add("credit", URL, KEY)
    assert catalogue.entries() == ()
    assert catalogue.selected() is None


def test_an_endpoint_is_removed_with_its_key(desk: MadeDesk) -> None:
    """Another is then the selected one, and the drop-down knows."""
    desk.catalogue.add("other", OTHER, KEY)
    desk.catalogue.remove("Credit")
    assert desk.keys.get(URL) is None
    selected = desk.catalogue.selected()
    assert selected is not None
    assert selected.name == "other"
    assert read_conf(desk.folder / "sheetscore.conf") == {"ENDPOINTS": "other", "SELECTED": "0"}
    assert len(list((desk.folder / "endpoints").iterdir())) == 1
    for ask in (desk.catalogue.remove, desk.catalogue.select, desk.catalogue.endpoint, desk.catalogue.refresh):
        with pytest.raises(UnknownEndpoint) as error:
            ask("credit")
        assert error.value.known == ("other",)


def test_excel_s_side_is_told_names_and_choice(desk: MadeDesk) -> None:
    """In the file it reads anyway; what else stands there stays."""
    conf = desk.folder / "sheetscore.conf"
    update_conf(conf, {"INTERPRETER_WIN": r"C:\Users\Γ & Co\python.exe"})
    desk.catalogue.add("Κρέδιτ, new", OTHER, KEY)
    desk.catalogue.select("κρέδιτ, NEW")
    assert read_conf(conf) == {
        "ENDPOINTS": "credit;Κρέδιτ, new",
        "SELECTED": "1",
        "INTERPRETER_WIN": r"C:\Users\Γ & Co\python.exe",
    }
    assert b'"ENDPOINTS","credit;' in conf.read_bytes()


def test_a_key_that_is_gone_is_named(desk: MadeDesk) -> None:
    """The list came along from another computer, say."""
    desk.keys.delete(URL)
    with pytest.raises(NoKey) as error:
        desk.catalogue.endpoint("credit")
    assert error.value.name == "credit"


def test_one_bad_line_is_reported_and_the_rest_survives(desk: MadeDesk) -> None:
    """The line too: whoever spoilt it may mend it."""
    file = desk.folder / "endpoints.jsonl"
    good = file.read_bytes()
    bad = [
        b"not json",
        b"[]",
        b'{"name": 5, "url": "x", "added": ""}',
        orjson.dumps({"name": "a;b", "url": OTHER, "added": ""}),
        orjson.dumps({"name": "x", "url": "http://elsewhere/", "added": ""}),
        orjson.dumps({"name": "Credit", "url": OTHER, "added": ""}),
        b"\xff\xfe",
    ]
    file.write_bytes(b"\n".join([bad[0], b"", good.strip(), *bad[1:]]))
    faults = [LineFault.NOT_READABLE] * 3 + [LineFault.BAD_NAME, LineFault.BAD_ADDRESS, LineFault.TWICE]
    numbers = [1, 4, 5, 6, 7, 8, 9]

    assert read_entries(desk.folder).bad == list(map(BadLine, numbers, [*faults, LineFault.NOT_READABLE]))
    assert [entry.name for entry in desk.catalogue.entries()] == ["credit"]
    desk.catalogue.add("other", OTHER, KEY)
    assert [entry.name for entry in desk.catalogue.entries()] == ["credit", "other"]
    assert set(bad) <= set(file.read_bytes().splitlines())


def test_several_processes_may_add_at_once(desk: MadeDesk) -> None:
    """No line is lost."""
    transport: Any = desk.host

    def add(number: int) -> None:
        url = f"https://scores.example.com/workspaces/w1/services/n{number}"
        Catalogue(desk.folder, desk.keys, transport=transport).add(f"n{number}", url, KEY)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.name for entry in desk.catalogue.entries()} == {"credit", *(f"n{number}" for number in range(8))}


def test_a_schema_that_was_spoilt_is_asked_for_again(desk: MadeDesk) -> None:
    """It is only a copy."""
    (kept,) = (desk.folder / "endpoints").iterdir()
    for spoilt in (b"", b"{}", b'{"schema":{},"etag":"","model_version":""}', b"\xff"):
        kept.write_bytes(spoilt)
        assert desk.catalogue.endpoint("credit").schema == SCHEMA
    assert desk.host.questions == [""] * 4


def test_refresh_says_what_changed_and_what_failed(desk: MadeDesk) -> None:
    """For each endpoint."""
    desk.catalogue.add("other", OTHER, KEY)
    assert [(r.entry.name, r.changed, r.error) for r in desk.catalogue.refresh()] == [
        ("credit", False, None),
        ("other", False, None),
    ]
    desk.host.schema = Schema((Column("age", ColumnType.NUMBER),), SCHEMA.outputs)
    desk.keys.set(OTHER, "revoked")
    credit, other = desk.catalogue.refresh()
    assert (credit.changed, credit.error) == (True, None)
    assert isinstance(other.error, Unauthorized)
    assert desk.catalogue.endpoint("credit").schema == desk.host.schema
    assert desk.catalogue.endpoint("other").schema == SCHEMA

    desk.host.down = Unreachable("no route to host")
    (alone,) = desk.catalogue.refresh("credit")
    assert isinstance(alone.error, Unreachable)


def test_a_short_answer_to_nothing_known_is_no_answer(desk: MadeDesk) -> None:
    """Then there is no schema to go by."""
    (kept,) = (desk.folder / "endpoints").iterdir()
    kept.unlink()

    class Odd(FakeHost):
        def swagger(self, url: str, key: str, etag: str = "") -> Any:
            answer = super().swagger(url, key, etag)
            return answer.__class__(None, answer.etag, answer.model_version)

    transport: Any = Odd()
    with pytest.raises(BadAnswer):
        Catalogue(desk.folder, desk.keys, transport=transport).look("credit")


def test_a_real_host_is_added_looked_at_and_refreshed(host: Host, credit: NewEndpoint, tmp_path: Path) -> None:
    """A look where nothing changed is short, and brings the version; a new contract is noticed."""
    transport = HttpTransport()
    catalogue = Catalogue(tmp_path / "user", MemoryKeys(), transport=transport)
    entry = catalogue.add("credit", f"{host.location(credit)}/execute?api-version=2.0", credit.primary)
    assert entry.last_seen_version == "1"
    schema, version = catalogue.look("credit")
    assert (schema.inputs, schema.sample, version) == (tiny.contract().inputs, tiny.contract().sample, "1")
    assert [result.changed for result in catalogue.refresh()] == [False]
    transport.close()


class Leaky(Catalogue):
    """A broken twin: the key is kept in Excel's settings file, which is handy and wrong."""

    def add(self, name: str, url: str, key: str) -> Entry:
        entry = super().add(name, url, key)
        update_conf(self._folder / "sheetscore.conf", {"KEY": key})
        return entry


class Talkative(Catalogue):
    """A broken twin: it can be shown with all it holds."""

    def __repr__(self) -> str:
        return f"Catalogue({self._folder}, {vars(self._keys)})"


@pytest.mark.parametrize(("kind", "leaks"), [(Catalogue, 0), (Leaky, 1), (Talkative, 1)])
def test_the_key_is_nowhere_but_in_the_key_store(
    host: Host,
    credit: NewEndpoint,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: type[Catalogue],
    leaks: int,
) -> None:
    """Not in a file, a log line of any library, a repr or an error; and every file is for this account alone."""
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "user"
    keys = MemoryKeys()
    transport = HttpTransport()
    catalogue = kind(folder, keys, transport=transport)
    catalogue.add("credit", host.location(credit), credit.primary)
    catalogue.select("credit")
    catalogue.refresh()
    host.registry.rotate_key(credit.endpoint.id, "primary")
    host.snapshots.refresh()
    (result,) = catalogue.refresh()
    transport.close()

    assert isinstance(result.error, Unauthorized)
    seen = [caplog.text, repr([catalogue, keys, catalogue.entries(), catalogue.endpoint("credit"), result])]
    seen += [f"{result.error} {result.error!r}", *map(str, result.error.args)]
    files = [file for file in folder.rglob("*") if file.is_file()]
    seen += [file.read_bytes().decode("latin-1") for file in files]
    assert len(files) >= 4
    assert keys.get(host.location(credit)) == credit.primary
    assert len([text for text in seen if credit.primary in text]) == leaks
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
