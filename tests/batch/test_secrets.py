"""What must not be found afterwards: keys anywhere, a customer's values in the log."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from worker.batch.service import BatchService
from worker.batch.uploads import public
from worker.endpoints import Models, Registry, Remote
from worker.logs import to_file
from worker.scoring import Columns, Endpoint, Rejected, Unauthorized
from worker.settings import Settings
from worker.store import open_store

KEY = "canary-key-7f3a9c"


@pytest.fixture
def logged(home: Path) -> Iterator[Callable[[], str]]:
    """The log of the home, as `serve` writes it."""
    file = to_file(home)
    yield (home / "logs" / "sheetscore.log").read_text
    file.close()
    structlog.reset_defaults()


def test_an_unforeseen_fault_is_logged_with_its_place_and_without_its_text(
    bench, book, tmp_path: Path, logged: Callable[[], str]
) -> None:
    """The text of an exception may quote a cell."""

    def break_down(columns: Columns) -> None:
        try:
            float("Mr Smith, 12 High Street")
        except ValueError as error:
            raise KeyError("Mr Smith") from error

    bench.transport.before = break_down
    job = bench.drive(bench.enter(book(tmp_path / "loans.xlsx", 5)))
    line = next(line for line in map(json.loads, logged().splitlines()) if "fault" in line)
    assert line["job"] == job.id
    assert line["fault"] == ["KeyError", "ValueError"]
    assert any("test_secrets.py" in place and "break_down" in place for place in line["trace"])
    assert "Smith" not in logged()


@pytest.mark.parametrize("error", [None, Unauthorized(), Rejected("BadArgument", "no")], ids=["scored", "401", "400"])
def test_a_remote_servers_key_is_found_nowhere_afterwards(
    book, home: Path, schema, bench, logged: Callable[[], str], tmp_path: Path, error: Exception | None
) -> None:
    """Log, store, job folders, reasons, listings; also when the server refuses it."""
    engine = open_store("", home)
    registry = Registry(engine, home)
    remote = Remote("http://127.0.0.1:9/workspaces/w/services/s", "classic", KEY)
    registry.add_service("far", schema, remote)
    registry.add_customer("other")
    registry.add_endpoint("far", "other", "other")

    def transport(endpoint: Endpoint, columns: Columns) -> object:
        if error is not None:
            raise error
        return bench.transport(endpoint, columns)

    calls = lambda job: (remote.url, KEY, transport)  # noqa: E731 - one value
    settings = Settings(home, {}, poll_seconds=0.01)
    with BatchService(engine, home, settings, Models(engine, home), transport=calls) as batch:
        inbox = home / "drop" / "other" / "inbox"
        book(tmp_path / "loans.xlsx", 3).rename(inbox / "loans.xlsx")
        while not (jobs := batch.ledger.jobs()) or jobs[0].ended_at is None:
            time.sleep(0.02)
    assert jobs[0].state == ("failed" if isinstance(error, Unauthorized) else "done")
    engine.dispose()
    shown = json.dumps([public(job) for job in jobs]) + repr(jobs)
    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert KEY not in shown + logged()
    assert KEY.encode() not in kept
