"""Workbooks over HTTP: streamed, answered with a job, fetched, cancelled, and nobody else's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.endpoints import tiny
from tests.host.conftest import Host, Open
from worker.endpoints import Access, NewEndpoint, Sender
from worker.host.workbooks import PASSWORD_HEADER


@dataclass(frozen=True)
class Incoming:
    job_id: str
    path: Path
    sender: Sender
    name: str


@dataclass
class Shelf:
    """Keeps uploads in a folder; a job is done when a test says so."""

    folder: Path
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: list[Incoming] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    customers: list[str | None] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def begin(self, sender: Sender, name: str) -> Incoming:
        job_id = f"job{len(self.begun)}"
        (self.folder / job_id).mkdir(parents=True)
        self.begun.append(Incoming(job_id, self.folder / job_id / "book", sender, name))
        self.customers.append(sender.customer_id)
        return self.begun[-1]

    def commit(self, incoming: Incoming, password: str = "") -> str:
        self.passwords.append(password)
        self.jobs[incoming.job_id] = {"sender": incoming.sender, "state": "queued", "name": incoming.name}
        return incoming.job_id

    def abort(self, incoming: Incoming) -> None:
        incoming.path.unlink(missing_ok=True)
        self.aborted.append(incoming.job_id)

    def state(self, sender: Sender, job_id: str) -> dict[str, Any] | None:
        job = self.jobs.get(job_id)
        return {"id": job_id, "state": job["state"]} if job and job["sender"] == sender else None

    def result(self, sender: Sender, job_id: str) -> Path | None:
        return self.jobs[job_id].get("result") if self.state(sender, job_id) else None

    def template(self, sender: Sender, job_id: str) -> Path | None:
        return self.jobs[job_id].get("template") if self.state(sender, job_id) else None

    def cancel(self, sender: Sender, job_id: str) -> bool:
        if self.jobs[job_id]["state"] != "queued":
            return False
        self.jobs[job_id]["state"] = "cancelled"
        return True


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def host(open_host: Open, shelf: Shelf) -> Host:
    return open_host(uploads=shelf, max_upload_mb=3)


def call(host: Host, credit: NewEndpoint, method: str, path: str = "", **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {more.pop('key', credit.primary)}"}
    return requests.request(method, f"{host.location(credit)}/workbooks{path}", headers=headers, **more)


def said(answer: requests.Response) -> tuple[str, str]:
    """Code and words of the first reason of a refusal."""
    first = answer.json()["error"]["details"][0]
    return first["code"], first["message"]


def test_from_upload_to_result(host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """202 with an address; the state there; a conflict until there is a result; then the file under its own name."""
    data = os.urandom(2_500_000)
    made = call(host, credit, "POST", "?name=M%C3%A4rz.xlsx", data=data)
    assert made.status_code == 202
    assert made.json() == {"id": "job0", "state": "queued", "url": f"{host.location(credit)}/workbooks/job0"}
    assert shelf.begun[0].path.read_bytes() == data
    assert (shelf.begun[0].name, shelf.customers) == ("März.xlsx", [credit.endpoint.customer_id])
    url = made.json()["url"]
    assert call(host, credit, "GET", "/job0").json() == {"id": "job0", "state": "queued"}
    early = call(host, credit, "GET", "/job0/result")
    assert (early.status_code, early.json()["error"]["details"][0]["code"]) == (409, "ResultNotReady")
    file = shelf.folder / "März (2).xlsx"
    file.write_bytes(b"scored")
    shelf.jobs["job0"].update(state="done", result=file)
    answer = requests.get(f"{url}/result", headers={"Authorization": f"Bearer {credit.secondary}"})
    assert (answer.status_code, answer.content) == (200, b"scored")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''M%C3%A4rz%20%282%29.xlsx"
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
    assert all(a.headers["x-ms-request-id"] for a in (made, early, answer))


def test_a_job_s_address_stands_in_a_header_whatever_the_workspace(host: Host, credit: NewEndpoint) -> None:
    """The workspace is any word; found by the fuzzer."""
    url = f"{host.url}/workspaces/Büro%202/services/{credit.endpoint.id}/workbooks"
    made = requests.post(f"{url}?name=a.xlsx", data=b"x", headers={"Authorization": f"Bearer {credit.primary}"})
    wanted = f"{host.url}/workspaces/B%C3%BCro%202/services/{credit.endpoint.id}/workbooks/job0"
    assert (made.status_code, made.headers["location"], made.json()["url"]) == (202, wanted, wanted)


def test_cancel(host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """The state says so; a second time is a conflict."""
    call(host, credit, "POST", "?name=a.xlsx", data=b"x")
    assert call(host, credit, "DELETE", "/job0").json()["state"] == "cancelled"
    again = call(host, credit, "DELETE", "/job0")
    assert (again.status_code, said(again)) == (409, ("CannotCancelJob", "The job has ended already."))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "The job is queued; there is no workbook to fetch."),
        ("failed", "The job failed: it has no result."),
        ("cancelled", "The job was cancelled: it has no result."),
    ],
)
def test_why_there_is_no_result(state: str, words: str, host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """Not yet is told apart from never."""
    call(host, credit, "POST", "?name=a.xlsx", data=b"x")
    shelf.jobs["job0"]["state"] = state
    answer = call(host, credit, "GET", "/job0/result")
    assert (answer.status_code, said(answer)) == (409, ("ResultNotReady", words))


def test_a_foreign_job_and_a_missing_one_answer_alike(host: Host, credit: NewEndpoint) -> None:
    """Whoever holds another endpoint's key learns nothing of a job, not even that it is there."""
    other = host.registry.add_service("other", tiny.contract(), tiny.credit())
    host.snapshots.refresh()
    call(host, credit, "POST", "?name=a.xlsx", data=b"x")
    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "/result")):
        foreign = call(host, other, method, f"/job0{tail}")
        missing = call(host, other, method, f"/job9{tail}")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content
        assert call(host, credit, method, f"/job0{tail}", key=other.primary).status_code == 401
    assert call(host, credit, "POST", "?name=a.xlsx", data=b"x", key="wrong").status_code == 401


@pytest.mark.parametrize("name", ["", "/", "..", "a/..", "%00", "x" * 201])
def test_a_name_that_is_none(name: str, host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """Refused before anything is kept."""
    answer = call(host, credit, "POST", f"?name={name}", data=b"x")
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, "InvalidQueryParameter")
    assert shelf.begun == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/a.xlsx", "a.xlsx"),
        ("C:\\x\\b.xlsx", "b.xlsx"),
        ("a\nb<>.xlsx", "ab.xlsx"),
        ("[red] é.xlsx ", "[red] é.xlsx"),
    ],
)
def test_a_name_is_a_file_name_only(name: str, kept: str, host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """No folders, nothing that a file system or a terminal takes otherwise."""
    assert call(host, credit, "POST", params={"name": name}, data=b"x").status_code == 202
    assert shelf.begun[0].name == kept


def test_the_limit_holds_however_it_is_sent(host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """By the length told, with nothing begun; by what comes, with nothing kept. An empty body is none."""
    megabyte = bytes(2**20)
    assert call(host, credit, "POST", "?name=a.xlsx", data=megabyte * 4).status_code == 413
    assert shelf.begun == []
    assert call(host, credit, "POST", "?name=a.xlsx", data=iter([megabyte] * 4)).status_code == 413
    nothing = call(host, credit, "POST", "?name=a.xlsx", data=b"")
    assert (nothing.status_code, said(nothing)) == (400, ("RequestIsEmpty", "The file is empty."))
    assert shelf.aborted == ["job0", "job1"]
    assert not any(incoming.path.exists() for incoming in shelf.begun)
    assert shelf.jobs == {}
    assert call(host, credit, "POST", "?name=a.xlsx", data=iter([megabyte] * 3)).status_code == 202


def test_an_upload_that_breaks_off_leaves_nothing(host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """The connection ends before the body does: aborted, no job."""

    def half() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(host, credit, "POST", "?name=a.xlsx", data=half())
    deadline = time.monotonic() + 10
    while not shelf.aborted:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert shelf.jobs == {}


@pytest.mark.parametrize(("sent", "taken"), [(None, ""), ("geheim", "geheim"), ("p%C3%A4ss%25word", "päss%word")])
def test_a_password_comes_in_a_header(
    sent: str | None, taken: str, host: Host, credit: NewEndpoint, shelf: Shelf
) -> None:
    """Percent-encoded, because headers are ASCII; never in the address."""
    headers = {"Authorization": f"Bearer {credit.primary}", PASSWORD_HEADER: sent}
    url = f"{host.location(credit)}/workbooks?name=a.xlsx"
    made = requests.post(url, data=b"x", headers={k: v for k, v in headers.items() if v is not None})
    assert (made.status_code, shelf.passwords) == (202, [taken])


@pytest.mark.parametrize("sent", ["x" * 256, "%FF"])
def test_a_password_that_excel_would_not_take(sent: str, host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """Refused before anything is kept, and not repeated."""
    headers = {"Authorization": f"Bearer {credit.primary}", PASSWORD_HEADER: sent}
    made = requests.post(f"{host.location(credit)}/workbooks?name=a.xlsx", data=b"x", headers=headers)
    assert (made.status_code, said(made)[0], shelf.begun) == (400, "InvalidWorkbookPassword", [])
    assert sent not in made.text


def test_a_new_template_for_one_that_was_too_old(host: Host, credit: NewEndpoint, shelf: Shelf) -> None:
    """There once the job laid one beside its result; 404 before, and for a foreign job."""
    call(host, credit, "POST", "?name=a.xlsx", data=b"x")
    early = call(host, credit, "GET", "/job0/template")
    assert (early.status_code, said(early)[0]) == (404, "TemplateNotFound")
    file = shelf.folder / "a.new-template.xlsx"
    file.write_bytes(b"fresh")
    shelf.jobs["job0"]["template"] = file
    answer = call(host, credit, "GET", "/job0/template")
    assert (answer.status_code, answer.content) == (200, b"fresh")
    assert said(call(host, credit, "GET", "/job1/template"))[0] == "JobNotFound"


def test_a_customers_token_uploads_without_naming_an_endpoint(
    host: Host, credit: NewEndpoint, shelf: Shelf, store: Any
) -> None:
    """The workbook says which it is for; a key is no token there, and a token no key."""
    customer = str(credit.endpoint.customer)
    token = Access(store).add_token("back-office", customer)
    host.snapshots.refresh()
    url = f"{host.url}/workspaces/w/workbooks"
    made = requests.post(f"{url}?name=a.xlsx", data=b"x", headers={"Authorization": f"Bearer {token}"})
    assert (made.status_code, made.json()["url"]) == (202, f"{url}/job0")
    assert shelf.begun[0].sender == Sender(credit.endpoint.customer_id)
    state = requests.get(f"{url}/job0", headers={"Authorization": f"Bearer {token}"})
    assert (state.status_code, state.json()["state"]) == (200, "queued")
    for key, address in ((credit.primary, url), (token, f"{host.location(credit)}/workbooks")):
        refused = requests.post(f"{address}?name=a.xlsx", data=b"x", headers={"Authorization": f"Bearer {key}"})
        assert refused.status_code == 401
