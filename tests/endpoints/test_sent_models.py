"""A model that was sent to one endpoint is that endpoint's alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import EndpointRow, Models, Pin, Registry, Updates, rules
from worker.endpoints.updates import pin


@pytest.fixture
def ready(registry: Registry) -> Registry:
    """`credit` in one version; acme and bolt pinned to it."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    for name in ("acme", "bolt"):
        registry.add_customer(name)
        registry.add_endpoint("credit", name, name)
    return registry


@pytest.fixture
def updates(store: Engine, home: Path) -> Updates:
    return Updates(store, Models(store, home))


def acme(registry: Registry) -> EndpointRow:
    return registry.endpoint("credit/acme")


def test_only_the_endpoint_it_was_sent_to_moves(ready: Registry, updates: Updates) -> None:
    """Contract kept, numbered in the service's sequence, recorded as a change of model."""
    change = ready.send_model(acme(ready), tiny.credit(0.3), "ann")
    assert change is not None
    assert (change.who, change.action, change.before, change.after) == ("ann", "model", Pin(1, 1), Pin(1, 2))
    assert {row.name: pin(row) for row in ready.endpoints()} == {
        "acme": Pin(1, 2),
        "bolt": Pin(1, 1),
        "default": Pin(1, 1),
    }
    assert updates.history(acme(ready).id) == [change]
    assert [(row.number, row.only_for) for row in ready.versions("credit")] == [(1, None), (2, acme(ready).id)]


def test_the_model_it_has_already_changes_nothing(ready: Registry, updates: Updates) -> None:
    """None stands for 304; no version is made."""
    ready.send_model(acme(ready), tiny.credit(0.3), "ann")
    assert ready.send_model(acme(ready), tiny.credit(0.3), "ann") is None
    assert len(ready.versions("credit")) == 2


def test_nobody_else_can_take_it(ready: Registry, updates: Updates) -> None:
    """To others it is a version that there is not; its own endpoint goes back and forth."""
    ready.send_model(acme(ready), tiny.credit(0.3), "ann")
    bolt = ready.endpoint("credit/bolt")
    for take in (updates.set_model, updates.roll_back):
        with pytest.raises(rules.Unknown) as refused:
            take(bolt, 2, "ann")
        assert refused.value.known == ("1",)
    with pytest.raises(rules.Unknown):
        ready.add_endpoint("credit", "new", "bolt", version=2)
    updates.roll_back(acme(ready), 1, "ann")
    updates.set_model(acme(ready), 2, "ann")
    assert pin(acme(ready)) == Pin(1, 2)


def test_newest_is_what_was_published(ready: Registry, updates: Updates) -> None:
    """Refresh of others does not see it; publish goes on counting after it; a new endpoint pins the published one."""
    ready.send_model(acme(ready), tiny.credit(0.3), "ann")
    assert updates.refresh(ready.endpoint("credit/bolt"), overwrite=True, who="ann") is None
    assert ready.add_endpoint("credit", "new", "bolt").endpoint.model_version == 1
    assert ready.publish("credit", tiny.contract(), tiny.credit(0.5)) == 3
    assert pin(ready.endpoint("credit/default")) == Pin(3, 3)


def test_refresh_keeps_it_or_replaces_it(ready: Registry, updates: Updates) -> None:
    """As for any model of the endpoint's own."""
    ready.send_model(acme(ready), tiny.credit(0.3), "ann")
    ready.publish("credit", tiny.contract(), tiny.credit(0.5))
    updates.refresh(acme(ready), overwrite=False, who="ann")
    assert pin(acme(ready)) == Pin(3, 2)
    updates.refresh(acme(ready), overwrite=True, who="ann")
    assert pin(acme(ready)) == Pin(3, 3)


@pytest.mark.parametrize(
    ("endpoint", "model", "error"),
    [
        ("credit/default", tiny.credit(0.3), rules.DefaultFollows),
        ("credit/bolt", tiny.credit(0.3), rules.UpdatePrevented),
        ("credit/acme", tiny.echo(), rules.ModelMisfit),
        ("credit/acme", b"\x80\x04}.", rules.NotAModel),
    ],
)
def test_what_is_refused_changes_nothing(
    ready: Registry, home: Path, endpoint: str, model: bytes, error: type[rules.RuleError]
) -> None:
    """`default`, a protected endpoint, a model that does not fit, a pickle."""
    ready.change_endpoint("credit/bolt", prevent_update=True)
    before = ready.endpoints()
    with pytest.raises(error):
        ready.send_model(ready.endpoint(endpoint), model, "ann")
    assert (ready.endpoints(), len(ready.versions("credit"))) == (before, 1)
    assert len(list((home / "models").glob("*.onnx"))) == 1


def test_an_endpoint_that_was_moved_meanwhile_is_left_alone(ready: Registry, updates: Updates) -> None:
    """And no version stays behind."""
    seen = acme(ready)
    ready.send_model(seen, tiny.credit(0.3), "ann")
    with pytest.raises(rules.ChangedMeanwhile):
        ready.send_model(seen, tiny.credit(0.4), "bob")
    assert len(ready.versions("credit")) == 2


def test_it_goes_with_its_endpoint_and_its_number_does_not_come_again(ready: Registry, home: Path) -> None:
    """The file too."""
    ready.send_model(acme(ready), tiny.credit(0.3), "ann")
    ready.remove_endpoint("credit/acme")
    assert [row.number for row in ready.versions("credit")] == [1]
    assert len(list((home / "models").glob("*.onnx"))) == 1
    assert ready.publish("credit", tiny.contract(), tiny.credit(0.3)) == 3
