"""The check before any call: one table of what each type takes, what it refuses and why."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scoring import (
    Column,
    ColumnType,
    DuplicateColumns,
    MissingColumns,
    NoRows,
    Output,
    Problem,
    ProblemKind,
    Schema,
    match_columns,
)
from worker.scoring.check import check

OUTPUTS = (Output("p", ColumnType.NUMBER),)
NUMBER, INTEGER, BOOLEAN, TEXT, DATETIME = ColumnType
K = ProblemKind


def one(kind: ColumnType, **rules: Any) -> Schema:
    """A schema of one input, `x`."""
    return Schema((Column("x", kind, **rules),), OUTPUTS)


def cells(*values: Any) -> pd.DataFrame:
    """A table of one column, `x`, each cell just as it is given."""
    return pd.DataFrame({"x": pd.Series(values, dtype=object)})


TAKEN = [
    (NUMBER, 1.5, 1.5),
    (NUMBER, 7, 7.0),
    (NUMBER, Decimal("0.25"), 0.25),
    (NUMBER, np.float32(0.5), 0.5),
    (NUMBER, 1e300, 1e300),
    (INTEGER, 3.0, 3),
    (INTEGER, -0.0, 0),
    (INTEGER, np.int8(-4), -4),
    (INTEGER, 2**53, 2**53),
    (INTEGER, -(2.0**53), -(2**53)),
    (BOOLEAN, True, True),
    (BOOLEAN, np.bool_(False), False),
    (TEXT, "A40", "A40"),
    (TEXT, " kept ", " kept "),
    (TEXT, 7.0, "7"),
    (TEXT, -12, "-12"),
    (DATETIME, datetime(2024, 2, 29, 13, 5), "2024-02-29T13:05:00"),
    (DATETIME, date(1899, 12, 29), "1899-12-29T00:00:00"),
    (DATETIME, date(1900, 1, 1), "1900-01-01T00:00:00"),
    (DATETIME, pd.Timestamp("2024-02-29 23:59:59.999999"), "2024-03-01T00:00:00"),
    (DATETIME, datetime(1960, 1, 1, 0, 0, 0, 400_000), "1960-01-01T00:00:00"),
    (DATETIME, np.datetime64("2024-02-29"), "2024-02-29T00:00:00"),
]

REFUSED = [
    (NUMBER, "40", K.NOT_A_NUMBER),
    (NUMBER, "n/a", K.NOT_A_NUMBER),
    (NUMBER, True, K.NOT_A_NUMBER),
    (NUMBER, 1j, K.NOT_A_NUMBER),
    (NUMBER, timedelta(1), K.NOT_A_NUMBER),
    (NUMBER, np.timedelta64(1, "D"), K.NOT_A_NUMBER),
    (NUMBER, datetime(2024, 1, 2), K.DATE_IN_NUMBER),
    (NUMBER, date(2024, 1, 2), K.DATE_IN_NUMBER),
    (NUMBER, float("inf"), K.NOT_FINITE),
    (NUMBER, 2**53 + 1, K.TOO_LARGE),
    (NUMBER, 10**400, K.TOO_LARGE),
    (INTEGER, 3.9, K.NOT_WHOLE),
    (INTEGER, "3", K.NOT_A_NUMBER),
    (INTEGER, False, K.NOT_A_NUMBER),
    (INTEGER, 2**53 + 1, K.TOO_LARGE),
    (INTEGER, 1e16, K.TOO_LARGE),
    (INTEGER, float("-inf"), K.NOT_FINITE),
    (INTEGER, datetime(2024, 1, 2), K.DATE_IN_NUMBER),
    (BOOLEAN, 1, K.NOT_A_BOOLEAN),
    (BOOLEAN, 0.0, K.NOT_A_BOOLEAN),
    (BOOLEAN, "TRUE", K.NOT_A_BOOLEAN),
    (BOOLEAN, "no", K.NOT_A_BOOLEAN),
    (TEXT, 7.5, K.NOT_TEXT),
    (TEXT, True, K.NOT_TEXT),
    (TEXT, float("inf"), K.NOT_TEXT),
    (TEXT, datetime(2024, 1, 2), K.NOT_TEXT),
    (TEXT, "half \ud83d", K.NOT_TEXT),
    (TEXT, 12345678901234567890, K.TOO_LARGE),
    (TEXT, b"bytes", K.NOT_TEXT),
    (DATETIME, 45293, K.NOT_A_DATE),
    (DATETIME, 45293.5, K.NOT_A_DATE),
    (DATETIME, "2024-01-02", K.NOT_A_DATE),
    (DATETIME, time(12, 0), K.NOT_A_DATE),
    (DATETIME, datetime(1899, 12, 30, 12, 30), K.NOT_A_DATE),
    (DATETIME, datetime(1899, 12, 31), K.NOT_A_DATE),
    (DATETIME, datetime(2024, 1, 2, tzinfo=UTC), K.NOT_A_DATE),
    (DATETIME, pd.Timestamp("2024-01-02", tz="Europe/Paris"), K.NOT_A_DATE),
    (DATETIME, np.datetime64("12000-01-01"), K.NOT_A_DATE),
    (DATETIME, True, K.NOT_A_DATE),
]

BLANKS = [
    None,
    float("nan"),
    np.float64("nan"),
    pd.NaT,
    pd.NA,
    np.datetime64("NaT"),
    Decimal("NaN"),
    "",
    "  \t",
    "\xa0",
]
SOUND = {NUMBER: 1.0, INTEGER: 1, BOOLEAN: True, TEXT: "a", DATETIME: datetime(2024, 1, 1)}


@pytest.mark.parametrize(("kind", "value", "sent"), TAKEN)
def test_a_value_is_taken_when_nothing_is_lost(kind: ColumnType, value: Any, sent: Any) -> None:
    """What is sent is the value that stood there, in the type of the column."""
    checked = check(cells(value), one(kind))

    assert checked.problems == ()
    assert checked.columns["x"].tolist() == [sent]
    assert type(checked.columns["x"].tolist()[0]) is type(sent)


@pytest.mark.parametrize(("kind", "value", "why"), REFUSED)
def test_a_value_that_would_be_changed_is_refused(kind: ColumnType, value: Any, why: ProblemKind) -> None:
    """The fault is named with row, column and value; the sound neighbour is untouched; the bad cell is null."""
    checked = check(cells(SOUND[kind], value), one(kind))

    (problem,) = checked.problems
    assert (problem.row, problem.kind, problem.column) == (1, why, "x")
    assert problem.value == value
    assert checked.good.tolist() == [True, False]
    assert pd.isna(checked.columns["x"][1])


@pytest.mark.parametrize("kind", list(ColumnType))
@pytest.mark.parametrize("blank", BLANKS, ids=repr)
def test_every_kind_of_nothing_is_blank(kind: ColumnType, blank: Any) -> None:
    """Blank is a fault where the column must be filled, and the type's null where it need not be."""
    frame = cells(SOUND[kind], blank)

    (problem,) = check(frame, one(kind)).problems
    nullable = check(frame, one(kind, nullable=True))

    assert (problem.row, problem.kind, problem.value) == (1, K.BLANK, None)
    assert nullable.problems == ()
    null = nullable.columns["x"][1]
    assert np.isnan(null) if kind is NUMBER else null is None


def lenient(kind: ColumnType, value: Any) -> Any:
    """A broken twin of the check: converts whatever Python can convert, as scoring servers do."""
    convert: dict[ColumnType, Callable[[Any], Any]] = {
        NUMBER: float,
        INTEGER: lambda v: int(float(v)),
        BOOLEAN: bool,
        TEXT: str,
        DATETIME: pd.Timestamp,
    }
    return convert[kind](value)


def test_the_table_of_refusals_finds_a_lenient_check() -> None:
    """Most of what is refused above would be converted in silence by a check that only tries."""
    silent = set()
    for kind, value, why in REFUSED:
        try:
            lenient(kind, value)
            silent.add((kind, why))
        except (TypeError, ValueError, OverflowError):
            pass

    assert {(NUMBER, K.NOT_A_NUMBER), (INTEGER, K.NOT_WHOLE), (BOOLEAN, K.NOT_A_BOOLEAN)} <= silent
    assert {(DATETIME, K.NOT_A_DATE), (TEXT, K.NOT_TEXT), (INTEGER, K.TOO_LARGE)} <= silent


@pytest.mark.parametrize(
    ("low", "high", "values", "bad", "wanted"),
    [
        (0, None, [-0.001, 0, 1e9], [0], ("0", "")),
        (None, 100, [100, 100.5], [1], ("", "100")),
        (0.5, 1234567, [0.4, 0.5, 1234567, 1234568], [0, 3], ("0.5", "1234567")),
    ],
)
def test_numbers_outside_the_bounds(low: Any, high: Any, values: Any, bad: Any, wanted: Any) -> None:
    """Bounds are inclusive and named in the problem."""
    checked = check(cells(*values), one(NUMBER, minimum=low, maximum=high))

    assert [(p.row, p.kind, p.wanted) for p in checked.problems] == [(row, K.OUT_OF_RANGE, wanted) for row in bad]


def test_categories_are_matched_exactly_first_then_without_case_and_blanks() -> None:
    """The endpoint gets its own spelling; an unknown value comes with the list of allowed ones."""
    checked = check(cells("A40", " a41", 7, "A4"), one(TEXT, categories=("A40", "A41", "7")))

    assert checked.columns["x"].tolist() == ["A40", "A41", "7", None]
    assert checked.problems == (Problem(3, K.NOT_A_CATEGORY, "x", "A4", ("A40", "A41", "7")),)


def test_categories_that_differ_by_case_are_never_guessed() -> None:
    """`M` and `m` are two categories: each stands for itself, ` M ` for neither."""
    checked = check(cells("M", "m", " M "), one(TEXT, categories=("M", "m")))

    assert checked.columns["x"].tolist() == ["M", "m", None]
    assert [p.row for p in checked.problems] == [2]


WHOLE = [1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "series", "sent"),
    [
        (NUMBER, pd.Series([1.5, None]), [1.5, None]),
        (NUMBER, pd.Series([1.5, None], dtype="Float64"), [1.5, None]),
        (NUMBER, pd.Series([1.5, 2], dtype="float32"), [1.5, 2.0]),
        (NUMBER, pd.Series([1, 2], dtype="uint8"), [1.0, 2.0]),
        (NUMBER, pd.Series([1, 2], dtype="category"), [1.0, 2.0]),
        (NUMBER, pd.Series([0.0, 2.0], dtype=pd.SparseDtype("float64", 0.0)), [0.0, 2.0]),
        (NUMBER, pd.Series([1.5, None], dtype="float64[pyarrow]"), [1.5, None]),
        (INTEGER, pd.Series([1, None], dtype="Int64"), [1, None]),
        (INTEGER, pd.Series([1.0, None]), [1, None]),
        (INTEGER, pd.Series([2**53, 1]), [2**53, 1]),
        (BOOLEAN, pd.Series([True, False]), [True, False]),
        (BOOLEAN, pd.Series([True, None], dtype="boolean"), [True, None]),
        (BOOLEAN, pd.Series([True, None], dtype=object), [True, None]),
        (TEXT, pd.Series(["a", None], dtype=object), ["a", None]),
        (TEXT, pd.Series(["a", None], dtype="str"), ["a", None]),
        (TEXT, pd.Series(["a", None], dtype="string"), ["a", None]),
        (TEXT, pd.Series(["a", None], dtype="category"), ["a", None]),
        (TEXT, pd.Series([1, 2]), ["1", "2"]),
        (DATETIME, pd.Series(pd.to_datetime(["2024-02-29", "NaT"])), ["2024-02-29T00:00:00", None]),
        (DATETIME, pd.Series(["2024-02-29"], dtype="datetime64[ns]"), ["2024-02-29T00:00:00"]),
        (DATETIME, pd.Series(["2024-02-29T10:00:00.6"], dtype="datetime64[us]"), ["2024-02-29T10:00:01"]),
        (DATETIME, pd.Series(["1200-02-28"], dtype="datetime64[s]"), ["1200-02-28T00:00:00"]),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else None,
)
def test_every_pandas_type_is_read(kind: ColumnType, series: Any, sent: Any) -> None:
    """The same cells give the same columns, whatever holds them."""
    checked = check(pd.DataFrame({"x": series}), one(kind, nullable=True))

    assert checked.problems == ()
    assert [None if pd.isna(v) else v for v in checked.columns["x"].tolist()] == sent


@pytest.mark.parametrize(
    ("kind", "series", "why"),
    [
        (DATETIME, pd.Series(pd.to_datetime(["2024-02-29"], utc=True)), K.NOT_A_DATE),
        (NUMBER, pd.Series(pd.to_datetime(["2024-02-29"])), K.DATE_IN_NUMBER),
        (NUMBER, pd.Series([True]), K.NOT_A_NUMBER),
        (NUMBER, pd.Series([2**63 - 1]), K.TOO_LARGE),
        (INTEGER, pd.Series([2**53 + 1]), K.TOO_LARGE),
        (INTEGER, pd.Series([2**53 + 1], dtype="Int64"), K.TOO_LARGE),
        (BOOLEAN, pd.Series([1]), K.NOT_A_BOOLEAN),
        (TEXT, pd.Series([1.5]), K.NOT_TEXT),
        (NUMBER, pd.Series(pd.to_timedelta(["1D"])), K.NOT_A_NUMBER),
        (NUMBER, pd.Series(pd.period_range("2024", periods=1, freq="D")), K.NOT_A_NUMBER),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else None,
)
def test_every_pandas_type_is_refused_alike(kind: ColumnType, series: Any, why: ProblemKind) -> None:
    """A wrong type is a fault of each of its cells."""
    (problem,) = check(pd.DataFrame({"x": series}), one(kind)).problems

    assert problem.kind is why


def test_problems_come_in_row_order_with_every_fault_of_a_row(schema: Schema) -> None:
    """A row with three faults has three problems, in the schema's order, under the table's own names."""
    frame = pd.DataFrame({"Purpose": ["?", "A40", "?"], "INCOME ": ["x", 1, 2], "age": [1, 2, None]}, dtype=object)

    checked = check(frame, schema)

    assert [(p.row, p.column, p.kind) for p in checked.problems] == [
        (0, "INCOME ", K.NOT_A_NUMBER),
        (0, "Purpose", K.NOT_A_CATEGORY),
        (2, "age", K.BLANK),
        (2, "Purpose", K.NOT_A_CATEGORY),
    ]
    assert checked.good.tolist() == [False, True, False]


def test_known_problems_are_kept_and_not_reported_twice(schema: Schema) -> None:
    """An error cell reads as blank: the reader's word for it stands alone."""
    frame = pd.DataFrame({"note": ["", "", ""], "Age": [None, 1, 2], "income": [1.0] * 3, "purpose": ["A40"] * 3})
    known = [
        Problem(0, K.ERROR_CELL, "Age", "#N/A"),
        Problem(1, K.ERROR_CELL, "note", "#REF!"),
        Problem(2, K.NO_STORED_VALUE, "income"),
    ]

    checked = check(frame, schema, known)

    assert checked.problems == (known[0], known[2])
    assert checked.good.tolist() == [False, True, False]
    assert checked.columns["age"].tolist() == [None, 1, 2]
    assert np.isnan(checked.columns["income"][2])


def test_columns_are_matched_by_name_then_loosely(schema: Schema) -> None:
    """The exact name wins; order does not matter; what is left over passes through."""
    assert match_columns(["x", "purpose", "AGE", "age", "Income "], schema) == {"age": 3, "income": 4, "purpose": 1}
    frame = pd.DataFrame([[0, "A40", "loose", 5, 1.0]], columns=["x", "purpose", "AGE", "age", "Income "])
    assert check(frame, schema).pass_through == (0, 2)


def test_two_columns_for_one_input_are_refused(schema: Schema) -> None:
    """It is not for us to choose between them."""
    with pytest.raises(DuplicateColumns) as loose:
        match_columns(["AGE", " age", "income", "purpose"], schema)
    with pytest.raises(DuplicateColumns) as exact:
        match_columns(["age", "age", "income", "income", "purpose"], schema)

    assert loose.value.duplicates == ("age",)
    assert exact.value.duplicates == ("age", "income")


def test_missing_columns_are_all_named(schema: Schema) -> None:
    """Both what is missing and what was found."""
    with pytest.raises(MissingColumns) as error:
        check(pd.DataFrame({"income": [1.0], "x": [2]}), schema)

    assert error.value.missing == ("age", "purpose")
    assert error.value.found == ("income", "x")


def test_a_header_without_rows_is_refused(schema: Schema, table: Any) -> None:
    """There is nothing to score, and no answer should look like success."""
    with pytest.raises(NoRows):
        check(table(0), schema)


def test_the_table_is_left_as_it_was(schema: Schema, table: Any) -> None:
    """The check writes into nothing that it was given."""
    frame = table(6)
    frame.loc[2, "income"] = np.inf
    before = frame.copy(deep=True)

    check(frame, schema)

    pd.testing.assert_frame_equal(frame, before)


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(),
    st.binary(max_size=2),
    st.sampled_from(BLANKS),
)


@given(st.lists(anything, min_size=1, max_size=8), st.sampled_from(list(ColumnType)), st.booleans())
def test_a_cell_is_either_good_or_has_one_problem(values: list[Any], kind: ColumnType, nullable: bool) -> None:
    """Whatever stands in the cells: one problem for each bad cell, null in its place, and no problem elsewhere."""
    checked = check(cells(*values), one(kind, nullable=nullable))

    rows = [problem.row for problem in checked.problems]
    assert rows == sorted(set(rows))
    assert np.flatnonzero(~checked.good).tolist() == rows
    for row in rows:
        assert pd.isna(checked.columns["x"][row])


@given(
    st.lists(
        st.datetimes(max_value=datetime(9999, 12, 31, 23, 59, 59)).filter(
            lambda day: (day.year, day.month) != (1899, 12)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_dates_are_sent_to_the_nearest_second(values: list[datetime]) -> None:
    """Over the whole calendar, before and after 1970."""
    sent = check(cells(*values), one(DATETIME)).columns["x"]

    for value, text in zip(values, sent, strict=True):
        assert abs(datetime.fromisoformat(text) - value) <= timedelta(seconds=0.5)


def test_headers_and_categories_match_whatever_blanks_are_in_them() -> None:
    """Line breaks and blanks that do not break are blanks."""
    schema = Schema((Column("Loan purpose", TEXT, categories=("used car", "new car")),), (Output("p", NUMBER),))
    frame = pd.DataFrame({"loan\npurpose": ["Used\u00a0car", "new  car", "newcar"]})
    checked = check(frame, schema)
    assert list(checked.columns["Loan purpose"]) == ["used car", "new car", None]
    assert [problem.row for problem in checked.problems] == [2]
