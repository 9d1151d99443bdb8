"""Words: every problem and every error has some, and they say where and how to mend it."""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import worker.batch.errors
import worker.batch.forms
import worker.batch.summary
import worker.scoring.endpoint
import worker.scoring.errors
import worker.scoring.run
import worker.workbooks.block
import worker.workbooks.errors
import worker.workbooks.notices
import worker.workbooks.opening
from worker.batch.errors import TableFault
from worker.batch.explain import _ADDRESSES, _FAULTS, _LIMITS, _TABLES, explain
from worker.batch.noticed import _WARNINGS, warning_words
from worker.scoring import AddressFault, Problem, ProblemKind, SheetscoreError
from worker.scoring.errors import EndpointError, NoRows, TableError, Unavailable
from worker.scoring.words import kind_words, reason, shown, status
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, HeaderInOneCell, Limit, NoInput, UnknownInput

ABSTRACT = {SheetscoreError, TableError, EndpointError, Unavailable, worker.batch.errors.BatchError}
ABSTRACT |= {worker.workbooks.errors.WorkbookError, worker.workbooks.errors.InputError}
SAMPLE = {
    str: "x",
    float: 1.0,
    int: 1,
    "Sequence[str]": ("a", "b"),
    "tuple[str, ...]": ("a", "b"),
    "str": "x",
    "int": 1,
    "float": 1.0,
    "float | None": 1.0,
    "int | None": 1,
    "Fault": Fault.EMPTY,
    "Limit": Limit.CELLS,
    "AddressFault": AddressFault.NOT_HTTPS,
    "TableFault": TableFault.WIDTH,
    "SheetscoreError": NoRows(),
}


def kinds() -> Iterator[type[SheetscoreError]]:
    for module in (
        worker.scoring.errors,
        worker.scoring.endpoint,
        worker.scoring.run,
        worker.workbooks.errors,
        worker.batch.errors,
    ):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, SheetscoreError) and kind not in ABSTRACT and kind.__module__ == module.__name__:
                yield kind


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_every_error_has_words(kind: type[SheetscoreError]) -> None:
    """An error without words would be shown as a fault of ours."""
    own = kind.__init__ is not Exception.__init__
    needs = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty] if own else []
    words = explain(kind(*(SAMPLE[p.annotation] for p in needs)))
    assert words.endswith(".")
    assert "object at" not in words


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_every_kind_of_problem_has_words(kind: ProblemKind) -> None:
    """For the status of a row with its cell, and for the counts of the summary."""
    words = reason(Problem(0, kind, "Age", "x", ("1", "9"), "detail"), "C42")
    assert words.startswith("C42: ")
    assert kind_words(kind)


def test_every_fault_and_limit_of_a_file_has_words() -> None:
    """Each says what to do with the file."""
    assert set(_FAULTS) == set(Fault)
    assert set(_LIMITS) == set(Limit)
    assert set(_ADDRESSES) == set(AddressFault)
    assert set(_TABLES) == set(TableFault)
    for fault in Fault:
        assert explain(FileBroken(fault)).endswith(".")
    assert explain(FileTooCostly(Limit.FILE_BYTES, 200_000_000, 150_000_000)) == (
        "The file is too large (200 MB, at most 150 MB). Split it and send the pieces."
    )


def test_words_say_where_and_what_is_allowed() -> None:
    """The tone of the product."""
    problem = Problem(3, ProblemKind.NOT_A_CATEGORY, "Purpose", "A9", tuple(f"A{n}" for n in range(10, 30)))
    assert reason(problem, "C42") == (
        "C42: 'A9' is not a value of Purpose. "
        "Allowed: A10, A11, A12, A13, A14, A15, A16, A17, A18, A19, A20, A21, and 8 more"
    )
    assert (
        reason(Problem(0, ProblemKind.OUT_OF_RANGE, "Age", 7.0, ("18", "")))
        == "7 is out of range; Age must be 18 or more"
    )
    assert explain(NoInput("Loans!B4:D4", ("Purpose",), ("Id", "Amount"))) == (
        "The header in Loans!B4:D4 lacks Purpose. Add what is missing, or correct its spelling."
    )
    assert explain(HeaderInOneCell("CSV!A1", ("Purpose",), ("Id;Purpose",), ";")) == (
        "The whole header stands in one cell, CSV!A1, with semicolons in it. In a workbook split it (in Excel: Data, "
        "Text to Columns); for a CSV file tell your provider that semicolons separate its cells."
    )
    assert explain(UnknownInput("Lones", ("Loans",))) == "There is no 'Lones' in the workbook. Sheets: Loans."


def test_every_warning_of_the_reader_has_words() -> None:
    """The codes that its source names."""
    modules = (worker.workbooks.block, worker.workbooks.opening, worker.batch.forms, worker.batch.summary)
    sources = "".join(Path(str(module.__file__)).read_text("utf-8") for module in modules)
    codes = set(re.findall(r'f"([a-z-]+): \.?\{', sources))
    whole = set(re.findall(r'append\("([a-z-]+)"\)', Path(worker.workbooks.notices.__file__).read_text("utf-8")))
    assert codes | whole == set(_WARNINGS)
    assert all(warning_words(code) for code in whole)
    for code in codes:
        assert "1207" in warning_words(f"{code}: 1207")


def test_a_misspelt_category_is_recognised() -> None:
    """The nearest allowed value is named first."""
    problem = Problem(0, ProblemKind.NOT_A_CATEGORY, "Purpose", "Hosue", ("car", "house"))
    assert reason(problem, "D7") == "D7: 'Hosue' is not a value of Purpose; perhaps 'house'. Allowed: car, house"


def test_values_with_commas_are_told_apart_and_texts_that_look_like_numbers_are_recognised() -> None:
    """A list of values that hold commas is quoted; what a person sees as a number needs another word than n/a."""
    listed = reason(Problem(0, ProblemKind.NOT_A_CATEGORY, "Debts", "?", ("none, ever", "some")), "D7")
    assert listed == "D7: '?' is not a value of Debts. Allowed: 'none, ever', 'some'"
    for text in ("1169", " 45 ", "1,234.5", "12%"):
        assert "is text, not a number" in reason(Problem(0, ProblemKind.NOT_A_NUMBER, "Amount", text))
    plain = reason(Problem(0, ProblemKind.NOT_A_NUMBER, "Amount", "n/a"))
    assert plain == "'n/a' is not a number; Amount takes numbers"
    assert "is a time" in reason(Problem(0, ProblemKind.NOT_A_NUMBER, "Amount", dt.time(3, 4)))


def test_a_status_is_ok_or_at_most_three_reasons() -> None:
    """A row with many faults still fits a cell."""
    assert status([]) == "ok"
    assert status(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"


def test_a_value_is_shown_short() -> None:
    """A cell may hold 32,767 characters; a sentence should not."""
    assert shown("x" * 500) == f"'{'x' * 59}…'"
    assert (shown(True), shown(2.0), shown(0.1)) == ("TRUE", "2", "0.1")
