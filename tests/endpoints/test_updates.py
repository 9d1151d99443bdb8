"""Selective update: one endpoint moves, nobody else's scores change."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import Models, Pin, Registry, Updates, matching, new_wave, rules
from worker.endpoints.preview import preview
from worker.endpoints.updates import pin


@pytest.fixture
def ready(registry: Registry) -> Registry:
    """`credit` in two versions; acme, bolt and core pinned to the first."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    for name in ("acme", "bolt", "core"):
        registry.add_customer(name)
        registry.add_endpoint("credit", name, name)
    registry.publish("credit", tiny.contract(), tiny.credit(0.5), "operator")
    return registry


@pytest.fixture
def models(store: Engine, home: Path) -> Models:
    return Models(store, home)


@pytest.fixture
def updates(store: Engine, models: Models) -> Updates:
    return Updates(store, models, clock=lambda: 1000.0)


def pins(registry: Registry) -> dict[str, Pin]:
    return {row.name: pin(row) for row in registry.endpoints()}


def test_refresh_moves_one_endpoint_and_nobody_else(ready: Registry, updates: Updates) -> None:
    """The newest contract and, with overwrite, the newest model; the record says who, when, from, to."""
    change = updates.refresh(ready.endpoint("credit/acme"), overwrite=True, who="ann")
    assert pins(ready) == {"default": Pin(2, 2), "acme": Pin(2, 2), "bolt": Pin(1, 1), "core": Pin(1, 1)}
    assert change is not None
    assert (change.who, change.at, change.action, change.before, change.after) == (
        "ann",
        1000.0,
        "refresh",
        Pin(1, 1),
        Pin(2, 2),
    )
    assert updates.history(ready.endpoint("credit/acme").id) == [change]


def test_refresh_may_keep_the_model(ready: Registry, updates: Updates) -> None:
    """OverwriteResources false: contract new, model kept."""
    updates.refresh(ready.endpoint("credit/acme"), overwrite=False, who="ann")
    assert pins(ready)["acme"] == Pin(2, 1)


def test_a_second_refresh_changes_nothing(ready: Registry, updates: Updates) -> None:
    """None stands for 304, and nothing is recorded."""
    updates.refresh(ready.endpoint("credit/acme"), overwrite=True, who="ann")
    row = ready.endpoint("credit/acme")
    assert updates.refresh(row, overwrite=True, who="ann") is None
    assert len(updates.history(row.id)) == 1


def renamed(data: bytes, old: str, new: str) -> bytes:
    """A model with one output under another name."""
    model = onnx.load_from_string(data)
    for node in model.graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
    for output in model.graph.output:
        output.name = new if output.name == old else output.name
    return bytes(model.SerializeToString())


def test_a_model_that_does_not_fit_the_contract_is_refused_with_the_differences(
    ready: Registry, updates: Updates
) -> None:
    """The newest contract names an output that the endpoint's own model does not have."""
    outputs = [{"name": "p", "type": "number", "source": "chances", "index": 1}]
    ready.publish("credit", tiny.contract(outputs=outputs), renamed(tiny.credit(), "probabilities", "chances"))
    with pytest.raises(rules.ModelMisfit) as error:
        updates.refresh(ready.endpoint("credit/acme"), overwrite=False, who="ann")
    assert any("chances" in fault for fault in error.value.faults)
    assert pins(ready)["acme"] == Pin(1, 1)
    updates.refresh(ready.endpoint("credit/acme"), overwrite=True, who="ann")
    assert pins(ready)["acme"] == Pin(3, 3)


def test_one_endpoint_takes_another_model_and_goes_back(ready: Registry, updates: Updates) -> None:
    """A change of model keeps the contract; rolling back takes both of the earlier version."""
    updates.set_model(ready.endpoint("credit/acme"), 2, "ann")
    assert pins(ready)["acme"] == Pin(1, 2)
    updates.roll_back(ready.endpoint("credit/acme"), 1, "bob")
    assert pins(ready)["acme"] == Pin(1, 1)
    told = [(change.action, change.who) for change in updates.history(ready.endpoint("credit/acme").id)]
    assert sorted(told) == [("model", "ann"), ("rollback", "bob")]


@pytest.mark.parametrize("action", ["refresh", "model", "rollback"])
def test_default_follows_every_publish_and_nothing_else(ready: Registry, updates: Updates, action: str) -> None:
    """It cannot be refreshed, given a model, or rolled back."""
    default = ready.endpoint("credit/default")
    with pytest.raises(rules.DefaultFollows):
        {
            "refresh": lambda: updates.refresh(default, overwrite=True, who="ann"),
            "model": lambda: updates.set_model(default, 1, "ann"),
            "rollback": lambda: updates.roll_back(default, 1, "ann"),
        }[action]()
    assert pins(ready)["default"] == Pin(2, 2)


def test_publishing_is_in_the_history_of_default(ready: Registry, updates: Updates) -> None:
    """Who published, from and to what."""
    (change,) = updates.history(ready.endpoint("credit/default").id)
    assert (change.action, change.who, change.before, change.after) == ("publish", "operator", Pin(1, 1), Pin(2, 2))


def test_prevent_update_blocks_every_move(ready: Registry, updates: Updates) -> None:
    """Also one that was set between the check and the change."""
    seen = ready.endpoint("credit/acme")
    protected = ready.change_endpoint("credit/acme", prevent_update=True)
    with pytest.raises(rules.UpdatePrevented):
        updates.refresh(protected, overwrite=True, who="ann")
    with pytest.raises(rules.ChangedMeanwhile):
        updates.refresh(seen, overwrite=True, who="ann")
    assert pins(ready)["acme"] == Pin(1, 1)


def test_two_people_do_not_overwrite_each_other(ready: Registry, updates: Updates) -> None:
    """Whoever comes second is told to look again; one change is recorded."""
    seen = ready.endpoint("credit/acme")
    updates.set_model(seen, 2, "ann")
    with pytest.raises(rules.ChangedMeanwhile):
        updates.refresh(seen, overwrite=True, who="bob")
    assert pins(ready)["acme"] == Pin(1, 2)
    assert len(updates.history(seen.id)) == 1


def test_an_unknown_version_is_refused(ready: Registry, updates: Updates) -> None:
    """With the versions there are."""
    for version in (0, 3):
        with pytest.raises(rules.Unknown) as error:
            updates.set_model(ready.endpoint("credit/acme"), version, "ann")
        assert error.value.known == ("1", "2")


def test_a_wave_is_undone_as_a_whole(ready: Registry, updates: Updates, store: Engine) -> None:
    """Each endpoint is back at what it pinned before; others are not touched."""
    updates.set_model(ready.endpoint("credit/bolt"), 2, "ann")
    before, wave = pins(ready), new_wave()
    for row in matching(store, service="credit"):
        updates.refresh(row, overwrite=True, who="ann", wave=wave)
    assert set(pins(ready).values()) == {Pin(2, 2)}
    assert len(updates.roll_back_wave(wave, "bob")) == 3
    assert pins(ready) == before
    with pytest.raises(rules.Unknown):
        updates.roll_back_wave("no such wave", "bob")


def test_a_wave_that_was_undone_already_says_so(ready: Registry, updates: Updates, store: Engine) -> None:
    """Also when its endpoints moved on since; a wave of which one was taken back alone is another matter, see below."""
    wave = new_wave()
    for row in matching(store, version=1):
        updates.refresh(row, overwrite=True, who="ann", wave=wave)
    updates.roll_back_wave(wave, "bob")
    updates.refresh(ready.endpoint("credit/core"), overwrite=False, who="cy")
    before = pins(ready)
    with pytest.raises(rules.WaveUndone, match=f"{wave} was undone already, by bob"):
        updates.roll_back_wave(wave, "ann")
    assert pins(ready) == before


def test_a_wave_of_which_one_was_changed_since_stays_whole(ready: Registry, updates: Updates, store: Engine) -> None:
    """All or none: nobody's later choice is undone by accident."""
    wave = new_wave()
    for row in matching(store, version=1):
        updates.refresh(row, overwrite=True, who="ann", wave=wave)
    updates.roll_back(ready.endpoint("credit/core"), 1, "bob")
    before = pins(ready)
    with pytest.raises(rules.ChangedMeanwhile):
        updates.roll_back_wave(wave, "ann")
    assert pins(ready) == before


def test_matching_chooses_by_service_customer_and_version(ready: Registry, updates: Updates, store: Engine) -> None:
    """`default` is never chosen."""
    updates.set_model(ready.endpoint("credit/bolt"), 2, "ann")
    assert [row.name for row in matching(store)] == ["acme", "bolt", "core"]
    assert [row.name for row in matching(store, version=1)] == ["acme", "core"]
    assert [row.name for row in matching(store, service="credit", customer="core", version=1)] == ["core"]


def test_a_preview_counts_sample_scores_that_would_move(ready: Registry, models: Models) -> None:
    """And changes nothing. A row that has no score with either model does not move, nor does any with the same one."""
    row = ready.endpoint("credit/acme")
    seen = preview(models, row, Pin(2, 2))
    assert (seen.rows, seen.moved, seen.refused) == (2, 1, None)
    assert seen.which == {"Scored Probabilities": (1,)}
    first, second = (models.get("credit", 1, number)[1] for number in (1, 2))
    assert seen.largest is not None
    assert 0 < seen.largest < 1
    assert first is not second
    assert preview(models, row, Pin(1, 1)).moved == 0
    assert pins(ready)["acme"] == Pin(1, 1)


def test_a_preview_says_what_would_be_refused(ready: Registry, models: Models) -> None:
    """Before anybody tries it."""
    outputs = [{"name": "p", "type": "number", "source": "chances", "index": 1}]
    ready.publish("credit", tiny.contract(outputs=outputs), renamed(tiny.credit(), "probabilities", "chances"))
    assert isinstance(preview(models, ready.endpoint("credit/acme"), Pin(3, 1)).refused, rules.ModelMisfit)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"description": "x" * 2001}, rules.DescriptionTooLong),
        ({"throttle_level": "Middle"}, rules.ChoiceInvalid),
        ({"max_concurrent_calls": 201}, rules.NumberInvalid),
        ({"logging_level": "Some"}, rules.ChoiceInvalid),
        ({"prevent_update": "yes"}, rules.ChoiceInvalid),
        ({"expires_at": "tomorrow"}, rules.ChoiceInvalid),
        ({"model_version": 2}, rules.ChoiceInvalid),
        ({"sample_data": False, "call_limit": 0}, rules.NumberInvalid),
    ],
)
def test_a_setting_that_breaks_a_rule_changes_nothing(ready: Registry, settings: dict, error: type) -> None:
    """All are checked before one is stored."""
    before = ready.endpoint("credit/acme")
    with pytest.raises(error):
        ready.change_endpoint("credit/acme", **settings)
    assert ready.endpoint("credit/acme") == before


def test_settings_change_and_the_others_stay(ready: Registry) -> None:
    """Low is 4 calls at once whatever number was asked for; High alone is 20 again."""
    low = ready.change_endpoint("credit/acme", throttle_level="Low", max_concurrent_calls=50)
    assert (low.throttle_level, low.max_concurrent_calls, low.sample_data) == ("Low", 4, True)
    high = ready.change_endpoint("credit/acme", throttle_level="High")
    assert high.max_concurrent_calls == 20
    assert ready.change_endpoint("credit/acme", max_concurrent_calls=30).max_concurrent_calls == 30
    assert ready.change_endpoint("credit/acme", logging_level="All").max_concurrent_calls == 30


def test_an_endpoint_goes_with_its_keys_and_default_goes_last(ready: Registry, updates: Updates) -> None:
    """What it was is still in its history."""
    with pytest.raises(rules.DefaultNeeded):
        ready.remove_endpoint("credit/default")
    updates.set_model(ready.endpoint("credit/acme"), 2, "ann")
    removed = [ready.remove_endpoint(f"credit/{name}") for name in ("acme", "bolt", "core", "default")]
    assert ready.endpoints() == []
    assert len(updates.history(removed[0].id)) == 1
