"""When a call is tried again, and after how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from worker.scoring.errors import BadAnswer, EndpointError, ServerFailed, Unavailable
from worker.scoring.limits import Limits

T = TypeVar("T")

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
_GATEWAY = {502, 504}
_NAP = 0.5  # a cancelled wait ends within this time


@dataclass(frozen=True, slots=True)
class Retry:
    """Calls again what may pass by itself, with jittered exponential back-off.

    Throttled, timed out, unreachable and 502 or 504: `limits.call_attempts` tries in all. Other server failures and
    answers that cannot be trusted: one more try, as they may well come from the data. Everything else: at once raised.
    A `Retry-After` is waited for, up to `limits.retry_after_cap` seconds.
    """

    limits: Limits = field(default_factory=Limits)
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def __call__(self, call: Callable[[], T], stopped: Callable[[], bool]) -> T:
        """What `call` returns; when it fails for good, or `stopped` turns true, its last error."""
        attempts = doubts = 0
        while True:
            try:
                return call()
            except (Unavailable, BadAnswer) as error:
                attempts += 1
                doubts += not passes(error)
                if attempts >= self.limits.call_attempts or doubts > 1 or not self.wait(attempts, error, stopped):
                    raise

    def delay(self, attempt: int, error: EndpointError) -> float:
        """Seconds to wait after the given failed attempt (from 1): never less than a bounded `Retry-After`."""
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1))
        asked = min(getattr(error, "retry_after", None) or 0.0, self.limits.retry_after_cap)
        return float(max(longest * (0.5 + self.random() / 2), asked * (1 + self.random() / 10)))

    def wait(self, attempt: int, error: EndpointError, stopped: Callable[[], bool]) -> bool:
        """Wait as long as `delay` says, but end soon once `stopped` turns true; whether to go on."""
        left = self.delay(attempt, error)
        while left > 0 and not stopped():
            self.sleep(min(left, _NAP))
            left -= _NAP
        return not stopped()


def passes(error: EndpointError) -> bool:
    """Whether an error says nothing about the data, so that the same call may succeed later."""
    if isinstance(error, ServerFailed):
        return error.status in _GATEWAY
    return isinstance(error, Unavailable)
