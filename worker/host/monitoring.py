"""The addresses for whoever watches the host: alive, ready, and in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.endpoints import Snapshots
from worker.host.access import operator
from worker.host.metrics import MEDIA_TYPE, Metrics
from worker.host.ready import Ready
from worker.host.throttle import Failures


class Monitoring:
    """The handlers. `jobs` says how many jobs there are in each state."""

    def __init__(
        self,
        snapshots: Snapshots,
        metrics: Metrics,
        failures: Failures,
        ready: Ready,
        jobs: Callable[[], Mapping[str, int]],
    ) -> None:
        self._snapshots = snapshots
        self._metrics = metrics
        self._failures = failures
        self._ready = ready
        self._jobs = jobs

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/healthz", self.alive, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def alive(self, _: Request) -> Response:
        """The process answers."""
        return Response(b"ok", media_type="text/plain")

    async def ready(self, _: Request) -> Response:
        """200 when everything is ok, else 503; no key is needed."""
        found = await to_thread.run_sync(self._ready.look)
        return JSONResponse(found, 200 if set(found.values()) == {"ok"} else 503, {"Cache-Control": "no-store"})

    async def metrics(self, request: Request) -> Response:
        """For an operator's token."""
        operator(request, self._snapshots)
        jobs: Mapping[str, int] = {}
        with suppress(SQLAlchemyError):  # the other numbers are wanted most when the store fails
            jobs = await to_thread.run_sync(self._jobs)
        gauges = {
            "endpoints": len(self._snapshots.current().endpoints),
            "models_in_memory": self._snapshots.models.loaded,
            "keys_refused": self._failures.total,
        }
        return Response(self._metrics.page(gauges, jobs), media_type=MEDIA_TYPE)
