"""The host: scores over HTTP in the classic format, takes workbooks, listens on this machine unless told otherwise.

The names below are loaded when first used: a command that asks for an address must not wait for a web server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.host.accounts import Accounts
    from worker.host.app import create_app
    from worker.host.area import Area
    from worker.host.exposure import Exposure, NotSafe
    from worker.host.jobs import Tables
    from worker.host.limits import HostLimits
    from worker.host.management import Management
    from worker.host.serve import HostServer, PortTaken
    from worker.host.workbooks import Uploads

__all__ = [
    "Accounts",
    "Area",
    "Exposure",
    "HostLimits",
    "HostServer",
    "Management",
    "NotSafe",
    "PortTaken",
    "Tables",
    "Uploads",
    "create_app",
]

_HOMES = {
    "Accounts": "accounts",
    "Area": "area",
    "Exposure": "exposure",
    "HostLimits": "limits",
    "HostServer": "serve",
    "Management": "management",
    "NotSafe": "exposure",
    "PortTaken": "serve",
    "Tables": "jobs",
    "Uploads": "workbooks",
    "create_app": "app",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type checker reads the imports above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
