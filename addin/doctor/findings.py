"""What one check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands. Only WRONG keeps the add-in from working."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what it looked at, how it stands, what was found, and how to mend it (blank when it is ok)."""

    check: str
    verdict: Verdict
    what: str
    mend: str = ""


def ok(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, what)


def warning(check: str, what: str, mend: str) -> Finding:
    """It works, or may work; this is worth knowing."""
    return Finding(check, Verdict.WARNING, what, mend)


def wrong(check: str, what: str, mend: str) -> Finding:
    """The add-in, or a part of it, does not work like this."""
    return Finding(check, Verdict.WRONG, what, mend)
