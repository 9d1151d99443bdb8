"""Problems of rows in plain words, for whoever has the sheet before them: what is wrong, where, and how to mend it.

Result sheets and the add-in say the same, so that a person who sees both learns one language.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.readings import Reading, read_date, read_number

MOST_REASONS = 3
MOST_ALLOWED = 12
LONGEST_VALUE = 60
_LOOKS_LIKE_A_NUMBER = re.compile(r"[+-]?[\d.,' ]*\d%?")
MOST_COMPARED = 200
CLOSE = 0.8
SHORTEST_WORD = 4
LONGEST_REASON = 500


def cut(text: str, longest: int) -> str:
    """The text as it can be stored and sent, `longest` characters at most: others may have said anything."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown(value: object) -> str:
    """A cell's value as a person would read it, short enough for a sentence."""
    if isinstance(value, str):
        return f"'{cut(value, LONGEST_VALUE)}'"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d" if value.time() == dt.time() else "%Y-%m-%d %H:%M")
    return str(value)


def day(at: dt.datetime, zone: dt.tzinfo | None = None) -> str:
    """The day of a moment as a person would say it, in a time zone; None is this computer's."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B}"


def _allowed(wanted: Sequence[str]) -> str:
    quote = "'" if any("," in value for value in wanted) else ""
    listed = ", ".join(f"{quote}{value}{quote}" for value in wanted[:MOST_ALLOWED])
    more = len(wanted) - MOST_ALLOWED
    return f"{listed}, and {more} more" if more > 0 else listed


@lru_cache(maxsize=10_000)
def nearest(value: str, wanted: tuple[str, ...]) -> str:
    """The allowed value that a misspelt one is nearest to, '' for none; the same mistake is often made in many rows."""
    if len(value) < SHORTEST_WORD:  # codes such as A9 resemble each other without being meant
        return ""
    folded = {word.casefold(): word for word in wanted[:MOST_COMPARED]}
    near = get_close_matches(value[:LONGEST_VALUE].casefold(), folded, 1, CLOSE)
    return folded[near[0]] if near else ""


def _perhaps(value: str, wanted: tuple[str, ...]) -> str:
    near = nearest(value, wanted)
    return f"; perhaps '{near}'" if near else ""


def _not_a_number(problem: Problem) -> str:
    value, column = problem.value, problem.column
    if isinstance(value, str) and _LOOKS_LIKE_A_NUMBER.fullmatch(value.strip()):
        found = f"{shown(value)} is text, not a number{_either(read_number(value))}"
        return f"{found}; convert it (in Excel: Data, Text to Columns, Finish) ({column})"
    if isinstance(value, dt.time | dt.timedelta):
        return f"{shown(value)} is a time, not a number; format the cell as Number and check it ({column})"
    return f"{shown(value)} is not a number; {column} takes numbers"


def _not_a_date(problem: Problem) -> str:
    value, column = problem.value, problem.column
    doubt = _either(read_date(value)) if isinstance(value, str) else ""
    return f"{shown(value)} is not a date{doubt}; enter {column} as a date (in Excel: format the cell as Date)"


def _either(reading: Reading | None) -> str:
    """Both meanings of a text that has two."""
    if reading is None or len(reading.values) < 2:
        return ""
    return f", and may mean {' or '.join(map(shown, reading.values))}"


def _range(problem: Problem) -> str:
    low, high = (*problem.wanted, "", "")[:2]
    if low and high:
        return f"between {low} and {high}"
    return f"{low} or more" if low else f"{high} or less"


_PROBLEMS: dict[ProblemKind, Callable[[Problem], str]] = {
    ProblemKind.BLANK: lambda p: f"{p.column} is blank; a value is needed",
    ProblemKind.NOT_A_NUMBER: _not_a_number,
    ProblemKind.NOT_WHOLE: lambda p: f"{shown(p.value)} is not a whole number; {p.column} takes whole numbers",
    ProblemKind.NOT_FINITE: lambda p: f"{shown(p.value)} is not a number that can be scored in {p.column}",
    ProblemKind.TOO_LARGE: lambda p: f"{shown(p.value)} has more digits than a workbook keeps exactly ({p.column})",
    ProblemKind.OUT_OF_RANGE: lambda p: f"{shown(p.value)} is out of range; {p.column} must be {_range(p)}",
    ProblemKind.NOT_A_BOOLEAN: lambda p: f"{shown(p.value)} is neither TRUE nor FALSE ({p.column})",
    ProblemKind.NOT_A_DATE: _not_a_date,
    ProblemKind.NOT_TEXT: lambda p: f"{shown(p.value)} is not text; {p.column} takes text",
    ProblemKind.NOT_A_CATEGORY: lambda p: (
        f"{shown(p.value)} is not a value of {p.column}{_perhaps(str(p.value), p.wanted)}. "
        f"Allowed: {_allowed(p.wanted)}"
    ),
    ProblemKind.DATE_IN_NUMBER: lambda p: (
        f"{shown(p.value)} is shown as a date, but {p.column} takes numbers; format the cell as Number and check it"
    ),
    ProblemKind.ERROR_CELL: lambda p: f"the cell shows {p.value}; mend its formula ({p.column})",
    ProblemKind.NO_STORED_VALUE: lambda p: (
        f"the formula has no stored value; open the workbook in Excel and save it once ({p.column})"
    ),
    ProblemKind.REJECTED: lambda p: f"the endpoint refused this row: {p.detail or 'it gave no reason'}",
    ProblemKind.NO_SCORE: lambda p: f"the endpoint gave no value for {p.detail}",
    ProblemKind.CALL_FAILED: lambda p: f"not scored: {p.detail}",
}


def reason(problem: Problem, cell: str | None = None) -> str:
    """One problem in words. `cell` is its address, where it has one."""
    words = cut(_PROBLEMS[problem.kind](problem), LONGEST_REASON)
    return f"{cell}: {words}" if cell else words[:1].upper() + words[1:]


def status(reasons: Sequence[str]) -> str:
    """What the Status column says of one row."""
    if not reasons:
        return "ok"
    listed = "; ".join(reasons[:MOST_REASONS])
    more = len(reasons) - MOST_REASONS
    return f"{listed}; and {more} more" if more > 0 else listed


_KINDS: dict[ProblemKind, str] = {
    ProblemKind.BLANK: "blank",
    ProblemKind.NOT_A_NUMBER: "not a number",
    ProblemKind.NOT_WHOLE: "not a whole number",
    ProblemKind.NOT_FINITE: "not a finite number",
    ProblemKind.TOO_LARGE: "too many digits",
    ProblemKind.OUT_OF_RANGE: "out of range",
    ProblemKind.NOT_A_BOOLEAN: "neither TRUE nor FALSE",
    ProblemKind.NOT_A_DATE: "not a date",
    ProblemKind.NOT_TEXT: "not text",
    ProblemKind.NOT_A_CATEGORY: "not an allowed value",
    ProblemKind.DATE_IN_NUMBER: "a date where a number is wanted",
    ProblemKind.ERROR_CELL: "an error in the cell",
    ProblemKind.NO_STORED_VALUE: "a formula without a stored value",
    ProblemKind.REJECTED: "refused by the endpoint",
    ProblemKind.NO_SCORE: "no value from the endpoint",
    ProblemKind.CALL_FAILED: "the endpoint brought no scores",
}


def kind_words(kind: ProblemKind) -> str:
    """A kind of problem in a few words, for counts."""
    return _KINDS[kind]
