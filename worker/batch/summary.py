"""The summary of a job: one sentence, then counts, how the scores are spread, and where everything came from."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from worker.batch.noticed import warning_words
from worker.batch.results import Tally, heading
from worker.batch.spread import Spread
from worker.scoring import ColumnType, ProblemKind, words
from worker.workbooks import Cell, Chart, Sheet

MOST_COUNTS = 10
_HEADER_ROW = 3
_BELOW_CHART, _LONGEST_CHART = 20, 28


@dataclass(frozen=True, slots=True)
class Facts:
    """What the summary says beside the counts, in the order it says it."""

    endpoint: str
    service: str
    customer: str
    contract_version: int | str
    model_version: int | str
    file_name: str
    sha256: str
    calls: int
    calls_unanswered: int
    started_at: float
    ended_at: float
    model_date: dt.date | None = None
    notes: tuple[str, ...] = ()


def sentence(scored: int, problems: int) -> str:
    """The first thing a person reads: "980 of 1,000 rows scored, 20 need attention"."""
    total = scored + problems
    if not problems:
        return f"All {total:,} rows scored" if total != 1 else "The one row is scored"
    return f"{scored:,} of {total:,} rows scored, {problems:,} {'needs' if problems == 1 else 'need'} attention"


def summary_sheet(tallies: Sequence[Tally], facts: Facts, scores: Spread | None) -> Sheet:
    """Counts, versions, where the rows came from, what they cost, which problems there are, and beside it a chart."""
    scored = sum(tally.rows_scored for tally in tallies)
    problems = sum(tally.rows_with_problems for tally in tallies)
    counted = sum((tally.problems for tally in tallies), Counter[tuple[str | None, ProblemKind]]())
    faults = [("Rows with problems", problems), *_counts(counted)]
    lines: list[tuple[str, str | int]] = [
        ("Rows read", sum(tally.source.count for tally in tallies)),
        ("Rows scored", scored),
        *faults,
        ("Endpoint", facts.endpoint),
        ("Web service", facts.service),
        *([("Customer", facts.customer)] if facts.customer else []),
        ("Contract version", str(facts.contract_version)),
        ("Model version", str(facts.model_version)),
        *_inputs(tallies),
        ("Workbook", facts.file_name),
        ("SHA-256 of the workbook", facts.sha256),
        ("Calls", facts.calls),
        *([("Calls repeated after a stop", facts.calls_unanswered)] if facts.calls_unanswered else []),
        ("Scored at", f"{dt.datetime.fromtimestamp(facts.ended_at, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"),
        ("Time taken", f"{max(0.0, facts.ended_at - facts.started_at):,.1f} s"),
        *_notes(tallies),
        *(("Note", note) for note in facts.notes),
    ]
    frame = pd.DataFrame(lines, columns=["What", "Value"])
    row = max(_BELOW_CHART, _HEADER_ROW + len(lines) + 2)  # no long line of the table makes a row of the bands high
    return Sheet(
        "Scores summary",
        frame,
        title=sentence(scored, problems),
        formats={"Value": "#,##0"},
        table="Sheetscore_Summary",
        marked=range(2, 2 + len(faults)) if problems else (),
        cells=_bands(scores, row) if scores else (),
        charts=[_chart(scores, row)] if scores else (),
    )


def _bands(scores: Spread, header: int) -> list[Cell]:
    """The numbers that the chart shows, from the row `header` on."""
    lines = zip(scores.labels, scores.counts, strict=True)
    return [
        Cell(f"D{header}", heading(scores.output), "header"),
        Cell(f"E{header}", "Rows", "header"),
        *(
            cell
            for row, (label, count) in enumerate(lines, header + 1)
            for cell in (Cell(f"D{row}", label), Cell(f"E{row}", count, format="#,##0"))
        ),
    ]


def _chart(scores: Spread, header: int) -> Chart:
    first, last = header + 1, header + len(scores.labels)
    numeric = scores.output.type in (ColumnType.NUMBER, ColumnType.INTEGER)
    title = f"{heading(scores.output)}: {sum(scores.counts):,} rows"
    kind: Literal["columns", "bars"] = "columns" if numeric else "bars"
    place = f"D{_HEADER_ROW}:J{min(header - 2, _LONGEST_CHART)}"
    return Chart(title, f"D{first}:D{last}", f"E{first}:E{last}", place, kind)


def _inputs(tallies: Sequence[Tally]) -> list[tuple[str, str]]:
    """Where the rows came from; of several inputs also what became of each. Result sheets have the same order."""
    if len(tallies) == 1:
        return [("Input", tallies[0].source.address)]
    told = [sentence(t.rows_scored, t.rows_with_problems) if t.source.count else "No row below it" for t in tallies]
    return [("Input", f"{tally.source.address}. {words}") for tally, words in zip(tallies, told, strict=True)]


def _notes(tallies: Sequence[Tally]) -> list[tuple[str, str]]:
    """What was noticed while reading, each thing once, with the input where there are several."""
    notes: dict[str, str] = {}
    for tally in tallies:
        texts = (f"texts-read: {count:,} in {column}" for column, count in tally.texts.items())
        for warning in (*tally.source.warnings, *texts):
            before = f"{tally.source.address}. " if len(tallies) > 1 else ""
            notes.setdefault(warning, before + warning_words(warning))
    return [("Note", words) for words in notes.values()]


def _counts(counted: Counter[tuple[str | None, ProblemKind]]) -> list[tuple[str, int]]:
    """Cells with problems by column and kind, most first. A row with two faults counts in two lines."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    lines = [
        (f"Problem: {f'{column}, ' if column else ''}{words.kind_words(kind)}", count)
        for (column, kind), count in ordered[:MOST_COUNTS]
    ]
    others = sum(count for _, count in ordered[MOST_COUNTS:])
    return [*lines, ("Problem: others, see the Status column", others)] if others else lines
