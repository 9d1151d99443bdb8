"""Signing in at a host: entering, choosing, refused."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from addin.dialogs import Chosen, Offered, sign_in
from tests.addin.dialogs.conftest import Person, Shown

_TITLE = "Sign in"
_URL = "https://scores.example.com"
_TOKEN = "sst_kL9+secret"
_OFFERED = (
    Offered("1", "creditrisk/acme", "For loans up to 20,000."),
    Offered("2", "creditrisk/acme-cards", "For cards.", known=True),
    Offered("3", "churn/acme", "Who is about to leave."),
)


class Host:
    """Lets one token in, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, url: str, token: str) -> Sequence[Offered]:
        self.asked.append((url, token))
        if token != _TOKEN:
            raise PermissionError(token)
        return _OFFERED

    def heard(self, count: int) -> None:
        """Wait until it was asked so often, and the window has the answer."""
        for _ in range(200):
            if len(self.asked) >= count:
                time.sleep(0.4)
                return
            time.sleep(0.05)
        raise AssertionError(f"{len(self.asked)} are not {count} questions")


def _explain(error: Exception) -> str:
    return f"The host does not take this token. ({type(error).__name__})"


def _enter(shown: Shown, token: str = _TOKEN) -> None:
    shown.write(_URL)
    shown.press("Tab")
    shown.write(token)
    shown.press("Return")


def test_what_is_new_is_chosen_at_first(person: Person) -> None:
    """Enter signs in, then adds; what is on the computer already is marked and not chosen."""
    host = Host()
    with person.sees(sign_in, host, _explain, title=_TITLE) as shown:
        shown.picture("signin")
        _enter(shown)
        host.heard(1)
        shown.picture("signin-offered")
        shown.press("Return")
        answer = shown.answer()
    assert answer == Chosen(_URL, _TOKEN, ("1", "3"))
    assert _TOKEN not in repr(answer)
    assert host.asked == [(_URL, _TOKEN)]


@pytest.mark.parametrize(("ticks", "ids"), [((1,), ("3",)), ((1, 2), ("2", "3"))])
def test_ticks_choose(person: Person, ticks: Sequence[int], ids: Sequence[str]) -> None:
    """By the keyboard: Tab from the token over Show to the list, the space bar ticks."""
    host = Host()
    with person.sees(sign_in, host, _explain, title=_TITLE) as shown:
        _enter(shown)
        host.heard(1)
        shown.press("Tab")
        for _ in ticks:
            shown.press("Tab", "space")
        shown.press("Return")
        assert shown.answer() == Chosen(_URL, _TOKEN, tuple(ids))


def test_nothing_ticked_adds_nothing(person: Person) -> None:
    """Add cannot be pressed then."""
    host = Host()
    with person.sees(sign_in, host, _explain, title=_TITLE) as shown:
        _enter(shown)
        host.heard(1)
        shown.press("Tab", "Tab", "space", "Tab", "Tab", "space", "Return")
        time.sleep(0.3)
        assert shown.pending
        shown.press("Escape")
        assert shown.answer() is None


def test_a_refusal_is_said_and_another_token_can_be_tried(person: Person) -> None:
    """What was offered for another token goes."""
    host = Host()
    with person.sees(sign_in, host, _explain, title=_TITLE) as shown:
        _enter(shown, "wrong")
        host.heard(1)
        shown.picture("signin-refused")
        shown.press("ctrl+a")
        shown.write(_TOKEN)
        shown.press("Return")
        host.heard(2)
        shown.write("x")
        shown.press("Return")
        host.heard(3)
        shown.press("Return")
        host.heard(4)
        assert shown.pending
        shown.quit()
        assert shown.answer() is None
