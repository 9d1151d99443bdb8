"""Signing in at a proxy: entering, refused, copying the report."""

from __future__ import annotations

from typing import Any

from addin.dialogs import sign_in_at_proxy
from tests.addin.dialogs.conftest import Person

_TITLE = "Proxy sign-in"
_PROXY = "proxy.example.com:3128"


def _asked(**given: Any) -> dict[str, Any]:
    return {"title": _TITLE, "refused": False, "report": "for IT"} | given


def test_name_and_password_are_entered(person: Person) -> None:
    """By the keyboard alone; a password may begin and end with blanks."""
    with person.sees(sign_in_at_proxy, _PROXY, **_asked()) as shown:
        shown.picture("login")
        shown.press("Return")
        assert shown.pending
        shown.write("CORP\\ana ")
        shown.press("Tab")
        shown.write(" pa ss ")
        shown.picture("login-entered")
        shown.press("Return")
        assert shown.answer() == ("CORP\\ana", " pa ss ")


def test_a_refusal_is_said_and_the_report_can_be_copied(person: Person) -> None:
    """Escape is no sign-in."""
    with person.sees(sign_in_at_proxy, _PROXY, **_asked(refused=True)) as shown:
        shown.picture("login-refused")
        shown.click(60, -25)
        assert shown.clipboard() == "for IT"
        shown.press("Escape")
        assert shown.answer() is None
