"""Management's exchanges to the letter: `golden/management/` holds conversations of an operator with the host.

What is made anew each time stands in braces. Source of the calls: the Endpoint Management API's own Swagger file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints import tiny
from tests.host.golden import FOLDER
from tests.host.operating import Operator

FILES = sorted((FOLDER / "management").glob("*.json"))
MODELS = {"{first}": 0.1, "{second}": 0.5}
ANEW = (
    (r"\bss_[\w-]{43}", "{key}"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "{moment}"),
    (r"http://127\.0\.0\.1:\d+", "{host}"),
    (r"\b[0-9a-f]{32}\b", "{id}"),
)


def say(ask: Operator, turn: dict[str, Any], keys: dict[str, str]) -> tuple[int, Any]:
    """One turn: `request` may name an uploaded model, `key` whose key is sent instead of the operator's."""
    request = filled(ask, turn.get("request"))
    answer = ask(turn["method"], turn["path"], request, keys.get(turn.get("key", "")))
    got = answer.json() if answer.content else None
    if isinstance(got, dict) and got.get("PrimaryKey"):
        keys[f"of {got['Name']}"] = got["PrimaryKey"]
    assert len(answer.headers["x-ms-request-id"]) == 36
    return answer.status_code, emptied(got)


def filled(ask: Operator, request: Any) -> Any:
    if isinstance(request, str) and request in MODELS:
        return ask.upload(tiny.credit(MODELS[request]))
    if isinstance(request, dict):
        return {name: filled(ask, value) for name, value in request.items()}
    return [filled(ask, value) for value in request] if isinstance(request, list) else request


def emptied(answer: Any) -> Any:
    text = json.dumps(answer)
    for pattern, name in ANEW:
        text = re.sub(pattern, name, text)
    return json.loads(text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_exchanges_to_the_letter(file: Path, ask: Operator) -> None:
    """Status and answer of each turn."""
    keys = {"nobody": "", "wrong": "ss_" + "x" * 43}
    for number, turn in enumerate(json.loads(file.read_text("utf-8"))):
        assert say(ask, turn, keys) == (turn["status"], turn.get("answer")), (number, turn["method"], turn["path"])


def test_every_call_of_management_has_an_exchange() -> None:
    """Each method of each address of the classic page, done and refused."""
    told = {
        (
            turn["method"],
            re.sub(r"/endpoints/[^/]+", "/endpoints/NAME", re.sub(r"^/(?!endpoints)[^/]+", "/ID", turn["path"])),
            turn["status"] < 400,
        )
        for file in FILES
        for turn in json.loads(file.read_text("utf-8"))
    }
    one, every = "/ID/endpoints/NAME", "/ID/endpoints"
    calls = [("GET", ""), ("GET", "/ID"), ("DELETE", "/ID"), ("GET", every), ("GET", one), ("PUT", one), ("PATCH", one)]
    calls += [("DELETE", one), ("POST", f"{one}/refresh")]
    assert {(*call, done) for call in calls for done in (True, False)} <= told
