"""What a workbook remembers of a scored block, in hidden names: where its data and its scores are, which endpoint and
model version scored it, when, and how. No key, no address, no score.

The names of data and scores refer to cells, so they follow rows that are inserted, moved or deleted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pandas as pd
import xlwings as xw

from addin import grid
from addin.grid import Area
from addin.grid.cells import fingerprint
from addin.grid.ownsheets import used_area
from addin.marks import Mark

PREFIX = "_sheetscore_block_"
_AREAS = ("data", "scores", "header", "top")
_COLUMN = "column"
_MOST_CELLS = 50_000_000
_LONGEST_PIECE = 3_000  # Excel takes 8,192 characters in a name, where each quotation mark counts twice

Before = dict[str, str | Area | None]
"""What hidden names held before they were changed; None: there was none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How a block was scored. `version` is blank where the endpoint does not tell; `at` is local time, ISO 8601.

    `header` says whether the data have a header, `top` whether the scores have; `table` that the data are the rows of a
    table, `width` how many columns they had. `sheet`: the scores are on a sheet that the add-in made for them.
    `complete`: each row that could be scored was. `inputs` is a digest of the cells that were scored, `rows`, `mix`,
    `order` and `each` are the mark of what was written (`order` alone, of the whole sheet, where it is ours).
    `readings` say how texts were read, as column, doubt, place of the reading.
    """

    endpoint: str
    version: str
    at: str
    header: bool
    top: bool
    table: bool
    sheet: bool
    complete: bool
    width: int
    names: tuple[str, ...]
    inputs: str
    rows: int
    mix: str
    order: str
    each: str = ""
    readings: tuple[tuple[str, str, int], ...] = ()

    @property
    def mark(self) -> Mark:
        """The mark of the scores as they were written."""
        return Mark(self.rows, self.mix, self.order, self.each)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A scored block: its data rows, its scores and the headers of both as they lie now, and how it was scored.
    `columns` are those that were taken by position, None for one that is gone.
    """

    id: str
    data: Area
    scores: Area
    facts: Facts
    header: Area | None = None
    top: Area | None = None
    columns: tuple[Area | None, ...] = ()

    @property
    def is_in_place(self) -> bool:
        """Whether columns were taken by position and still are where they were among the data."""
        lefts = [column.left for column in self.columns if column and column.sheet == self.data.sheet]
        return bool(self.columns) and lefts == [self.data.left + place for place in range(len(self.columns))]

    @property
    def header_row(self) -> int | None:
        """The row of the data's header."""
        return None if self.header is None else self.header.top


def inputs_digest(frame: pd.DataFrame, columns: Sequence[int]) -> str:
    """A digest of some columns of a table that changes with any of their cells."""
    return fingerprint(frame.iloc[:, place].tolist() for place in columns)


def new_id() -> str:
    """An id that no other block has."""
    return secrets.token_hex(4)


def remember(book: xw.Book, block: Remembered) -> Before:
    """Keep this of a block, in place of what was kept under its id and of blocks whose scores it has overwritten.
    Whatever Excel raises, nothing is kept then.
    """
    text = json.dumps(asdict(block.facts), ensure_ascii=False, separators=(",", ":"))
    pieces = [text[start : start + _LONGEST_PIECE] for start in range(0, len(text), _LONGEST_PIECE)]
    kept = grid.names(book, PREFIX)
    held = {_id(name): grid.get_name(book, name) for name in kept if name.endswith("_scores")}
    gone = {each for each, scores in held.items() if isinstance(scores, Area) and block.scores.contains(scores)}
    values: Before = dict.fromkeys(name for name in kept if _id(name) in gone | {block.id})
    values |= {_name(block.id, _piece(number)): piece for number, piece in enumerate(pieces)}
    values |= {_name(block.id, part): area for part in _AREAS if (area := getattr(block, part)) is not None}
    values |= {_name(block.id, f"{_COLUMN}{place}"): column for place, column in enumerate(block.columns)}
    return change(book, values)


def change(book: xw.Book, values: Mapping[str, str | Area | None]) -> Before:
    """Set hidden names, delete those whose value is None: all of them or, when Excel refuses one, none."""
    before: Before = {}
    try:
        for name, value in values.items():
            before[name] = grid.get_name(book, name)
            _set(book, name, value, before[name])
    except Exception:
        with suppress(Exception):
            for name, value in before.items():
                _set(book, name, value, grid.get_name(book, name))
        raise
    return before


def _set(book: xw.Book, name: str, value: str | Area | None, now: str | Area | None) -> None:
    if value is None:
        grid.delete_name(book, name)
    elif value != now:
        grid.set_name(book, name, value)


def remembered(book: xw.Book) -> list[Remembered]:
    """The scored blocks of a workbook whose data and scores are still there."""
    ids = {_id(name) for name in grid.names(book, PREFIX)}
    found = (read(book, block_id) for block_id in sorted(ids))
    return [block for block in found if block is not None]


def find(book: xw.Book, area: Area, endpoint: str) -> Remembered | None:
    """The scored block that an area of data belongs to: the same first cell and columns, or one within the other.

    One that this endpoint scored goes first.
    """
    near = [block for block in remembered(book) if block.data.meet(area)]
    near.sort(key=lambda block: (block.facts.endpoint != endpoint, _corner(block.data) != _corner(area)))
    return next(iter(near), None)


def _corner(area: Area) -> tuple[int, int]:
    return area.top, area.left


def _id(name: str) -> str:
    return name.removeprefix(PREFIX).split("_")[0]


def _name(block_id: str, part: str) -> str:
    return f"{PREFIX}{block_id}_{part}"


def _piece(number: int) -> str:
    return f"info{number + 1}" if number else "info"


def read(book: xw.Book, block_id: str) -> Remembered | None:
    """A block as it lies now, or None where its names hold something else than `remember` writes, or their cells are
    gone.
    """
    try:
        facts = _facts(_text(book, block_id))
        areas = {part: _used(book, grid.get_name(book, _name(block_id, part))) for part in _AREAS}
    except Exception:  # noqa: BLE001 - names that someone else wrote; each engine has a class of its own for the odd
        return None
    header, top, data, scores = (areas[part] for part in ("header", "top", "data", "scores"))
    if data is None or scores is None or max(data.rows * data.columns, scores.rows * scores.columns) > _MOST_CELLS:
        return None
    if not _is_above(header, data, wanted=facts.header) or not _is_above(top, scores, wanted=facts.top):
        return None
    held = [grid.get_name(book, name) for name in sorted(grid.names(book, _name(block_id, _COLUMN)), key=_numbered)]
    columns = tuple(each if isinstance(each, Area) else None for each in held)
    return Remembered(block_id, data, scores, facts, header, top, columns)


def _numbered(name: str) -> tuple[int, str]:
    return len(name), name


def _used(book: xw.Book, value: str | Area | None) -> Area | None:
    """Cells without those below and right of everything in their sheet, of which there may be millions."""
    if not isinstance(value, Area):
        return None
    used = used_area(book, value.sheet)
    rows = min(value.rows, max(used.bottom - value.top + 1, 1))
    return replace(value, rows=rows, columns=min(value.columns, max(used.right - value.left + 1, 1)))


def _is_above(header: Area | None, area: Area, *, wanted: bool) -> bool:
    """Whether there is a header above, or none where none is wanted."""
    if not wanted or header is None:
        return not wanted and header is None
    return header.sheet == area.sheet and header.bottom < area.top


def _text(book: xw.Book, block_id: str) -> str:
    pieces: list[str] = []
    while isinstance(piece := grid.get_name(book, _name(block_id, _piece(len(pieces)))), str):
        pieces.append(piece)
    return "".join(pieces)


def _facts(text: str) -> Facts:
    """Raises ValueError, TypeError, KeyError, AttributeError where the text is not what `remember` writes."""
    given = json.loads(text)
    readings = tuple((column, doubt, place) for column, doubt, place in given["readings"])
    facts = Facts(**given | {"names": tuple(given["names"]), "readings": readings})
    texts = [facts.endpoint, facts.version, facts.at, facts.inputs, facts.mix, facts.order, facts.each, *facts.names]
    flags = [facts.header, facts.top, facts.table, facts.sheet, facts.complete]
    numbers = [facts.width, facts.rows, *(place for _, _, place in readings)]
    texts += [text for column, doubt, _ in readings for text in (column, doubt)]
    for values, kind in ((texts, str), (flags, bool), (numbers, int)):
        if any(type(value) is not kind for value in values):
            raise TypeError
    datetime.fromisoformat(facts.at)
    return facts
