"""Addresses and keys: what is taken, what is refused, and that a key never shows."""

import pytest

from worker.scoring import AddressError, AddressFault, Endpoint, Schema
from worker.scoring.endpoint import workspace

PLACE = "https://scores.example.com/workspaces/w1/services/e1"


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        (PLACE, PLACE),
        (f"  {PLACE}/\n", PLACE),
        (f"{PLACE}/execute?api-version=2.0&details=true", PLACE),
        (f"{PLACE}/execute?api-version=2.0&format=swagger", PLACE),
        (f"{PLACE}/swagger.json?api-version=2.0", PLACE),
        (f"{PLACE}/jobs/0123/start", PLACE),
        (f"{PLACE}/workbooks", PLACE),
        (f"{PLACE}#top", PLACE),
        (PLACE.replace("scores", "SCORES"), PLACE),
        (
            "https://example.com:8443/proxy/workspaces/w/services/e",
            "https://example.com:8443/proxy/workspaces/w/services/e",
        ),
        ("http://127.0.0.1:8765/workspaces/w/services/e", "http://127.0.0.1:8765/workspaces/w/services/e"),
        ("http://localhost/workspaces/w/services/e", "http://localhost/workspaces/w/services/e"),
        ("http://[::1]:80/workspaces/w/services/e", "http://[::1]:80/workspaces/w/services/e"),
    ],
)
def test_an_address_as_people_paste_it(schema: Schema, pasted: str, kept: str) -> None:
    """What is kept is the endpoint's location, whatever was copied from a page or from code."""
    endpoint = Endpoint(pasted, "k", schema)

    assert endpoint.url == kept
    assert endpoint.execute_url == f"{kept}/execute?api-version=2.0&details=true"
    assert endpoint.swagger_url == f"{kept}/swagger.json?api-version=2.0"


@pytest.mark.parametrize(
    ("pasted", "fault"),
    [
        ("", AddressFault.NOT_A_URL),
        ("scores.example.com/workspaces/w/services/e", AddressFault.NOT_A_URL),
        ("ftp://example.com/workspaces/w/services/e", AddressFault.NOT_A_URL),
        ("https:///workspaces/w/services/e", AddressFault.NOT_A_URL),
        ("https://example.com:99999/workspaces/w/services/e", AddressFault.NOT_A_URL),
        ("https://[::1/workspaces/w/services/e", AddressFault.NOT_A_URL),
        ("https://example.com/workspaces/w w/services/e", AddressFault.NOT_A_URL),
        ("https://example.com\\@evil.example/workspaces/w/services/e", AddressFault.NOT_A_URL),
        ("http://example.com/workspaces/w/services/e", AddressFault.NOT_HTTPS),
        ("http://localhost.example.com/workspaces/w/services/e", AddressFault.NOT_HTTPS),
        ("http://10.0.0.1/workspaces/w/services/e", AddressFault.NOT_HTTPS),
        ("https://me:secret@example.com/workspaces/w/services/e", AddressFault.HAS_USER),
        ("http://127.0.0.1@evil.example/workspaces/w/services/e", AddressFault.HAS_USER),
        ("https://example.com/", AddressFault.NOT_AN_ENDPOINT),
        ("https://example.com/workspaces/w/webservices/s/endpoints/e", AddressFault.NOT_AN_ENDPOINT),
        ("https://example.com/workspaces/w/services/e/unknown", AddressFault.NOT_AN_ENDPOINT),
    ],
)
def test_an_address_that_is_refused(schema: Schema, pasted: str, fault: AddressFault) -> None:
    """The error says which rule is broken and repeats no password."""
    with pytest.raises(AddressError) as error:
        Endpoint(pasted, "k", schema)

    assert error.value.fault is fault
    assert "secret" not in f"{error.value} {error.value!r} {error.value.host}"


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "naïve", "\x00"])
def test_a_key_that_cannot_stand_in_a_header_is_refused(schema: Schema, key: str) -> None:
    """HTTP libraries quote it in their error; ours does not."""
    with pytest.raises(AddressError) as error:
        Endpoint(PLACE, key, schema)

    assert error.value.fault is AddressFault.KEY_NOT_ASCII
    assert key not in f"{error.value} {error.value!r}"


def test_a_key_does_not_show(schema: Schema) -> None:
    """Neither in repr nor in text; blanks around a pasted key are dropped."""
    endpoint = Endpoint(PLACE, " s3cret-key\n", schema, "credit")

    assert endpoint.key == "s3cret-key"
    assert "s3cret" not in f"{endpoint!r} {endpoint}"


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("https://Scores.example.com", "https://scores.example.com/workspaces/default"),
        (" https://scores.example.com/base/\n", "https://scores.example.com/base/workspaces/default"),
        ("https://scores.example.com/workspaces/w1/endpoints", "https://scores.example.com/workspaces/w1"),
        ("https://scores.example.com/workspaces/", "https://scores.example.com/workspaces/default"),
        (f"{PLACE}/execute?api-version=2.0", "https://scores.example.com/workspaces/w1"),
        ("http://localhost:8765/?x", "http://localhost:8765/workspaces/default"),
    ],
)
def test_a_host_s_address_as_people_paste_it(pasted: str, kept: str) -> None:
    """The host alone, with what stands before its own addresses, or any address there."""
    assert workspace(pasted) == kept


@pytest.mark.parametrize("pasted", ["", "scores.example.com", "http://scores.example.com", "https://a:b@example.com"])
def test_a_host_s_address_is_as_safe_as_an_endpoint_s(pasted: str) -> None:
    """A token goes there."""
    with pytest.raises(AddressError):
        workspace(pasted)
