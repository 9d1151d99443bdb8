"""How the command line shows things: tables for people, JSON for programs, sentences for errors."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

# Names of files and customers are text, whatever brackets or colons they hold.
_PLAIN: dict[str, Any] = {"soft_wrap": True, "markup": False, "emoji": False, "highlight": False}
# A pipe or file has no width; 200 columns keep a line a line.
console = Console(width=None if sys.stdout.isatty() else 200, **_PLAIN)
errors = Console(stderr=True, **_PLAIN)


def complain(sentence: str) -> None:
    """One error, on standard error."""
    sys.stderr.write(f"sheetscore: {sentence}\n")


def moment(seconds: float | None) -> str:
    """A time of the store as a person reads it."""
    return "" if seconds is None else f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def end(seconds: float | None, *, as_json: bool) -> object:
    """When something ends: seconds for a program, a time or `never` for a person."""
    return seconds if as_json else moment(seconds) or "never"


def rows(items: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """A list: a table with the keys as its header, or a JSON array."""
    if as_json:
        sys.stdout.write(json.dumps([dict(item) for item in items], indent=2) + "\n")
    elif not items:
        console.print(empty)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in items[0]:
            table.add_column(name, overflow="fold", no_wrap=name == "id")
        for item in items:
            table.add_row(*map(_text, item.values()))
        console.print(table)


def one(item: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing: a line for each of its facts, or a JSON object."""
    if as_json:
        sys.stdout.write(json.dumps(dict(item), indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in item.items():
        table.add_row(name, _text(value))
    console.print(table)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
