"""The five worksheet functions as plain Python: arguments in, cells out, whatever happens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import xlwings as xw

from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.formulas.answer import Answer, Asker, choose, endpoint_name, refused
from addin.formulas.argument import Argument, place
from addin.formulas.call import Call, Filled, Result, filled_cell
from addin.formulas.errors import FormulaError, FormulaFault
from addin.formulas.listing import list_endpoints, list_sample, list_schema
from addin.formulas.reasons import Reasons, Record, Records, marks
from addin.formulas.runs import Runs
from addin.formulas.spill import Spill
from addin.formulas.status import statuses
from addin.formulas.table import Table, column_names, make_table, name_of, names_inputs
from addin.formulas.work import Work
from addin.grid.area import Area
from addin.neighbours import Run, find_run
from addin.scorer import Scorer
from addin.settings import Settings
from worker.scoring import Output, Schema, SheetscoreError

_log = logging.getLogger(__name__)


class Formulas:
    """Answers worksheet functions for one person. Nothing is raised: what goes wrong is #N/A, and SCORE_STATUS tells.

    `origin` is the calling cell; None where Excel does not say: then there is nothing SCORE_STATUS could be asked for.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        cache: Cache,
        scorer: Scorer,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._asker = Asker(catalogue, cache, scorer, settings.function_seconds, lambda: settings.stopped)
        self._records = Records()
        self._runs = Runs(clock)
        self._works: dict[str, Work] = {}

    def score(
        self,
        data: Argument,
        endpoint: Argument | None = None,
        outputs: Argument | None = None,
        headers: Argument | None = None,
        origin: xw.Range | None = None,
    ) -> Spill:
        """One row of outputs for each row of data; above them the outputs' names, where the data hold their headers."""

        def scored(at: Area | None) -> Result:
            return self._score(Call(data, self._name(endpoint), outputs, headers, filled_cell(origin, at, data)))

        return self._safely(origin, scored, data)

    def schema(self, endpoint: Argument | None = None, origin: xw.Range | None = None) -> Spill:
        """What the endpoint takes and gives."""
        return self._safely(origin, lambda _: _listed(list_schema(self._schema(self._name(endpoint)))))

    def sample(
        self, endpoint: Argument | None = None, rows: Argument | None = None, origin: xw.Range | None = None
    ) -> Spill:
        """Sample rows of the endpoint, so many at most, ready to be scored."""
        return self._safely(origin, lambda _: _listed(list_sample(self._schema(self._name(endpoint)), rows)))

    def endpoints(self, origin: xw.Range | None = None) -> Spill:
        """The endpoints that this person may use."""
        catalogue = self._catalogue
        return self._safely(origin, lambda _: _listed(list_endpoints(catalogue.entries(), catalogue.selected())))

    def status(self, cell: Argument, origin: xw.Range | None = None) -> Spill:
        """For each row of cells the full reason why it has no score, "ok" when it has one."""
        return self._safely(origin, lambda _: _listed(statuses(cell, self._records)))

    def _score(self, call: Call) -> Result:
        if call.filled and (kept := self._runs.find(call.asked, call.filled, call.data)):
            answer, row = kept
            return Result([answer.rows[row]], answer.reasons, call.data, first=row)
        schema = self._schema(call.endpoint)
        chosen = choose(call.outputs, schema)
        try:
            names, titled = column_names(call.data, call.headers, schema)
        except FormulaError as error:
            answer = refused(error, len(call.data.rows), len(chosen))
            return Result(answer.rows, answer.reasons, call.data)
        if call.filled and not titled and (run := _run(call, call.filled, schema)):
            return self._score_run(call, call.filled, run, names, chosen)
        table = make_table(call.data, names, titled=titled)
        header: Spill = [[output.name for output in chosen]] if titled else []
        answer = self._ask(call, table, chosen)
        scored = replace(call.data, rows=table.rows, area=table.area)
        return Result(header + answer.rows, answer.reasons, scored, titled)

    def _score_run(self, call: Call, cell: Filled, run: Run, names: Sequence[str], chosen: list[Output]) -> Result:
        """Score the rows of all neighbours; theirs are kept until Excel asks for them."""
        joint = Argument(run.rows, call.data.cells, replace(cell.data, top=run.data_top, rows=len(run.rows)))
        answer = self._ask(call, make_table(joint, names, titled=False), chosen)
        self._runs.keep(call.asked, cell, run, answer)
        row = cell.at.top - run.top
        return Result([answer.rows[row]], answer.reasons, call.data, first=row)

    def _ask(self, call: Call, table: Table, chosen: list[Output]) -> Answer:
        if not table.rows:
            return Answer([], Reasons())
        work = self._works.setdefault(call.endpoint.casefold(), Work())
        return self._asker.ask(work, call.endpoint, table, chosen)

    def _safely(
        self, origin: xw.Range | None, make: Callable[[Area | None], Result], data: Argument | None = None
    ) -> Spill:
        at = None
        try:
            at = None if origin is None else place(origin)
            result = make(at)
        except SheetscoreError as error:
            result = _refusal(error, data)
        except Exception:  # noqa: BLE001 - what is raised would stand in the cell as words, which is more than any number
            _log.exception("a worksheet function failed")
            result = _refusal(FormulaError(FormulaFault.UNEXPECTED), data)
        if at is not None:
            self._note(at, result)
        return result.cells

    def _note(self, at: Area, result: Result) -> None:
        cells = replace(at, rows=len(result.cells), columns=len(result.cells[0]))
        area, rows = (result.data.area, marks(result.data.rows)) if result.data else (None, ())
        self._records.note(Record(cells, area, rows, result.titled, result.reasons, result.first))

    def _name(self, endpoint: Argument | None) -> str:
        if name := endpoint_name(endpoint):
            return name
        entry = self._catalogue.selected()
        if entry is None:
            raise FormulaError(FormulaFault.NO_ENDPOINT)
        return entry.name

    def _schema(self, name: str) -> Schema:
        return self._catalogue.endpoint(name).schema


def _listed(cells: Spill) -> Result:
    return Result(cells, Reasons())


def _refusal(error: SheetscoreError, data: Argument | None) -> Result:
    answer = refused(error, len(data.rows) if data else 1, 1)
    return Result(answer.rows, answer.reasons, data)


def _run(call: Call, cell: Filled, schema: Schema) -> Run | None:
    run = find_run(cell.cell, cell.at, cell.formula, call.data)
    unnamed = call.headers is None or call.headers.is_blank
    if run is not None and unnamed and names_inputs(list(map(name_of, run.rows[0])), schema):
        return Run(run.top + 1, run.data_top + 1, run.rows[1:])  # the formula was filled from the header row
    return run
