"""Many requests without a right key from one address."""

from __future__ import annotations

import pytest

from tests.endpoints import tiny
from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD, codes
from worker.endpoints import NewEndpoint
from worker.host.throttle import ADDRESSES_KEPT, FAILURE_SECONDS, MOST_FAILURES, Failures


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_window_counts_and_ends(clock: Clock) -> None:
    """For each address alone; the failures of a window are gone with it."""
    failures = Failures(clock)
    assert [failures.add("10.0.0.1") for _ in range(2)] == [(1, FAILURE_SECONDS), (2, FAILURE_SECONDS)]
    clock.now += 20
    assert failures.add("10.0.0.1") == (3, FAILURE_SECONDS - 20)
    assert failures.add("10.0.0.2") == (1, FAILURE_SECONDS)
    clock.now += FAILURE_SECONDS
    assert failures.add("10.0.0.1") == (1, FAILURE_SECONDS)
    assert failures.total == 5


def test_one_customer_s_half_of_an_address_is_one(clock: Clock) -> None:
    """Whoever has 2**64 addresses of IPv6 has one count."""
    failures = Failures(clock)
    assert [
        failures.add(address)[0] for address in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", "?" * 999)
    ] == [
        1,
        2,
        1,
        1,
    ]


def test_memory_is_bounded(clock: Clock) -> None:
    """The address that failed longest ago is forgotten."""
    failures = Failures(clock)
    for number in range(ADDRESSES_KEPT + 1):
        failures.add(f"host{number}")
    assert failures.add("host1")[0] == 2
    assert failures.add("host0")[0] == 1


def test_a_right_key_is_served_among_any_number_of_wrong_ones(open_host: Open, clock: Clock) -> None:
    """401, then 429 with Retry-After for every failure alike; after the window 401 again. One line in the log."""
    host = open_host(clocks={"clock": clock})
    credit = make(host)
    answers = [host.execute(credit, GOOD, key=f"wrong{n}") for n in range(MOST_FAILURES + 5)]
    assert [each.status_code for each in answers] == [401] * MOST_FAILURES + [429] * 5
    limited = answers[-1]
    assert codes(limited) == (429, "TooManyRequests", ["TooManyFailures"])
    assert limited.headers["retry-after"] == "60"
    assert limited.headers["x-ms-request-id"]
    others = [
        host.session.get(f"{host.location(credit)}/swagger.json"),
        host.session.get(f"{host.url}/workspaces/w/webservices", headers={"Authorization": "Bearer x"}),
        host.session.post(f"{host.url}/workspaces/w/services/none/execute", json=GOOD),
    ]
    assert {(each.status_code, each.content) for each in others} == {(429, limited.content)}
    assert host.execute(credit, GOOD).status_code == 200
    clock.now += FAILURE_SECONDS
    assert host.execute(credit, GOOD, key="wrong").status_code == 401
    assert [line["address"] for line in host.lines if line["event"] == "many wrong keys"] == ["127.0.0.1"]


def test_a_key_that_was_revoked_is_told_so_however_often_it_is_sent(open_host: Open, clock: Clock) -> None:
    """It counts as a failure, but whoever has it must learn that waiting does not help."""
    host = open_host(clocks={"clock": clock})
    credit = make(host)
    host.registry.rotate_key("credit/main", "primary")
    host.snapshots.refresh()
    answers = [host.execute(credit, GOOD) for _ in range(MOST_FAILURES + 2)]
    assert [codes(each) for each in answers] == [(401, "Unauthorized", ["KeyRevoked"])] * len(answers)
    assert host.execute(credit, GOOD, key="wrong").status_code == 429


def make(host: Host) -> NewEndpoint:
    host.registry.add_service("credit", tiny.contract(), tiny.credit())
    host.registry.add_customer("acme")
    made = host.registry.add_endpoint("credit", "main", "acme")
    host.snapshots.refresh()
    return made


def test_each_client_behind_a_proxy_is_counted_alone(open_host: Open) -> None:
    """The address that the proxy tells is the one that counts."""
    host = open_host(behind_proxy="127.0.0.1")
    for client, wanted in (("203.0.113.1", 429), ("203.0.113.2", 401)):
        headers = {"X-Forwarded-For": client}
        count = MOST_FAILURES + 1 if wanted == 429 else 1
        answers = [host.session.get(f"{host.url}/metrics", headers=headers).status_code for _ in range(count)]
        assert answers[-1] == wanted
