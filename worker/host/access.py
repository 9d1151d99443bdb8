"""Who may do what: the key in the request opens one endpoint, and nothing tells a foreign one from a missing one."""

from __future__ import annotations

import time

from starlette.requests import Request

from worker.endpoints import EndpointRow, Snapshots
from worker.host.refusals import expired, not_managing, unauthorized


def authorised(request: Request, snapshots: Snapshots) -> EndpointRow:
    """The endpoint in the request's path, opened by the request's key. Raises Refusal."""
    found = snapshots.current().opened(request.path_params["endpoint_id"], bearer_key(request))
    if found is None:
        raise unauthorized()
    if found.expires_at is not None and found.expires_at <= time.time():
        raise expired(found.expires_at)
    return found


def operator(request: Request, snapshots: Snapshots) -> str:
    """Name of the operator's token in the request. Raises Refusal; without any such token management is closed."""
    bearer = snapshots.current().bearer(bearer_key(request))
    if bearer is None or not bearer.is_operator:
        raise not_managing()
    return bearer.name


def customer(request: Request, snapshots: Snapshots) -> str:
    """Id of the customer whose token is in the request. Raises Refusal."""
    bearer = snapshots.current().bearer(bearer_key(request))
    if bearer is None or bearer.customer_id is None:
        raise not_managing()
    return bearer.customer_id


def bearer_key(request: Request) -> str:
    """What the request carries as Bearer, in any case; "" opens nothing."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
