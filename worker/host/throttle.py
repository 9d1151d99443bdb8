"""How many calls run at once for each endpoint. Lives on the event loop, so a plain count is exact."""

from __future__ import annotations


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
