"""Questions, messages and reports: each way of answering them, by keyboard and mouse."""

from __future__ import annotations

import pytest

from addin.dialogs import ask, report, tell
from tests.addin.dialogs.conftest import Person

_OVERWRITE = "H2:I1001 holds 318 values."
_CHOICES = ["New sheet", "Overwrite", "Cancel"]
_REPORT = """https://proxy.example.com:8080 answered 407
Proxy-Authenticate: NTLM
Python 3.12.4, Sheetscore 0.1.0"""


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["Return"], "New sheet"),
        (["Tab", "Return"], "Overwrite"),
        (["Tab", "space"], "Overwrite"),
        (["Tab", "Tab", "Return"], "Cancel"),
        (["shift+Tab", "KP_Enter"], "Cancel"),
        (["Escape"], None),
    ],
)
def test_a_question_is_answered_by_keyboard(person: Person, keys: list[str], answer: str | None) -> None:
    """Enter takes the choice that has the focus, first of all the first; Escape takes none."""
    with person.sees(ask, _OVERWRITE, _CHOICES) as shown:
        if keys == ["Return"]:
            shown.picture("ask")
        shown.press(*keys)
        assert shown.answer() == answer


def test_a_question_is_answered_by_mouse(person: Person) -> None:
    """The last button stands at the right of the foot."""
    with person.sees(ask, _OVERWRITE, _CHOICES) as shown:
        shown.click(-40, -25)
        assert shown.answer() == "Cancel"


def test_closing_the_window_answers_nothing(person: Person) -> None:
    """The title bar's button is Escape."""
    with person.sees(ask, _OVERWRITE, _CHOICES) as shown:
        shown.quit()
        assert shown.answer() is None


def test_long_texts_wrap_and_scroll(person: Person) -> None:
    """Whatever the length, the buttons stay on the screen; long choices stand below each other."""
    text = "Γραμμές άλλαξαν κατά τη βαθμολόγηση. " * 200 + "\n" + "x" * 5000 + "\ud800\0"
    choices = ["Score the 12,340 rows without a problem and leave the others blank", "Stop and change nothing"]
    with person.sees(ask, text, choices) as shown:
        shown.picture("ask-long")
        shown.click(-60, -25)
        assert shown.answer() == choices[1]


def test_a_message_is_copied_as_a_whole(person: Person) -> None:
    """Ctrl+C copies the message, as it does in the system's own message boxes; Enter closes."""
    with person.sees(tell, "Your key was revoked on 3 May. Sheet unchanged.") as shown:
        shown.picture("tell")
        shown.press("ctrl+c")
        assert shown.clipboard() == "Your key was revoked on 3 May. Sheet unchanged."
        shown.press("Return")
        assert shown.answer() is None


def test_a_part_of_a_message_is_copied(person: Person) -> None:
    """What is selected with the mouse goes first."""
    with person.sees(tell, "Revoked") as shown:
        shown.click(30, 26)
        shown.click(30, 26)
        shown.press("ctrl+c")
        assert shown.clipboard() == "Revoked"
        shown.press("Escape")
        assert shown.answer() is None


def test_a_report_is_copied_for_whoever_can_help(person: Person) -> None:
    """The copy button leaves the window open; it copies text and lines, and the choice is still to be made."""
    text = "Your company's proxy wants a sign-in (407)."
    with person.sees(report, _REPORT, lead=text, choices=["Enter", "Close"]) as shown:
        shown.picture("report")
        shown.click(60, -25)
        assert shown.clipboard() == f"{text}\n\n{_REPORT}"
        assert shown.pending
        shown.press("Return")
        assert shown.answer() == "Enter"


def test_a_message_with_a_report(person: Person) -> None:
    """The message has OK and the copy button; what is copied is the report."""
    with person.sees(tell, "The endpoint cannot be reached.", report="ΑΒΓ") as shown:
        shown.press("Tab", "space")
        assert shown.clipboard() == "ΑΒΓ"
        shown.press("Escape")
        assert shown.answer() is None


def test_a_report_is_given_in_lines(person: Person) -> None:
    """Lines are the text they make; without a lead only they are copied."""
    with person.sees(report, _REPORT.splitlines()) as shown:
        shown.press("Tab", "Return")
        assert shown.clipboard() == _REPORT
        shown.press("Return")
        assert shown.answer() == "Close"
