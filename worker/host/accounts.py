"""What the host writes down of a call beside its own log: usage and quota of the customer, the endpoint's log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.endpoints import EndpointRow, Model, Models
from worker.endpoints.endpointlogs import EndpointLogs
from worker.endpoints.meter import Meter
from worker.endpoints.quotas import QuotaReached
from worker.host.metrics import Metrics
from worker.host.refusals import quota_reached
from worker.scoring.schema import Schema

QUOTA_HEADER = "x-sheetscore-quota"
"""On answers from 80 % of the customer's monthly quota on: `rows of quota`."""

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Without a meter nothing is counted and no quota holds; without logs there are none for endpoints."""

    meter: Meter | None = None
    logs: EndpointLogs | None = None
    metrics: Metrics = field(default_factory=Metrics)

    def admit(self, endpoint: EndpointRow) -> Mapping[str, str]:
        """Headers for the answer. Raises Refusal when the customer's quota is used up and blocks."""
        allowed = self.meter.allowance(endpoint) if self.meter else None
        if allowed is None or not allowed.is_near:
            return _NOTHING
        try:
            allowed.check()
        except QuotaReached as reached:
            raise quota_reached(str(reached), {QUOTA_HEADER: f"{allowed.rows} of {allowed.quota}"}) from None
        return {QUOTA_HEADER: f"{allowed.rows} of {allowed.quota}"}

    def called(
        self, endpoint: EndpointRow, status: int, *, rows: int, problems: int, ms: float, request_id: str
    ) -> None:
        """A call with a right key, whatever came of it. `problems` are the rows that a refusal names."""
        self.metrics.called(endpoint.service, status, rows=rows, problems=problems, seconds=ms / 1000)
        if self.meter:
            self.meter.count(endpoint, rows, problems)
        if self.logs and endpoint.logging_level != "None":
            self.logs.write(
                endpoint,
                "call",
                failed=status >= 400,
                contract=endpoint.contract_version,
                model=endpoint.model_version,
                rows=rows,
                problems=problems,
                status=status,
                ms=ms,
                request=request_id,
            )

    def load(self, models: Models, endpoint: EndpointRow) -> tuple[Schema, Model]:
        """The endpoint's contract and model. Raises as Models.get."""
        if self.logs is None:
            return models.get(*endpoint.pins)
        return self.logs.load(models, endpoint, endpoint.contract_version, endpoint.model_version)
