"""Logs of endpoints: what each level writes, where it ends, how large and how old it gets."""

from __future__ import annotations

import datetime as dt
import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.endpoints import tiny
from worker.endpoints import EndpointRow, Models, Registry
from worker.endpoints.endpointlogs import MOST_BYTES, EndpointLogs

NOON = dt.datetime(2026, 11, 6, 12, tzinfo=dt.UTC).timestamp()
DAY = 86_400


def row(level: str, until: float | None = None) -> EndpointRow:
    fixed: dict[str, Any] = {"description": "", "contract_version": 1, "model_version": 1, "throttle_level": "High"}
    fixed |= {"max_concurrent_calls": 20, "call_limit": 4, "sample_data": True, "created_at": 0.0, "changed_at": 0.0}
    return EndpointRow("e" * 32, "credit", "main", "acme", "c" * 32, logging_level=level, logging_until=until, **fixed)


def lines(home: Path, day: str = "2026-11-06") -> list[dict[str, Any]]:
    file = home / "logs" / "endpoints" / "credit_main" / f"{day}.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.mark.parametrize(("level", "written"), [("None", []), ("Error", [True]), ("All", [False, True])])
def test_each_level_writes_its_own(home: Path, level: str, written: list[bool]) -> None:
    """None nothing at all, Error what failed, All everything."""
    logs = EndpointLogs(home, 30, clock=lambda: NOON)
    for failed in (False, True):
        logs.write(row(level), "call", failed=failed, rows=3)
    found = lines(home)
    assert [line["level"] == "error" for line in found] == written
    assert (home / "logs").exists() == bool(written)
    for line in found:
        assert {"what": "call", "endpoint": "credit/main", "customer": "acme", "rows": 3}.items() <= line.items()


def test_it_stops_at_its_day(home: Path) -> None:
    """The moment itself is past."""
    now = NOON
    logs = EndpointLogs(home, 30, clock=lambda: now)
    for now in (NOON, NOON + 59, NOON + 60, NOON + 3600):  # noqa: B007 - the clock reads it
        logs.write(row("All", NOON + 60), "call", failed=True)
    assert len(lines(home)) == 2


def test_only_this_account_can_read(home: Path) -> None:
    logs = EndpointLogs(home, 30, clock=lambda: NOON)
    logs.write(row("All"), "call", failed=False)
    file = home / "logs" / "endpoints" / "credit_main" / "2026-11-06.log"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)


def test_a_day_is_bounded(home: Path) -> None:
    """However much is written, a day has two files of 1 MB; the newest lines stay."""
    logs = EndpointLogs(home, 30, clock=lambda: NOON)
    for number in range(20_000):
        logs.write(row("All"), "call", failed=False, number=number)
    files = sorted((home / "logs" / "endpoints" / "credit_main").iterdir())
    assert [file.name for file in files] == ["2026-11-06.log", "2026-11-06.log.1"]
    assert all(file.stat().st_size <= MOST_BYTES for file in files)
    assert lines(home)[-1]["number"] == 19_999


def test_old_days_go(home: Path) -> None:
    """Days past the retention, and a folder that is empty then; younger days stay."""
    now = NOON
    logs = EndpointLogs(home, 30, clock=lambda: now)
    logs.write(row("All"), "call", failed=False)
    now += 5 * DAY
    logs.write(row("All"), "call", failed=False)
    now = NOON + 31 * DAY
    assert logs.sweep() == 1
    assert (lines(home), len(lines(home, "2026-11-11"))) == ([], 1)
    now += 30 * DAY
    assert logs.sweep() == 1
    assert list((home / "logs" / "endpoints").iterdir()) == []


def test_a_folder_that_cannot_be_written_harms_nobody(home: Path) -> None:
    """The line is lost, the call is not."""
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "endpoints").write_text("in the way")
    EndpointLogs(home, 30).write(row("All"), "call", failed=False)


def test_a_model_is_loaded_once_and_told_once(home: Path, store: Engine, registry: Registry) -> None:
    """Of many that ask at once, one loads it; a load that fails is told too."""
    registry.add_service("credit", tiny.contract(), tiny.credit())
    logs, models = EndpointLogs(home, 30, clock=lambda: NOON), Models(store, home)
    threads = [threading.Thread(target=lambda: logs.load(models, row("All"), 1, 1)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(line["what"], line["level"], line["model"]) for line in lines(home)] == [("load", "info", 1)]
    for file in (home / "models").iterdir():
        file.write_bytes(b"broken")
    with pytest.raises(Exception, match="damaged"):
        logs.load(Models(store, home), row("Error"), 1, 1)
    assert [line["level"] for line in lines(home)] == ["info", "error"]
