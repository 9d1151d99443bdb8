"""The window in which an endpoint's address and key are entered and tried."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from addin.dialogs.screen import HERE, Child, Screen

if TYPE_CHECKING:
    from worker.scoring.schema import Column, Schema

_TYPES = {
    "number": "number",
    "integer": "whole number",
    "boolean": "TRUE or FALSE",
    "text": "text",
    "datetime": "date",
}


@dataclass(frozen=True, slots=True)
class Field:
    """An input or output in words: its name, its type and which values it allows."""

    name: str
    type: str
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """What a test found: the name to propose, what goes in and out, and the scores of one sample row as texts."""

    name: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    sample: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered and tested."""

    name: str
    url: str
    key: str = field(repr=False)


def add_endpoint(
    test: Callable[[str, str], Described],
    explain: Callable[[Exception], str],
    *,
    taken: Iterable[str] = (),
    url: str = "",
    title: str = "Add endpoint",
    screen: Screen = HERE,
) -> Entered | None:
    """What the person entered, or None. It can be saved once `test(url, key)` has returned for that address and key,
    and under a name that is not `taken` (case does not count).

    `test` runs in a thread of its own; what it raises is put into words by `explain`. A test under way when the window
    is cancelled runs to its end unheard.
    """
    with screen.open("endpoint", title=title, taken=list(taken), url=url) as child:
        while "answer" not in (message := child.receive()):
            threading.Thread(target=_try, args=(child, test, explain, message), daemon=True).start()
    answer = message["answer"]
    return None if answer is None else Entered(answer["name"], answer["url"], answer["key"])


def _try(
    child: Child,
    test: Callable[[str, str], Described],
    explain: Callable[[Exception], str],
    message: Mapping[str, Any],
) -> None:
    try:
        found = test(message["url"], message["key"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the person who waits for the test is told
        child.send(turn=message["turn"], fault=explain(error))
    else:
        child.send(turn=message["turn"], described=asdict(found))


def described(name: str, schema: Schema, scores: Mapping[str, object]) -> Described:
    """A schema in words, with the scores of one sample row."""
    return Described(
        name,
        tuple(Field(column.name, _TYPES[column.type], _allowed(column)) for column in schema.inputs),
        tuple(Field(output.name, _TYPES[output.type]) for output in schema.outputs),
        tuple((output, f"{value:.6g}" if isinstance(value, float) else str(value)) for output, value in scores.items()),
    )


def _allowed(column: Column) -> str:
    low, high = column.minimum, column.maximum
    parts = [", ".join(column.categories)]
    if low is not None and high is not None:
        parts.append(f"{low:g} to {high:g}")
    elif low is not None:
        parts.append(f"{low:g} or more")
    elif high is not None:
        parts.append(f"{high:g} or less")
    parts += [column.unit, "may be blank" if column.nullable else ""]
    return "; ".join(part for part in parts if part)
