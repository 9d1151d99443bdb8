"""The list of a service's endpoints, page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from sqlalchemy import Engine

from tests.host.conftest import Host
from worker.endpoints import Access, NewEndpoint

List = Callable[[str], requests.Response]


@pytest.fixture
def listing(host: Host, credit: NewEndpoint, store: Engine) -> List:
    """Four endpoints: a1, default, main, zz; asked for with a query."""
    token = Access(store).add_token("ops")
    for name in ("a1", "zz"):
        host.registry.add_endpoint("credit", name, "acme")
    host.snapshots.refresh()
    address = f"{host.url}/workspaces/w1/webservices/credit/endpoints"
    return lambda query: host.session.get(address + query, headers={"Authorization": f"Bearer {token}"})


def names(answer: requests.Response) -> list[str]:
    return [each["Name"] for each in answer.json()]


def test_pages_hold_each_endpoint_once(listing: List) -> None:
    """By name; after the last one there is nothing. Without limit and after it is the whole list, as it was."""
    whole = names(listing(""))
    assert whole == ["a1", "default", "main", "zz"]
    first = names(listing("?limit=3"))
    assert first + names(listing(f"?limit=3&after={first[-1]}")) == whole
    assert listing("?limit=3&after=zz").status_code == 204


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=10001", "after=" + "x" * 25])
def test_a_page_that_cannot_be_is_one_clear_error(listing: List, query: str) -> None:
    """400, and not the whole list."""
    answer = listing(f"?{query}")
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, "RequestBodyInvalid")
