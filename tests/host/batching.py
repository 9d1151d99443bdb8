"""A client of the classic batch API at a running host."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from worker.endpoints import NewEndpoint

if TYPE_CHECKING:
    from tests.host.conftest import Host

TABLE = b"Purpose,Amount,Months\r\ncar,1200.5,12\r\nboat,800,6\r\n"
QUERY = {"api-version": "2.0"}


def link(reference: dict[str, str]) -> str:
    return reference["BaseLocation"] + reference["RelativeLocation"] + reference["SasBlobToken"]


@dataclass
class Batch:
    """What a client written for the classic service does, with one endpoint's key unless told otherwise."""

    host: Host
    made: NewEndpoint

    def upload(self, data: bytes = TABLE, name: str = "rows.csv") -> dict[str, str]:
        """Put a table into the upload area; the reference to it."""
        reference: dict[str, str] = self.ask("POST", "/uploads", params={"name": name}).json()
        assert self.host.session.put(link(reference), data=data).status_code == 201
        return reference

    def submit(self, body: Any = None, **more: Any) -> requests.Response:
        """Submit a body, or a table just uploaded."""
        body = {"Inputs": {"input1": self.upload()}, "GlobalParameters": {}} if body is None else body
        given = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self.ask("POST", "/jobs", **given, **more)

    def submitted(self, data: bytes = TABLE, name: str = "rows.csv", **more: Any) -> str:
        """Id of a job that waits to be started."""
        answer = self.submit({"Inputs": {"input1": self.upload(data, name)}, "GlobalParameters": {}, **more})
        assert answer.status_code == 200, answer.text
        job: str = answer.json()
        return job

    def started(self, data: bytes = TABLE, name: str = "rows.csv", **more: Any) -> str:
        """Id of a job that was started."""
        job = self.submitted(data, name, **more)
        assert self.start(job).status_code == 204
        return job

    def start(self, job: str, **more: Any) -> requests.Response:
        return self.ask("POST", f"/jobs/{job}/start", **more)

    def show(self, job: str, **more: Any) -> requests.Response:
        return self.ask("GET", f"/jobs/{job}", **more)

    def cancel(self, job: str, **more: Any) -> requests.Response:
        return self.ask("DELETE", f"/jobs/{job}", **more)

    def wait(self, job: str, *states: str) -> dict[str, Any]:
        """What is told of a job once it is in one of these states, or has ended."""
        until = time.monotonic() + 60
        while True:
            told: dict[str, Any] = self.show(job).json()
            if told["StatusCode"] in (states or ("Finished", "Failed", "Cancelled")):
                return told
            assert time.monotonic() < until, told
            time.sleep(0.02)

    def result(self, told: dict[str, Any]) -> requests.Response:
        """The file of a finished job, which needs no key."""
        return self.host.session.get(link(told["Results"]["output1"]))

    def ask(self, method: str, path: str, key: str = "", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {key or self.made.primary}"}
        params = more.pop("params", QUERY)
        url = f"{self.host.location(self.made)}{path}"
        return self.host.session.request(method, url, headers=headers, params=params, **more)
