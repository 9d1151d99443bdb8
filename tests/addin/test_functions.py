"""Worksheet functions through xlwings' own `call_udf` and conversion, with values as COM hands them over."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.addin.com_sheet import DIV, MISSING, NA, ComBook
from tests.addin.desks import FakeHost, MadeDesk
from tests.addin.sheets import HEADERS, NAMES, NONE, ROWS, SCORES, Sheet, wait_for
from tests.addin.win_shim import ComTime, Windows, windows
from tests.scoring.conftest import KEY, SCHEMA, score_rows
from worker.scoring import Column, Columns, ColumnType, Output, Schema, Unreachable


@pytest.fixture(scope="module")
def excel() -> Iterator[Windows]:
    """What xlwings is on Windows, for the tests of this module."""
    with windows() as made:
        yield made


@pytest.fixture
def make(excel: Windows, tmp_path: Path) -> Callable[..., Sheet]:
    """A sheet on a desk with one endpoint."""

    def make(seconds: float = 20.0, **given: Any) -> Sheet:
        return Sheet(excel, MadeDesk(tmp_path / "desk", **given), seconds)

    return make


@pytest.fixture
def sheet(make: Callable[..., Sheet]) -> Sheet:
    return make()


def test_one_row_of_scores_for_each_row_of_data_under_the_names_of_the_outputs(sheet: Sheet) -> None:
    """The first row names the inputs, in any order, among other columns, whatever its case: it is the header."""
    rows = [("id", "Purpose", "AGE ", "income"), *((n, row[2], row[0], row[1]) for n, row in enumerate(ROWS))]

    assert sheet.score(sheet.put(rows)) == [NAMES, *SCORES]
    assert sheet.calls == [3]


def test_without_headers_columns_go_by_their_position(sheet: Sheet) -> None:
    """A first row that names no input is data; then there must be as many columns as inputs."""
    assert sheet.score(sheet.put(ROWS)) == SCORES

    assert sheet.score(sheet.put([(1.0, *row) for row in ROWS], left=20)) == [[None] * 3] * 3
    assert "4 for the endpoint's 3 inputs" in sheet.status(2)


@pytest.mark.parametrize(
    ("first", "missing"),
    [
        (("AGE", 1.0, "A40"), "income, purpose"),
        ((30.0, 1.0, "income"), "age, purpose"),
        (("purpose", "alter", "x"), "age, income"),
        (("A40", "A41", "A40"), "age, income, purpose"),
        (("alter", None, None), "age, income, purpose"),
    ],
)
def test_a_first_row_that_reads_like_headers_is_never_scored_by_position(
    sheet: Sheet, first: tuple[Any, ...], missing: str
) -> None:
    """It names an input, or holds texts alone where numbers belong, and names too few to be taken for the headers."""
    data = sheet.put([first, *ROWS])
    assert sheet.score(data) == [NONE] * 4
    assert f"these inputs are not among them: {missing}." in sheet.status(2)
    assert sheet.calls == []
    assert sheet.score(data, headers=False)[1:] == SCORES


@pytest.mark.parametrize("first", [(None, None, "A40"), (30.0, "x", "A40"), (None, None, None)])
def test_a_first_row_of_data_that_is_bad_or_lacks_numbers_hinders_no_other(
    sheet: Sheet, first: tuple[Any, ...]
) -> None:
    """It does not read like headers."""
    assert sheet.score(sheet.put([first, *ROWS]))[1:] == SCORES


def test_a_single_row_is_no_header(sheet: Sheet) -> None:
    """As in a formula filled down: there is nothing below that would be scored by its order."""
    assert sheet.score(sheet.put([(30.0, 1000.5, "age")])) == NONE
    assert sheet.status(1).startswith("C1: 'age' is not")


def test_headers_true_and_false_win_over_what_stands_in_the_first_row(sheet: Sheet) -> None:
    """TRUE: the first row are names, even if they are none of the endpoint's; FALSE: it is data."""
    named = sheet.put([HEADERS, *ROWS])
    unnamed = sheet.put(ROWS, left=20)

    assert sheet.score(named, headers=False) == [NONE, *SCORES]
    assert sheet.status(1).startswith("A1: 'age' is not")
    assert sheet.score(unnamed, headers=True) == [NAMES, NONE, NONE]
    assert "columns are missing: age, income, purpose" in sheet.status(2)


def test_headers_can_be_a_range_elsewhere(sheet: Sheet) -> None:
    """The data then hold no header, so no row of names comes back: a row of scores stands beside each row of data."""
    headers = sheet.put([["purpose"], ["age"], ["income"]], top=30)
    data = sheet.put([(row[2], row[0], row[1]) for row in ROWS])

    assert sheet.score(data, headers=headers) == SCORES


def test_headers_must_be_one_for_each_column(sheet: Sheet) -> None:
    """The reason counts both."""
    headers = sheet.put([("age", "income")], top=30)

    assert sheet.score(sheet.put(ROWS), headers=headers) == [NONE] * 3
    assert sheet.status(1) == "There are 2 headers for 3 columns of data. Give one header for each column."


@pytest.mark.parametrize(("headers", "words"), [
    (("age", "age", "purpose", "income"), "More than one column is called age"),
    (("age", None, "purpose", ""), "These columns are missing: income"),
    ((NA, "income", "purpose", "x"), "These columns are missing: age"),
])  # fmt: skip
def test_headers_that_cannot_be_matched_are_named(sheet: Sheet, headers: tuple[Any, ...], words: str) -> None:
    """Duplicate, blank and broken headers: no call is made, every row is #N/A, the output keeps its width."""
    data = sheet.put([headers, *((*row[:1], 1.0, row[2], 1.0) for row in ROWS)])

    assert sheet.score(data) == [NAMES, NONE, NONE, NONE]
    assert words in sheet.status(2)
    assert sheet.calls == []


def test_one_cell_one_row_and_one_column_come_back_as_they_are(make: Callable[..., Sheet]) -> None:
    """To VBA xlwings hands one cell as a value and one row as a flat list."""
    schema = Schema((Column("x", ColumnType.NUMBER),), (Output("twice", ColumnType.NUMBER),))
    sheet = make(host=FakeHost(schema, lambda columns: {"twice": columns["x"] * 2}))

    assert sheet.score(sheet.put([[4.0]])) == 8.0
    assert sheet.score(sheet.put([[1.0], [None], [3.0]])) == [[2.0], [None], [6.0]]
    assert sheet.score(sheet.put([["x"], [5.0]])) == [["twice"], [10.0]]
    assert sheet.score(sheet.put([["x"]])) == "twice"
    assert sheet.score(sheet.put([[DIV]])) is None
    assert sheet.score(3.0) == 6.0


def test_one_row_is_a_flat_list(sheet: Sheet) -> None:
    """Excel lays it out from left to right."""
    assert sheet.score(sheet.put(ROWS[:1])) == SCORES[0]


def test_a_bad_row_is_na_in_every_output_and_its_reason_is_in_score_status(sheet: Sheet) -> None:
    """No words ever stand where numbers are expected: a text is greater than any number in Excel."""
    data = sheet.put([HEADERS, ROWS[0], ("many", 5.0, "A99"), ROWS[2]])

    assert sheet.score(data) == [NAMES, SCORES[0], NONE, SCORES[2]]
    assert sheet.status(1, rows=4) == [
        ["ok"],
        ["ok"],
        ["A3: 'many' is not a number; age takes numbers; C3: 'A99' is not a value of purpose. Allowed: A40, A41"],
        ["ok"],
    ]
    assert sheet.status(3, column=10) == sheet.status(3)


@pytest.mark.parametrize(("value", "words"), [
    (DIV, "A1: the cell shows #DIV/0!"),
    (NA, "A1: the cell shows #N/A"),
    (-2146826243, "A1: the cell shows #SPILL!"),
    (-2146826238, "A1: the cell shows #CALC!"),
    (True, "A1: TRUE is not a number"),
    (ComTime(2024, 3, 1, tzinfo=dt.UTC), "A1: 2024-03-01 is shown as a date"),
    ("1,5", "A1: '1,5' is text, not a number"),
    (45293.5, "A1: 45293.5 is not a whole number"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(sheet: Sheet, value: Any, words: str) -> None:
    """Errors (new ones too, which xlwings takes for numbers), booleans, dates, texts, fractions, in a whole number."""
    assert sheet.score(sheet.put([(value, 1.0, "A40")])) == NONE
    assert sheet.status(1).startswith(words)
    assert sheet.calls == []


def test_dates_come_and_go_as_dates(make: Callable[..., Sheet]) -> None:
    """A date with a time zone (as pywin32 makes it) is sent without; one without a format is a number, and refused."""
    schema = Schema((Column("on", ColumnType.DATETIME),), (Output("next", ColumnType.DATETIME),))

    def later(columns: Columns) -> Columns:
        days = [np.datetime64(value) + np.timedelta64(1, "D") for value in columns["on"]]
        return {"next": np.array([str(day) for day in days], object)}

    sheet = make(host=FakeHost(schema, later))
    data = sheet.put([[ComTime(2024, 2, 28, 12, 30, tzinfo=dt.UTC)], [45293.5], [ComTime(1900, 1, 5, tzinfo=dt.UTC)]])

    assert sheet.score(data) == [[dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)], [None], ["1900-01-07 00:00:00"]]
    assert sheet.status(2).startswith("A2: 45293.5 is not a date")


@pytest.mark.parametrize(("serial", "sent"), [
    (1, "1900-01-01T00:00:00"),
    (58.5, "1900-02-27T12:00:00"),
    (59, "1900-02-28T00:00:00"),
    (60, None),
    (61, "1900-03-01T00:00:00"),
    (0.520833333333333, None),
    (0, None),
])  # fmt: skip
def test_a_date_is_the_one_that_excel_shows(make: Callable[..., Sheet], serial: float, sent: str | None) -> None:
    """COM's dates are a day early before March 1900; a time of day, or a day that never was, is no date."""
    schema = Schema((Column("day", ColumnType.DATETIME),), (Output("p", ColumnType.NUMBER),))
    sheet = make(host=FakeHost(schema, lambda inputs: {"p": np.ones(len(inputs["day"]))}))
    moment = dt.datetime(1899, 12, 30, tzinfo=dt.UTC) + dt.timedelta(days=serial)
    sheet.put([[ComTime(*moment.timetuple()[:6], tzinfo=dt.UTC)]])

    sheet.score(sheet.sheet.at(1, 1))
    assert [list(call["day"]) for call in sheet.desk.host.fake.calls] == ([[sent]] if sent else [])
    assert sent or "not a date" in sheet.status(1)


def test_booleans_and_whole_numbers_keep_their_kind(make: Callable[..., Sheet]) -> None:
    """Excel gets TRUE and FALSE, and numbers as doubles: a 64-bit integer would show #VALUE!."""
    schema = Schema(
        (Column("yes", ColumnType.BOOLEAN),), (Output("no", ColumnType.BOOLEAN), Output("n", ColumnType.INTEGER))
    )

    def score(columns: Columns) -> Columns:
        values = [not value for value in columns["yes"]]
        return {"no": np.array(values, object), "n": np.array([2**40 + value for value in values])}

    sheet = make(host=FakeHost(schema, score))
    found = sheet.score(sheet.put([[True], [False]]))

    assert found == [[False, float(2**40)], [True, float(2**40 + 1)]]
    assert [list(map(type, row)) for row in found] == [[bool, float]] * 2


def test_currency_is_read_with_all_its_digits(sheet: Sheet) -> None:
    """COM hands over four digits behind the point; what is sent is what the cell holds."""
    data = sheet.put([(30.0, Decimal("0.1235"), "A40")])
    sheet.sheet.exact[1, 2] = 0.123456789

    sheet.score(data)

    assert sheet.desk.host.fake.calls[0]["income"].tolist() == [0.123456789]


def test_a_number_that_no_cell_can_hold_is_na(make: Callable[..., Sheet]) -> None:
    """Infinity has no place in a cell."""
    schema = Schema((Column("x", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER), Output("z", ColumnType.NUMBER)))
    sheet = make(host=FakeHost(schema, lambda columns: {"y": columns["x"] * np.inf, "z": columns["x"]}))

    assert sheet.score(sheet.put([[1.0]])) == [None, 1.0]
    assert sheet.status(1) == "The endpoint gave no value for y"


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+1", "@a", "'x", "#N/A", "x" * 40_000])
def test_a_text_from_the_endpoint_stays_a_text(make: Callable[..., Sheet], text: str) -> None:
    """What a function returns is a value and is never evaluated, `=` in front or not: a function cannot change what
    stands in a cell (support.microsoft.com, "Description of limitations of custom functions in Excel"; the cell's
    formula stays `=SCORE(...)`). So it is handed over as it is, but for what is too long for a cell, which would turn
    all cells of the result into #VALUE!.
    """
    schema = Schema((Column("x", ColumnType.NUMBER),), (Output("t", ColumnType.TEXT),))
    sheet = make(host=FakeHost(schema, lambda columns: {"t": np.array([text] * len(columns["x"]), object)}))

    found = sheet.score(sheet.put([[1.0], [2.0]]))

    assert found == [[text if len(text) < 40_000 else "x" * 32_766 + "…"]] * 2


def test_rows_with_nothing_in_them_are_not_sent(sheet: Sheet) -> None:
    """They are #N/A, not "": an empty text is greater than any number."""
    data = sheet.put([ROWS[0], (None, None, None), ("", "", ""), ROWS[2]])

    assert sheet.score(data) == [SCORES[0], NONE, NONE, SCORES[2]]
    assert sheet.calls == [2]
    assert sheet.status(2) == "Nothing stands in this row."

    assert sheet.score(sheet.put([(None, None, None)], top=20)) == NONE
    assert sheet.calls == [2]


def test_a_whole_column_is_cut_where_the_sheet_ends(sheet: Sheet) -> None:
    """`=SCORE(A:C)` reads the rows in use, without blank ones at the end, and never a million."""
    sheet.put([HEADERS, *ROWS])
    sheet.put([("below",)], top=40, left=12)

    found = sheet.score(sheet.sheet.at(1, 1, 1_048_576, 3))

    assert found == [NAMES, *SCORES]


def test_whole_rows_are_cut_where_the_sheet_ends(sheet: Sheet) -> None:
    """Excel has 16,384 columns in each; blank ones at the end of the sheet's used part are no columns."""
    sheet.put([HEADERS, *ROWS])
    sheet.put([("",)], left=9)
    rows = sheet.sheet.at(1, 1, 4, 16_384)
    before = sheet.book.cells

    assert sheet.score(rows) == [NAMES, *SCORES]
    assert sheet.book.cells - before < 100
    assert sheet.status(2) == "ok"


def test_several_rectangles_are_refused(sheet: Sheet) -> None:
    """Excel would hand over the first one alone."""
    data = sheet.put(ROWS)
    data.areas = ",$E$1:$G$3"

    with pytest.raises(Exception, match="several-areas"):
        sheet.score(data)


def test_values_that_another_formula_worked_out_are_scored(sheet: Sheet) -> None:
    """FILTER or SORT hand over values, not cells; reasons then have no address."""
    assert sheet.score((HEADERS, ROWS[0], ("many", 1.0, "A40"))) == [NAMES, SCORES[0], NONE]
    assert sheet.status(3) == "'many' is not a number; age takes numbers"


def test_only_the_outputs_that_are_named_come_back(sheet: Sheet) -> None:
    """One name, several as a range or an array, in the order that is asked for, whatever their case."""
    data = sheet.put([HEADERS, *ROWS])
    names = sheet.put([["decision"], ["Probability"]], top=30)

    assert sheet.score(data, outputs="probability") == [["probability"], [0.03], [0.04], [0.05]]
    assert sheet.score(data, outputs=names)[1] == ["30-A40", 0.03]
    assert sheet.score(data, outputs=("decision", "double age"))[1] == ["30-A40", 60.0]
    assert sheet.score(data, outputs=None) == [NAMES, *SCORES]
    assert sheet.score(data, outputs="chance") == [[None]] * 4
    assert sheet.status(2) == "The endpoint has no output 'chance'. It has: probability, double age, decision."
    assert sheet.calls == [3]


def test_the_endpoint_is_the_one_named_else_the_one_chosen(sheet: Sheet) -> None:
    """A name in any case; an unknown one is #N/A, and the reason lists those that there are."""
    data = sheet.put(ROWS)

    assert sheet.score(data, "Credit") == SCORES
    assert sheet.score(data, None) == SCORES
    assert sheet.score(data, "debit") == [[None]] * 3
    assert sheet.status(3) == "There is no endpoint 'debit'. There are: credit."
    assert sheet.calls == [3]

    sheet.desk.catalogue.remove("credit")
    assert sheet.score(data) == [[None]] * 3
    assert "none is chosen" in sheet.status(1)


def test_calculating_again_and_opening_again_send_nothing(sheet: Sheet) -> None:
    """The endpoint is asked for its version at most once in 60 seconds; one changed row sends one row."""
    data = sheet.put([HEADERS, *ROWS])
    sheet.score(data)
    asked = sheet.desk.host.questions
    assert (sheet.calls, len(asked)) == ([3], 1)

    assert sheet.score(data) == [NAMES, *SCORES]
    sheet.desk.time += 59
    assert sheet.score(data) == [NAMES, *SCORES]
    assert (sheet.calls, len(asked)) == ([3], 1)

    sheet.reopen()
    assert sheet.score(data) == [NAMES, *SCORES]
    assert (sheet.calls, len(asked)) == ([3], 2)

    sheet.put([(70.0, 1.0, "A41")], top=3)
    assert sheet.score(data)[2] == [0.07, 140.0, "70-A41"]
    assert sheet.calls == [3, 1]


def test_while_calls_are_stopped_the_last_scores_stay(sheet: Sheet) -> None:
    """Nothing is asked or sent; rows that are not known are #N/A, and the reason says how to go on."""
    data = sheet.put(ROWS)
    sheet.score(data)
    sheet.desk.stopped = True
    sheet.reopen()
    sheet.put([(70.0, 1.0, "A41")], top=2)

    assert sheet.score(data) == [SCORES[0], NONE, SCORES[2]]
    assert sheet.status(2).startswith("Calls are stopped")
    assert sheet.status(3) == "ok"
    assert (sheet.calls, len(sheet.desk.host.questions)) == ([3], 1)

    sheet.desk.stopped = False
    assert sheet.score(data)[1] == [0.07, 140.0, "70-A41"]
    assert sheet.calls == [3, 1]


def test_when_the_endpoint_is_down_known_rows_keep_their_scores(sheet: Sheet) -> None:
    """The others are #N/A with the reason."""
    data = sheet.put(ROWS)
    sheet.score(data)
    sheet.desk.host.down = Unreachable("refused")
    sheet.put([(70.0, 1.0, "A41")], top=2)

    assert sheet.score(data) == [SCORES[0], NONE, SCORES[2]]
    assert sheet.status(2) == "The endpoint cannot be reached (refused). Check your connection and try again."


def test_what_takes_longer_than_the_limit_goes_on_behind(make: Callable[..., Sheet]) -> None:
    """It is #N/A with the reason; once it is there it comes from the cache, and no row is sent twice. A second formula
    does not wait for what is late already.
    """
    go = threading.Event()

    def slow(columns: Columns) -> Columns:
        go.wait(10)
        return score_rows(columns)

    sheet = make(0.05, host=FakeHost(score=slow))
    data = sheet.put(ROWS)

    assert sheet.score(data) == [NONE] * 3
    assert sheet.status(1).startswith("Not scored within 0.05 seconds. The work goes on")
    sheet.formulas._asker = sheet.formulas._asker.__class__(
        sheet.desk.catalogue, sheet.desk.cache, sheet.desk.scorer, 60.0, lambda: False
    )
    assert sheet.score(data, origin=sheet.sheet.at(1, 20)) == [NONE] * 3
    go.set()
    wait_for(lambda: sheet.score(data) == SCORES)
    assert sheet.calls == [3]


def test_a_fault_of_ours_is_na_too(make: Callable[..., Sheet], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is raised, no words reach the cell; the log has the trace."""
    sheet = make()
    broken: Any = object()
    sheet.formulas._catalogue = broken

    assert sheet.score(sheet.put(ROWS)) == [[None]] * 3
    assert sheet.status(1) == "Something went wrong that nobody foresaw. The log says more (button Log)."
    assert "AttributeError" in caplog.text


def test_status_says_when_the_data_are_not_those_that_were_scored(sheet: Sheet) -> None:
    """After a row was inserted above, a reason must not be told of another row."""
    data = sheet.put([ROWS[0], ("many", 1.0, "A40"), ("more", 1.0, "A41")])
    sheet.score(data)
    assert sheet.status(2) == "A2: 'many' is not a number; age takes numbers"

    sheet.sheet.insert_row(1)

    assert sheet.status(3).startswith("The row holds something else than what was scored.")
    assert sheet.status(9) == (
        "Nothing is known of this cell since Excel was opened. Calculate its formula again (F2, Enter)."
    )


def test_status_wants_a_cell(sheet: Sheet) -> None:
    """A value has no row behind it."""
    assert sheet.excel.call("SCORE_STATUS", 3.0, sheet.sheet.at(1, 30)) is None


def test_data_of_another_sheet_and_a_name_with_an_apostrophe(sheet: Sheet) -> None:
    """Reasons are found from the sheet that the formula stands on; the data may be on another."""
    other = sheet.book.add("Jo's data")
    data = other.put(1, 1, [ROWS[0], ("many", 1.0, "A40")])

    assert sheet.score(data) == [SCORES[0], NONE]
    assert sheet.status(2) == "A2: 'many' is not a number; age takes numbers"
    other.values[2, 1] = "lots"
    assert sheet.status(2).startswith("The row holds something else")


def test_two_workbooks_do_not_mix(sheet: Sheet) -> None:
    """The same cell of two workbooks has two reasons; what is in front plays no part."""
    other = ComBook("Book 2.xlsx").add()
    sheet.score(sheet.put([("many", 1.0, "A40")]))
    sheet.score(other.put(1, 1, [("few", 1.0, "A40")]), origin=other.at(1, 8))

    assert "'many'" in sheet.status(1)
    assert "'few'" in sheet.excel.call("SCORE_STATUS", other.at(1, 8), other.at(1, 30))


def test_called_from_where_there_is_no_cell(sheet: Sheet) -> None:
    """A macro, a chart or a rule has no calling cell: scores come all the same."""
    assert sheet.excel.functions.SCORE(_argument(ROWS)) == SCORES


def _argument(rows: Any) -> Any:
    from addin.formulas.argument import Argument

    return Argument(rows)


def test_a_large_table_is_one_question_to_excel(make: Callable[..., Sheet]) -> None:
    """5,000 rows of 12 columns: one read for the data, two addresses, one read for the formula's neighbours at most."""
    names = [f"x{n}" for n in range(12)]
    schema = Schema(tuple(Column(n, ColumnType.NUMBER) for n in names), (Output("sum", ColumnType.NUMBER),))
    sheet = make(host=FakeHost(schema, lambda columns: {"sum": sum(columns.values())}))
    data = sheet.put([names, *([float(r + c) for c in range(12)] for r in range(5000))])

    found = sheet.score(data)

    assert found == [["sum"], *([float(12 * r + 66)] for r in range(5000))]
    assert sheet.book.asked <= 4


def test_schema_sample_and_endpoints_are_listed(sheet: Sheet) -> None:
    """What an endpoint takes and gives; rows to try it with; the endpoints there are."""
    origin = sheet.sheet.at(1, 20)
    listed = sheet.excel.call("SCORE_SCHEMA", "credit", origin)
    assert [row[:3] for row in listed[:3]] == [["", "Name", "Type"], ["Input", "age", "integer"],
                                               ["Input", "income", "number"]]  # fmt: skip
    assert listed[1][4] == "0 to 100000"
    assert listed[3][4] == "A40, A41"
    assert listed[4][:3] == ["Output", "probability", "number"]

    assert sheet.excel.call("SCORE_SAMPLE", MISSING, MISSING, origin)[0] == list(HEADERS)
    assert sheet.excel.call("SCORE_ENDPOINTS", origin)[1][:2] == ["credit", "yes"]
    assert sheet.excel.call("SCORE_SCHEMA", "debit", origin) is None
    assert "no endpoint 'debit'" in sheet.status(1, column=20)


def test_sample_rows_can_be_scored_as_they_stand(make: Callable[..., Sheet]) -> None:
    """As many as are asked for; dates are dates, blanks are blank."""
    sample = ({"on": "2024-02-29T00:00:00", "n": 1}, {"on": "2024-03-01T00:00:00", "n": None}, {"on": None, "n": 2.5})
    schema = Schema(
        (Column("on", ColumnType.DATETIME, nullable=True), Column("n", ColumnType.NUMBER, nullable=True)),
        (Output("y", ColumnType.NUMBER),),
        sample,
    )
    sheet = make(host=FakeHost(schema, lambda columns: {"y": np.ones(len(columns["n"]))}))
    origin = sheet.sheet.at(1, 20)

    rows = sheet.excel.call("SCORE_SAMPLE", MISSING, 2.0, origin)

    assert rows == [["on", "n"], [dt.datetime(2024, 2, 29, tzinfo=dt.UTC), 1.0],
                    [dt.datetime(2024, 3, 1, tzinfo=dt.UTC), ""]]  # fmt: skip
    assert len(sheet.excel.call("SCORE_SAMPLE", MISSING, MISSING, origin)) == 4
    assert sheet.excel.call("SCORE_SAMPLE", MISSING, -1.0, origin) is None
    assert sheet.score(tuple(map(tuple, rows))) == [["y"], [1.0], [1.0]]


def test_the_key_is_never_shown(sheet: Sheet) -> None:
    """Neither in the lists nor in a reason."""
    origin = sheet.sheet.at(1, 20)
    shown = [sheet.excel.call("SCORE_ENDPOINTS", origin), sheet.excel.call("SCORE_SCHEMA", MISSING, origin)]
    sheet.desk.keys.set(sheet.desk.catalogue.entry("credit").url, "another")
    sheet.score(sheet.put(ROWS))

    assert KEY not in str(shown)
    assert "refused your key" in sheet.status(1)
    assert "another" not in sheet.status(1).replace("another endpoint", "")
    assert SCHEMA.input_names == HEADERS
