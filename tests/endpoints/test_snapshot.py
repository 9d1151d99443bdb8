"""What the host keeps in memory, and how soon it sees a change."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import Registry, Snapshots
from worker.store import tables

ROTATE = """
import sys
from pathlib import Path
from worker.endpoints import Registry
from worker.store.engine import open_store
home = Path(sys.argv[1])
registry = Registry(open_store("", home), home)
sys.stdin.readline()
print(registry.rotate_key("credit/default", "primary"), flush=True)
"""


@pytest.fixture
def snapshots(registry: Registry, store: Engine, home: Path) -> Iterator[Snapshots]:
    made = Snapshots(store, home)
    yield made
    made.close()


def test_an_endpoint_opens_to_its_own_keys_only(registry: Registry, snapshots: Snapshots) -> None:
    """Primary and secondary; not a neighbour's key, not a missing endpoint."""
    one = registry.add_service("credit", tiny.contract(), tiny.credit())
    two = registry.add_service("other", tiny.contract(), tiny.credit())
    snapshot = snapshots.refresh()
    assert snapshot.opened(one.endpoint.id, one.primary) == one.endpoint
    assert snapshot.opened(one.endpoint.id, one.secondary) == one.endpoint
    assert snapshot.opened(one.endpoint.id, two.primary) is None
    assert snapshot.opened("0" * 32, one.primary) is None
    assert snapshot.opened("0" * 32, "") is None


def test_a_change_by_another_process_is_seen_within_a_second(
    registry: Registry, snapshots: Snapshots, home: Path
) -> None:
    """A key that another process rotated stops working, and the new one works."""
    made = registry.add_service("credit", tiny.contract(), tiny.credit())
    snapshots.refresh()
    with subprocess.Popen(
        [sys.executable, "-c", ROTATE, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        fresh = process.communicate("go\n", timeout=60)[0].strip()
        rotated = time.monotonic()
        while snapshots.current().opened(made.endpoint.id, made.primary):
            assert time.monotonic() - rotated < 1
            time.sleep(0.01)
    assert snapshots.current().opened(made.endpoint.id, fresh)


def test_what_does_not_concern_endpoints_is_not_read_again(
    registry: Registry, snapshots: Snapshots, store: Engine
) -> None:
    """The ledger commits all the time: the snapshot stays the same object."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    before = snapshots.refresh()
    with store.begin() as db:
        db.execute(tables.customer.insert().values(id="c", name="acme", created_at=0.0))
    assert snapshots.refresh() is before
    registry.rotate_key("credit/default", "primary")
    assert snapshots.refresh() is not before


def test_a_snapshot_never_changes(registry: Registry, snapshots: Snapshots) -> None:
    """A call that began with one keeps it to its end."""
    before = snapshots.refresh()
    registry.add_service("credit", tiny.contract(), tiny.credit())
    assert len(snapshots.refresh().endpoints) == 1
    assert len(before.endpoints) == 0
