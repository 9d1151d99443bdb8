"""Every exchange that the page of research on the classic service describes, as `golden/classic/` writes it down: the
fields, types, codes and statuses are the page's and that of its sources, not recorded from a host.

In an answer braces stand for what varies, `|` for a choice, `@` for an object of `objects.json` (fields beside it take
the place of the object's), `+` for fields of ours, `...` for others that do not matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from tests.endpoints import tiny
from tests.host import golden
from tests.host.batching import Batch
from tests.host.conftest import Host, Open
from tests.host.operating import Operator
from worker.batch.service import BatchService
from worker.endpoints import Models, NewEndpoint
from worker.settings import Settings

FOLDER = golden.FOLDER / "classic"
OBJECTS, EXCEPTIONS, CODES = (golden.read(FOLDER / f"{n}.json") for n in ("objects", "exceptions", "codes"))
TURNS: dict[str, list[dict[str, Any]]] = {
    name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in ("management", "execute", "batch")
}
ALL = [turn for turns in TURNS.values() for turn in turns]
TEXTS = {
    "{text}": r".*",
    "{number}": r"-?\d+(\.\d+)?(e-?\d+)?",
    "{moment}": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    "{url}": r"https?://\S+",
    "{token}": r"\?\S+",
    "{key}": r"\S{32,}",
    "{id}": r"[0-9a-f]{32}",
}
KINDS: Mapping[str, Callable[[object], bool]] = {
    "{any}": lambda _: True,
    "{flag}": lambda value: isinstance(value, bool),
    "{whole}": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def differences(got: Any, wanted: Any, at: str = "answer") -> list[str]:
    """Where an answer is not as it was written down."""
    if isinstance(wanted, dict):
        return _of_object(got, wanted, at)
    if isinstance(wanted, list):
        if not isinstance(got, list) or not got or len(wanted) not in {1, len(got)}:
            return [f"{at}: {got!r} is no such list"]
        each = wanted * len(got) if len(wanted) == 1 else wanted
        return [d for i, pair in enumerate(zip(got, each, strict=True)) for d in differences(*pair, f"{at}[{i}]")]
    return [] if _fits(got, wanted) else [f"{at}: {got!r} is not {wanted!r}"]


def _of_object(got: Any, wanted: dict[str, Any], at: str) -> list[str]:
    if "@" in wanted:
        wanted = OBJECTS[wanted["@"]] | {name: value for name, value in wanted.items() if name != "@"}
    if not isinstance(got, dict):
        return [f"{at}: {got!r} is no object"]
    named = {name: value for name, value in wanted.items() if name not in {"+", "..."}}
    found = [f"{at}: no {name}" for name in named if name not in got]
    if "..." not in wanted:
        found += [f"{at}: {name} is not of the page" for name in got if name not in {*named, *wanted.get("+", ())}]
    return found + [d for name in named if name in got for d in differences(got[name], named[name], f"{at}.{name}")]


def _fits(got: object, wanted: object) -> bool:
    if isinstance(wanted, str) and wanted in KINDS:
        return KINDS[wanted](got)
    if isinstance(wanted, str) and isinstance(got, str):
        return re.fullmatch(TEXTS.get(wanted) or wanted_text(wanted), got, re.DOTALL) is not None
    return got == wanted and type(got) is type(wanted)


def wanted_text(choice: str) -> str:
    """A text, or several with `|` between them."""
    return "|".join(map(re.escape, choice.split("|")))


def example(wanted: Any) -> Any:
    """An answer as it was written down."""
    made = {"{moment}": "2026-01-01T00:00:00Z", "{url}": "http://h", "{key}": "k" * 40, "{whole}": 4, "{flag}": True}
    if isinstance(wanted, dict):
        return {name: example(value) for name, value in wanted.items() if name != "+"}
    if isinstance(wanted, list):
        return [example(value) for value in wanted]
    return made.get(wanted, wanted.split("|")[0]) if isinstance(wanted, str) else wanted


@pytest.mark.parametrize("name", [name for name in OBJECTS["Endpoint"] if name != "+"])
def test_a_field_that_is_missing_renamed_or_of_another_type_is_found(name: str) -> None:
    """In each field of the endpoint's object; as it was written down it passes."""
    right = example(OBJECTS["Endpoint"])
    assert differences(right, {"@": "Endpoint"}) == []
    rest = {key: value for key, value in right.items() if key != name}
    for wrong in (rest, rest | {name.lower(): right[name]}, right | {name: [right[name]]}):
        assert differences(wrong, {"@": "Endpoint"}) != []


@dataclass
class Client:
    """Says the turns of a conversation and keeps what later ones need."""

    ask: Operator
    batch: Batch
    known: dict[str, Any] = field(default_factory=dict)

    def say(self, turn: dict[str, Any], key: str) -> requests.Response:
        """One turn, with the key that it names or this one."""
        self._prepare(turn)
        request = self.filled(turn["request"])
        url = request["path"] if "://" in request["path"] else self.ask.host.url + request["path"]
        headers = {"Authorization": f"Bearer {self.filled(turn.get('as', key))}"}
        answer = self.ask.host.session.request(request["method"], url, headers=headers, json=request.get("body"))
        self.ask.host.snapshots.refresh()
        for name, where in turn.get("keep", {}).items():
            self.known[f"{{{name}}}"] = answer.json()[where] if where else answer.json()
        return answer

    def filled(self, value: Any) -> Any:
        """A value with what is known in place of its braces."""
        if isinstance(value, dict):
            return {name: self.filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str) or value in TEXTS:
            return value
        if value in self.known:
            return self.known[value]
        return re.sub(r"{\w+}", lambda name: str(self.known.get(name[0], name[0])), value)

    def _prepare(self, turn: dict[str, Any]) -> None:
        if "upload" in turn:
            self.known["{blob}"] = self.batch.upload(turn["upload"].encode())
        if "wait" in turn:
            self.batch.wait(self.known["{job}"], turn["wait"])
        if turn.get("publish"):
            assert self.ask("POST", "/credit/versions", self.ask.version(tiny.credit(0.3))).status_code == 201
        if turn.get("without endpoints"):
            for row in self.ask("GET", "/credit/endpoints").json()[::-1]:
                assert self.ask("DELETE", f"/credit/endpoints/{row['Name']}").ok or row["Name"] == "default"
        for name, content in (("{model}", tiny.credit(0.5)), ("{no model}", b"no model")):
            if name in json.dumps(turn["request"]):
                self.known[name] = self.ask.upload(content)


@pytest.fixture
def host(open_host: Open, store: Engine, home: Path) -> Iterator[Host]:
    with BatchService(store, home, Settings(home, {}, poll_seconds=0.05), Models(store, home)) as service:
        yield open_host(tables=service.tables)


@pytest.fixture
def client(ask: Operator, host: Host, credit: NewEndpoint) -> Client:
    service = ask("GET", "/credit").json()["Id"]
    return Client(ask, Batch(host, credit), {"{ws}": "w1", "{service}": service, "{api}": host.location(credit)})


@pytest.mark.parametrize("name", TURNS)
def test_answers_are_the_page_s_field_for_field(name: str, client: Client, credit: NewEndpoint) -> None:
    """Status, id of the request, and each field: none is missing, none has another type, none is new unless listed."""
    found: list[str] = []
    for turn in TURNS[name]:
        answer = client.say(turn, client.ask.token if name == "management" else credit.primary)
        wrong = [] if answer.status_code == turn["status"] else [f"status {answer.status_code}: {answer.text}"]
        wrong += [] if answer.headers.get("x-ms-request-id") else ["no x-ms-request-id"]
        if "answer" in turn and not wrong:
            wrong = differences(answer.json(), client.filled(turn["answer"]))
        elif turn["status"] in {204, 304}:
            wrong += ["a body"] if answer.content else []
        found += [f"{turn['exchange']}: {what}" for what in wrong]
    assert not found, "\n".join(found)
