"""Web services, versions, endpoints, customers and keys: the rules, the models, and what the host keeps in memory."""

from worker.endpoints.access import Access, KeyRow, TokenRow
from worker.endpoints.models import Model, Models, Remote
from worker.endpoints.preview import Preview, preview
from worker.endpoints.registry import Registry
from worker.endpoints.rows import CustomerRow, EndpointRow, NewEndpoint, ServiceRow, VersionRow
from worker.endpoints.rules import RuleError
from worker.endpoints.snapshot import Bearer, Snapshot, Snapshots
from worker.endpoints.updates import Change, Pin, Updates, matching, new_wave

__all__ = [
    "Access",
    "Bearer",
    "Change",
    "CustomerRow",
    "EndpointRow",
    "KeyRow",
    "Model",
    "Models",
    "NewEndpoint",
    "Pin",
    "Preview",
    "Registry",
    "Remote",
    "RuleError",
    "ServiceRow",
    "Snapshot",
    "Snapshots",
    "TokenRow",
    "Updates",
    "VersionRow",
    "matching",
    "new_wave",
    "preview",
]
