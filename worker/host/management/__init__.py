"""Management over HTTP in the classic wire format."""

from worker.host.management.api import Management

__all__ = ["Management"]
