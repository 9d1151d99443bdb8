"""Windows that show something and take one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from addin.dialogs.screen import HERE, Screen

if TYPE_CHECKING:
    from addin.ui import Question

TITLE = "Sheetscore"


def ask(text: str, choices: Sequence[str], title: str = TITLE, *, screen: Screen = HERE) -> str | None:
    """The choice that was taken. The first is the default (Enter); give the harmless one first."""
    return _text(screen.answer("message", title=title, text=text, choices=list(choices)))


def tell(text: str, title: str = TITLE, *, report: str = "", screen: Screen = HERE) -> None:
    """A message with OK and, when there is a report, a button that copies it."""
    screen.answer("message", title=title, text=text, choices=["OK"], report=report)


def report(
    text: str | Sequence[str],
    title: str = TITLE,
    *,
    lead: str = "",
    choices: Sequence[str] = ("Close",),
    screen: Screen = HERE,
) -> str | None:
    """The choice taken below a long text (or its lines), which stands in a box under `lead`. A button copies both, for
    whoever can help.
    """
    boxed = text if isinstance(text, str) else "\n".join(text)
    copied = f"{lead}\n\n{boxed}" if lead else boxed
    return _text(screen.answer("message", title=title, text=lead, boxed=boxed, choices=list(choices), report=copied))


def pairs(rows: Sequence[tuple[str, str, str]], title: str = TITLE, *, screen: Screen = HERE) -> bool:
    """Whether the person confirms which column is which input. A row is column, input, the column's first value."""
    text = "There are no headers, so columns are taken by position. Does each column go to the right input?"
    headings = ["Column", "Input", "First row"]
    answer = screen.answer("table", title=title, text=text, headings=headings, rows=rows, choices=["OK", "Cancel"])
    return str(answer) == "OK"


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
) -> Mapping[int, int] | None:
    """By the place of a question the place of the choice taken. One that is left out is to stay text, which is what
    stands chosen at first.
    """
    asked = [
        {
            "column": question.column,
            "found": f"{question.cells:,} cells, first {question.cell}" if question.cells > 1 else question.cell,
            "examples": question.examples,
            "choices": [{"words": choice.words, "values": choice.values} for choice in question.choices],
        }
        for question in questions
    ]
    answer = screen.answer("readings", title=title, questions=asked)
    return None if answer is None else {place: taken for place, taken in enumerate(answer) if taken is not None}


def _text(answer: object) -> str | None:
    return None if answer is None else str(answer)
