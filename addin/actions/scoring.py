"""Score selection, table and sheet: read, check, ask, call, compare, write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from urllib.parse import urlsplit

import xlwings as xw

from addin import blocks, grid
from addin.actions.check import ask_for_good_rows, show_problems
from addin.actions.desk import Desk
from addin.actions.placing import Target, choose
from addin.actions.prepare import Earlier, Prepared, apart_from, below_names, digest_of, prepare
from addin.actions.results import result_rows
from addin.actions.stale import mark_stale
from addin.actions.writing import Placed, is_as_agreed, keep_step, mark_with_rest, write_results
from addin.blocks import Facts, Remembered
from addin.errors import GridError, GridFault
from addin.grid import Area, Block
from addin.grid.ownsheets import used_area
from addin.scorer import Outcome
from worker.scoring import Problem, ProblemKind, Schema

SCORE = "Score"
CANCEL = "Cancel"
WRITE = "Write what there is"
LEAVE = "Leave the sheet as it is"


def score_selection(desk: Desk) -> None:
    """Score the selected rows, or the table or region around the selected cell."""
    _score_new(desk, grid.read_selection)


def score_table(desk: Desk) -> None:
    """Score all rows of the table around the selected cell."""
    _score_new(desk, grid.read_table)


def score_sheet(desk: Desk) -> None:
    """Score all rows of the sheet in front."""
    _score_new(desk, grid.read_sheet)


def _score_new(desk: Desk, read: Callable[[xw.Book], Block]) -> None:
    name = desk.chosen()
    desk.noted.update(endpoint=name, host=urlsplit(desk.catalogue.entry(name).url).netloc)
    block = below_names(desk, read(desk.book), desk.catalogue.endpoint(name).schema)
    score(desk, block, name, blocks.find(desk.book, block.area, name))


def score(desk: Desk, block: Block, name: str, before: Remembered | None, earlier: Earlier | None = None) -> None:
    """Score a block against an endpoint and write the results. `before` is what is remembered of an earlier scoring,
    `earlier` what the person said then. Raises TableError, EndpointError, GridError, CallsStopped and others; then the
    sheet is as it was.
    """
    schema = desk.catalogue.endpoint(name).schema
    prepared = prepare(desk, apart_from(block, before.scores if before else None), schema, earlier)
    if prepared is None:
        return
    alone = earlier is not None and earlier.alone
    if not alone and not _goes_on(desk, prepared):
        return
    target = choose(desk, prepared.block, schema, name, before, again=earlier is not None, alone=alone)
    if target is None or not _confirmed(desk, name, prepared):
        return
    outcome = _called(desk, name, prepared)
    if outcome is None or not _has_same_outputs(desk, name, schema):
        return
    moved = not _is_as_read(desk, prepared.block, target)
    if not moved:
        _write(desk, prepared, schema, target, outcome, before)
    elif not alone:  # else the change that was made meanwhile brings the next scoring
        _write_apart(desk, prepared, schema, target.names, outcome)


def _goes_on(desk: Desk, prepared: Prepared) -> bool:
    """Show the problems, if there are any, and ask whether to go on without their rows."""
    selected = None
    with suppress(GridError):
        selected = grid.active_area(desk.book)
    show_problems(desk, prepared)
    if not prepared.problems:
        return True
    if not ask_for_good_rows(desk, prepared):
        return False
    if selected is not None:
        grid.goto(desk.book, selected)
    return True


def _confirmed(desk: Desk, name: str, prepared: Prepared) -> bool:
    """Large runs are announced, with what they will take."""
    if len(prepared.frame) <= desk.settings.confirm_rows:
        return True
    plan = desk.scorer.plan(name, prepared.frame, prepared.known)
    calls = "1 call" if plan.calls == 1 else f"{plan.calls:,} calls"
    known = f"; {plan.cached:,} are known already" if plan.cached else ""
    text = f"{plan.rows:,} rows: {plan.to_send:,} will be sent to {name} in {calls}{known}."
    return desk.ui.ask(text, (SCORE, CANCEL)) == SCORE


def _called(desk: Desk, name: str, prepared: Prepared) -> Outcome | None:
    """The scores, or None when the person cancelled or does not want what there is."""
    rows = len(prepared.frame)
    desk.ui.status(f"Scoring {rows:,} rows with {name}…")
    with desk.ui.progress(f"Scoring with {name}", rows) as window:
        outcome = desk.scorer.score(
            name,
            prepared.frame,
            known=prepared.known,
            checked=(prepared.schema, prepared.checked),
            progress=window.update,
            stop=window.cancelled,
        )
    desk.ui.status(None)
    desk.noted.update(rows=rows, calls=outcome.calls, sent=outcome.sent, cached=outcome.from_cache)
    failed = [problem for problem in outcome.problems if problem.kind is ProblemKind.CALL_FAILED]
    if outcome.stopped:
        done = rows - len({problem.row for problem in outcome.problems})
        desk.ui.tell(
            f"Cancelled; {done:,} of {rows:,} rows are scored and kept: scoring again costs only the others. "
            "Sheet unchanged."
        )
        return None
    return outcome if not failed or _wanted_in_part(desk, rows, failed) else None


def _has_same_outputs(desk: Desk, name: str, schema: Schema) -> bool:
    """Whether the scores have the columns that a place was chosen for: the endpoint may have moved meanwhile."""
    if desk.catalogue.endpoint(name).schema.outputs == schema.outputs:
        return True
    desk.ui.tell(f"{name} was given other results meanwhile. Sheet unchanged; score again, known rows cost nothing.")
    return False


def _wanted_in_part(desk: Desk, rows: int, failed: list[Problem]) -> bool:
    missing = len({problem.row for problem in failed})
    text = (
        f"{rows - missing:,} of {rows:,} rows came back; then the endpoint failed ({failed[-1].detail}). "
        "The scores are kept: scoring again costs only the others."
    )
    return desk.ui.ask(text, (LEAVE, WRITE)) == WRITE


def _write(
    desk: Desk, prepared: Prepared, schema: Schema, target: Target, outcome: Outcome, before: Remembered | None
) -> None:
    rows = result_rows(prepared, outcome.frame, outcome.problems, schema)
    placed = write_results(desk, prepared, schema, target, rows, before.facts.mark if before else None)
    memory = _memory(desk, prepared, schema, placed, outcome, before)
    try:
        desk.step.add_names(blocks.remember(desk.book, memory))
    except Exception as error:  # noqa: BLE001 - each engine has a class of its own for a name that Excel refuses
        desk.noted["not_remembered"] = type(error).__name__
        desk.ui.tell("The scores are written, but the workbook could not note it: Score again will not know them.")
    keep_step(desk)
    if len(prepared.rows) < int((~prepared.block.blank).sum()) and not placed.sheet:
        mark_stale(desk, memory)
    if before and before.facts.sheet and placed.sheet and before.scores.sheet != placed.scores.sheet:
        left = f"'{before.scores.sheet}' was changed and is left as it is."
        desk.ui.tell(f"The scores are on '{placed.scores.sheet}'; {left}")
    _say(desk, prepared, outcome)


def _write_apart(desk: Desk, prepared: Prepared, schema: Schema, names: tuple[str, ...], outcome: Outcome) -> None:
    """To a new sheet, as nobody could say any more which row a score belongs to."""
    rows = result_rows(prepared, outcome.frame, outcome.problems, schema)
    placed = write_results(desk, prepared, schema, Target(names), rows)
    keep_step(desk)
    desk.ui.tell(f"Rows changed while scoring. Scores are on '{placed.scores.sheet}'; nothing was overwritten.")


def _is_as_read(desk: Desk, block: Block, target: Target) -> bool:
    """Whether the data and the place for the results are as they were. Raises GridError when the workbook is closed."""
    try:
        used_area(desk.book, block.area.sheet)
        return grid.is_unchanged(desk.book, block) and is_as_agreed(desk, target)
    except GridError as error:
        if error.fault is GridFault.SHEET_GONE:
            return False
        raise


def _memory(
    desk: Desk, prepared: Prepared, schema: Schema, placed: Placed, outcome: Outcome, before: Remembered | None
) -> Remembered:
    """What the workbook is to remember. A part of a block that was scored before stays part of that block."""
    block = prepared.block
    part = before is not None and _is_part(block.area, before.data)
    same = before is not None and before.facts.endpoint == outcome.endpoint
    if before and part and same and _is_part_of_scores(placed, before.scores):
        mark = mark_with_rest(before, grid.snapshot(desk.book, before.scores), prepared, placed)
        return replace(before, facts=replace(before.facts, **asdict(mark)))
    failed = any(problem.kind is ProblemKind.CALL_FAILED for problem in outcome.problems)
    facts = Facts(
        endpoint=outcome.endpoint,
        version=outcome.model_version,
        at=desk.clock().isoformat(timespec="seconds"),
        header=block.header_row is not None,
        top=placed.top is not None,
        table=block.table is not None,
        sheet=placed.sheet,
        complete=not failed and len(prepared.rows) == int((~block.blank).sum()),
        width=block.area.columns,
        names=placed.names,
        inputs=digest_of(block.frame, schema, whole=True) if placed.sheet else prepared.digest,
        **asdict(placed.mark),
        readings=tuple((column, str(doubt), place) for (column, doubt), place in prepared.choices.items()),
    )
    header = None if block.header_row is None else replace(block.area, top=block.header_row, rows=1)
    columns = tuple(block.area.each_column())[: len(schema.inputs)] if block.headers is None else ()
    replaced = before is not None and not part and (same or before.scores.meet(placed.scores) is not None)
    block_id = before.id if before and replaced else blocks.new_id()
    return Remembered(block_id, block.area, placed.scores, facts, header, placed.top, columns)


def _is_part_of_scores(placed: Placed, scores: Area) -> bool:
    return not placed.sheet and scores.contains(placed.scores) and scores.columns == placed.scores.columns


def _is_part(rows: Area, data: Area) -> bool:
    """Whether rows are some of those of a block; their columns may be others, as scores beside data are read too."""
    return rows.rows < data.rows and data.top <= rows.top and rows.bottom <= data.bottom


def _say(desk: Desk, prepared: Prepared, outcome: Outcome) -> None:
    """A message where something needs attention; scores that are plainly there need none."""
    rows = len(prepared.frame)
    bad = len({problem.row for problem in outcome.problems})
    parts = []
    if bad:
        need = "needs" if bad == 1 else "need"
        parts.append(f"{rows - bad:,} of {rows:,} rows scored; {bad:,} {need} attention, see Status.")
    if outcome.offline:
        parts.append(f"{outcome.endpoint} cannot be reached; these are the scores it gave before.")
    if len(outcome.versions) > 1:
        parts.append(f"The model changed: scores are from versions {outcome.model_version}. Score again to have one.")
    if parts:
        desk.ui.tell(" ".join(parts))
