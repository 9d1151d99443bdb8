"""The description of an endpoint."""

from __future__ import annotations

from typing import Any

import requests

from tests.endpoints import tiny
from tests.host.conftest import Host
from worker.endpoints import NewEndpoint
from worker.scoring import Description, describe, discover


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


def test_a_client_reads_the_contract_from_it(host: Host, credit: NewEndpoint) -> None:
    """Names, types, categories, blanks, limits, units, formats and sample rows arrive as they were published."""
    found = discover(host.location(credit), credit.primary).schema
    wanted = tiny.contract()
    assert found.inputs == wanted.inputs
    assert found.sample == wanted.sample
    assert [(o.name, o.type, o.format) for o in found.outputs] == [(o.name, o.type, o.format) for o in wanted.outputs]


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
