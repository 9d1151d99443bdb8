"""What a workbook remembers of a scored block, in hidden names: where its data and its scores are, which endpoint and
model version scored it, when, and how. No key, no address, no score.

The names of data and scores refer to cells, so they follow rows that are inserted, moved or deleted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import xlwings as xw

from addin import grid
from addin.grid import Area
from addin.grid.cells import fingerprint

PREFIX = "_sheetscore_block_"
_PARTS = ("info", "data", "scores")

Before = dict[str, str | Area | None]
"""What hidden names held before they were changed; None: there was none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How a block was scored. `version` is blank where the endpoint does not tell; `at` is local time, ISO 8601.

    `header` says how many rows above the data the header is, None where there is none; `table` that the data are the
    rows of a table. `inputs` is a digest of the cells that were scored; `readings` say how texts in them were read, as
    column, doubt, place of the reading.
    """

    endpoint: str
    version: str
    at: str
    header: int | None
    table: bool
    names: tuple[str, ...]
    inputs: str
    readings: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Remembered:
    """A scored block: its data rows and its scores (both without header) as they lie now, and how it was scored."""

    id: str
    data: Area
    scores: Area
    facts: Facts

    @property
    def header_row(self) -> int | None:
        """The row of the data's header."""
        return None if self.facts.header is None else self.data.top - self.facts.header


def inputs_digest(frame: pd.DataFrame, columns: Sequence[int]) -> str:
    """A digest of some columns of a table that changes with any of their cells."""
    return fingerprint(frame.iloc[:, place].tolist() for place in columns)


def new_id() -> str:
    """An id that no other block has."""
    return secrets.token_hex(4)


def remember(book: xw.Book, block: Remembered) -> Before:
    """Keep this of a block; what was kept under its id is replaced."""
    values: tuple[str | Area, ...] = (json.dumps(asdict(block.facts)), block.data, block.scores)
    return change(book, {_name(block.id, part): value for part, value in zip(_PARTS, values, strict=True)})


def change(book: xw.Book, values: Mapping[str, str | Area | None]) -> Before:
    """Set hidden names, delete those whose value is None."""
    before: Before = {}
    for name, value in values.items():
        before[name] = grid.get_name(book, name)
        if value is None:
            grid.delete_name(book, name)
        elif value != before[name]:
            grid.set_name(book, name, value)
    return before


def remembered(book: xw.Book) -> list[Remembered]:
    """The scored blocks of a workbook whose data and scores are still there."""
    ids = {name.removeprefix(PREFIX).split("_")[0] for name in grid.names(book, PREFIX)}
    found = (_read(book, block_id) for block_id in sorted(ids))
    return [block for block in found if block is not None]


def find(book: xw.Book, area: Area) -> Remembered | None:
    """The scored block that an area of data belongs to: the same first cell and columns, or one within the other."""
    near = [block for block in remembered(book) if block.data.meet(area)]
    same = [block for block in near if (block.data.top, block.data.left) == (area.top, area.left)]
    return next(iter(same or near), None)


def _name(block_id: str, part: str) -> str:
    return f"{PREFIX}{block_id}_{part}"


def _read(book: xw.Book, block_id: str) -> Remembered | None:
    info, data, scores = (grid.get_name(book, _name(block_id, part)) for part in _PARTS)
    if not isinstance(info, str) or not isinstance(data, Area) or not isinstance(scores, Area):
        return None
    try:
        facts: dict[str, Any] = json.loads(info)
        facts["names"] = tuple(facts["names"])
        facts["readings"] = tuple((str(c), str(d), int(p)) for c, d, p in facts["readings"])
        return Remembered(block_id, data, scores, Facts(**facts))
    except (ValueError, TypeError, KeyError):  # names that someone else wrote
        return None
