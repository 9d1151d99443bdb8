"""Tokens and keys: shown once, stored hashed, revocable alone, and of no use anywhere else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import Access, Bearer, EndpointRow, Registry, Snapshots, keys, rules


@pytest.fixture
def acme(registry: Registry) -> EndpointRow:
    """An endpoint of acme; bolt has one too."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("bolt")
    registry.add_endpoint("credit", "bolt", "bolt")
    registry.add_customer("acme")
    return registry.add_endpoint("credit", "acme", "acme").endpoint


@pytest.fixture
def access(store: Engine) -> Access:
    return Access(store)


def test_a_token_speaks_for_an_operator_or_one_customer(
    store: Engine, home: Path, access: Access, acme: EndpointRow
) -> None:
    """Any other text speaks for nobody, a key of an endpoint neither."""
    operator, customer, device = (
        access.add_token("ops"),
        access.add_token("acme-it", "acme"),
        access.add_device(acme, "PC"),
    )
    with Snapshots(store, home) as snapshots:
        found = [snapshots.current().bearer(given) for given in (operator, customer, device, "", operator[:-1])]
    assert found == [Bearer("ops", None), Bearer("acme-it", acme.customer_id), None, None, None]
    assert [b.is_operator for b in found if b] == [True, False]


def test_tokens_and_keys_are_listed_without_what_opens(home: Path, access: Access, acme: EndpointRow) -> None:
    """Their last four characters tell them apart; the store holds nothing more of them."""
    token, key = access.add_token("acme-it", "acme"), access.add_device(acme, "Anna's PC".replace("'", ""))
    assert [(row.name, row.customer, row.hint) for row in access.tokens()] == [("acme-it", "acme", token[-4:])]
    assert [row.slot for row in access.keys(acme)] == ["device:Annas PC", "primary", "secondary"]
    stored = b"".join(file.read_bytes() for file in home.glob("sheetscore.db*"))
    assert token.encode() not in stored
    assert key.encode() not in stored
    assert token not in repr(access.tokens())


def test_a_device_key_opens_its_endpoint_only_and_is_revoked_alone(
    store: Engine, home: Path, access: Access, acme: EndpointRow, registry: Registry
) -> None:
    """Within a second, and the other devices go on."""
    lost, kept = access.add_device(acme, "lost"), access.add_device(acme, "kept")
    bolt = registry.endpoint("credit/bolt")
    with Snapshots(store, home) as snapshots:
        opened = snapshots.current().opened
        assert opened(acme.id, lost) is not None
        assert opened(bolt.id, lost) is None
        access.remove_device(acme, "lost")
        until = time.monotonic() + 1
        while snapshots.current().opened(acme.id, lost) is not None:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert snapshots.current().opened(acme.id, kept) is not None


def test_a_key_that_ended_is_known_at_its_endpoint_only(
    store: Engine, home: Path, acme: EndpointRow, registry: Registry
) -> None:
    """Primary, secondary and device keys, each with when it ended; nothing else is known of any other key."""
    clock = iter([1.0, 5.0])
    access = Access(store, clock=lambda: next(clock))
    rotated, device = registry.rotate_key("credit/acme", "primary"), access.add_device(acme, "PC")
    bolt = registry.endpoint("credit/bolt")
    with Snapshots(store, home) as snapshots:
        assert snapshots.current().revoked_at(acme.id, rotated) is None
        current, before = registry.rotate_key("credit/acme", "primary"), time.time()
        access.remove_device(acme, "PC")
        until = time.monotonic() + 1
        while not snapshots.current().revoked_at(acme.id, device):
            assert time.monotonic() < until
            time.sleep(0.01)
        known = snapshots.current()
    assert known.revoked_at(acme.id, device) == 5.0
    assert known.revoked_at(acme.id, rotated) == pytest.approx(before, abs=5)
    assert known.opened(acme.id, rotated) is None
    others = [(bolt.id, rotated), (acme.id, current), (acme.id, rotated[:-1]), ("0" * 32, rotated), (acme.id, "")]
    assert [known.revoked_at(*other) for other in others] == [None] * len(others)


def test_after_a_year_a_key_that_ended_is_a_wrong_key(store: Engine, home: Path, acme: EndpointRow) -> None:
    """The next revocation clears it away; one of today stays."""
    now = [0.0]
    access = Access(store, clock=lambda: now[0])
    old, new = (access.add_device(acme, name) for name in ("old", "new"))
    access.remove_device(acme, "old")
    now[0] = keys.REMEMBERED + 1
    access.remove_device(acme, "new")
    with Snapshots(store, home) as snapshots:
        known = snapshots.current()
    assert [known.revoked_at(acme.id, key) for key in (old, new)] == [None, now[0]]


def test_an_endpoint_takes_its_former_keys_with_it(
    store: Engine, home: Path, access: Access, acme: EndpointRow, registry: Registry
) -> None:
    """Nobody is told of an endpoint that is gone."""
    key = access.add_device(acme, "PC")
    access.remove_device(acme, "PC")
    registry.remove_endpoint("credit/acme")
    with Snapshots(store, home) as snapshots:
        assert snapshots.current().revoked_at(acme.id, key) is None


def test_a_revoked_token_ends_within_a_second(store: Engine, home: Path, access: Access) -> None:
    """In a process that was told nothing."""
    token = access.add_token("ops")
    with Snapshots(store, home) as snapshots:
        assert snapshots.current().bearer(token) is not None
        access.remove_token("ops")
        until = time.monotonic() + 1
        while snapshots.current().bearer(token) is not None:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_broken_rules_of_tokens_and_devices(access: Access, acme: EndpointRow) -> None:
    """One error each, and nothing is made."""
    access.add_token("ops")
    access.add_device(acme, "PC")
    broken = {
        rules.NameInvalid: [lambda: access.add_token("No"), lambda: access.add_device(acme, "a/b")],
        rules.NameTaken: [lambda: access.add_token("ops"), lambda: access.add_device(acme, "PC")],
        rules.Unknown: [
            lambda: access.add_token("x", "nobody"),
            lambda: access.remove_token("x"),
            lambda: access.remove_device(acme, "x"),
        ],
    }
    for error, attempts in broken.items():
        for attempt in attempts:
            with pytest.raises(error):
                attempt()
    assert (len(access.tokens()), len(access.keys(acme))) == (1, 3)
