"""How many calls run at once for each endpoint, and how often an address fails. Lives on the event loop, so that plain
counts are exact.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

MOST_FAILURES = 60
FAILURE_SECONDS = 60.0
ADDRESSES_KEPT = 10_000


class Throttle:
    """Admits or refuses; never queues. Use from the event loop's thread only."""

    def __init__(self) -> None:
        self._running: dict[str, int] = {}

    def enter(self, endpoint_id: str, most: int) -> bool:
        """Whether one more call may run; if so, `leave` must follow exactly once."""
        running = self._running.get(endpoint_id, 0)
        if running >= most:
            return False
        self._running[endpoint_id] = running + 1
        return True

    def leave(self, endpoint_id: str) -> None:
        """One call less."""
        running = self._running[endpoint_id] - 1
        if running:
            self._running[endpoint_id] = running
        else:
            del self._running[endpoint_id]


class Failures:
    """Requests without a right key, counted for each address in windows of a minute. A right key is served however many
    others failed from the same address: a whole office may stand behind it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.total = 0

    def add(self, address: str) -> tuple[int, float]:
        """One more failure: how many this window has now, and in how many seconds it ends."""
        now, who = self._clock(), _network(address)
        began, count = self._windows.pop(who, (now, 0))
        if now - began >= FAILURE_SECONDS:
            began, count = now, 0
        self._windows[who] = (began, count + 1)
        if len(self._windows) > ADDRESSES_KEPT:
            self._windows.popitem(last=False)
        self.total += 1
        return count + 1, began + FAILURE_SECONDS - now


def _network(address: str) -> str:
    """An IPv4 address as it is; of IPv6 the half that a provider gives to one customer."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
