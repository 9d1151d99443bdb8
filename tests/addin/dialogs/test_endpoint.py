"""Adding an endpoint: entering, testing, saving."""

from __future__ import annotations

import threading
import time

import pytest

from addin.dialogs import Described, Entered, Field, NoWindows, add_endpoint, described
from tests.addin.dialogs.conftest import Person, Shown
from worker.scoring import Column, ColumnType, Output, Schema

_URL = "https://scores.example.com/workspaces/acme/services/churn"
_KEY = "kL9+/secret=="
_FOUND = Described(
    "churn",
    (Field("tenure", "whole number", "0 to 600; months"), Field("plan", "text", "basic, family, business")),
    (Field("churn_risk", "number"),),
    (("churn_risk", "0.1834"),),
)
_TITLE = "Add endpoint"


class Trial:
    """A test that remembers what it was asked; for keys with a gate it answers when that is opened."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.gates: dict[str, threading.Event] = {}

    def __call__(self, url: str, key: str) -> Described:
        self.asked.append((url, key))
        if key in self.gates:
            assert self.gates[key].wait(20)
        if "revoked" in key:
            raise PermissionError(key)
        return _FOUND

    def hold(self, key: str) -> threading.Event:
        """A gate before the answer for a key."""
        return self.gates.setdefault(key, threading.Event())

    def heard(self, count: int) -> None:
        """Wait until so many tests were asked for."""
        for _ in range(200):
            if len(self.asked) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"{self.asked} are not {count} tests")


def _explain(error: Exception) -> str:
    return f"Your key was revoked on 3 May. Ask for a new one. ({type(error).__name__})"


def _enter(shown: Shown, key: str = _KEY) -> None:
    shown.write(_URL)
    shown.press("Tab")
    shown.write(key)


def _settle() -> None:
    time.sleep(0.4)


def test_what_was_tested_is_saved(person: Person) -> None:
    """Enter tests, then saves; the name is the one that the endpoint proposes."""
    trial = Trial()
    with person.sees(add_endpoint, trial, _explain, title=_TITLE) as shown:
        _enter(shown)
        shown.picture("endpoint-entered")
        shown.press("Return")
        trial.heard(1)
        _settle()
        shown.picture("endpoint-tested")
        shown.press("Return")
        assert shown.answer() == Entered("churn", _URL, _KEY)
    assert trial.asked == [(_URL, _KEY)]
    assert _KEY not in repr(shown.answer())


def test_nothing_is_saved_untested(person: Person) -> None:
    """Save cannot be pressed before a test, while it runs, and after the key was changed; closing answers None."""
    trial = Trial()
    with person.sees(add_endpoint, trial, _explain, title=_TITLE) as shown:
        _enter(shown)
        _press_save(shown)
        gate = trial.hold(_KEY)
        shown.press("Return")
        trial.heard(1)
        shown.picture("endpoint-testing")
        _press_save(shown)
        gate.set()
        _settle()
        shown.write("x")
        _press_save(shown)
        assert shown.pending
        shown.press("Return")
        trial.heard(2)
        _settle()
        shown.press("Return")
        assert shown.answer() == Entered("churn", _URL, _KEY + "x")


def _press_save(shown: Shown) -> None:
    """Save is the middle of three buttons."""
    shown.click(-200, -25)
    _settle()
    assert shown.pending


def test_an_answer_to_an_older_key_is_not_taken(person: Person) -> None:
    """A test that ends after its key was changed does not make the new key one that can be saved."""
    trial = Trial()
    with person.sees(add_endpoint, trial, _explain, title=_TITLE) as shown:
        _enter(shown)
        older, newer = trial.hold(_KEY), trial.hold(_KEY + "x")
        shown.press("Return")
        trial.heard(1)
        shown.write("x")
        shown.press("Return")
        trial.heard(2)
        older.set()
        _settle()
        _press_save(shown)
        newer.set()
        _settle()
        shown.press("Escape")
        assert shown.answer() is None


def test_a_failed_test_is_told_in_words(person: Person) -> None:
    """What the test raises is shown as `explain` puts it, can be copied, and the test can be repeated."""
    trial = Trial()
    with person.sees(add_endpoint, trial, _explain, title=_TITLE) as shown:
        _enter(shown, "revoked")
        shown.press("Return")
        trial.heard(1)
        _settle()
        shown.picture("endpoint-failed")
        shown.press("Tab", "Tab", "Tab", "ctrl+c")
        assert shown.clipboard() == "Your key was revoked on 3 May. Ask for a new one. (PermissionError)"
        _press_save(shown)
        shown.press("Return")
        trial.heard(2)
        shown.quit()
        assert shown.answer() is None


def test_a_name_is_not_given_twice(person: Person) -> None:
    """A name that is taken has to be changed first, whatever its case."""
    trial = Trial()
    with person.sees(add_endpoint, trial, _explain, title=_TITLE, taken=["Churn"], url=_URL) as shown:
        shown.write(_KEY)
        shown.press("Return")
        trial.heard(1)
        _settle()
        shown.picture("endpoint-taken")
        _press_save(shown)
        shown.press("Tab", "Tab")
        shown.write(" 2 ")
        shown.press("Return")
        assert shown.answer() == Entered("2", _URL, _KEY)


@pytest.mark.parametrize("way", ["keyboard", "greek keyboard", "menu"])
def test_a_key_is_pasted(person: Person, way: str) -> None:
    """A key comes from the clipboard, with the blanks around it cut off, by Ctrl+V in any layout or by the menu."""
    trial = Trial()
    with person.sees(add_endpoint, trial, _explain, title=_TITLE, url=_URL) as shown:
        with shown.other_program_copied(f" {_KEY}\n"):
            if way == "menu":
                shown.click(300, 62, button=3)
                _settle()
                shown.press("Down", "Return")
            else:
                shown.layout("gr" if way == "greek keyboard" else "us")
                shown.press("ctrl+55")
            _settle()
        shown.layout("us")
        shown.press("Return")
        trial.heard(1)
        shown.press("Escape")
        assert shown.answer() is None
    assert trial.asked == [(_URL, _KEY)]


def test_a_key_is_shown_on_demand(person: Person) -> None:
    """Show makes the key readable; the window still works."""
    with person.sees(add_endpoint, Trial(), _explain, title=_TITLE, url=_URL) as shown:
        shown.write(_KEY)
        shown.press("Tab", "space")
        shown.picture("endpoint-shown")
        shown.press("ctrl+c", "Escape")
        assert shown.answer() is None


def test_a_window_that_dies_says_so(person: Person) -> None:
    """A killed window is NoWindows, not an endless wait, and its message does not hold the key."""
    with person.sees(add_endpoint, Trial(), _explain, title=_TITLE) as shown:
        _enter(shown)
        shown.kill()
        with pytest.raises(NoWindows) as caught:
            shown.answer()
    assert _KEY not in str(caught.value)


def test_a_schema_in_words() -> None:
    """Types, ranges, units and blanks in words; scores with as many digits as one reads."""
    schema = Schema(
        (
            Column("a", ColumnType.INTEGER, minimum=0, maximum=600, unit="months"),
            Column("b", ColumnType.TEXT, nullable=True, categories=("x", "y")),
            Column("c", ColumnType.NUMBER, minimum=1.5),
            Column("d", ColumnType.DATETIME, maximum=None),
            Column("e", ColumnType.NUMBER, maximum=2),
        ),
        (Output("risk", ColumnType.NUMBER), Output("label", ColumnType.TEXT)),
    )
    assert described("n", schema, {"risk": 0.123456789, "label": "hi"}) == Described(
        "n",
        (
            Field("a", "whole number", "0 to 600; months"),
            Field("b", "text", "x, y; may be blank"),
            Field("c", "number", "1.5 or more"),
            Field("d", "date"),
            Field("e", "number", "2 or less"),
        ),
        (Field("risk", "number"), Field("label", "text")),
        (("risk", "0.123457"), ("label", "hi")),
    )
