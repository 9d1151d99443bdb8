"""The objects that management hands out, in the classic service's names.

`Customer`, `WebServiceName`, `ContractVersion`, `ModelVersion`, `ExpiresAt`, `DiagnosticsExpiry`, `NewestVersion` and
versions are ours.
`Version` is, as it was, the moment the endpoint's model was published. Source: the Endpoint Management API's swagger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from fastapi import Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from worker.endpoints import EndpointRow, NewEndpoint, ServiceRow, VersionRow


class ServiceObject(TypedDict):
    """A web service."""

    Id: str
    Name: str
    Description: str
    CreationTime: str
    WorkspaceId: str
    DefaultEndpointName: str
    EndpointCount: int
    NewestVersion: int


class Hidden(TypedDict):
    """Where a model lies: told to nobody, in the form that clients read."""

    BaseLocation: None
    RelativeLocation: None
    SasBlobToken: None


class Resource(TypedDict):
    """What of an endpoint can be replaced: its model."""

    Name: str
    Kind: Literal["TrainedModel"]
    Location: Hidden


class EndpointObject(TypedDict):
    """An endpoint. The keys are there in the answer that makes them, and null ever after. There are no experiments."""

    Name: str
    Description: str
    CreationTime: str
    WorkspaceId: str
    WebServiceId: str
    WebServiceName: str
    HelpLocation: str
    PrimaryKey: str | None
    SecondaryKey: str | None
    ApiLocation: str
    ExperimentLocation: None
    Version: str
    ThrottleLevel: str
    MaxConcurrentCalls: int
    DiagnosticsTraceLevel: str
    DiagnosticsExpiry: str | None
    PreventUpdate: bool
    SampleDataEnabled: bool
    Resources: list[Resource]
    Customer: str | None
    ContractVersion: int
    ModelVersion: int
    ExpiresAt: str | None


_HIDDEN: Hidden = {"BaseLocation": None, "RelativeLocation": None, "SasBlobToken": None}


class NewServiceObject(ServiceObject):
    """A web service just made, with its `default` endpoint and that endpoint's keys."""

    DefaultEndpoint: EndpointObject


class VersionObject(TypedDict):
    """A version of a web service. `OnlyFor` names the one endpoint that its model was sent to."""

    Number: int
    CreationTime: str
    Kind: str
    OnlyFor: str | None
    Contract: dict[str, Any]


class PrimaryKey(TypedDict):
    """A new primary key."""

    PrimaryKey: str


class SecondaryKey(TypedDict):
    """A new secondary key."""

    SecondaryKey: str


class DeviceKey(TypedDict):
    """The key of one desktop."""

    Key: str


def service_object(row: ServiceRow, workspace: str) -> ServiceObject:
    """A web service as classic clients read it."""
    return {
        "Id": row.id,
        "Name": row.name,
        "Description": row.description,
        "CreationTime": moment(row.created_at),
        "WorkspaceId": workspace,
        "DefaultEndpointName": "default",
        "EndpointCount": row.endpoints,
        "NewestVersion": row.newest,
    }


def endpoint_object(
    row: EndpointRow, service_id: str, workspace: str, base: str, published: float, keys: NewEndpoint | None = None
) -> EndpointObject:
    """An endpoint as classic clients read it. `base` is this host's address, `published` when its model was."""
    return {
        "Name": row.name,
        "Description": row.description,
        "CreationTime": moment(row.created_at),
        "WorkspaceId": workspace,
        "WebServiceId": service_id,
        "WebServiceName": row.service,
        "HelpLocation": f"{base}/apihelp/workspaces/{workspace}/webservices/{service_id}/endpoints/{row.id}",
        "PrimaryKey": keys.primary if keys else None,
        "SecondaryKey": keys.secondary if keys else None,
        "ApiLocation": f"{base}/workspaces/{workspace}/services/{row.id}",
        "ExperimentLocation": None,
        "Version": moment(published),
        "ThrottleLevel": row.throttle_level,
        "MaxConcurrentCalls": row.max_concurrent_calls,
        "DiagnosticsTraceLevel": row.logging_level,
        "DiagnosticsExpiry": None if row.logging_until is None else moment(row.logging_until),
        "PreventUpdate": row.prevent_update,
        "SampleDataEnabled": row.sample_data,
        "Resources": [{"Name": resource_name(row.service), "Kind": "TrainedModel", "Location": _HIDDEN}],
        "Customer": row.customer,
        "ContractVersion": row.contract_version,
        "ModelVersion": row.model_version,
        "ExpiresAt": None if row.expires_at is None else moment(row.expires_at),
    }


def version_object(row: VersionRow, endpoints: dict[str, str]) -> VersionObject:
    """A version. `endpoints` are the names of the service's endpoints by id."""
    return {
        "Number": row.number,
        "CreationTime": moment(row.created_at),
        "Kind": row.kind,
        "OnlyFor": None if row.only_for is None else endpoints.get(row.only_for, row.only_for),
        "Contract": row.contract.to_dict(),
    }


def listed(objects: Sequence[object]) -> Response:
    """An array; 204 when there is nothing in it."""
    return JSONResponse(objects) if objects else Response(status_code=204)


def resource_name(service: str) -> str:
    """The name of the one resource that an endpoint of a service has."""
    return f"{service} [trained model]"


def moment(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
