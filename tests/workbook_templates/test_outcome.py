"""What became of rows, in a definition's words."""

from __future__ import annotations

import pytest

from workbook_templates.definition import ColumnWords, Definition, OutputWords
from workbook_templates.outcome import Wording
from workbook_templates.words import shipped
from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import Column, ColumnType, Output, Schema

SCHEMA = Schema(
    (
        Column("amount", ColumnType.NUMBER, minimum=0, maximum=2500),
        Column("months", ColumnType.INTEGER),
        Column("purpose", ColumnType.TEXT, categories=("car", "boat")),
        Column("note", ColumnType.TEXT, nullable=True),
        Column("new", ColumnType.BOOLEAN),
    ),
    (Output("risk", ColumnType.NUMBER), Output("decision", ColumnType.TEXT)),
)


def wording(language: str = "en") -> Wording:
    definition = Definition(
        "loans",
        "Loans",
        language,
        (language,),
        shipped(language),
        columns=(ColumnWords("amount", label="Betrag" if language == "de" else "Sum"),),
        outputs=(OutputWords("decision", values={"bad": "no"}),),
    )
    return Wording(definition, SCHEMA)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", ProblemKind)
def test_every_problem_has_words_in_every_language(language: str, kind: ProblemKind) -> None:
    """In a row and in a count; one without would end the job."""
    words = wording(language)
    told = words.status([(Problem(0, kind, "amount", 12, ("0", "2500")), "C6")])
    assert told.startswith("Betrag (C6): " if language == "de" else "Sum (C6): ")
    assert "{" not in told
    assert words.kind("amount", kind).startswith("Betrag: " if language == "de" else "Sum: ")
    assert ";" not in words.kind("amount", kind)


@pytest.mark.parametrize(
    ("problem", "cell", "told"),
    [
        (Problem(0, ProblemKind.BLANK, "amount"), "C6", "Sum (C6): missing. A number from 0 to 2,500 is needed."),
        (
            Problem(0, ProblemKind.NOT_A_NUMBER, "AMOUNT", "n/a"),
            "C6",
            "Sum (C6): not a number: 'n/a'. A number from 0 to 2,500 is needed.",
        ),
        (
            Problem(0, ProblemKind.NOT_WHOLE, "months", 3.5),
            None,
            "months: not a whole number: 3.5. A whole number is needed, for instance 12.",
        ),
        (
            Problem(0, ProblemKind.NOT_A_CATEGORY, "purpose", "boatt", ("car", "boat")),
            "B2",
            (
                "purpose (B2): not in the list: 'boatt', perhaps 'boat'. "
                "Choose a value from the list (arrow at the right of the cell, or Alt+Down)."
            ),
        ),
        (Problem(0, ProblemKind.BLANK, "new"), "E2", "new (E2): missing. TRUE or FALSE is needed."),
        (Problem(0, ProblemKind.NOT_TEXT, "note", True), "D2", "note (D2): not text: TRUE."),
        (Problem(0, ProblemKind.REJECTED, None, None, detail="too young."), None, "Refused by the model: too young."),
        (
            Problem(0, ProblemKind.ERROR_CELL, "amount", "#N/A"),
            "C6",
            "Sum (C6): an error in the cell; mend its formula: '#N/A'.",
        ),
    ],
)
def test_a_reason_says_what_where_and_what_is_needed(problem: Problem, cell: str | None, told: str) -> None:
    assert wording().status([(problem, cell)]) == told


def test_the_sentence_counts() -> None:
    words = wording()
    assert words.sentence(1000, 0) == "All 1,000 rows scored"
    assert words.sentence(980, 20) == "980 of 1,000 rows scored, 20 need attention"
    assert words.sentence(999, 1) == "999 of 1,000 rows scored, 1 needs attention"
    assert wording("de").sentence(1980, 20) == "1.980 von 2.000 Zeilen bewertet, 20 brauchen Aufmerksamkeit"


def test_a_row_with_many_problems_says_how_many_more() -> None:
    many = [(Problem(0, ProblemKind.BLANK, "amount"), f"C{row}") for row in range(5)]
    told = wording().status(many)
    assert told.count("missing") == 3
    assert told.endswith("(and 2 more)")
    assert wording().status([]) == "ok"


def test_texts_of_outputs_are_said_in_words() -> None:
    words = wording()
    assert [words.value("decision", text) for text in ("bad", "good", None, 5)] == ["no", "good", None, 5]
