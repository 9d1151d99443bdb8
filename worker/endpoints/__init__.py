"""Web services, versions, endpoints, customers and keys: the rules, the models, and what the host keeps in memory.

The names below are loaded when first used: a child process that tries one model must not wait for the store.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.endpoints.access import Access, KeyRow, TokenRow
    from worker.endpoints.models import Model, Models, Remote
    from worker.endpoints.preview import Preview
    from worker.endpoints.registry import Registry
    from worker.endpoints.rows import CustomerRow, EndpointRow, ModelRow, NewEndpoint, Sender, ServiceRow, VersionRow
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
    "ModelRow",
    "Models",
    "NewEndpoint",
    "Pin",
    "Preview",
    "Registry",
    "Remote",
    "RuleError",
    "Sender",
    "ServiceRow",
    "Snapshot",
    "Snapshots",
    "TokenRow",
    "Updates",
    "VersionRow",
    "matching",
    "new_wave",
]

_HOMES = {
    "Access": "access",
    "Bearer": "snapshot",
    "Change": "updates",
    "CustomerRow": "rows",
    "EndpointRow": "rows",
    "KeyRow": "access",
    "Model": "models",
    "ModelRow": "rows",
    "Models": "models",
    "NewEndpoint": "rows",
    "Pin": "updates",
    "Preview": "preview",
    "Registry": "registry",
    "Remote": "models",
    "RuleError": "rules",
    "Sender": "rows",
    "ServiceRow": "rows",
    "Snapshot": "snapshot",
    "Snapshots": "snapshot",
    "TokenRow": "access",
    "Updates": "updates",
    "VersionRow": "rows",
    "matching": "updates",
    "new_wave": "updates",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type checker reads the imports above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
