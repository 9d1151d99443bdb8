"""An operator at a running host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from tests.endpoints import tiny

if TYPE_CHECKING:
    from tests.host.conftest import Host

ONE = "/credit/endpoints/acme1"
ROWS = {"Inputs": {"input1": list(tiny.CONTRACT["sample"])}, "GlobalParameters": {}}


@dataclass
class Operator:
    """Calls management with an operator's token; what it changed is in force when it returns."""

    host: Host
    token: str

    def __call__(self, method: str, path: str, body: Any = None, key: str | None = None) -> requests.Response:
        """An address below `webservices`, with another key or token if one is given."""
        answer = self._call(method, f"{self.host.url}/workspaces/w1/webservices{path}", key, json=body)
        self.host.snapshots.refresh()
        return answer

    def upload(self, data: bytes, name: str = "model.onnx") -> dict[str, str]:
        """Put a file into the upload area; the reference to it."""
        made = self._call("POST", f"{self.host.url}/workspaces/w1/uploads?name={name}")
        location: dict[str, str] = made.json()
        assert self.host.session.put("".join(location.values()), data=data).ok
        return location

    def resource(self, data: bytes, name: str = "credit [trained model]") -> dict[str, Any]:
        """What PATCH wants for a model of the endpoint's own."""
        return {"Resources": [{"Name": name, "Location": self.upload(data)}]}

    def version(self, data: bytes) -> dict[str, Any]:
        """What publishing wants, with the contract of `credit`."""
        return {"Contract": tiny.CONTRACT, "Model": self.upload(data)}

    def scores(self, endpoint: dict[str, Any], key: str | None = None) -> requests.Response:
        """The sample rows' scores of an endpoint just made, with its primary key unless told otherwise."""
        url = f"{endpoint['ApiLocation']}/execute?api-version=2.0&format=swagger"
        return self._call("POST", url, endpoint["PrimaryKey"] if key is None else key, json=ROWS)

    def _call(self, method: str, url: str, key: str | None = None, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token if key is None else key}"}
        return self.host.session.request(method, url, headers=headers, **body)


def code(answer: requests.Response) -> str:
    """The code that says what was wrong."""
    return answer.json()["error"]["details"][0]["code"]
