"""When a call is tried again: a clock that is wound by hand, and every wait on record."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from worker.scoring import (
    BadAnswer,
    EndpointError,
    Limits,
    NotFound,
    Rejected,
    ServerFailed,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from worker.scoring.retry import LONGEST_DELAY, Retry


def never() -> bool:
    return False


def failing(*errors: EndpointError | None) -> Callable[[], str]:
    """A call that fails in this order; None is success."""
    left: Iterator[EndpointError | None] = iter(errors)

    def call() -> str:
        error = next(left)
        if error is not None:
            raise error
        return "scores"

    return call


def tries(errors: list[EndpointError], **given: Any) -> tuple[int, float]:
    """How often a call with these errors is made, and how long is waited in all."""
    naps: list[float] = []
    made = []

    def call() -> None:
        made.append(1)
        raise errors[min(len(made), len(errors)) - 1]

    retry = Retry(given.get("limits", Limits()), naps.append, given.get("random", lambda: 1.0))
    with pytest.raises(EndpointError):
        retry(call, never)
    return len(made), sum(naps)


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (Throttled(429), 6),
        (Throttled(503), 6),
        (ServerFailed(502), 6),
        (ServerFailed(504), 6),
        (TimedOut(100), 6),
        (Unreachable("Connection refused"), 6),
        (ServerFailed(500), 2),
        (ServerFailed(424), 2),
        (BadAnswer("not JSON"), 2),
        (Rejected("BadArgument", ""), 1),
        (Unauthorized(), 1),
        (NotFound(), 1),
        (TooLarge(), 1),
    ],
    ids=repr,
)
def test_how_often_each_failure_is_tried(error: EndpointError, times: int) -> None:
    """What may pass by itself six times, what may come from the data twice, the rest once."""
    assert tries([error])[0] == times


def test_a_doubtful_failure_gets_its_second_try_after_a_throttled_one() -> None:
    """Having been throttled does not use up the second try of a 500."""
    assert tries([Throttled(503), Throttled(503), ServerFailed(500), ServerFailed(500)])[0] == 4


def test_a_call_that_comes_through_is_returned() -> None:
    """The last attempt counts."""
    retry = Retry(Limits(call_attempts=3), lambda _: None, lambda: 0.0)
    assert retry(failing(Throttled(503), TimedOut(1), None), never) == "scores"


def test_waits_grow_and_are_jittered() -> None:
    """Twice as long each time, up to a bound, anywhere between half of it and all of it."""
    longest = [Retry(random=lambda: 1.0).delay(n, TimedOut(1)) for n in range(1, 12)]
    shortest = [Retry(random=lambda: 0.0).delay(n, TimedOut(1)) for n in range(1, 12)]

    assert longest[:4] == [0.5, 1.0, 2.0, 4.0]
    assert longest[-1] == LONGEST_DELAY
    assert shortest == [wait / 2 for wait in longest]


@pytest.mark.parametrize(("asked", "least", "most"), [(20.0, 20.0, 22.0), (86_400.0, 60.0, 66.0), (0.0, 0.25, 0.5)])
def test_retry_after_is_obeyed_within_bounds(asked: float, least: float, most: float) -> None:
    """Never sooner than asked, never for hours."""
    for luck in (0.0, 0.5, 1.0):
        assert least <= Retry(random=lambda luck=luck: luck).delay(1, Throttled(503, asked)) <= most  # type: ignore[misc]


def test_a_cancelled_wait_ends_soon() -> None:
    """Stop is looked at between short naps, and the failure at hand is raised."""
    naps: list[float] = []
    retry = Retry(Limits(), naps.append, lambda: 1.0)

    with pytest.raises(Throttled):
        retry(failing(Throttled(503, 60.0), None), lambda: len(naps) >= 3)

    assert len(naps) == 3
    assert max(naps) <= 0.5


def test_a_retry_without_bound_would_be_found_out() -> None:
    """A broken twin obeys a Retry-After of a day: the same look at its waits tells them apart."""

    class Obedient(Retry):
        def delay(self, attempt: int, error: EndpointError) -> float:
            return getattr(error, "retry_after", None) or 0.0

    day = Throttled(503, 86_400.0)
    assert Obedient().delay(1, day) > 66.0 >= Retry(random=lambda: 1.0).delay(1, day)
