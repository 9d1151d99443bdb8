"""The rules of services, versions, customers, endpoints and keys."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from tests.endpoints import tiny
from worker.endpoints import Models, Registry, Remote, rules
from worker.endpoints.models import ModelDamaged
from worker.scoring import Answer, Columns, Endpoint, Limits, SheetscoreError, Transport, Unreachable
from worker.scoring.endpoint import AddressError
from worker.store import tables
from worker.store.tables import key

Do = Callable[[Registry], object]


@pytest.fixture
def ready(registry: Registry) -> Registry:
    """A registry with the service `credit` and the customers `acme` and `bolt`."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.add_customer("acme")
    registry.add_customer("bolt")
    return registry


def test_default_is_made_with_the_service_and_follows_it(ready: Registry) -> None:
    """`default` pins the newest version, other endpoints keep theirs."""
    made = ready.add_endpoint("credit", "main", "acme").endpoint
    assert (made.contract_version, made.model_version, made.customer) == (1, 1, "acme")
    assert ready.publish("credit", tiny.contract(), tiny.credit(0.2)) == 2
    default, main = ready.endpoint("credit/default"), ready.endpoint("credit/main")
    assert (default.contract_version, default.model_version, default.customer) == (2, 2, None)
    assert (main.contract_version, main.model_version) == (1, 1)
    assert main == made
    assert default.changed_at > default.created_at
    assert ready.add_endpoint("credit", "new", "acme").endpoint.model_version == 2
    assert ready.add_endpoint("credit", "old", "acme", version=1).endpoint.model_version == 1


def test_lists_and_their_filters(ready: Registry) -> None:
    """Services with their newest version, endpoints by service, customer or both, one by id."""
    ready.add_service("other", tiny.contract(), tiny.credit(), "Another one.")
    made = [ready.add_endpoint(s, "main", c).endpoint for s, c in (("credit", "acme"), ("other", "bolt"))]
    ready.publish("other", tiny.contract(), tiny.credit(0.2))
    assert [(s.name, s.newest, s.description) for s in ready.services()] == [
        ("credit", 1, ""),
        ("other", 2, "Another one."),
    ]
    assert [(v.number, v.kind) for v in ready.versions("other")] == [(1, "onnx"), (2, "onnx")]
    assert ready.versions("other")[0].model_id == ready.versions("credit")[0].model_id
    assert [f"{e.service}/{e.name}" for e in ready.endpoints()] == [
        "credit/default",
        "credit/main",
        "other/default",
        "other/main",
    ]
    assert ready.endpoints(service="credit", customer="acme") == [made[0]]
    assert ready.endpoints(customer="bolt") == [made[1]]
    assert ready.endpoints(customer="nobody") == []
    assert ready.endpoint(made[0].id) == made[0]
    assert [c.name for c in ready.customers()] == ["acme", "bolt"]


BROKEN: list[tuple[Do, type[SheetscoreError]]] = [
    *[
        (lambda r, n=n: r.add_service(n, tiny.contract(), tiny.credit()), rules.NameInvalid)
        for n in ("", "A", "a b", "é", "a/b", "x" * 65)
    ],
    *[
        (lambda r, n=n: r.add_endpoint("credit", n, "acme"), rules.NameInvalid)
        for n in ("", "A", "a-b", "a.b", "x" * 25, "a\n")
    ],
    *[
        (lambda r, n=n: r.add_customer(n), rules.NameInvalid)
        for n in ("", "-a", "A", "a_b", "..", "a/b", "con", "lpt1", "nul", "x" * 64, "a\n")
    ],
    (lambda r: r.add_service("credit", tiny.contract(), tiny.credit()), rules.NameTaken),
    (lambda r: r.add_customer("acme"), rules.NameTaken),
    (lambda r: r.add_endpoint("credit", "default", "acme"), rules.NameTaken),
    (lambda r: r.add_endpoint("nothing", "main", "acme"), rules.Unknown),
    (lambda r: r.add_endpoint("credit", "main", "nobody"), rules.Unknown),
    (lambda r: r.add_endpoint("credit", "main", "acme", version=2), rules.Unknown),
    (lambda r: r.add_endpoint("credit", "main", "acme", version=0), rules.Unknown),
    (lambda r: r.publish("nothing", tiny.contract(), tiny.credit()), rules.Unknown),
    (lambda r: r.endpoint("credit/nothing"), rules.Unknown),
    (lambda r: r.rotate_key("credit/nothing", "primary"), rules.Unknown),
    (lambda r: r.rotate_key("credit/default", "third"), rules.ChoiceInvalid),
    (lambda r: r.add_endpoint("credit", "main", "acme", description="x" * 2001), rules.DescriptionTooLong),
    (lambda r: r.add_service("new", tiny.contract(), tiny.credit(), "x" * 2001), rules.DescriptionTooLong),
    (lambda r: r.add_endpoint("credit", "main", "acme", throttle_level="Medium"), rules.ChoiceInvalid),
    (lambda r: r.add_endpoint("credit", "main", "acme", logging_level="Debug"), rules.ChoiceInvalid),
    (lambda r: r.add_endpoint("credit", "main", "acme", max_concurrent_calls=201), rules.NumberInvalid),
    (lambda r: r.add_endpoint("credit", "main", "acme", max_concurrent_calls=0), rules.NumberInvalid),
    (lambda r: r.add_endpoint("credit", "main", "acme", call_limit=0), rules.NumberInvalid),
    (lambda r: r.publish("credit", tiny.contract(), b"pickle"), rules.NotAModel),
    (lambda r: r.publish("credit", tiny.echo_contract(), tiny.credit()), rules.ModelMisfit),
    (lambda r: r.publish("credit", tiny.contract(sample=[{"Purpose": "car"}]), tiny.credit()), rules.SampleNotScored),
    (
        lambda r: r.publish(
            "credit", tiny.contract(sample=[{"Purpose": "plane", "Amount": 1, "Months": 1}]), tiny.credit()
        ),
        rules.SampleNotScored,
    ),
    (lambda r: r.publish("credit", tiny.contract(), Remote("http://example.com/x", "classic")), AddressError),
    (
        lambda r: r.publish("credit", tiny.contract(), Remote("https://x/workspaces/w/services/s", "soap")),
        rules.ChoiceInvalid,
    ),
]


@pytest.mark.parametrize(("do", "error"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_rule_has_its_error_and_changes_nothing(
    do: Do, error: type[SheetscoreError], ready: Registry, store: Engine
) -> None:
    """One error for each rule; afterwards every table is as before."""

    def everything() -> list[Any]:
        with store.connect() as db:
            return [db.execute(select(table)).all() for table in tables.metadata.sorted_tables]

    before = everything()
    with pytest.raises(error):
        do(ready)
    assert everything() == before


def test_names_at_the_limit_are_taken(ready: Registry) -> None:
    """The longest names, and those that begin with a digit."""
    ready.add_service("9-" + "x" * 62, tiny.contract(), tiny.credit())
    ready.add_endpoint("credit", "9" * 24, "acme", description="x" * 2000)
    ready.add_customer("0" + "-" * 62)
    assert ready.endpoint("credit/" + "9" * 24).description == "x" * 2000


@pytest.mark.parametrize(
    ("level", "asked", "granted"),
    [("Low", None, 4), ("Low", 50, 4), ("High", None, 20), ("High", 1, 1), ("High", 200, 200)],
)
def test_throttle_levels(level: str, asked: int | None, granted: int, ready: Registry) -> None:
    """Low is 4 whatever was asked for; High is 20 unless asked otherwise, up to 200."""
    made = ready.add_endpoint("credit", "main", "acme", throttle_level=level, max_concurrent_calls=asked)
    assert made.endpoint.max_concurrent_calls == granted


def test_keys_are_shown_once_and_stored_hashed(ready: Registry, home: Path, store: Engine) -> None:
    """Neither key stands in any file of the home; rotating changes one slot only."""
    made = ready.add_endpoint("credit", "main", "acme")
    assert made.primary.startswith("ss_")
    assert len(made.primary) == 46
    assert made.primary != made.secondary
    assert made.primary not in repr(made)
    fresh = ready.rotate_key("credit/main", "secondary")
    store.dispose()
    assert _keys_in(home, made.primary, made.secondary, fresh) == []


def test_the_search_finds_a_key_that_a_twin_keeps(ready: Registry, home: Path, store: Engine) -> None:
    """A registry that stored keys as they are would be found out by the same look at the home."""
    made = ready.add_endpoint("credit", "main", "acme")
    with store.begin() as db:
        db.execute(key.update().where(key.c.slot == "primary").values(hint=made.primary))
    store.dispose()
    assert _keys_in(home, made.primary) == [made.primary]


def _keys_in(home: Path, *keys: str) -> list[str]:
    """Those of the keys that stand in some file of the home."""
    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    return [name for name in keys if name.encode() in kept]


def test_a_model_is_kept_once_and_never_trusted_blindly(ready: Registry, store: Engine, home: Path) -> None:
    """Same content, same file, named by its hash; a file that was changed since is not loaded."""
    ready.publish("credit", tiny.contract(), tiny.credit())
    (file,) = (home / "models").iterdir()
    models = Models(store, home)
    assert models.in_memory("credit", 1, 2) is None
    schema, model = models.get("credit", 1, 2)
    assert (schema, model.version) == (tiny.contract(), "2")
    assert models.in_memory("credit", 1, 2) == (schema, model)
    file.write_bytes(tiny.credit(0.2))
    with pytest.raises(ModelDamaged):
        Models(store, home).get("credit", 1, 1)
    file.unlink()
    with pytest.raises(ModelDamaged):
        Models(store, home).get("credit", 1, 1)
    with pytest.raises(rules.Unknown):
        models.get("credit", 1, 3)


def test_a_remote_model_is_asked_at_publishing_and_its_token_kept_encrypted(store: Engine, home: Path) -> None:
    """The sample rows are scored by the remote server; when it fails, nothing is published."""
    asked: list[tuple[str, str]] = []
    failing = [False]

    def transport(endpoint: Endpoint, columns: Columns) -> Answer:
        asked.append((endpoint.url, endpoint.key))
        if failing[0]:
            raise Unreachable("refused")
        rows = len(columns["Months"])
        return Answer({"Scored Labels": np.full(rows, "yes", object), "Scored Probabilities": np.full(rows, 0.5)})

    registry = Registry(store, home, transport_for=lambda remote, limits: transport)
    url = "http://127.0.0.1:1/workspaces/w/services/s"
    registry.add_service("far", tiny.contract(), Remote(url, token="t0ken"))
    assert asked == [(url, "t0ken")]
    assert b"t0ken" not in (home / "sheetscore.db-wal").read_bytes()
    model = Models(store, home).get("far", 1, 1)[1]
    assert model.remote == Remote(url, "classic", "t0ken")  # type: ignore[attr-defined]
    failing[0] = True
    with pytest.raises(rules.SampleNotScored):
        registry.publish("far", tiny.contract(), Remote(url))
    assert registry.service("far").newest == 1


@pytest.mark.parametrize(("given", "tried", "scored"), [(None, 30.0, 100.0), (45.0, 30.0, 45.0), (5.0, 5.0, 5.0)])
def test_calls_to_a_remote_model_keep_the_limits(
    given: float | None, tried: float, scored: float, store: Engine, home: Path
) -> None:
    """As long as was said; the try of the sample rows at most half a minute."""
    seconds: list[float] = []

    def transport_for(remote: Remote, limits: Limits) -> Transport:
        seconds.append(limits.call_seconds)
        return lambda endpoint, columns: Answer({})

    limits = None if given is None else Limits(call_seconds=given)
    registry = Registry(store, home, limits, transport_for=transport_for)
    registry.add_service("far", tiny.contract(), Remote("http://127.0.0.1:1/workspaces/w/services/s"))
    Models(store, home, limits, transport_for=transport_for).get("far", 1, 1)
    assert seconds == [tried, scored]


def test_a_remote_model_is_given_up_after_its_limit(store: Engine, home: Path) -> None:
    """Over real HTTP: the limits reach the connection. The server takes the call and stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limits = Limits(call_seconds=0.1)
        registry = Registry(store, home, limits)
        remote = Remote(f"http://127.0.0.1:{silent.getsockname()[1]}/workspaces/w/services/s")
        with pytest.raises(rules.SampleNotScored, match=r"0\.1 s"):
            registry.add_service("far", tiny.contract(), remote)


def test_a_bad_sample_row_is_told_in_words(registry: Registry) -> None:
    """With its row, its column, its value and what is wrong with it."""
    sample = [tiny.CONTRACT["sample"][0], {"Purpose": "car", "Amount": "much", "Months": 1}]
    with pytest.raises(rules.SampleNotScored, match=r"row 2, Amount: 'much' \(not a number\)"):
        registry.add_service("other", tiny.contract(sample=sample), tiny.credit())


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda r: r.endpoint("nope"), "there is no endpoint 'nope'; known: credit/default, credit/main"),
        (lambda r: r.service("nope"), "there is no service 'nope'; known: credit"),
        (
            lambda r: r.add_endpoint("credit", "new", "acme", version=9),
            "there is no version 9 of credit; known: 1, 2",
        ),
        (lambda r: r.add_endpoint("credit", "main", "acme"), "the endpoint 'credit/main' exists already"),
        (lambda r: r.add_customer("acme"), "the customer 'acme' exists already"),
    ],
    ids=range(5),
)
def test_what_is_unknown_or_taken_is_said_with_what_there_is(do: Do, words: str, ready: Registry) -> None:
    """Whoever mistyped a name sees those that can be meant."""
    ready.publish("credit", tiny.contract(), tiny.credit(0.2))
    ready.add_endpoint("credit", "main", "acme")
    with pytest.raises(rules.RuleError) as caught:
        do(ready)
    assert str(caught.value) == words


def test_where_nothing_is_known_nothing_is_listed(registry: Registry) -> None:
    """An empty home has no names to offer."""
    with pytest.raises(rules.Unknown) as caught:
        registry.endpoint("nope")
    assert str(caught.value) == "there is no endpoint 'nope'"


def test_of_many_names_the_nearest_are_told() -> None:
    """All of them are there for a face that has room."""
    known = [f"credit/c{number:03}" for number in range(300)]
    error = rules.Unknown("endpoint", "credit/c19", known)
    assert str(error).startswith("there is no endpoint 'credit/c19'; known: credit/c190, credit/c191, ")
    assert str(error).endswith("credit/c199 and 290 more")
    assert error.known == tuple(known)


def test_errors_carry_facts_and_no_secrets() -> None:
    """What a face needs for its words is there; a remote address is not repeated."""
    error = rules.NameInvalid("customer", "CON", "x")
    assert (error.kind, error.name, error.wanted) == ("customer", "CON", "x")
    assert "hunter2" not in repr(Remote("https://x", token="hunter2"))


def files(home: Path) -> int:
    return len(list((home / "models").glob("*.onnx")))


def test_a_service_goes_with_its_versions_and_the_models_that_nobody_else_uses(ready: Registry, home: Path) -> None:
    """A file that another service uses stays."""
    ready.publish("credit", tiny.contract(), tiny.credit(0.2))
    ready.add_service("other", tiny.contract(), tiny.credit())
    ready.remove_service("credit", "ann")
    assert [row.name for row in ready.services()] == ["other"]
    assert files(home) == 1
    ready.remove_service("other", "ann")
    assert (ready.services(), ready.endpoints(), files(home)) == ([], [], 0)


def test_a_service_that_customers_use_stays(ready: Registry) -> None:
    """Nothing is taken away."""
    ready.add_endpoint("credit", "main", "acme")
    with pytest.raises(rules.ServiceInUse) as refused:
        ready.remove_service("credit")
    assert (refused.value.service, refused.value.endpoints) == ("credit", 1)
    assert [row.name for row in ready.endpoints()] == ["default", "main"]


def test_a_number_is_never_given_twice_under_one_name(ready: Registry, store: Engine, home: Path) -> None:
    """A service made anew under an old name goes on counting: models kept in memory by number stay the right ones."""
    models = Models(store, home)
    old = models.get("credit", 1, 1)
    ready.publish("credit", tiny.contract(), tiny.credit(0.2))
    ready.remove_service("credit")
    made = ready.add_service("credit", tiny.contract(), tiny.credit(0.9)).endpoint
    assert (made.contract_version, made.model_version) == (3, 3)
    assert models.get("credit", 3, 3) != old
    assert ready.publish("credit", tiny.contract(), tiny.credit()) == 4


def test_a_service_whose_default_went_first_goes_too(ready: Registry) -> None:
    """And a publish without `default` moves nobody."""
    ready.remove_endpoint("credit/default")
    assert ready.publish("credit", tiny.contract(), tiny.credit(0.2)) == 2
    ready.remove_service("credit")
    assert ready.add_service("credit", tiny.contract(), tiny.credit()).endpoint.model_version == 3


def test_a_description_of_a_service_changes(ready: Registry) -> None:
    """Within the limit."""
    assert ready.describe_service("credit", "Other.").description == "Other."
    assert ready.service("credit").description == "Other."
    with pytest.raises(rules.DescriptionTooLong):
        ready.describe_service("credit", "x" * 2001)


def test_a_service_counts_its_endpoints_and_its_newest_published_version(ready: Registry) -> None:
    """`default` counts; a model sent to one endpoint is not published."""
    main = ready.add_endpoint("credit", "main", "acme").endpoint
    ready.send_model(main, tiny.credit(0.3), "ann")
    row = ready.service("credit")
    assert (row.endpoints, row.newest) == (2, 1)
