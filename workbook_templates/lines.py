"""In which line of a TOML file something stands; the parser of the standard library does not say."""

from __future__ import annotations

import re
from collections import Counter

_HEAD = re.compile(r"\s*\[{1,2}\s*([\w.\- \"]+?)\s*\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"\s*([\w-]+|\"[^\"]*\")(?:\s*\.\s*[\w-]+)*\s*=")


class Lines:
    """The lines of one file. `section` is the name of a table (`columns`), '' the top of the file."""

    def __init__(self, text: str) -> None:
        self._heads: dict[tuple[str, int], int] = {}
        self._keys: dict[tuple[str, int, str], int] = {}
        seen: Counter[str] = Counter()
        section, number = "", 1
        for line, content in enumerate(text.splitlines(), 1):
            if head := _HEAD.fullmatch(content):
                section = head[1]
                seen[section] += 1
                number = seen[section]
                self._heads[section, number] = line
            elif key := _KEY.match(content):
                self._keys.setdefault((section, number, key[1].strip('"')), line)

    def of(self, section: str, number: int = 1, key: str = "") -> int:
        """The line of a key in the `number`th table of that name, else of a table of that key's name, else of the head
        of the table it is in, else 0.
        """
        places = (self._keys.get((section, number, key)), self._heads.get((key, 1)), self._heads.get((section, number)))
        return next((line for line in places if line), 0)
