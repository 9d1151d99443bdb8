"""The one step that Undo scoring can go back: a private file, as on macOS each click is a process of its own.

The record is for one workbook: the token in it also stands in a hidden name of the workbook. It holds what stood in the
cells before and what was written, so that cells changed since can be told and are left alone.
"""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import xlwings as xw

from addin import grid
from addin.actions.errors import NothingToUndo
from addin.blocks import Before, change
from addin.errors import GridError, GridFault
from addin.grid import Area, Kept
from addin.grid.look import undress_header
from addin.grid.ownsheets import remove_sheet, used_area
from addin.paths import undo_file, write_whole

NAME = "_sheetscore_undo"

Cells = Sequence[Sequence[Kept]]


@dataclass(frozen=True, slots=True)
class Written:
    """Cells that an action wrote: what stood there and what stands there now. `follows` is the hidden name of cells
    that move with rows inserted since; `columns` are the names of columns by which a table grew; `widths` those that
    the columns of a dressed header had.
    """

    area: Area
    before: Cells
    after: Cells
    columns: tuple[str, ...] = ()
    widths: tuple[float, ...] = ()


@dataclass(slots=True)
class Step:
    """What one action did: cells written, sheets added, hidden names changed (with what they held before)."""

    written: list[Written] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    names: Before = field(default_factory=dict)


def keep(book: xw.Book, folder: Path, step: Step) -> None:
    """Make this the step that can be undone; the one before is forgotten. Raises OSError."""
    token = secrets.token_hex(8)
    record = {
        "token": token,
        "written": [[_plain(w.area), w.before, w.after, w.columns, w.widths] for w in step.written],
        "sheets": [[name, _contents(book, name)] for name in step.sheets],
        "names": {name: _plain(value) for name, value in step.names.items()},
    }
    write_whole(undo_file(folder), gzip.compress(_json(record), 1))
    grid.set_name(book, NAME, token)


def undo(book: xw.Book, folder: Path) -> tuple[str, ...]:
    """Put back what the last action wrote over, except cells and sheets changed since. The record is used up.

    Returns where something was changed since: `Sheet!A1` for cells, the name for a sheet. Raises NothingToUndo when the
    last action was for another workbook, or for none; GridError when the sheet refuses, then the record stays.
    """
    record = _load(folder)
    if record is None or grid.get_name(book, NAME) != record["token"]:
        raise NothingToUndo
    kept: list[str] = []
    for area, before, after, columns, widths in record["written"]:
        left = _put_back(book, Area(*area), _cells(before), _cells(after), columns)
        if widths and not left:
            undress_header(book, Area(*area).row(0), tuple(widths))
        kept += left
    for name, contents in record["sheets"]:
        kept += _remove(book, name, contents)
    change(book, {name: _value(value) for name, value in record["names"].items()} | {NAME: None})
    undo_file(folder).unlink(missing_ok=True)
    return tuple(kept)


def _json(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:  # half a surrogate pair, which a macro can leave in a cell
        return json.dumps(record).encode()


def _load(folder: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(gzip.decompress(undo_file(folder).read_bytes()))
    except (OSError, ValueError, EOFError):
        return None
    return record


def _put_back(book: xw.Book, area: Area, before: Cells, after: Cells, columns: Sequence[str]) -> list[str]:
    try:
        now = grid.snapshot(book, area)
    except GridError as error:
        if error.fault is GridFault.SHEET_GONE:
            return [area.sheet]
        raise
    if now == after:
        if not (columns and grid.remove_columns(book, area, columns)):
            grid.restore(book, area, before)
        return []
    kept = []
    for column in range(area.columns):
        same = [one[column] == other[column] for one, other in zip(now, after, strict=True)]
        for rows, untouched in _runs(same):
            part = replace(area.column(column), top=area.top + rows.start, rows=len(rows))
            if untouched:
                grid.restore(book, part, [[before[row][column]] for row in rows])
            else:
                kept.append(f"{part.sheet}!{part.address}")
    return kept


def _runs(same: Sequence[bool]) -> Iterator[tuple[range, bool]]:
    """Stretches of rows that are alike."""
    start = 0
    for value, run in groupby(same):
        rows = len(list(run))
        yield range(start, start + rows), value
        start += rows


def _contents(book: xw.Book, sheet: str) -> list[Any]:
    used = used_area(book, sheet)
    return [_plain(used), grid.snapshot(book, used)]


def _remove(book: xw.Book, sheet: str, contents: Sequence[Any]) -> list[str]:
    """Delete a sheet that was added, if it is as it was."""
    try:
        used = used_area(book, sheet)
        if used == Area(*contents[0]) and grid.snapshot(book, used) == _cells(contents[1]):
            remove_sheet(book, sheet)
            return []
    except GridError as error:
        if error.fault is not GridFault.SHEET_GONE:
            raise
        return []
    return [sheet]


def _plain(value: str | Area | None) -> Any:  # noqa: ANN401 - JSON
    return [value.sheet, value.top, value.left, value.rows, value.columns] if isinstance(value, Area) else value


def _value(value: Any) -> str | Area | None:  # noqa: ANN401 - JSON
    return Area(*value) if isinstance(value, list) else value


def _cells(rows: Sequence[Sequence[Sequence[Any]]]) -> Cells:
    return tuple(tuple((cell[0], str(cell[1])) for cell in row) for row in rows)
