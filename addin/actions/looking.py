"""Looking at an endpoint and at what happened: schema, sample rows, log, help; and undo, which says what it left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from addin import grid, undo
from addin.actions.desk import Desk
from addin.actions.writing import keep_step
from addin.errors import GridError, GridFault
from addin.formulas.listing import list_sample, list_schema
from addin.formulas.spill import Spill
from addin.grid import Area
from addin.grid.look import dress_sheet
from addin.paths import log_file

NEW_SHEET = "New sheet"
OVERWRITE = "Overwrite"
CANCEL = "Cancel"
HERE = "At the selected cell"
_MOST_LISTED = 20


def schema(desk: Desk) -> None:
    """Put the inputs and outputs of the chosen endpoint on a new sheet, or into a window where none can be added."""
    rows = list_schema(desk.catalogue.endpoint(desk.chosen()).schema)
    try:
        _to_sheet(desk, "Schema", rows)
    except GridError as error:
        if error.fault is not GridFault.STRUCTURE_PROTECTED:
            raise
        desk.ui.report("\n".join("  ".join(str(cell) for cell in row if cell not in {None, ""}) for row in rows))


def sample_data(desk: Desk) -> None:
    """Put the endpoint's sample rows at the selected cell or on a new sheet, and select them."""
    rows = list_sample(desk.catalogue.endpoint(desk.chosen()).schema, None)
    if len(rows) < 2:
        desk.ui.tell("The endpoint gives no sample rows.")
        return
    cell = replace(grid.active_area(desk.book), rows=len(rows), columns=len(rows[0]))
    lost = grid.occupied(desk.book, cell)
    here = OVERWRITE if lost else HERE
    held = f" {cell.address} holds {lost:,} value{'' if lost == 1 else 's'}." if lost else ""
    count = len(rows) - 1
    found = "1 sample row" if count == 1 else f"{count} sample rows"
    text = f"{found}.{held} Where should {'it' if count == 1 else 'they'} go?"
    answer = desk.ui.ask(text, (NEW_SHEET, here, CANCEL) if lost else (here, NEW_SHEET, CANCEL))
    if answer == NEW_SHEET:
        _to_sheet(desk, "Sample", rows)
    elif answer == here:
        before = grid.snapshot(desk.book, cell)
        grid.write(desk.book, cell, _blanks(rows))
        desk.step.written.append(undo.Written(cell, before, grid.snapshot(desk.book, cell)))
        keep_step(desk)
        grid.goto(desk.book, cell)


def undo_scoring(desk: Desk) -> None:
    """Put back what the last action wrote over; cells changed since stay and are listed."""
    kept = undo.undo(desk.book, desk.folder)
    if kept:
        more = [f"and {len(kept) - _MOST_LISTED:,} more"] if len(kept) > _MOST_LISTED else []
        desk.ui.tell("Changed since, so left as they are: " + ", ".join([*kept[:_MOST_LISTED], *more]) + ".")


def log(desk: Desk) -> None:
    """Open the log."""
    file = log_file(desk.folder)
    if file.exists():
        desk.ui.open_file(file)
    else:
        desk.ui.tell("The log is still empty.")


def _to_sheet(desk: Desk, name: str, rows: Spill) -> None:
    sheet = grid.add_sheet(desk.book, name)
    area = Area(sheet, 1, 1, len(rows), len(rows[0]))
    header = replace(area, rows=1)
    grid.write(desk.book, header, rows[:1])
    grid.write(desk.book, replace(area, top=2, rows=area.rows - 1), _blanks(rows[1:]))
    dress_sheet(desk.book, header)
    grid.goto(desk.book, area)


def _blanks(rows: Spill) -> Sequence[Sequence[object]]:
    """Cells without a value stay blank, also between numbers."""
    return [["" if cell is None else cell for cell in row] for row in rows]
