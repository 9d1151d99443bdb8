"""Windows that show something and take one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from addin.dialogs.screen import HERE, Screen

TITLE = "Sheetscore"
AS_TEXT = "text"
"""The answer for a column whose texts are not to be read as anything else."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the texts of a column: its name in the answer, what it means in words, and what each of the
    question's examples becomes.
    """

    name: str
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A column with texts that can be read in more than one way, with some of them as examples."""

    column: str
    examples: tuple[str, ...]
    readings: tuple[Reading, ...]


def ask(text: str, choices: Sequence[str], title: str = TITLE, *, screen: Screen = HERE) -> str | None:
    """The choice that was taken. The first is the default (Enter); give the harmless one first."""
    return _text(screen.answer("message", title=title, text=text, choices=list(choices)))


def tell(text: str, title: str = TITLE, *, report: str = "", screen: Screen = HERE) -> None:
    """A message with OK and, when there is a report, a button that copies it."""
    screen.answer("message", title=title, text=text, choices=["OK"], report=report)


def report(
    lines: Sequence[str],
    text: str = "",
    choices: Sequence[str] = ("Close",),
    title: str = TITLE,
    *,
    screen: Screen = HERE,
) -> str | None:
    """The choice taken below a list of lines, which a button copies, together with the text, for whoever can help."""
    copied = "\n".join([text, "", *lines] if text else lines)
    return _text(
        screen.answer("message", title=title, text=text, lines=list(lines), choices=list(choices), report=copied)
    )


def pairs(rows: Sequence[tuple[str, str, str]], title: str = TITLE, *, screen: Screen = HERE) -> bool:
    """Whether the person confirms which column is which input. A row is column, input, the column's first value."""
    text = "There are no headers, so columns are taken by position. Does each column go to the right input?"
    headings = ["Column", "Input", "First row"]
    return (
        screen.answer("table", title=title, text=text, headings=headings, rows=rows, choices=["OK", "Cancel"]) == "OK"
    )


def problems(
    rows: Sequence[tuple[str, str]],
    text: str,
    choices: Sequence[str] = ("Close",),
    title: str = TITLE,
    *,
    screen: Screen = HERE,
) -> str | None:
    """The choice taken below a list of problems; a row is a cell's address and what is wrong there."""
    headings = ["Cell", "Problem"]
    return _text(screen.answer("table", title=title, text=text, headings=headings, rows=rows, choices=list(choices)))


def choose_readings(
    questions: Sequence[Question], title: str = TITLE, *, screen: Screen = HERE
) -> Mapping[str, str] | None:
    """For each column the name of the reading chosen, or AS_TEXT, which is what stands chosen at first."""
    answer: dict[str, str] | None = screen.answer(
        "readings", title=title, questions=[asdict(question) for question in questions], as_text=AS_TEXT
    )
    return answer


def _text(answer: object) -> str | None:
    return None if answer is None else str(answer)
