"""An endpoint's last days."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD, codes
from tests.host.test_failures import make
from worker.endpoints import NewEndpoint
from worker.endpoints.endpointlogs import EndpointLogs
from worker.endpoints.expiry import DAY_SECONDS, ExpiryWatch, due


@pytest.mark.parametrize(
    ("days", "warned"), [(31, None), (30, 30), (8, 30), (7, 7), (1.5, 7), (1, 1), (0.1, 1), (0, None), (-1, None)]
)
def test_three_warnings(days: float, warned: int | None) -> None:
    """30, 7 and 1 days before; none when it is over, none when there is no end."""
    assert due(1000 + days * DAY_SECONDS, 1000) == warned
    assert due(None, 1000) is None


def test_answers_tell_the_end_from_thirty_days_before(open_host: Open) -> None:
    """On scores, refusals and the description; then 403."""
    now = [time.time()]
    host = open_host(clocks={"wall_clock": lambda: now[0]})
    made = make(host)
    end = now[0] + 31 * DAY_SECONDS
    host.registry.change_endpoint(made.endpoint.id, expires_at=end)
    host.snapshots.refresh()
    assert told(host, made) == [None, None, None]
    now[0] += 2 * DAY_SECONDS
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    assert told(host, made) == [moment] * 3
    assert "x-sheetscore-expires" not in host.execute(made, GOOD, key="wrong").headers
    now[0] = end
    assert codes(host.execute(made, GOOD)) == (403, "Forbidden", ["EndpointExpired"])


def told(host: Host, made: NewEndpoint) -> list[str | None]:
    described = host.session.get(
        f"{host.location(made)}/swagger.json", headers={"Authorization": f"Bearer {made.primary}"}
    )
    answers = [host.execute(made, GOOD), host.execute(made, b"{"), described]
    return [answer.headers.get("x-sheetscore-expires") for answer in answers]


def test_a_warning_says_how_long_it_still_is_and_until_when(host: Host, credit: NewEndpoint) -> None:
    """Of an end that was set late the first line comes at once; a person reads it."""
    host.registry.change_endpoint(credit.endpoint.id, expires_at=1_900_000_000.0)
    host.snapshots.refresh()
    with capture_logs() as lines:
        ExpiryWatch(host.snapshots.current, clock=lambda: 1_900_000_000.0 - 19.26 * DAY_SECONDS).look()
    structlog.reset_defaults()
    assert [(line["days"], line["expires_at"]) for line in lines] == [(19.3, "2030-03-17T17:46:40Z")]


def test_each_warning_is_a_line_in_both_logs_once(host: Host, credit: NewEndpoint, home: Path) -> None:
    """As days go by; a new end begins anew."""
    now = [time.time()]
    end = now[0] + 40 * DAY_SECONDS
    host.registry.change_endpoint(credit.endpoint.id, expires_at=end, logging_level="All")
    host.snapshots.refresh()
    logs = EndpointLogs(home, 90, clock=lambda: now[0])
    with capture_logs() as lines:
        watch = ExpiryWatch(host.snapshots.current, logs, clock=lambda: now[0])
        for _ in range(45):
            watch.look()
            watch.look()
            now[0] += DAY_SECONDS
    logs.close()
    structlog.reset_defaults()
    assert [(line["endpoint"], line["days"]) for line in lines] == [("credit/main", days) for days in (30, 7, 1)]
    own = [
        json.loads(line)
        for file in sorted((home / "logs" / "endpoints" / "credit_main").iterdir())
        for line in file.read_text().splitlines()
    ]
    assert [(line["what"], line["days"]) for line in own] == [("expiry", days) for days in (30, 7, 1)]
