"""Workbooks from a template that is older than its endpoint: what has changed since, and a template as it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbook_templates.definition import Definition, DefinitionError
from workbook_templates.phrases import Phrases
from workbook_templates.stale import changes
from workbook_templates.words import ENGLISH, shipped
from worker.batch.job import Job
from worker.batch.templates import Templates
from worker.endpoints import EndpointRow, Registry, RuleError
from worker.scoring import Schema
from worker.scoring.binding import Binding


@dataclass(frozen=True, slots=True)
class Renewal:
    """`told` are the sentences for the customer, `fresh` is the new template, None where none can be made."""

    told: tuple[str, ...]
    fresh: bytes | None


class Renewals:
    """Finds out about stale templates of a home. `clock` is seconds since 1970."""

    def __init__(self, registry: Registry, home: Path, clock: Callable[[], float]) -> None:
        self._registry = registry
        self._home = home
        self._clock = clock

    def of(self, job: Job, binding: Binding | None, schema: Schema) -> Renewal | None:
        """None for a workbook that is not from a template, or whose template is as new as the schema."""
        if binding is None or binding.fingerprint == schema.fingerprint() or job.endpoint_id is None:
            return None
        endpoint = self._registry.endpoint(job.endpoint_id)
        templates = Templates(self._registry, self._home, self._clock)
        try:
            definition: Definition | None = templates.definition(endpoint, binding.template)
            fresh: bytes | None = templates.build(endpoint, binding.template).data
        except (DefinitionError, RuleError):  # gone, or of another contract: the provider hears of it from `check`
            definition = fresh = None
        phrases = Phrases(definition.words if definition else shipped(ENGLISH))

        def label(name: str) -> str:
            return (definition.column(name).label if definition else "") or name

        old = self._schema(endpoint, binding)
        told = [phrases("stale"), *(changes(old, schema, phrases, label) if old else [])]
        return Renewal((*told, phrases("stale_fresh")) if fresh else tuple(told), fresh)

    def _schema(self, endpoint: EndpointRow, binding: Binding) -> Schema | None:
        """The contract that the template was made from, if the service still has it."""
        contracts = (version.contract for version in self._registry.versions(endpoint.service))
        return next((one for one in contracts if one.fingerprint() == binding.fingerprint), None)
