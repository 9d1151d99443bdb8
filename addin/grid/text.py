"""Values as they can be handed to Excel: text stays text, whatever Excel would make of it.

Excel reads a text that a program writes like one that a person types: "=1+1" becomes a formula, "007" a number, "3/4" a
date. An apostrophe in front keeps it as it is and is not part of the value. Plain words go without one.
"""

from __future__ import annotations

import re

LONGEST_TEXT = 32_766
"""UTF-16 units (most characters are one, emoji are two) that a cell holds beside an apostrophe; Excel refuses a whole
write for one longer text.
"""
_CUT = "…"
_WORDS = re.compile(r"[^\W\d_][^\d=+*/\\@#:<>|~^%\x00-\x1f]*")
"""Letters first and no digit at all: nothing that could be a number, date, time, formula, error or link."""
_TRUTHS = frozenset({"true", "false"})
"""What a program writes is read as English, in Excel of any language."""


def typed(text: str) -> str:
    """What must be handed over so that exactly this text stands in the cell. It is cut off at 32,766 UTF-16 units."""
    text = _fitting(text)
    if not text or (_WORDS.fullmatch(text) and text.casefold() not in _TRUTHS):
        return text
    return f"'{text}"


def _fitting(text: str) -> str:
    if 2 * len(text) <= LONGEST_TEXT:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * LONGEST_TEXT:
        return text
    kept = units[: 2 * (LONGEST_TEXT - len(_CUT))]
    if 0xD8 <= kept[-1] <= 0xDB:  # half of a pair
        kept = kept[:-2]
    return kept.decode("utf-16-le", "surrogatepass") + _CUT
