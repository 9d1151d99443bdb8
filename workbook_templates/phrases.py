"""Says the words of a definition: blanks filled in, numbers and days as the language writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

# What XML 1.0 cannot hold (its production 2), and control characters.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Phrases:
    """The words of one language (see words/en.toml). The names of the sheets are known in every sentence."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._sheets = {name: words[name] for name in ("start", "input", "lists", "codes", "results")}

    def __call__(self, key: str, **facts: object) -> str:
        """A word or sentence. Numbers among the facts are written as the language does."""
        told = {name: self.number(fact) if isinstance(fact, int | float) else fact for name, fact in facts.items()}
        text = self._words[key]
        return text.format(**self._sheets, **told) if "{" in text else text

    def number(self, value: float, *, percent: bool = False) -> str:
        """A number with up to 15 digits, in percent if need be."""
        text = f"{value * 100 if percent else value:,.15g}"
        parts = text.split(".")
        text = self._words["decimal"].join([parts[0].replace(",", self._words["thousands"]), *parts[1:]])
        return f"{text}%" if percent else text

    def day(self, day: dt.date) -> str:
        """A day."""
        return day.strftime(self._words["day"])

    def between(self, key: str, low: float | None, high: float | None) -> str:
        """A range, `{key}_between`, `_from` or `_to`; '' without bounds."""
        if low is not None and high is not None:
            return self(f"{key}_between", low=low, high=high)
        if low is not None:
            return self(f"{key}_from", low=low)
        return self(f"{key}_to", high=high) if high is not None else ""

    def band(self, start: float | None, end: float | None, *, percent: bool) -> str:
        """Which numbers a band has."""
        known = {"low": start, "high": end}
        facts = {name: self.number(value, percent=percent) for name, value in known.items() if value is not None}
        key = "band_between" if len(facts) == 2 else ("band_from" if start is not None else "band_below")
        return self(key, **facts)


def line(text: str) -> str:
    """A text in one line, without what a workbook cannot hold."""
    return " ".join(_UNFIT.sub(" ", text).split())


def is_fit(text: str) -> bool:
    """Whether a workbook can hold a text, line breaks apart."""
    return not _UNFIT.search(text.replace("\n", " "))
