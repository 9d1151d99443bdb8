"""Who may do what: the key in the request opens one endpoint, and nothing tells a foreign one from a missing one."""

from __future__ import annotations

from starlette.requests import Request

from worker.endpoints import EndpointRow, Snapshots
from worker.host.refusals import unauthorized


def authorised(request: Request, snapshots: Snapshots) -> EndpointRow:
    """The endpoint in the request's path, opened by the request's key. Raises Refusal."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    found = snapshots.current().opened(request.path_params["endpoint_id"], key.strip())
    if found is None or scheme.lower() != "bearer":
        raise unauthorized()
    return found
