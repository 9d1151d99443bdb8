"""Writes results where they were meant to go, and keeps what is needed to undo that."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from addin import grid
from addin.actions.desk import Desk
from addin.actions.placing import Target
from addin.actions.prepare import Prepared, inputs_of
from addin.actions.results import Row, formats, sheet_table, spread
from addin.blocks import Remembered
from addin.grid import Area, Kept
from addin.grid.look import dress_header, dress_sheet, undress_header
from addin.grid.ownsheets import remove_sheet
from addin.marks import Cells, Mark, contents, is_result, mark_of, order_of, ours
from addin.undo import Written, keep
from worker.scoring import Schema

SHEET = "Scores"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where scores were written: their cells and those of their header, what that says, their mark, and what stood in
    their cells before. `sheet`: on a sheet of our own, and the mark's `order` is that of the whole sheet.
    """

    scores: Area
    top: Area | None
    names: tuple[str, ...]
    mark: Mark
    stood: Cells = ()
    sheet: bool = False


def write_results(
    desk: Desk, prepared: Prepared, schema: Schema, target: Target, rows: Sequence[Row], earlier: Mark | None = None
) -> Placed:
    """Write the rows and tell the desk's step what was done. What fails half-way is taken back before it is raised.
    Of rows that were left out the mark has those that the `earlier` one knows: nothing else there is a score of ours.
    """
    if target.area is None:
        table = sheet_table(prepared, rows, target.names, set(inputs_of(prepared.frame, schema)))
        if target.sheet is not None and _texts(target.stood[0]) == list(map(str, table[0])):
            return _to_same_sheet(desk, schema, target, target.sheet, table)
        return _to_sheet(desk, schema, target.names, table)
    whole, before, area = target.area.with_header(target.header_row), target.stood, target.area
    grown = target.names if target.beside and grid.is_beside_table(desk.book, prepared.block, area) else ()
    widths: tuple[float, ...] = ()
    header = None if target.header_row is None else replace(area, top=target.header_row, rows=1)
    try:
        if target.beside:
            area = grid.add_columns(desk.book, prepared.block, target.names)
            if header is not None and prepared.block.table is None:
                widths = dress_header(desk.book, header, target.names)
        elif target.header_row is not None:
            grid.write(desk.book, replace(area, top=target.header_row, rows=1), [target.names])
        stood = before[len(before) - area.rows :]
        results, values = _standing(stood, schema)
        filled = spread(prepared, rows, values, results)
        grid.write(desk.book, area, filled, formats(schema))
        after = grid.snapshot(desk.book, whole)
        desk.step.written.append(Written(whole, before, after, grown, widths, prepared.block.area))
    except Exception:
        with suppress(Exception):
            if grown:
                grid.remove_columns(desk.book, whole, grown)
        with suppress(Exception):
            grid.restore(desk.book, whole, before)
            if widths and header is not None:
                undress_header(desk.book, header, widths)
        raise
    names = target.names if header is None else tuple(_texts(after[0]))
    own = ours(stood, earlier) | ~prepared.left_out
    return Placed(area, header, names, mark_of(after[len(after) - area.rows :], own), stood)


def mark_with_rest(before: Remembered, cells: Cells, prepared: Prepared, placed: Placed) -> Mark:
    """The mark of all `cells` of an earlier scoring after a part of its rows was scored."""
    first, rest = placed.scores.top - before.scores.top, before.scores.bottom - placed.scores.bottom
    stood = [*cells[:first], *placed.stood, *cells[first + placed.scores.rows :]]
    own = ours(stood, before.facts.mark) | np.pad(~prepared.left_out, (first, rest))
    return mark_of(cells, own)


def _standing(stood: Sequence[Sequence[Kept]], schema: Schema) -> tuple[list[bool], list[Row]]:
    """For each row of the place for the results: whether it is one of ours, and its values to be written again."""
    if _is_blank(stood):
        return [False] * len(stood), [("",) * len(stood[0])] * len(stood)
    return [is_result(contents(row), schema) for row in stood], [tuple(map(_value, row)) for row in stood]


def keep_step(desk: Desk) -> None:
    """Make what was done the step that Undo scoring takes back; where the record cannot be written, say so."""
    try:
        keep(desk.book, desk.folder, desk.step)
    except OSError as error:
        desk.ui.tell(f"It is done, but cannot be undone: the record could not be written ({error.strerror}).")
    except Exception as error:  # noqa: BLE001 - each engine has a class of its own for a name that Excel refuses
        desk.noted["not_kept"] = type(error).__name__
        desk.ui.tell("It is done, but cannot be undone: the workbook could not note it.")


def is_as_agreed(desk: Desk, target: Target) -> bool:
    """Whether the place for the results is as it was when it was agreed on."""
    if target.area is None:
        return target.sheet is None or grid.snapshot(desk.book, target.sheet) == target.stood
    return grid.snapshot(desk.book, target.area.with_header(target.header_row)) == target.stood


def _is_blank(cells: Sequence[Sequence[Kept]]) -> bool:
    return all(content is None for content, _ in set(chain.from_iterable(cells)))


def _texts(cells: Sequence[Kept]) -> list[str]:
    return ["" if content is None else str(content).removeprefix("'") for content in contents(cells)]


def _value(cell: Kept) -> object:
    content = cell[0]
    if content is None:
        return ""
    if isinstance(content, str):
        return grid.NA if content == "#N/A" else content.removeprefix("'")
    return content


def _to_sheet(desk: Desk, schema: Schema, names: tuple[str, ...], table: list[Row]) -> Placed:
    sheet = grid.add_sheet(desk.book, SHEET)
    whole = Area(sheet, 1, 1, len(table), len(table[0]))
    header, body = replace(whole, rows=1), replace(whole, top=2, rows=len(table) - 1)
    try:
        grid.write(desk.book, header, table[:1])
        grid.write(desk.book, body, table[1:], _sheet_formats(schema, names, body))
    except Exception:
        with suppress(Exception):
            remove_sheet(desk.book, sheet)
        raise
    dress_sheet(desk.book, header)
    desk.step.sheets.append(sheet)
    grid.goto(desk.book, replace(whole, rows=1, columns=1))
    return _placed(names, whole, grid.snapshot(desk.book, whole))


def _to_same_sheet(desk: Desk, schema: Schema, target: Target, old: Area, table: list[Row]) -> Placed:
    """All of a sheet of results anew; rows that it had more are emptied."""
    whole = replace(old, rows=len(table))
    both = replace(old, rows=max(old.rows, whole.rows))
    rest: list[Row] = [("",) * old.columns] * (both.rows - whole.rows)
    before = grid.snapshot(desk.book, both)
    body = replace(both, top=2, rows=both.rows - 1)
    try:
        grid.write(desk.book, body, [*table[1:], *rest], _sheet_formats(schema, target.names, body))
    except Exception:
        with suppress(Exception):
            grid.restore(desk.book, both, before)
        raise
    after = grid.snapshot(desk.book, both)
    desk.step.written.append(Written(both, before, after))
    return _placed(target.names, whole, after[: whole.rows])


def _sheet_formats(schema: Schema, names: Sequence[str], body: Area) -> tuple[str, ...]:
    return ("",) * (body.columns - len(names)) + formats(schema)


def _placed(names: tuple[str, ...], whole: Area, cells: Sequence[Sequence[Kept]]) -> Placed:
    """The scores among all cells of a sheet of results."""
    left = whole.columns - len(names)
    mark = replace(mark_of([row[left:] for row in cells[1:]]), order=order_of(cells))
    top = Area(whole.sheet, 1, whole.left + left, 1, len(names))
    return Placed(replace(top, top=2, rows=whole.rows - 1), top, names, mark, sheet=True)
