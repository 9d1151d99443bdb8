"""The check that runs before any call, and the sheet that lists what it found."""

from __future__ import annotations

import re
from dataclasses import replace

from addin import grid
from addin.actions.desk import Desk
from addin.actions.prepare import Prepared, below_names, prepare
from addin.blocks import change
from addin.errors import GridError, GridFault
from addin.grid import Area
from addin.grid.look import dress_links, dress_sheet
from addin.grid.ownsheets import clear_sheet, contents_of, has_sheet, refuse_sheets, remove_sheet, write_links
from worker.scoring import Problem
from worker.scoring.words import reason, shown

SHEET = "Sheetscore problems"
MARK = "_sheetscore_problems"
SEEN = "_sheetscore_problems_seen"
MOST_LISTED = 10_000
_HEADER = ("Cell", "Column", "Value", "Problem")
_MOST_IN_WINDOW = 200

GOOD_ROWS = "Score the good rows"
STOP = "Stop"


def check_inputs(desk: Desk) -> None:
    """Check the selection against the chosen endpoint; nothing is sent. Problems go to a sheet with links."""
    schema = desk.catalogue.endpoint(desk.chosen()).schema
    prepared = prepare(desk, below_names(desk, grid.read_selection(desk.book), schema), schema)
    if prepared is None:
        return
    show_problems(desk, prepared)
    rows = len(prepared.frame)
    if prepared.problems:
        desk.ui.tell(summary(prepared))
    else:
        desk.ui.tell(f"All {rows:,} rows can be scored." if rows != 1 else "The row can be scored.")


def summary(prepared: Prepared) -> str:
    """How many rows have problems, in a sentence."""
    bad = len({problem.row for problem in prepared.problems})
    rows = len(prepared.frame)
    if bad == 1:
        return f"1 of {rows:,} rows has a problem and cannot be scored as it is."
    return f"{bad:,} of {rows:,} rows have problems and cannot be scored as they are."


def show_problems(desk: Desk, prepared: Prepared) -> None:
    """List the problems in their sheet, which is made or used again; take it away when there are none.

    Where no sheet can be added they are shown in a window.
    """
    if not prepared.problems:
        _remove(desk)
        return
    try:
        sheet = _sheet(desk)
    except GridError as error:
        if error.fault is not GridFault.STRUCTURE_PROTECTED:
            raise
        lines = [reason(problem, prepared.cell(problem)) for problem in prepared.problems[:_MOST_IN_WINDOW]]
        desk.ui.report("\n".join([summary(prepared), "", *lines, *_more(prepared, _MOST_IN_WINDOW)]))
        return
    _write(desk, prepared, sheet)


def ask_for_good_rows(desk: Desk, prepared: Prepared) -> bool:
    """Whether to go on without the rows that have problems."""
    bad = {problem.row for problem in prepared.problems}
    choices = (GOOD_ROWS, STOP) if len(bad) < len(prepared.frame) else (STOP,)
    return desk.ui.ask(summary(prepared), choices) == GOOD_ROWS


def _write(desk: Desk, prepared: Prepared, sheet: str) -> None:
    listed = prepared.problems[:MOST_LISTED]
    top = Area(sheet, 1, 1, 1, len(_HEADER))
    below = replace(top, top=2, rows=len(listed), columns=1)
    grid.write(desk.book, top, [_HEADER])
    write_links(desk.book, below, prepared.block.area.sheet, [prepared.cell(problem) for problem in listed])
    grid.write(desk.book, replace(below, left=2, columns=3), [_row(problem) for problem in listed])
    for number, line in enumerate(_more(prepared, MOST_LISTED)):
        grid.write(desk.book, replace(below, top=below.bottom + 1 + number, rows=1), [[line]])
    dress_links(desk.book, below)
    dress_sheet(desk.book, top)
    change(desk.book, {MARK: Area(sheet, 1, 1, 1, 1), SEEN: contents_of(desk.book, sheet)})
    grid.goto(desk.book, replace(top, columns=1))


def _row(problem: Problem) -> tuple[str, str, str]:
    value = "" if problem.value is None else shown(problem.value).strip("'")
    return problem.column or "", value, reason(problem)


def _more(prepared: Prepared, listed: int) -> list[str]:
    more = len(prepared.problems) - listed
    return [f"and {more:,} more problems; mend these and check again"] if more > 0 else []


def _sheet(desk: Desk) -> str:
    """The sheet of problems, empty; a new one where there is none of ours."""
    ours = _ours(desk)
    if ours is None:
        return grid.add_sheet(desk.book, SHEET)
    clear_sheet(desk.book, ours)
    return ours


def _ours(desk: Desk) -> str | None:
    """The sheet of problems that was made before, as long as it is as it was made.

    A sheet of that name may be the person's own; so is ours once it is renamed or something is written or put on it.
    The mark, a name for a cell, may have been moved to another sheet with that cell.
    """
    marked = grid.get_name(desk.book, MARK)
    if not isinstance(marked, Area) or not has_sheet(desk.book, marked.sheet):
        return None
    if re.fullmatch(rf"{SHEET}( \d+)?", marked.sheet) is None:
        return None
    return marked.sheet if contents_of(desk.book, marked.sheet) == grid.get_name(desk.book, SEEN) else None


def _remove(desk: Desk) -> None:
    ours = _ours(desk)
    if ours is not None:
        try:
            refuse_sheets(desk.book)
        except GridError:  # a protected structure keeps its sheets
            clear_sheet(desk.book, ours)
            change(desk.book, {SEEN: contents_of(desk.book, ours)})
            return
        remove_sheet(desk.book, ours)
    change(desk.book, {MARK: None, SEEN: None})
