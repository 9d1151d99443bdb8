"""Exchanges as they stand in files: a question, the status and the answer to the letter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.endpoints import NewEndpoint

FOLDER = Path(__file__).parent / "golden"


def files(pattern: str) -> Sequence[Path]:
    """Those of a row of the classic table, or of another pattern; there is at least one."""
    found = sorted(FOLDER.glob(f"{pattern}*.json"))
    assert found, pattern
    return found


def read(file: Path) -> dict[str, Any]:
    """`request` (JSON) or `body` (text, `times` over) goes to the endpoint of `service` with `query`."""
    case: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return case


def endpoint(host: Host, credit: NewEndpoint, service: str) -> NewEndpoint:
    """`credit`, or one whose model has a parameter: with a default (`shifted`) or without (`strict`)."""
    if service == "credit":
        return credit
    contract = tiny.shifted_contract() if service == "shifted" else tiny.shifted_contract(default=None)
    host.registry.add_service(service, contract, tiny.shifted([]))
    made = host.registry.add_endpoint(service, "main", "acme")
    host.snapshots.refresh()
    return made


def check(file: Path, host: Host, credit: NewEndpoint) -> None:
    """Fails when the answer is another one."""
    case = read(file)
    body = case["body"].encode() * case.get("times", 1) if "body" in case else case["request"]
    answer = host.execute(endpoint(host, credit, case.get("service", "credit")), body, case["query"])
    assert (answer.status_code, answer.json()) == (case["status"], case["answer"])
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-ms-request-id"]) == 36
