"""Web services, versions, endpoints, customers and keys: the rules, the models, and what the host keeps in memory."""

from worker.endpoints.models import Model, Models, Remote
from worker.endpoints.registry import Registry
from worker.endpoints.rows import CustomerRow, EndpointRow, NewEndpoint, ServiceRow, VersionRow
from worker.endpoints.rules import RuleError
from worker.endpoints.snapshot import Snapshot, Snapshots

__all__ = [
    "CustomerRow",
    "EndpointRow",
    "Model",
    "Models",
    "NewEndpoint",
    "Registry",
    "Remote",
    "RuleError",
    "ServiceRow",
    "Snapshot",
    "Snapshots",
    "VersionRow",
]
