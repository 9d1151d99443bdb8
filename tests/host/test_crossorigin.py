"""Pages of other origins: refused by every browser unless the operator lists them."""

from __future__ import annotations

import pytest
import requests

from tests.host.conftest import Host, Open
from tests.host.test_execute import GOOD
from worker.endpoints import NewEndpoint
from worker.host.accounts import QUOTA_HEADER
from worker.host.execute import CONCURRENCY_HEADER, VERSION_HEADER
from worker.host.guard import EXPIRES_HEADER
from worker.settings import SettingError

PAGE = "https://app.example.com"


def asked(url: str, origin: str = PAGE, method: str = "POST") -> requests.Response:
    """What a browser asks before it lets a page send a key."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return requests.options(url, headers=headers)


def allowed(answer: requests.Response) -> str | None:
    return answer.headers.get("access-control-allow-origin")


def test_nobody_until_listed(host: Host, credit: NewEndpoint) -> None:
    """No answer has a word of it."""
    answer = asked(f"{host.location(credit)}/execute")
    assert (answer.status_code, allowed(answer)) == (405, None)
    headers = {"Origin": PAGE, "Authorization": f"Bearer {credit.primary}"}
    assert allowed(requests.post(f"{host.location(credit)}/execute", json=GOOD, headers=headers)) is None


def test_a_listed_page_may_score_and_nothing_else(open_host: Open, credit: NewEndpoint) -> None:
    """Its calls are answered and marked, refusals too; other pages and other addresses are not."""
    host = open_host(cors_origins=f"https://other.example, {PAGE.upper()}/")
    location = host.location(credit)
    for address in (f"{location}/execute", f"{location}/swagger.json", f"{host.url}/v2/models/x/infer"):
        answer = asked(address)
        assert (answer.status_code, allowed(answer)) == (200, PAGE)
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers
        assert allowed(asked(address, "https://evil.example")) is None
    for key, status in ((credit.primary, 200), ("wrong", 401)):
        headers = {"Origin": PAGE, "Authorization": f"Bearer {key}"}
        answer = requests.post(f"{location}/execute", json=GOOD, headers=headers)
        assert (answer.status_code, allowed(answer)) == (status, PAGE)
        shown = set(answer.headers["access-control-expose-headers"].split(", "))
        assert {"Retry-After", VERSION_HEADER, CONCURRENCY_HEADER, QUOTA_HEADER, EXPIRES_HEADER.decode()} <= shown
    for address in (f"{location}/workbooks", f"{location}/jobs", f"{host.url}/healthz", f"{host.url}/v2x"):
        assert allowed(asked(address, method="GET")) is None


def test_every_page_if_the_operator_says_so(open_host: Open, credit: NewEndpoint) -> None:
    """Without cookies, which a browser would refuse with a star anyway."""
    host = open_host(cors_origins="*")
    answer = asked(f"{host.location(credit)}/execute", "https://any.example")
    assert allowed(answer) == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["app.example.com", "https://app.example.com/path", "ftp://app", "null"])
def test_what_is_no_origin(origin: str, open_host: Open) -> None:
    """Refused at the start: it would match no page."""
    with pytest.raises(SettingError, match="cors_origins"):
        open_host(cors_origins=origin)
