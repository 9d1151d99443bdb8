"""Result sheets: the customer's columns beside ours, outputs in their own types, every row with its status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from worker.batch.parts import pack, unpack
from worker.batch.results import Tally, identified, join, output_columns, scores_sheet
from worker.batch.spread import spread
from worker.batch.summary import Facts, summary_sheet
from worker.scoring import Column, ColumnType, Output, PartScores, Problem, ProblemKind, Schema
from worker.scoring.check import check
from worker.workbooks import Input, Sheet, append_sheets
from worker.workbooks.spool import Spool
from worker.workbooks.stored import Stored

X = (Column("x", ColumnType.NUMBER),)


def given(frame: dict[str, Sequence[object]]) -> Input:
    """An input that stands in A1 of a sheet."""
    table = pd.DataFrame(frame)
    letters = tuple("ABCDEFGHIJ"[: len(frame)])
    rows = np.arange(2, 2 + len(table))
    return Input(table, "Data", "Data!A1", rows, letters, ("General",) * len(frame), (), ())


def scored(source: Input, schema: Schema, problems: Sequence[Problem] = (), **outputs: Sequence[object]) -> Sheet:
    """The sheet that these outputs of the good rows make, through the ledger's bytes."""
    checked = check(source.frame, schema, source.problems)
    rows = np.flatnonzero(checked.good)
    columns: dict[str, Any] = {}
    for output in schema.outputs:
        kind = np.float64 if output.type is ColumnType.NUMBER else object
        columns[output.name] = np.array([*outputs[output.name], None], object)[:-1].astype(kind)
    part = unpack(pack(PartScores(columns, tuple(problems), 1, "1"), schema), schema)
    scores = join(checked, [(rows, part)] if len(rows) else [], schema)
    return scores_sheet(source, checked.pass_through[:10], scores, schema)


def test_the_outputs_keep_their_names_whatever_the_customers_columns_are_called() -> None:
    """A workbook that has a Row, a Risk and a Status of its own: theirs get the number."""
    schema = Schema(X, (Output("Risk", ColumnType.NUMBER),))
    sheet = scored(given({"x": [1.0], "risk": ["mine"], "Status": ["open"], "Row": [9]}), schema, Risk=[0.5])
    assert list(sheet.frame.columns) == ["Row", "risk (2)", "Status (2)", "Row (2)", "Risk", "Status"]
    assert sheet.frame.iloc[0].tolist() == [2, "mine", "open", 9, 0.5, "ok"]


def test_an_error_in_the_customers_own_column_is_shown_and_spoils_no_score() -> None:
    """#N/A beside the inputs is none of the endpoint's business, but a blank there would be wrong."""
    source = given({"x": [1.0, 2.0], "Note": [7.0, None]})
    source = replace(source, problems=(Problem(1, ProblemKind.ERROR_CELL, "Note", "#N/A"),))
    sheet = scored(source, Schema(X, (Output("Risk", ColumnType.NUMBER),)), Risk=[0.5, 0.6])
    assert sheet.frame["Note"].tolist() == [7.0, "#N/A"]
    assert sheet.frame["Status"].tolist() == ["ok", "ok"]


def test_outputs_named_like_ours_are_told_apart() -> None:
    """An endpoint may call an output Status or Row."""
    schema = Schema(X, (Output("Status", ColumnType.TEXT), Output("Row", ColumnType.NUMBER)))
    sheet = scored(given({"x": [1.0]}), schema, Status=["good"], Row=[0.5])
    assert sheet.frame.iloc[0].tolist() == [2, "good", 0.5, "ok"]
    assert sheet.frame.columns[-1] == sheet.status
    assert len(set(sheet.frame.columns)) == 4


def test_every_type_of_output_arrives_in_the_workbook_as_what_it_is(book, tmp_path: Path) -> None:
    """Whole numbers, truth values and dates are cells of those kinds, and a bad row leaves them blank."""
    outputs = tuple(Output(kind.value.title(), kind) for kind in ColumnType)
    schema = Schema(X, outputs)
    values = {"Number": [0.5], "Integer": [7], "Boolean": [True], "Text": ["=1+1"], "Datetime": ["2024-02-29T12:30:00"]}
    sheet = scored(given({"x": [1.0, None]}), schema, **values)
    source = book(tmp_path / "book.xlsx", 3)
    append_sheets(source, source, [sheet])
    again = pd.read_excel(source, "Scores", engine="calamine")
    first = dict(zip(again.columns, again.iloc[0].tolist(), strict=True))
    assert (first["Number"], first["Integer"], first["Boolean"], first["Text"]) == (0.5, 7, True, "=1+1")
    assert first["Datetime"] == pd.Timestamp("2024-02-29 12:30")
    assert again.iloc[1, 1:-1].isna().all()
    assert again["Status"].tolist() == ["ok", "A3: x is blank; a value is needed"]


def test_a_refused_value_of_any_type_survives_the_ledger_and_is_named_with_its_cell() -> None:
    """The endpoint blames a row and a column; the header differs from the endpoint's name in case."""
    schema = Schema(X, (Output("y", ColumnType.NUMBER),))
    for value in (np.float64(4.5), np.int64(4), np.bool_(True), 2**70, float("inf"), "half \ud83d", b"x", None):
        problem = Problem(0, ProblemKind.REJECTED, "x", value, detail="half \ud83d")
        sheet = scored(given({" X ": [1.0]}), schema, [problem], y=[np.nan])
        assert sheet.frame["Status"][0].startswith("A2: the endpoint refused this row: half")


def test_rows_of_which_none_is_good_all_carry_their_reason() -> None:
    """Nothing was sent, nothing came back, every row is there."""
    schema = Schema(X, (Output("y", ColumnType.INTEGER), Output("z", ColumnType.DATETIME)))
    sheet = scored(given({"x": ["a", None]}), schema, y=[], z=[])
    assert sheet.frame["Status"].tolist() == [
        "A2: 'a' is not a number; x takes numbers",
        "A3: x is blank; a value is needed",
    ]
    assert sheet.frame[["y", "z"]].isna().all(axis=None)


@pytest.mark.parametrize("count", [1, 40])
def test_a_status_fits_a_cell(count: int) -> None:
    """However much the endpoint says of a row, and however many faults it has."""
    schema = Schema(X, (Output("y", ColumnType.NUMBER),))
    problems = [Problem(0, ProblemKind.REJECTED, None, None, detail="blah " * 20_000) for _ in range(count)]
    sheet = scored(given({"x": [1.0]}), schema, problems, y=[np.nan])
    assert 50 < len(sheet.frame["Status"][0]) < 2000


def test_a_problem_of_a_column_that_is_no_input_spoils_no_row() -> None:
    """An error in a column that is only passed through is shown as blank, and the row is scored."""
    schema = Schema(X, (Output("y", ColumnType.NUMBER),))
    source = given({"x": [1.0], "note": [None]})
    told = Problem(0, ProblemKind.ERROR_CELL, "note", "#N/A")
    source = Input(source.frame, "Data", "Data!A1", source.rows, source.letters, source.formats, (told,), ())
    sheet = scored(source, schema, y=[2.0])
    assert sheet.frame["Status"].tolist() == ["ok"]


def _spooled(sheet: Sheet, folder: Path) -> Sheet:
    spool = Spool(folder, f"{len(list(folder.iterdir()))}")
    spool.add(sheet)
    return spool.sheet()


def test_the_identifier_stands_leftmost(tmp_path: Path) -> None:
    """The first of the customer's columns that is filled everywhere and alike nowhere; else the row number."""
    schema = Schema(X, (Output("Risk", ColumnType.NUMBER),))
    table: dict[str, Sequence[object]] = {
        "x": [1.0, 2.0, 3.0],
        "Branch": ["North", "South", "North"],
        "Rate": [0.5, 0.25, 0.75],
        "Note": ["late", None, "paid"],
        "Contract": ["L-1", "L-2", "L-3"],
        "Number": [1001, 1002, 1003],
    }

    def found(*names: str) -> dict[str, list[object]]:
        sheet = scored(given({name: table[name] for name in names}), schema, Risk=[0.1, 0.2, 0.3])
        stored = identified(_spooled(sheet, tmp_path), schema).frame
        assert isinstance(stored, Stored)
        return dict(zip(stored.names, [column.to_pylist() for column in stored.columns()], strict=True))

    frame = found(*table)
    assert list(frame) == ["Contract", "Row", "Branch", "Rate", "Note", "Number", "Risk", "Status"]
    assert (frame["Contract"], frame["Row"], frame["Risk"]) == (["L-1", "L-2", "L-3"], [2, 3, 4], [0.1, 0.2, 0.3])
    assert next(iter(found("x", "Branch", "Rate", "Note"))) == "Row"
    assert list(found("x", "Branch", "Number"))[:2] == ["Number", "Row"]


def test_an_identifier_is_alike_in_no_two_rows_however_far_apart(tmp_path: Path) -> None:
    """The rows come in pieces, and each piece alone may have it."""
    schema = Schema(X, (Output("Risk", ColumnType.NUMBER),))
    spool = Spool(tmp_path, "s")
    for ids, numbers in ((["a", "b"], [2, 9]), (["c", "a"], [7, 8])):
        source = given({"x": [1.0, 2.0], "Again": ids, "Number": numbers})
        spool.add(scored(source, schema, Risk=[0.1, 0.2]))
    frame = identified(spool.sheet(), schema).frame
    assert isinstance(frame, Stored)
    assert frame.names == ("Number", "Row", "Again", "Risk", "Status")


def test_units_stand_in_the_headers() -> None:
    """The contract's unit, unless the output's name has it already."""
    outputs = (
        Output("Loss", ColumnType.NUMBER, unit="EUR"),
        Output("Time (days)", ColumnType.NUMBER, unit="days"),
        Output("Risk", ColumnType.NUMBER),
    )
    sheet = scored(given({"x": [1.0]}), Schema(X, outputs), **{"Loss": [5.0], "Time (days)": [2.0], "Risk": [0.5]})
    assert list(sheet.frame.columns) == ["Row", "Loss (EUR)", "Time (days)", "Risk", "Status"]


def test_a_row_with_a_problem_links_to_the_cell() -> None:
    """To the first that is wrong; where the whole row is, to its first cell."""
    schema = Schema((*X, Column("y", ColumnType.NUMBER)), (Output("Risk", ColumnType.NUMBER),))
    source = given({"Id": ["a", "b", "c", "d"], "x": [1.0, None, 2.0, 3.0], "y": ["bad", "bad", 1.0, 2.0]})
    late = Problem(1, ProblemKind.CALL_FAILED, detail="too late")
    sheet = scored(replace(source, sheet="My data"), schema, [late], Risk=[0.1, np.nan])
    assert sheet.linked == "Row"
    assert sheet.links == {0: "'My data'!C2", 1: "'My data'!B3", 3: "'My data'!A5"}


def _summary(schema: Schema, values: list[float], bad: int, folder: Path, customer: str = "c") -> Sheet:
    source = given({"x": [*map(float, range(len(values))), *[None] * bad]})
    checked = check(source.frame, schema, source.problems)
    part = PartScores({"Risk": np.array(values)}, (), 1, "1")
    scores = join(checked, [(np.flatnonzero(checked.good), part)], schema)
    tally = Tally(source)
    tally.add(scores)
    facts = Facts("e", "s", customer, 1, 2, "book.xlsx", "0" * 64, 3, 0, 0.0, 1.5)
    rows = output_columns(_spooled(scores_sheet(source, (), scores, schema), folder), schema)
    return summary_sheet([tally], facts, spread(schema.outputs, [rows]))


def test_the_summary_says_it_in_a_sentence_then_in_numbers_then_in_a_chart(tmp_path: Path) -> None:
    """What needs attention is coloured too; every scored row is in one band, and the chart shows the bands' cells."""
    schema = Schema(X, (Output("Risk", ColumnType.NUMBER, format="0%"),))
    sheet = _summary(schema, [0.01, 0.02, 0.55, 1.0], bad=2, folder=tmp_path)
    assert sheet.title == "4 of 6 rows scored, 2 need attention"
    assert [sheet.frame.iloc[row, 0] for row in sheet.marked] == ["Rows with problems", "Problem: x, blank"]
    cells = {cell.at: cell.value for cell in sheet.cells}
    first = 3 + len(sheet.frame) + 3  # below the table, whose long lines are high: its hash, say, and notes
    assert (cells[f"D{first - 1}"], cells[f"E{first - 1}"]) == ("Risk", "Rows")
    assert {cells[f"D{row}"]: cells[f"E{row}"] for row in range(first, first + 10) if cells[f"E{row}"]} == {
        "0\u201310%": 2,
        "50\u201360%": 1,
        "90\u2013100%": 1,
    }
    (chart,) = sheet.charts
    assert (chart.title, chart.labels, chart.values) == (
        "Risk: 4 rows",
        f"D{first}:D{first + 9}",
        f"E{first}:E{first + 9}",
    )


def test_a_summary_without_problems_or_scores(tmp_path: Path) -> None:
    """Nothing is coloured where nothing is wrong, and no chart shows nothing."""
    schema = Schema(X, (Output("Risk", ColumnType.NUMBER),))
    assert not _summary(schema, [0.5], bad=0, folder=tmp_path).marked
    bare = _summary(schema, [], bad=1, folder=tmp_path)
    assert (list(bare.cells), list(bare.charts)) == ([], [])
    nobody = _summary(schema, [0.5], bad=0, folder=tmp_path, customer="").frame  # by command
    assert "Customer" not in set(nobody["What"])
    assert "Customer" in set(bare.frame["What"])
