"""The words of a workbook, one table for each language that ships."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

ENGLISH = "en"
"""The table that has every word; the others have the same."""


@lru_cache
def shipped(language: str) -> Mapping[str, str]:
    """The words of a language (`de`, and so `de-AT`); none where it does not ship."""
    for name in (language, language.split("-", maxsplit=1)[0]):
        file = resources.files(__package__) / f"{name}.toml"
        if name.replace("-", "").isalpha() and file.is_file():
            return tomllib.loads(file.read_text("utf-8"))
    return {}


def blanks(text: str) -> frozenset[str]:
    """The names in braces, `{total}`, that are to be filled in. Raises ValueError when braces are not closed."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def best(languages: tuple[str, ...], wanted: str | None) -> str:
    """The language that serves a person who wants `wanted` (BCP 47): the same, one of the same tongue, the first."""
    if wanted is None:
        return languages[0]
    tongue = wanted.casefold().split("-")[0]
    same = [own for own in languages if own.casefold() == wanted.casefold()]
    alike = [own for own in languages if own.casefold().split("-")[0] == tongue]
    return (*same, *alike, *languages)[0]
