"""What management takes in, in the classic service's names. Fields that classic clients send besides are left alone."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from worker.host.management.objects import EndpointObject
from worker.host.refusals import Detail, bad_argument
from worker.scoring.schema import ContractError, Schema

_SETTINGS = {
    "description": "Description",
    "throttle_level": "ThrottleLevel",
    "max_concurrent_calls": "MaxConcurrentCalls",
    "logging_level": "DiagnosticsTraceLevel",
    "sample_data": "SampleDataEnabled",
    "prevent_update": "PreventUpdate",
}
CLASSIC_NAMES = _SETTINGS | {"expires_at": "ExpiresAt", "logging_until": "DiagnosticsExpiry"}
"""What the registry's settings are called here."""

_CLASSIC = EndpointObject.__annotations__.keys() | {"EndpointName", "Id"}


def _closed(schema: dict[str, Any]) -> None:
    """Says in the OpenAPI description that other settings are not taken."""
    schema["additionalProperties"] = False


class Body(BaseModel):
    """Values are taken as they are: `"5"` is no number."""

    model_config = ConfigDict(extra="ignore", strict=True)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: object) -> object:
        """Neither NUL nor half of a surrogate pair, which JSON can write and a store cannot."""
        if isinstance(value, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("a character that no text has")
        return value


class Settings(Body):
    """What may be set of an endpoint. Nothing else is taken, lest a misspelt setting be lost; what an endpoint's own
    object holds besides is left alone, since classic clients send it back.
    """

    model_config = ConfigDict(extra="allow", strict=True, json_schema_extra=_closed)

    Description: str | None = None
    ThrottleLevel: str | None = Field(None, description="Low (4 calls at once) or High.")
    MaxConcurrentCalls: int | None = Field(None, description="1 to 200, at level High.")
    DiagnosticsTraceLevel: str | None = Field(None, description="None, Error or All.")
    SampleDataEnabled: bool | None = None
    PreventUpdate: bool | None = Field(None, description="Whether refresh and change of model are refused.")
    DiagnosticsExpiry: str | None = Field(None, description="When the endpoint's log stops; as ExpiresAt.")
    ExpiresAt: str | None = Field(None, description="ISO 8601 with time zone; an empty text for never.")

    def given(self) -> dict[str, Any]:
        """The settings that are there, by the registry's names. Raises Refusal."""
        unknown = sorted((self.model_extra or {}).keys() - _CLASSIC)
        if unknown:
            raise bad_argument(
                *(Detail("UnexpectedParameter", f"An endpoint has no setting {name[:64]!a}.") for name in unknown)
            )
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


class Location(Body):
    """Where a file lies: the reference that an upload was answered with."""

    BaseLocation: str | None = None
    RelativeLocation: str | None = None
    SasBlobToken: str | None = Field(None, repr=False)
    ConnectionString: str | None = Field(None, repr=False, description="Refused: only references are taken.")

    def given(self) -> dict[str, str]:
        """What is there."""
        return self.model_dump(exclude_none=True)


class NewResource(Body):
    """A model for one endpoint."""

    Name: str = Field(description="As the endpoint's Resources have it.")
    Location: Location


class Patch(Settings):
    """Settings to change, and either the version whose model to take or a model of the endpoint's own."""

    ModelVersion: int | None = None
    ContractVersion: int | None = Field(None, description="Back to a version as a whole, with the same ModelVersion.")
    Resources: list[NewResource] | None = None


class Refresh(Body):
    """Whether the model is replaced too. As text it is what the classic service's PowerShell module sends."""

    OverwriteResources: bool | Literal["True", "False"] = False

    def overwrites(self) -> bool:
        """The same as a truth value."""
        return self.OverwriteResources in {True, "True"}


class NewVersion(Body):
    """A contract, and where the model file was uploaded to."""

    Contract: dict[str, Any]
    Model: Location

    def schema_given(self) -> Schema:
        """The contract. Raises Refusal."""
        try:
            return Schema.from_dict(self.Contract)
        except ContractError as error:
            raise bad_argument(Detail("BadParameterValue", f"Contract: {error}")) from None


class NewService(NewVersion):
    """A web service to be made."""

    Description: str = ""


class Description(Body):
    """What may be changed of a web service."""

    Description: str


def _seconds(field: str, text: str) -> float | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC).replace(microsecond=0).timestamp()
    except (ValueError, OverflowError):
        pass
    raise bad_argument(
        Detail("BadParameterValue", f"{field} is a moment such as 2027-03-31T00:00:00Z, or an empty text.")
    )
