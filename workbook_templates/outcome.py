"""What became of rows, in the words of a definition: sentences, reasons, what is shown of an output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbook_templates.definition import ColumnWords, Definition
from workbook_templates.phrases import Phrases
from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import Column, ColumnType, Schema, match_key
from worker.scoring.words import LONGEST_REASON, MOST_REASONS, cut, nearest, shown

_SELF_EVIDENT = {ProblemKind.ERROR_CELL, ProblemKind.NO_STORED_VALUE, ProblemKind.DATE_IN_NUMBER}
"""Problems whose words say already how to mend them."""


class Wording:
    """The words of one definition for rows of one schema."""

    def __init__(self, definition: Definition, schema: Schema) -> None:
        self.phrases = Phrases(definition.words)
        self._definition = definition
        self._columns = {match_key(column.name): column for column in schema.inputs}

    def sentence(self, scored: int, problems: int) -> str:
        """The first thing a person reads: "980 of 1,000 applicants scored, 20 need attention"."""
        total = scored + problems
        if not problems:
            return self.phrases("all_scored", total=total)
        return self.phrases(
            "one_problem" if problems == 1 else "some_scored", scored=scored, total=total, problems=problems
        )

    def label(self, column: str | None) -> str:
        """What the customer knows a column by."""
        known = self._columns.get(match_key(column or ""))
        return self._words(known).label or known.name if known else column or ""

    def status(self, problems: Sequence[tuple[Problem, str | None]]) -> str:
        """What the status of a row says; each problem comes with the address of its cell, if it has one."""
        if not problems:
            return self.phrases("ok")
        listed = " ".join(self._reason(problem, cell) for problem, cell in problems[:MOST_REASONS])
        more = len(problems) - MOST_REASONS
        return f"{listed} ({self.phrases('and_more', count=more)})" if more > 0 else listed

    def kind(self, column: str | None, kind: ProblemKind) -> str:
        """A kind of problem of a column, for counts: "Amount: not a number"."""
        what = self.phrases(f"problem_{kind.replace('-', '_')}").partition(";")[0]
        return f"{self.label(column)}: {what}" if column else what

    def value(self, output: str, value: Any) -> Any:  # noqa: ANN401 - any value of an output
        """A value of an output as it is shown: a text in the definition's words, anything else as it is."""
        return self._definition.output(output).values.get(value, value) if isinstance(value, str) else value

    def _reason(self, problem: Problem, cell: str | None) -> str:
        what = self.phrases(f"problem_{problem.kind.replace('-', '_')}")
        if problem.detail:
            what = f"{what}: {problem.detail}"
        elif problem.value is not None:
            near = nearest(str(problem.value), problem.wanted) if problem.kind is ProblemKind.NOT_A_CATEGORY else ""
            what = f"{what}: {shown(problem.value)}"
            what += f", {self.phrases('perhaps', value=shown(near))}" if near else ""
        where = f"{self.label(problem.column)} ({cell})" if cell else self.label(problem.column)
        known = self._columns.get(match_key(problem.column or ""))
        needs = self.needs(known) if known and problem.kind not in _SELF_EVIDENT and not problem.detail else ""
        told = f"{where}: {what}" if where else what[:1].upper() + what[1:]
        return cut(f"{told.rstrip('.')}. {needs}".strip(), LONGEST_REASON)

    def needs(self, column: Column) -> str:
        """What a column takes, as a sentence; '' for any text."""
        if column.categories:
            return self.phrases("needs_category")
        if column.type is ColumnType.BOOLEAN:
            return self.phrases("needs_boolean")
        if column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
            key = "needs_integer" if column.type is ColumnType.INTEGER else "needs_number"
            return self.phrases.between(key, column.minimum, column.maximum) or self.phrases(key)
        return ""

    def _words(self, column: Column) -> ColumnWords:
        return self._definition.column(column.name)
