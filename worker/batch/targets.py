"""What a job is scored against: the endpoint's contract and model, in this process or behind a remote address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from worker.batch.errors import NoEndpoint
from worker.batch.job import BATCH, Job
from worker.batch.runner import Target
from worker.endpoints import EndpointRow, Models, Registry
from worker.endpoints.conventions import from_json
from worker.endpoints.endpointlogs import EndpointLogs
from worker.scoring import Answer, Columns, Endpoint, Limits, ScoringClient, Transport
from worker.scoring.readings import Conventions

INSIDE = "http://127.0.0.1/workspaces/default/services/"
"""Address of an endpoint that is called without HTTP; nothing is ever sent to it."""


class EndpointTargets:
    """Finds a job's target in the store. `transport` replaces the way its endpoint is called; `check` is asked before
    a job is bound to its target, and raises RuleError when nothing may be scored; `logs` hear of models loaded.
    """

    def __init__(
        self,
        registry: Registry,
        models: Models,
        *,
        sleep: Callable[[float], None],
        transport: Callable[[Job], tuple[str, str, Transport] | None] = lambda job: None,
        check: Callable[[EndpointRow], None] = lambda endpoint: None,
        logs: EndpointLogs | None = None,
    ) -> None:
        self._registry = registry
        self._models = models
        self._sleep = sleep
        self._transport = transport
        self._check = check
        self._logs = logs

    def __call__(self, job: Job, limits: Limits) -> Target:
        """The job's pins if it has them, else the endpoint's present contract and model.

        Raises NoEndpoint, RuleError; ContractError when the contract does not take the job's parameters.
        """
        if job.endpoint_id is None:
            raise NoEndpoint([])
        row = self._registry.endpoint(job.endpoint_id)
        if job.contract_version is None:
            self._check(row)
        contract_version = job.contract_version or row.contract_version
        model_version = job.model_version or row.model_version
        if self._logs is None:
            schema, model = self._models.get(row.service, contract_version, model_version)
        else:
            schema, model = self._logs.load(self._models, row, contract_version, model_version)
        schema = schema.given(job.parameters)

        def inside(endpoint: Endpoint, columns: Columns) -> Answer:  # noqa: ARG001 - the shape of a transport
            return Answer(model.score(columns, schema), str(model_version))

        outside = self._transport(job)
        url, key, transport = outside if outside is not None else (f"{INSIDE}{row.id}", "", inside)
        client = ScoringClient(Endpoint(url, key, schema, row.name), transport, limits=limits, sleep=self._sleep)
        since = self._registry.published(row.service).get(model_version)
        day = None if since is None else dt.datetime.fromtimestamp(since, dt.UTC).date()
        return Target(schema, contract_version, model_version, client, self._conventions(job, row), day)

    def _conventions(self, job: Job, row: EndpointRow) -> Conventions:
        if job.door == BATCH:  # the batch API has a format of its own
            return Conventions()
        if job.contract_version is not None or row.customer is None:
            return from_json(job.conventions)
        return from_json(job.conventions, self._registry.conventions(row.customer))
