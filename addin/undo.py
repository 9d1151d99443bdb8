"""The one step that Undo scoring can go back: a private file, as on macOS each click is a process of its own.

The record is for one workbook: the token in it also stands in a hidden name of the workbook. It holds what stood in the
cells before and what was written; other hidden names follow the cells. A row is put back only where all that was
written in it and all its own data are as they were, wherever it has got to; every other row is left alone.
"""

from __future__ import annotations

import gzip
import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import xlwings as xw

from addin import followed, grid
from addin.actions.errors import NothingToUndo
from addin.blocks import Before, change
from addin.followed import Cells, Found
from addin.grid import Area
from addin.grid.formulas import is_referred_to
from addin.grid.look import undress_header
from addin.grid.obstacles import refuse_to_write
from addin.grid.ownsheets import contents_of, has_sheet, is_last_sheet, refuse_sheets, remove_sheet
from addin.paths import undo_file, write_whole

NAME = "_sheetscore_undo"
_FORMAT = 2
"""Of the record: another release may have left one that is laid out otherwise."""


@dataclass(frozen=True, slots=True)
class Written:
    """Cells that an action wrote: what stood there and what stands there now. `columns` are the names of columns by
    which a table grew; `widths` those that the columns of a dressed header had; `data` the cells that were scored.
    """

    area: Area
    before: Cells
    after: Cells
    columns: tuple[str, ...] = ()
    widths: tuple[float, ...] = ()
    data: Area | None = None


@dataclass(slots=True)
class Step:
    """What one action did: cells written, sheets added, hidden names changed (with what they held before). `record` is
    what `keep` has made of it so far.
    """

    written: list[Written] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    names: Before = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    def add_names(self, before: Before) -> None:
        """Take in what hidden names held; what was taken in first is what they held before the action."""
        self.names = before | self.names


def keep(book: xw.Book, folder: Path, step: Step) -> None:
    """Make this the step that can be undone; another one before is forgotten. An action that does several things one
    after the other keeps its step after each of them: what was kept is followed from then on. Raises OSError.
    """
    if not step.record:
        followed.forget(book, NAME)
        grid.delete_name(book, NAME)
        step.record |= {"format": _FORMAT, "token": secrets.token_hex(8), "written": [], "sheets": [], "names": {}}
    record = step.record
    for place, w in enumerate(step.written[len(record["written"]) :], len(record["written"])):
        marks = followed.follow(book, f"{NAME}_{place}", w.area, w.data)
        record["written"].append([_plain(w.area), w.before, w.after, w.columns, w.widths, marks])
    for place, sheet in enumerate(step.sheets[len(record["sheets"]) :], len(record["sheets"])):
        grid.set_name(book, f"{NAME}_sheet{place}", Area(sheet, 1, 1, 1, 1))
        record["sheets"].append([sheet, contents_of(book, sheet)])
    for name in step.names.keys() - record["names"].keys():
        record["names"][name] = _held(book, step.names[name], len(record["names"]))
    write_whole(undo_file(folder), gzip.compress(_json(record), 1))
    grid.set_name(book, NAME, record["token"])


def undo(book: xw.Book, folder: Path) -> tuple[str, ...]:
    """Put back what the last action wrote over, except rows and sheets changed since. The record is used up, and what
    the workbook remembers goes back too, unless nothing at all could be put back.

    Returns where something was changed since: `Sheet!A1:D1` for cells, the name for a sheet. Raises NothingToUndo when
    the last action was for another workbook, or for none; GridError when the sheet refuses, then the record stays.
    """
    record = _load(folder)
    if record is None or grid.get_name(book, NAME) != record["token"]:
        raise NothingToUndo
    if any(has_sheet(book, name) for name, _ in record["sheets"]):
        refuse_sheets(book)
    kept: list[str] = []
    done = False
    for place, (area, before, after, columns, widths, marks) in reversed(list(enumerate(record["written"]))):
        written = Written(Area(*area), _cells(before), _cells(after), tuple(columns), tuple(widths))
        found = followed.find(book, f"{NAME}_{place}", marks, written.before, written.after)
        changed = _changed(book, written, found)
        if found is not None and not _is_lost(written, found):
            _put_back(book, written, found)
            done = True
        kept = changed + kept
    for place, (name, contents) in enumerate(record["sheets"]):
        left = _remove(book, name, contents, grid.get_name(book, f"{NAME}_sheet{place}"))
        done = done or not left
        kept += left
    if done or not kept:
        change(book, {name: _value(book, held) for name, held in record["names"].items()} | {NAME: None})
        followed.forget(book, NAME)
        undo_file(folder).unlink(missing_ok=True)
    return tuple(kept)


def _json(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:  # half a surrogate pair, which a macro can leave in a cell
        return json.dumps(record).encode()


def _load(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(gzip.decompress(undo_file(folder).read_bytes()))
    except (OSError, ValueError, EOFError, zlib.error):
        return None
    return record if isinstance(record, dict) and record.get("format") == _FORMAT else None


def _is_lost(written: Written, found: Found) -> bool:
    """Whether no row is known again, or none but the first, which may be a header."""
    known = [then for _, then in found.rows]
    return not known or (known == [0] and bool(found.changed) and len(written.after) > 1)


def _changed(book: xw.Book, written: Written, found: Found | None) -> list[str]:
    """What cannot be put back."""
    area = written.area
    if found is None:
        return [f"{area.sheet}!{area.address}" if has_sheet(book, area.sheet) else area.sheet]
    if _is_lost(written, found):
        return [f"{found.area.sheet}!{found.area.address}"]
    rows = replace(found, rows=tuple((row, row) for row in found.changed))
    return [f"{part.sheet}!{part.address}" for part, _ in rows.stretches()]


def _put_back(book: xw.Book, written: Written, found: Found) -> None:
    """A table shrinks again once all is put back; until then its headers stay, as every column of a table has one."""
    for part, _ in found.stretches():
        refuse_to_write(book, part)
    header = [found.area.row(row) for row, then in found.rows if then == 0]
    columns = _grown(written)
    if columns and found.changed:
        found = replace(found, rows=tuple((row, then) for row, then in found.rows if then != 0))
    elif columns:
        grid.remove_columns(book, found.area, columns)
    for part, rows in found.stretches():
        grid.restore(book, part, [written.before[row] for row in rows])
    if written.widths and header and not found.changed:
        undress_header(book, header[0], written.widths)


def _grown(written: Written) -> tuple[str, ...]:
    """Names of the columns by which a table grew, if it is one: headers that did not stand there before."""
    names = _contents(written.after[0])
    if written.columns or _contents(written.before[0]) == names or not all(isinstance(name, str) for name in names):
        return written.columns
    return tuple(str(name).removeprefix("'") for name in names)


def _contents(cells: Sequence[tuple[object, str]]) -> list[object]:
    return [content for content, _ in cells]


def _remove(book: xw.Book, sheet: str, contents: Sequence[Any], held: str | Area | None) -> list[str]:
    """Delete a sheet that was added, if it is as it was, no formula refers to it and it is not the only one left;
    `held` is a cell of it.
    """
    if not has_sheet(book, sheet):
        return [held.sheet] if isinstance(held, Area) else []
    if contents_of(book, sheet) != contents or is_referred_to(book, sheet) or is_last_sheet(book, sheet):
        return [sheet]
    remove_sheet(book, sheet)
    return []


def _plain(area: Area) -> list[str | int]:
    return [area.sheet, area.top, area.left, area.rows, area.columns]


def _held(book: xw.Book, value: str | Area | None, place: int) -> str | int | None:
    """What a hidden name held, for the record: cells as the number of another hidden name that follows them."""
    if not isinstance(value, Area):
        return value
    grid.set_name(book, f"{NAME}_held{place}", value)
    return place


def _value(book: xw.Book, held: str | int | None) -> str | Area | None:
    return grid.get_name(book, f"{NAME}_held{held}") if isinstance(held, int) else held


def _cells(rows: Sequence[Sequence[Sequence[Any]]]) -> Cells:
    return tuple(tuple((cell[0], str(cell[1])) for cell in row) for row in rows)
