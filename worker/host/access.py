"""Who may do what: the key in the request opens one endpoint, and nothing tells a foreign one from a missing one."""

from __future__ import annotations

import datetime as dt

from starlette.requests import Request

from worker.endpoints import EndpointRow, Snapshots
from worker.endpoints.expiry import DAY_SECONDS, WARNED_DAYS
from worker.host.headers import header
from worker.host.refusals import expired, not_managing, revoked, unauthorized


def authorised(request: Request, snapshots: Snapshots) -> EndpointRow:
    """The endpoint in the request's path, opened by the request's key. Raises Refusal."""
    endpoint_id, key, snapshot = request.path_params["endpoint_id"], bearer_key(request), snapshots.current()
    found = snapshot.opened(endpoint_id, key)
    if found is None and (ended := snapshot.revoked_at(endpoint_id, key)) is not None:
        request.scope["state"]["revoked"] = True
        raise revoked(ended)
    if found is None:
        raise unauthorized()
    if found.expires_at is not None:
        _look_at_expiry(request, found.expires_at)
    return found


def _look_at_expiry(request: Request, at: float) -> None:
    """From 30 days before, every answer says when; see Guard. Raises Refusal afterwards."""
    left = at - request.app.state.wall_clock()
    if left <= 0:
        raise expired(at)
    if left <= WARNED_DAYS[0] * DAY_SECONDS:
        request.scope["state"]["expires"] = dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    scheme, _, key = header(request, b"authorization").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
