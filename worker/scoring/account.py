"""What a customer's token opens at a host: the list of that customer's endpoints, and keys for single desktops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from worker.scoring.endpoint import AddressError, clean_key, location, workspace
from worker.scoring.errors import BadAnswer, EndpointError, Rejected
from worker.scoring.http import HttpTransport


@dataclass(frozen=True, slots=True)
class Owned:
    """One endpoint of the customer's. `service` is blank where the host does not tell."""

    id: str
    service: str
    name: str
    description: str
    url: str

    @property
    def label(self) -> str:
        """What a person calls it: service/name, as its provider does."""
        return f"{self.service}/{self.name}".strip("/")


class DeviceTaken(EndpointError):
    """The endpoint has a key for a device of this name already."""

    def __init__(self, device: str) -> None:
        super().__init__("device name taken")
        self.device = device


class DevicesFull(EndpointError):
    """The endpoint has keys for as many devices as it takes."""

    def __init__(self) -> None:
        super().__init__("no room for another device")


class Account:
    """A customer at a host, for as long as a person needs it: the token is kept nowhere else.

    `url` is the host's address, or any endpoint's there. Raises AddressError.
    """

    def __init__(self, url: str, token: str, transport: HttpTransport) -> None:
        self._base = f"{workspace(url)}/endpoints"
        self._token = clean_key(token)
        self._transport = transport

    def endpoints(self) -> tuple[Owned, ...]:
        """All endpoints of the customer. Raises EndpointError; Unauthorized for a token that is no customer's."""
        body = self._transport.manage("GET", self._base, self._token)
        try:
            return tuple(_owned(item) for item in orjson.loads(body or b"[]"))
        except (AddressError, ValueError, LookupError, TypeError, AttributeError):
            raise BadAnswer("no list of endpoints") from None

    def add_device(self, endpoint: Owned, device: str) -> str:
        """A key for one desktop. Raises DeviceTaken, DevicesFull, EndpointError."""
        try:
            body = self._transport.manage("PUT", self._device(endpoint, device), self._token)
        except Rejected as error:
            if error.code == "NameTaken":
                raise DeviceTaken(device) from None
            if error.code == "TooMany":
                raise DevicesFull from None
            raise
        try:
            return clean_key(str(orjson.loads(body)["Key"]))
        except (ValueError, LookupError, TypeError):
            raise BadAnswer("no key") from None

    def remove_device(self, endpoint: Owned, device: str) -> None:
        """Revoke the key of one desktop. Raises EndpointError."""
        self._transport.manage("DELETE", self._device(endpoint, device), self._token)

    def _device(self, endpoint: Owned, device: str) -> str:
        return f"{self._base}/{quote(endpoint.id, safe='')}/devices/{quote(device, safe='')}"


def _owned(item: Mapping[str, Any]) -> Owned:
    """The location's last part is the endpoint's id, as everywhere in the classic format."""
    url = location(str(item["ApiLocation"]))
    service, about = item.get("WebServiceName") or "", item.get("Description") or ""
    return Owned(url.rpartition("/")[2], str(service), str(item["Name"]), str(about), url)
