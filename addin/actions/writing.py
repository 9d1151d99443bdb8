"""Writes results where they were meant to go, and keeps what is needed to undo that."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from addin import grid
from addin.actions.desk import Desk
from addin.actions.placing import Target
from addin.actions.prepare import Prepared, inputs_of
from addin.actions.results import Row, formats, sheet_table, spread
from addin.grid import Area, Kept
from addin.grid.look import dress_header, dress_sheet, undress_header
from addin.grid.ownsheets import remove_sheet
from addin.undo import Step, Written, keep
from worker.scoring import Schema

SHEET = "Scores"


def write_results(
    desk: Desk, prepared: Prepared, schema: Schema, target: Target, rows: Sequence[Row], step: Step
) -> Area:
    """Write the rows and tell `step` what was done. Returns the cells of the scores, without their header.

    What fails half-way is taken back before it is raised.
    """
    if target.area is None:
        return _to_sheet(desk, prepared, schema, target.names, rows, step)
    whole, before, area = target.area.with_header(target.header_row), target.stood, target.area
    grown = target.names if target.beside and prepared.block.table is not None and _is_blank(before) else ()
    widths: tuple[float, ...] = ()
    header = None if target.header_row is None else replace(area, top=target.header_row, rows=1)
    try:
        if target.beside:
            area = grid.add_columns(desk.book, prepared.block, target.names)
            if header is not None and prepared.block.table is None:
                widths = dress_header(desk.book, header, target.names)
        elif target.header_row is not None:
            grid.write(desk.book, replace(area, top=target.header_row, rows=1), [target.names])
        grid.write(desk.book, area, spread(prepared, rows, _standing(before, area.rows)), formats(schema))
        step.written.append(Written(whole, before, grid.snapshot(desk.book, whole), grown, widths))
    except Exception:
        with suppress(Exception):
            if not (grown and grid.remove_columns(desk.book, whole, grown)):
                grid.restore(desk.book, whole, before)
            if widths and header is not None:
                undress_header(desk.book, header, widths)
        raise
    return area


def keep_step(desk: Desk, step: Step) -> None:
    """Make what was done the step that Undo scoring takes back; where the record cannot be written, say so."""
    try:
        keep(desk.book, desk.folder, step)
    except OSError as error:
        desk.ui.tell(f"It is done, but cannot be undone: the record could not be written ({error.strerror}).")


def is_as_agreed(desk: Desk, target: Target) -> bool:
    """Whether the place for the results is as it was when it was agreed on."""
    if target.area is None:
        return True
    return grid.snapshot(desk.book, target.area.with_header(target.header_row)) == target.stood


def _is_blank(cells: Sequence[Sequence[Kept]]) -> bool:
    return all(content is None for row in cells for content, _ in row)


def _standing(before: Sequence[Sequence[Kept]], rows: int) -> list[Row]:
    """The values that stood in the area, as they can be written again."""
    return [tuple(map(_value, row)) for row in before[len(before) - rows :]]


def _value(cell: Kept) -> object:
    content = cell[0]
    if content is None:
        return ""
    if isinstance(content, str):
        return grid.NA if content == "#N/A" else content.removeprefix("'")
    return content


def _to_sheet(
    desk: Desk, prepared: Prepared, schema: Schema, names: Sequence[str], rows: Sequence[Row], step: Step
) -> Area:
    sheet = grid.add_sheet(desk.book, SHEET)
    table = sheet_table(prepared, rows, names, set(inputs_of(prepared.frame, schema)))
    whole = Area(sheet, 1, 1, len(table), len(table[0]))
    body = replace(whole, top=2, rows=len(rows))
    try:
        grid.write(desk.book, replace(whole, rows=1), table[:1])
        grid.write(desk.book, body, table[1:], ("",) * (body.columns - len(names)) + tuple(formats(schema)))
    except Exception:
        with suppress(Exception):
            remove_sheet(desk.book, sheet)
        raise
    dress_sheet(desk.book, replace(whole, rows=1))
    step.sheets.append(sheet)
    grid.goto(desk.book, replace(whole, rows=1, columns=1))
    return replace(body, left=body.right - len(names) + 1, columns=len(names))
