"""The sheet that a workbook from a template gets: its rows and what became of them, in the definition's words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbook_templates.definition import Chart, Definition, OutputWords
from workbook_templates.outcome import Wording
from worker.batch import results
from worker.batch.slabs import Slab
from worker.batch.summary import Facts
from worker.scoring import ProblemKind, Schema
from worker.scoring.outputs import to_frame
from worker.scoring.schema import ColumnType, Output, match_key
from worker.workbooks import Sheet
from worker.workbooks.page import Cell
from worker.workbooks.page import Chart as Drawn
from worker.workbooks.spool import Spool

MOST_LINES = 8
MOST_GROUPS = 12
CHART_WIDTH, CHART_HEIGHT = 380, 200
"""Points."""
_CHART_ROWS = 14
_BESIDE = "E"
_FIRST = 4
"""The row below sentence and facts where the blocks above the table begin."""

_NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)


class InWords:
    """The result of a workbook that was made from a template: a sheet for each of its inputs. `write` adds them."""

    alone = False

    def __init__(
        self, definition: Definition, schema: Schema, scratch: Path, write: Callable[[Sequence[Sheet]], object]
    ) -> None:
        self._definition = definition
        self._schema = schema
        self._scratch = scratch
        self._write = write
        self._sheets: dict[int, ResultsSheet] = {}

    def add(self, slab: Slab, scores: results.Scores) -> None:
        """Take what became of some rows. Raises OSError."""
        if slab.of not in self._sheets:
            self._sheets[slab.of] = ResultsSheet(self._definition, self._schema, self._scratch, slab.of)
        self._sheets[slab.of].add(slab, scores)

    def finish(self, tallies: Sequence[results.Tally], facts: Facts) -> None:
        """Raises WorkbookError, OSError."""
        name = self._definition.words["results"]
        names = [f"{name} {tally.source.sheet}" if len(tallies) > 1 else name for tally in tallies]
        made = {of: sheet.sheet(tallies[of], facts, names[of]) for of, sheet in self._sheets.items()}
        self._write(results.told_apart(made, tallies))


@dataclass(slots=True)
class _Groups:
    """Sums of a number for each value of a column."""

    count: Counter[str] = field(default_factory=Counter)
    total: dict[str, float] = field(default_factory=dict)

    def add(self, names: Sequence[Any], values: Sequence[float]) -> None:
        for name, value in zip(names, values, strict=True):
            if value == value and name is not None and name == name:  # noqa: PLR0124 - NaN
                self.count[str(name)] += 1
                self.total[str(name)] = self.total.get(str(name), 0.0) + float(value)


class ResultsSheet:
    """Takes the rows of one input slab by slab, then makes its sheet. The rows wait in files in `scratch`."""

    def __init__(self, definition: Definition, schema: Schema, scratch: Path, number: int) -> None:
        self._definition = definition
        self._schema = schema
        self._words = Wording(definition, schema)
        self._spool = Spool(scratch, f"results-{number}")
        known = {words.name for words in definition.outputs}
        shown = [output for output in schema.outputs if not known or output.name in known]
        order = [words.name for words in definition.outputs]
        self._outputs = sorted(shown, key=lambda output: order.index(output.name) if output.name in order else 0)
        self._bands: dict[str, Counter[str]] = {output.name: Counter() for output in self._outputs}
        self._groups: dict[int, _Groups] = {n: _Groups() for n, chart in enumerate(definition.charts) if chart.by}

    def add(self, slab: Slab, scores: results.Scores) -> None:
        """Some more rows, in order. Raises OSError."""
        outputs = to_frame(scores.outputs, self._schema)
        columns: list[tuple[str, pd.Series[Any], str]] = [*self._own(slab)]
        row = self._words.phrases("row"), pd.Series(slab.source.rows), "0"
        columns.insert(1 if columns else 0, row)
        tints: dict[int, dict[str, str]] = {}
        for output in self._outputs:
            words = self._definition.output(output.name)
            columns.append(self._shown(output, words, outputs[output.name]))
            if words.bands:
                tints[len(columns)] = {band.wording: band.color for band in words.bands}
                columns.append(self._band(output, words, outputs[output.name]))
        cells = results.cells_of(slab.source, scores.problems)
        columns.append(
            (self._words.phrases("status"), pd.Series(self._statuses(slab, scores, cells), dtype=object), "")
        )
        self._count(slab, outputs)
        names = results.distinct([name for name, _, _ in columns])
        frame = pd.concat([values.reset_index(drop=True) for _, values, _ in columns], axis="columns")
        piece = Sheet(
            self._words.phrases("results"),
            frame.set_axis(names, axis="columns"),
            formats={name: code for name, (_, _, code) in zip(names, columns, strict=True) if code},
            status=names[-1],
            table="Sheetscore_Results",
            tints={names[place]: colors for place, colors in tints.items()},
            ok=self._words.phrases("ok"),
            accent=self._definition.accent,
            linked=names[0],
            links=results.links_to(slab.source, scores.problems, cells),
        )
        self._spool.add(piece)

    def sheet(self, tally: results.Tally, facts: Facts, name: str) -> Sheet:
        """The whole sheet, called `name`, of at least one slab."""
        cells, charts = self._above(tally, facts.notes)
        last = max([_FIRST - 2, *(int(cell.at.lstrip("ABC")) for cell in cells)])
        last = max(last, _FIRST - 1 + _CHART_ROWS * len(charts))
        told = self._facts(facts)
        return replace(
            self._spool.sheet(),
            name=name,
            title=self._words.sentence(tally.rows_scored, tally.rows_with_problems),
            cells=(Cell("A2", told, "note"), *cells),
            charts=charts,
            top=last + 2,
            footer=f"{told} · {_line(self._definition.contact)}".rstrip(" ·"),
        )

    def _own(self, slab: Slab) -> Iterator[tuple[str, pd.Series[Any], str]]:
        """The customer's own columns of the template, as far as they are there."""
        source = slab.source
        places = {match_key(str(name)): place for place, name in enumerate(source.frame.columns)}
        for column in self._definition.passing:
            place = places.get(match_key(column.name))
            if place is not None:
                code = source.formats[place]
                code = column.format or ("" if code in ("General", "@") else code)
                yield column.label or column.name, results.as_shown(source, [place]).iloc[:, 0], code

    def _shown(self, output: Output, words: OutputWords, values: pd.Series[Any]) -> tuple[str, pd.Series[Any], str]:
        if words.values:
            values = values.map(lambda value: self._words.value(output.name, value)).astype(object)
        return words.label or output.name, values, words.format or output.format

    def _band(self, output: Output, words: OutputWords, values: pd.Series[Any]) -> tuple[str, pd.Series[Any], str]:
        named = [_wording(words, value) for value in values.tolist()]
        self._bands[output.name].update(name for name in named if name is not None)
        label = self._words.phrases("means", label=words.label or output.name)
        return label, pd.Series(named, dtype=object), ""

    def _statuses(self, slab: Slab, scores: results.Scores, cells: Sequence[str | None]) -> list[str]:
        found: dict[int, list[Any]] = {}
        for problem, cell in zip(scores.problems, cells, strict=True):
            found.setdefault(problem.row, []).append((problem, cell))
        return [self._words.status(found.get(row, [])) for row in range(slab.source.count)]

    def _count(self, slab: Slab, outputs: pd.DataFrame) -> None:
        for number, groups in self._groups.items():
            chart = self._definition.charts[number]
            column = next((n for n in slab.source.frame.columns if match_key(str(n)) == match_key(chart.by)), None)
            if column is not None:
                values = outputs[chart.output].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
                groups.add(slab.source.frame[column].tolist(), values.tolist())

    def _above(self, tally: results.Tally, notes: Sequence[str]) -> tuple[list[Cell], list[Drawn]]:
        """The blocks above the table: problems, what was noticed, bands with counts, groups, and the charts beside."""
        cells = [Cell(f"A{row}", text, "note") for row, text in enumerate([*notes, *self._problems(tally)], _FIRST)]
        row = _FIRST + len(cells) + bool(cells)
        charts: list[Drawn] = []
        for output in self._outputs:
            words = self._definition.output(output.name)
            if words.bands:
                cells += self._band_cells(words, row)
                drawn = [chart for chart in self._definition.charts if chart.output == output.name and not chart.by]
                charts += [_draw(chart, len(charts) + n, row, len(words.bands)) for n, chart in enumerate(drawn)]
                row += len(words.bands) + 2
        for number, groups in self._groups.items():
            chart = self._definition.charts[number]
            lines = groups.count.most_common(MOST_GROUPS)
            if lines:
                cells += self._group_cells(chart, groups, lines, row)
                code = self._format(chart.output)
                charts.append(_draw(chart, len(charts), row, len(lines), code))
                row += len(lines) + 2
        return cells, charts

    def _problems(self, tally: results.Tally) -> list[str]:
        phrases, counted = self._words.phrases, tally.problems.most_common()
        kinds: Counter[str] = Counter()
        for (column, kind), count in counted:
            kinds[self._words.kind(column, ProblemKind(kind))] += count
        ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        told = [phrases("some_problems", count=count, problem=text) for text, count in ordered[:MOST_LINES]]
        if others := sum(count for _, count in ordered[MOST_LINES:]):
            told.append(phrases("other_problems", count=others, status=phrases("status")))
        below = (w.partition(": ")[2] for w in tally.source.warnings if w.startswith("rows-below-table: "))
        return [*told, *(phrases("not_scored_below", cell=cell) for cell in below)]

    def _band_cells(self, words: OutputWords, row: int) -> Iterator[Cell]:
        heads = (words.label or words.name, self._words.phrases("rows"), self._words.phrases("share"))
        yield from (Cell(f"{letter}{row}", text, "header") for letter, text in zip("ABC", heads, strict=True))
        counted = self._bands[words.name]
        total = sum(counted.values())
        for at, band in enumerate(words.bands, row + 1):
            count = counted[band.wording]
            yield Cell(f"A{at}", band.wording, fill=band.color)
            yield Cell(f"B{at}", count, format="#,##0")
            yield Cell(f"C{at}", count / total if total else 0, format="0%")

    def _group_cells(self, chart: Chart, groups: _Groups, lines: Sequence[tuple[str, int]], row: int) -> Iterator[Cell]:
        phrases = self._words.phrases
        heads = (self._words.label(chart.by), phrases("mean"), phrases("rows"))
        yield from (Cell(f"{letter}{row}", text, "header") for letter, text in zip("ABC", heads, strict=True))
        for at, (name, count) in enumerate(lines, row + 1):
            yield Cell(f"A{at}", self._definition.column(chart.by).values.get(name, name))
            yield Cell(f"B{at}", groups.total[name] / count, format=self._format(chart.output))
            yield Cell(f"C{at}", count, format="#,##0")

    def _format(self, output: str) -> str:
        contract = next(one for one in self._schema.outputs if one.name == output)
        return self._definition.output(output).format or contract.format or "0.00"

    def _facts(self, facts: Facts) -> str:
        """Title, model and day in one line."""
        phrases = self._words.phrases
        told = [_line(self._definition.title), self._definition.customer]
        version = str(facts.model_version)
        if facts.model_date is not None:
            version = phrases("model_version", version=version, date=phrases.day(facts.model_date))
        told.append(f"{phrases('model')}: {version}")
        told.append(phrases("scored_on", day=phrases.day(dt.datetime.fromtimestamp(facts.ended_at, dt.UTC).date())))
        return " · ".join(text for text in told if text)


def _wording(words: OutputWords, value: Any) -> str | None:  # noqa: ANN401 - a number, or blank in some way
    band = None if value is None or pd.isna(value) else words.band(float(value))
    return band.wording if band else None


def _draw(chart: Chart, number: int, row: int, count: int, code: str = "#,##0") -> Drawn:
    """A chart of `count` lines below the head in `row`, beside the blocks."""
    return Drawn(
        title=chart.title,
        labels=f"A{row + 1}:A{row + count}",
        values=f"B{row + 1}:B{row + count}",
        place=f"{_BESIDE}{_FIRST + _CHART_ROWS * number}",
        kind="bars" if chart.by else "columns",
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        format=code,
    )


def _line(text: str) -> str:
    return ", ".join(part.strip() for part in text.split("\n") if part.strip())
