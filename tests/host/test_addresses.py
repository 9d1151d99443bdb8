"""The names a host answers to and the addresses it hands out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.host.conftest import Host, Open
from tests.host.test_execute import codes
from worker.endpoints import Access, NewEndpoint
from worker.host.addresses import host_names, public_url, told_url
from worker.settings import SettingError, Settings

PUBLIC = "https://scores.example.com/base"


@pytest.fixture
def host(open_host: Open) -> Host:
    return open_host(public_url=f"{PUBLIC}/", allowed_hosts="inside.example.com, Other.example.com")


def get(host: Host, path: str, **headers: str) -> Any:
    return host.session.get(f"{host.url}{path}", headers=headers)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("scores.example.com", 200),
        ("SCORES.example.com:443", 200),
        ("other.example.com:8765", 200),
        ("localhost", 200),
        ("127.0.0.1:80", 200),
        ("[::1]:80", 200),
        ("example.com", 400),
        ("scores.example.com.evil.test", 400),
        ("127.0.0.1.evil.test", 400),
        ("", 400),
    ],
)
def test_the_host_answers_to_its_own_names_only(host: Host, name: str, status: int) -> None:
    """Those of this machine, the public address's and the listed ones, with any port and in any case."""
    assert get(host, "/healthz", Host=name).status_code == status


@pytest.mark.parametrize("names", ["https://inside.example.com", "*.example.com", "inside.example.com:8443", "a b"])
def test_a_listed_name_that_no_request_could_have_is_refused(tmp_path: Path, names: str) -> None:
    """It would be a list that lets nobody in, without a word."""
    with pytest.raises(SettingError, match=r"allowed_hosts: .* is no name such as scores.example.com"):
        host_names(Settings(tmp_path, {}, allowed_hosts=f"other.example.com, {names}"))


def test_without_settings_only_this_machine_s_names_are_known(open_host: Open) -> None:
    """InvalidHost, before anything else is looked at."""
    assert codes(get(open_host(), "/healthz", Host="scores.example.com")) == (400, "BadArgument", ["InvalidHost"])


@pytest.mark.parametrize("prefix", ["", "/base"], ids=["the proxy takes /base off", "the proxy leaves /base"])
def test_every_address_handed_out_is_the_public_one(host: Host, credit: NewEndpoint, store: Any, prefix: str) -> None:
    """Whatever name the caller used. Forwarded headers from nobody's proxy change nothing."""
    location = f"/workspaces/default/services/{credit.endpoint.id}"
    own = {"Authorization": f"Bearer {credit.primary}", "X-Forwarded-Host": "evil.test"}
    described = get(host, f"{prefix}{location}/swagger.json", **own).json()
    assert (described["schemes"], described["host"], described["basePath"]) == (
        ["https"],
        "scores.example.com",
        f"/base{location}",
    )
    token = Access(store).add_token("ann")
    host.snapshots.refresh()
    listed = f"{prefix}/workspaces/w/webservices/credit/endpoints/main"
    found = get(host, listed, Authorization=f"Bearer {token}").json()
    assert found["ApiLocation"] == f"{PUBLIC}/workspaces/w/services/{credit.endpoint.id}"
    assert found["HelpLocation"].startswith(f"{PUBLIC}/apihelp/workspaces/w/")


@pytest.mark.parametrize(
    "told",
    [
        "scores.example.com",
        "http://scores.example.com",
        "https://u:p@h",
        "https://h/?a=1",
        "https://h:0",
        "https://[",
        "ftp://h",
    ],
)
def test_a_public_address_that_nobody_could_use_is_refused(tmp_path: Path, told: str) -> None:
    """Not over http, where keys would cross the network in the clear."""
    with pytest.raises(SettingError, match="public_url"):
        public_url(Settings(tmp_path, {}, public_url=told))


def test_a_slash_too_many_is_no_address(host: Host, credit: NewEndpoint) -> None:
    """Nobody is sent on: a redirect would tell the name that the proxy calls, and carry the key there."""
    for path in (
        f"/workspaces/w/services/{credit.endpoint.id}/swagger.json/",
        "/workspaces/w/webservices/",
        "//healthz",
    ):
        answer = host.session.get(host.url + path, allow_redirects=False)
        assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_where_the_host_is_reached_as_far_as_settings_tell(tmp_path: Path) -> None:
    """The public address; else the one it listens on."""
    assert told_url(Settings(tmp_path, {}, public_url=PUBLIC)) == PUBLIC
    assert told_url(Settings(tmp_path, {}, host="::1")) == "http://[::1]:8765"
    assert told_url(Settings(tmp_path, {}, host="10.0.0.5", tls_certificate="c.pem")) == "https://10.0.0.5:8765"


def test_every_address_at_once_is_no_name(tmp_path: Path) -> None:
    """A single address is: no page from elsewhere can bear it."""
    assert host_names(Settings(tmp_path, {}, host="0.0.0.0")) == frozenset()
    assert host_names(Settings(tmp_path, {}, host="10.0.0.5")) == {"10.0.0.5"}
