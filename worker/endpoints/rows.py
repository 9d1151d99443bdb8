"""What the registry hands out: one frozen value for each kind of row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select

from worker.scoring.schema import Schema
from worker.store import tables


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One web service; `newest` is the number of its newest published version, `endpoints` counts `default` too.

    Times are seconds since 1970.
    """

    id: str
    name: str
    description: str
    newest: int
    endpoints: int
    created_at: float


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a service. `kind` of the model is onnx or remote; `model_id` names its content.

    `sample_scores` is what the contract's sample rows scored when it was published, by output; None when that was not
    kept yet. `only_for` is the id of the one endpoint that the model was sent to; None for what was published.
    """

    number: int
    contract: Schema
    kind: str
    model_id: str
    created_at: float
    sample_scores: dict[str, list[Any]] | None = None
    only_for: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model: a file of `size` bytes, or a remote server at `url`. `versions` are those that use it, as
    `service number`, with ` for endpoint` where it was sent to one endpoint.
    """

    id: str
    kind: str
    url: str | None
    size: int | None
    created_at: float
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer. `quota_rows` is how many rows a month; at the quota `quota_blocks` refuses, else lets on.

    `language` is the one their templates are in (BCP 47), None where nobody said. `written` is JSON of their
    conventions; see `worker.endpoints.conventions`.
    """

    id: str
    name: str
    created_at: float
    quota_rows: int | None = None
    quota_blocks: bool = True
    language: str | None = None
    written: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint with what it pins. `customer` and `customer_id` are None for `default` only."""

    id: str
    service: str
    name: str
    customer: str | None
    customer_id: str | None
    description: str
    contract_version: int
    model_version: int
    throttle_level: str
    max_concurrent_calls: int
    call_limit: int
    logging_level: str
    sample_data: bool
    created_at: float
    changed_at: float
    prevent_update: bool = False
    expires_at: float | None = None
    logging_until: float | None = None

    @property
    def pins(self) -> tuple[str, int, int]:
        """Service name, contract version, model version."""
        return self.service, self.contract_version, self.model_version


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brings a workbook: a customer, and the one endpoint whose key it was; None for the customer's own token."""

    customer_id: str | None
    endpoint_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint just made, with its keys. They are not stored: this is the only time they are seen."""

    endpoint: EndpointRow
    primary: str = field(repr=False)
    secondary: str = field(repr=False)


def endpoint_query() -> Select[Any]:
    """Selects the fields of EndpointRow, in their order."""
    e = tables.endpoint.c
    return (
        select(
            e.id,
            tables.service.c.name,
            e.name,
            tables.customer.c.name,
            e.customer_id,
            e.description,
            e.contract_version,
            e.model_version,
            e.throttle_level,
            e.max_concurrent_calls,
            e.call_limit,
            e.logging_level,
            e.sample_data,
            e.created_at,
            e.changed_at,
            e.prevent_update,
            e.expires_at,
            e.logging_until,
        )
        .join(tables.service, tables.service.c.id == e.service_id)
        .outerjoin(tables.customer, tables.customer.c.id == e.customer_id)
    )
