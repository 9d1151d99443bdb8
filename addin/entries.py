"""The person's list of endpoints as a file: one line each, in the order of the drop-down. No secret is ever in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import orjson

from addin.errors import AddinError
from addin.paths import endpoints_file, write_whole
from worker.scoring import AddressError
from worker.scoring.endpoint import location

LONGEST_NAME = 40
_NOT_IN_NAMES = set('";%|')  # the add-in's VBA splits the list at `;`, quotes it with `"` and expands `%...%`


class BadName(AddinError):
    """A name that an endpoint cannot have: blank, too long, or with a character that the list is made with."""

    def __init__(self, name: str) -> None:
        super().__init__("bad name")
        self.name = name


class LineFault(StrEnum):
    """What is wrong with a line of the list."""

    NOT_READABLE = "not-readable"
    BAD_NAME = "bad-name"
    BAD_ADDRESS = "bad-address"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of the list that is left out; `number` counts from 1."""

    number: int
    fault: LineFault


@dataclass(frozen=True, slots=True)
class Entry:
    """One endpoint of this person. `url` is what it is known by; `added` is a time in UTC, ISO 8601;
    `last_seen_version` is the model version it told last, blank where it never told one.
    """

    name: str
    url: str
    added: str
    last_seen_version: str = ""


@dataclass(slots=True)
class Entries:
    """The list: `entries` in order, the name of the one that is selected, and the lines that could not be used."""

    entries: list[Entry] = field(default_factory=list)
    selected: str = ""
    bad: list[BadLine] = field(default_factory=list)
    unread: list[bytes] = field(default_factory=list)

    def find(self, name: str) -> Entry | None:
        """The endpoint of a name, whatever its case."""
        return next((entry for entry in self.entries if entry.name.casefold() == name.strip().casefold()), None)

    def at(self, url: str) -> Entry | None:
        """The endpoint at a location."""
        return next((entry for entry in self.entries if entry.url == url), None)

    def put(self, entry: Entry) -> None:
        """Add an endpoint at the end, or give the one at its location another name; the first is selected."""
        old = self.at(entry.url)
        if old is None:
            self.entries.append(entry)
        else:
            self.entries[self.entries.index(old)] = replace(old, name=entry.name)
        if not self.selected or (old and old.name == self.selected):
            self.selected = entry.name


def clean_name(name: str) -> str:
    """A name without the blanks around it. Raises BadName."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or _NOT_IN_NAMES & set(name):
        raise BadName(name)
    return name


def read_entries(folder: Path) -> Entries:
    """The list as it stands. A line that cannot be used is noted, and survives the next write for whoever mends it."""
    try:
        lines = endpoints_file(folder).read_bytes().splitlines()
    except FileNotFoundError:
        return Entries()
    found = Entries()
    for number, line in enumerate(lines, 1):
        if line.strip():
            fault = _take(line, found)
            if fault is not None:
                found.bad.append(BadLine(number, fault))
                found.unread.append(line)
    return found


def write_entries(folder: Path, entries: Entries) -> None:
    """Write the list, whole. Raises OSError."""
    lines = [_line(entry, selected=entry.name == entries.selected) for entry in entries.entries]
    write_whole(endpoints_file(folder), b"".join(line + b"\n" for line in [*lines, *entries.unread]))


def names(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The names, in order."""
    return tuple(entry.name for entry in entries)


def _line(entry: Entry, *, selected: bool) -> bytes:
    line = {"name": entry.name, "url": entry.url, "added": entry.added}
    return orjson.dumps({**line, "selected": True} if selected else line)


def _take(line: bytes, found: Entries) -> LineFault | None:
    try:
        data = orjson.loads(line)
        entry = Entry(clean_name(data["name"]), location(data["url"]), str(data["added"]))
    except BadName:
        return LineFault.BAD_NAME
    except AddressError:
        return LineFault.BAD_ADDRESS
    except (ValueError, LookupError, TypeError, AttributeError):
        return LineFault.NOT_READABLE
    if found.find(entry.name) or found.at(entry.url):
        return LineFault.TWICE
    found.entries.append(entry)
    if data.get("selected") is True:
        found.selected = entry.name
    return None
