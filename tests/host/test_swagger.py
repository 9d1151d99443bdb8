"""The description of an endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.endpoints import NewEndpoint
from worker.scoring import Description, describe, discover, read_swagger


def fetch(host: Host, endpoint: NewEndpoint, **headers: str) -> requests.Response:
    headers["Authorization"] = f"Bearer {endpoint.primary}"
    return requests.get(f"{host.location(endpoint)}/swagger.json?api-version=2.0", headers=headers)


def references(document: Any) -> list[str]:
    if isinstance(document, list):
        return [found for item in document for found in references(item)]
    if not isinstance(document, dict):
        return []
    here = [document["$ref"]] if "$ref" in document else []
    return here + [found for item in document.values() for found in references(item)]


def test_golden(host: Host, credit: NewEndpoint) -> None:
    """To the letter, but for the endpoint's id; every reference leads somewhere."""
    answer = fetch(host, credit)
    document = answer.json()
    wanted = json.loads((Path(__file__).parent / "swagger.json").read_text("utf-8"))
    assert document.pop("basePath") == f"/workspaces/default/services/{credit.endpoint.id}"
    assert document == wanted
    assert {name.rpartition("/")[2] for name in references(document)} <= set(document["definitions"])
    assert answer.headers["x-sheetscore-model-version"] == "1"
    assert answer.headers["x-sheetscore-max-concurrent"] == "20"
    assert answer.headers["x-ms-request-id"]


def test_a_client_reads_the_contract_from_it(host: Host, credit: NewEndpoint) -> None:
    """Names, types, categories, blanks, limits, units, formats and sample rows arrive as they were published."""
    found = discover(host.location(credit), credit.primary).schema
    wanted = tiny.contract()
    assert found.inputs == wanted.inputs
    assert found.sample == wanted.sample
    assert [(o.name, o.type, o.format) for o in found.outputs] == [(o.name, o.type, o.format) for o in wanted.outputs]


def test_sample_rows_are_shown_only_if_the_endpoint_shows_them(host: Host, credit: NewEndpoint) -> None:
    """Else there are placeholders."""
    hidden = host.registry.add_endpoint("credit", "hidden", "acme", sample_data=False)
    host.snapshots.refresh()
    assert read_swagger(fetch(host, hidden).json()).sample == ({"Purpose": "value", "Amount": 0, "Months": 0},)


def test_unchanged_is_not_sent_again(host: Host, credit: NewEndpoint) -> None:
    """304 for the ETag that was given, until the contract changes."""
    tag = fetch(host, credit).headers["etag"]
    again = fetch(host, credit, **{"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert fetch(host, credit, **{"If-None-Match": '"other"'}).status_code == 200
    default = host.registry.endpoint("credit/default")
    opened = NewEndpoint(default, host.registry.rotate_key(default.id, "primary"), "")
    host.snapshots.refresh()
    before = fetch(host, opened).headers["etag"]
    host.registry.publish("credit", tiny.contract(sample=[]), tiny.credit())
    host.snapshots.refresh()
    assert fetch(host, opened, **{"If-None-Match": before}).status_code == 200


def test_a_client_asks_only_for_what_is_new(host: Host, credit: NewEndpoint) -> None:
    """The version comes with the short answer too."""
    first = describe(host.location(credit), credit.primary)
    again = describe(host.location(credit), credit.primary, first.etag)
    assert first.schema is not None
    assert (first.model_version, again) == ("1", Description(None, first.etag, "1"))
