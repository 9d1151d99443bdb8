"""The objects of the management API: what comes in, checked, and what goes out, in the classic service's names.

`Customer`, `ContractVersion`, `ModelVersion`, `ExpiresAt` and `DiagnosticsExpiry` are ours. `Version` is, as it was,
the moment the endpoint's model was published. Source: the Endpoint Management API's own swagger.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from worker.endpoints import EndpointRow, NewEndpoint, ServiceRow
from worker.host.refusals import Detail, bad_argument

_SETTINGS = {
    "description": "Description",
    "throttle_level": "ThrottleLevel",
    "max_concurrent_calls": "MaxConcurrentCalls",
    "logging_level": "DiagnosticsTraceLevel",
    "sample_data": "SampleDataEnabled",
    "prevent_update": "PreventUpdate",
}


class Settings(BaseModel):
    """What may be set of an endpoint. Fields that classic clients send besides are left alone."""

    model_config = ConfigDict(extra="ignore", strict=True)

    Description: str | None = None
    ThrottleLevel: str | None = None
    MaxConcurrentCalls: int | None = None
    DiagnosticsTraceLevel: str | None = None
    SampleDataEnabled: bool | None = None
    PreventUpdate: bool | None = None
    DiagnosticsExpiry: str | None = Field(None, description="When the endpoint's log stops; as ExpiresAt.")
    ExpiresAt: str | None = Field(None, description="ISO 8601 with time zone; an empty text for never.")

    def given(self) -> dict[str, Any]:
        """The settings that are there, by the registry's names. Raises Refusal."""
        found = {ours: getattr(self, theirs) for ours, theirs in _SETTINGS.items()}
        values = {ours: value for ours, value in found.items() if value is not None}
        if self.ExpiresAt is not None:
            values["expires_at"] = _seconds("ExpiresAt", self.ExpiresAt)
        if self.DiagnosticsExpiry is not None:
            values["logging_until"] = _seconds("DiagnosticsExpiry", self.DiagnosticsExpiry)
        return values


class NewSettings(Settings):
    """What may be set when an endpoint is made."""

    Customer: str | None = Field(None, description="Who it is for; a customer of the endpoint's name if not given.")
    ModelVersion: int | None = Field(None, description="Number of the version to pin; the newest if not given.")


class Patch(Settings):
    """Settings to change, and the version whose model to take."""

    ModelVersion: int | None = None


class Refresh(BaseModel):
    """Whether the model is replaced too."""

    OverwriteResources: bool = False


def service_object(row: ServiceRow, workspace: str) -> dict[str, Any]:
    """A web service as classic clients read it."""
    return {
        "Id": row.id,
        "Name": row.name,
        "Description": row.description,
        "CreationTime": _moment(row.created_at),
        "WorkspaceId": workspace,
        "DefaultEndpointName": "default",
        "NewestVersion": row.newest,
    }


def endpoint_object(
    row: EndpointRow, service_id: str, workspace: str, base: str, published: float, keys: NewEndpoint | None = None
) -> dict[str, Any]:
    """An endpoint as classic clients read it. `base` is this host's address, `published` when its model was."""
    location = f"{base}/workspaces/{workspace}/services/{row.id}"
    return {
        "Name": row.name,
        "Description": row.description,
        "CreationTime": _moment(row.created_at),
        "WorkspaceId": workspace,
        "WebServiceId": service_id,
        "HelpLocation": f"{location}/swagger.json",
        "PrimaryKey": keys.primary if keys else None,
        "SecondaryKey": keys.secondary if keys else None,
        "ApiLocation": location,
        "Version": _moment(published),
        "ThrottleLevel": row.throttle_level,
        "MaxConcurrentCalls": row.max_concurrent_calls,
        "DiagnosticsTraceLevel": row.logging_level,
        "DiagnosticsExpiry": None if row.logging_until is None else _moment(row.logging_until),
        "PreventUpdate": row.prevent_update,
        "SampleDataEnabled": row.sample_data,
        "Customer": row.customer,
        "ContractVersion": row.contract_version,
        "ModelVersion": row.model_version,
        "ExpiresAt": None if row.expires_at is None else _moment(row.expires_at),
    }


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(field: str, text: str) -> float | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise bad_argument(
            Detail("BadParameterValue", f"{field} is a moment such as 2027-03-31T00:00:00Z, or an empty text.")
        )
    return moment.timestamp()


def address_of(request: Request) -> str:
    """This host's address as the caller wrote it."""
    return str(request.base_url).rstrip("/")


def listed(objects: list[dict[str, Any]]) -> Response:
    """An array; 204 when there is nothing in it."""
    return JSONResponse(objects) if objects else Response(status_code=204)
