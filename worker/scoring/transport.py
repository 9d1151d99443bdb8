"""What the client asks of whatever carries its calls: HTTP, a model in the same process, or a double."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from worker.scoring.endpoint import Endpoint
from worker.scoring.schema import Columns


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call brought: every output of the schema, in its type, one value for each row that was sent."""

    columns: Columns
    model_version: str = ""
    max_concurrent: int | None = None


class Transport(Protocol):
    """Carries one call. Called from several threads at once; raises EndpointError and nothing else on purpose."""

    def __call__(self, endpoint: Endpoint, columns: Columns) -> Answer:
        """Score the rows of `columns` (every input of the endpoint's schema)."""
