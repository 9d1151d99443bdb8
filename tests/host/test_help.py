"""What hangs off an endpoint's HelpLocation."""

from __future__ import annotations

import pytest

from tests.host.operating import ONE, Operator

PAGES = ("score", "jobs", "update", "apidocument")


@pytest.mark.parametrize("page", PAGES)
def test_row_41_every_page_is_there_for_the_endpoint_s_key_and_operators(ask: Operator, page: str) -> None:
    """And for nobody else; a foreign and a missing endpoint look alike. No key stands in it, no text is code."""
    made = ask("PUT", ONE, {"Description": "<script>alert(1)</script>"}).json()
    other = ask("PUT", "/credit/endpoints/bolt1", {}).json()
    url = f"{made['HelpLocation']}/{page}"

    def get(url: str, key: str) -> tuple[int, str]:
        answer = ask.host.session.get(url, headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, answer.text

    for key in (made["PrimaryKey"], ask.token):
        status, text = get(url, key)
        assert status == 200
        assert not any(secret in text for secret in (made["PrimaryKey"], made["SecondaryKey"], ask.token))
        assert page == "apidocument" or "<script>" not in text
    missing = url.replace(made["ApiLocation"].rpartition("/")[2], "0" * 32)
    assert get(url, other["PrimaryKey"]) == get(missing, made["PrimaryKey"])
    assert get(url, "wrong")[0] == 401


def test_the_document_is_what_swagger_says(ask: Operator) -> None:
    """Byte for byte the same facts, and the page on scoring shows the columns."""
    made = ask("PUT", ONE, {}).json()
    headers = {"Authorization": f"Bearer {made['PrimaryKey']}"}
    document = ask.host.session.get(f"{made['HelpLocation']}/apidocument", headers=headers).json()
    assert document == ask.host.session.get(f"{made['ApiLocation']}/swagger.json", headers=headers).json()
    page = ask.host.session.get(f"{made['HelpLocation']}/score", headers=headers).text
    assert all(f"<td>{name}" in page for name in ("Purpose", "Amount", "Months", "Scored Labels"))
